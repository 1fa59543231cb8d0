"""The module level: parts of a computation as clusters around their nodes, or as single nodes.

A scene is composed in full first and folded here, so that whatever was laid over its nodes and
wires is laid over its modules too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from math import prod
from operator import add, mul
from typing import Any

from autograd.tensor import Tensor
from autograd.view.graph.parts import NODES, Part, Parts, Shapes
from autograd.view.graph.scene import Composition, Group, Node, Scene, Wire
from autograd.view.graph.spelling import are

TOLD = 3
"""Of more shapes than these the first are told."""

SENTENCES = 20
"""The description says so many modules."""

Key = Part | int
"""What a node of the folded scene stands for: a part, or a node of the full scene."""


def folded(scene: Scene, composition: Composition) -> Scene:
    """Draw the parts of a scene as clusters, and those that are too deep as one node each.

    `scene` is the composition's, or the same at one step.
    """
    parts = composition.parts
    if parts is None:
        return scene
    folding = _Folding(scene, composition, parts)
    depth = parts.depth
    if depth is None:
        fits = (d for d in range(parts.deepest + 1, 0, -1) if folding.size(d) <= NODES)
        depth = next(fits, 0)
    return folding.at(depth)


class _Folding:
    """Where each node belongs; and what is left where the first of a row stands for the others.

    Attributes
    ----------
    results : for a circle and its box, what the operation computed.
    kept, places : the nodes that are left, and the innermost part that each is in.
    wires : what is left of the wires, by the nodes and the argument that they join: what more than
        one does is drawn once.
    more : for a leaf, those that go into the others of a row in its place.
    """

    def __init__(self, scene: Scene, composition: Composition, parts: Parts) -> None:
        self.scene, self.composition, self.parts = scene, composition, parts
        circles = composition.circles
        self.results = [t if (t := n.value_of) in circles else None for n in scene.nodes]
        self.users: dict[int, list[Tensor]] = {}
        self.brings: dict[Any, int] = {}  # what each argument comes from
        for wire in scene.wires:
            user = self.results[wire.target]
            if user is not None and circles[user] == wire.target:
                self.users.setdefault(wire.source, []).append(user)
            if wire.operand:
                self.brings[wire.operand.use] = wire.source
        self.kept = [i for i in range(len(scene.nodes)) if not self.is_replaced(i)]
        self.places = {i: self.place(i) for i in self.kept}
        self.wires: dict[Any, list[Wire]] = {}
        self.more: dict[int, set[int]] = {}
        for wire in scene.wires:
            self.join(wire)

    def is_replaced(self, i: int) -> bool:
        """Tell whether another node stands for this one, which is in a later part of a row."""
        t, users = self.results[i], self.users.get(i, [])
        if t is None:
            return bool(users) and all(self.parts.homes[u].replaced() for u in users)
        gone = self.parts.homes[t].replaced()
        if gone is None or i in self.scene.roots:
            return False
        # the user's variable after a row is drawn, those between its parts are not
        named = self.composition.name(t) and i != self.composition.circles[t]
        return not (named and any(gone.twin not in self.parts.seen(u) for u in users))

    def place(self, i: int) -> Part:
        """Return the innermost part that a node is drawn in."""
        node, parts = self.scene.nodes[i], self.parts
        t, users = self.results[i], self.users.get(i, [])
        around = [parts.homes[parts.resolve(u)] for u in users]
        if t is not None:
            home = parts.homes[parts.resolve(t)]
            if i == self.composition.circles[t]:
                return home
            if i in self.scene.roots:
                return parts.whole
            return _common([home, *around]) if self.composition.name(t) else home
        leaf = node.value_of
        array = leaf is None and node.role == "constant" and node.name
        if not around or array:
            return parts.whole
        if leaf is not None and leaf.op is not None:  # its operation is hidden
            return _common([parts.homes[leaf], *around])
        place = _common(around)
        while leaf is not None and id(leaf) not in parts.kept and place.first > leaf.count:
            place = place.parent or parts.whole
        return place

    def join(self, wire: Wire) -> None:
        """Keep a wire, or lead it to the nodes that stand for its ends; none within a row."""
        source, target, operand = wire.source, wire.target, wire.operand
        parts, user, t = self.parts, self.results[wire.target], self.results[wire.source]
        use = operand.use if operand else None
        gone = parts.homes[user].replaced() if user is not None and user is not t else None
        if gone is not None and user is not None:
            if t is not None and gone.twin in parts.seen(t):
                return
            target = self.circle(user)
            if operand:
                use = (parts.resolve(operand.owner), operand.index)
            if source not in self.places:
                first = self.brings.get(use, source)
                if first in self.places and gone.twin not in self.places[first].chain():
                    self.more.setdefault(first, set()).add(source)
                return
        elif target not in self.places:
            return
        elif source not in self.places and t is not None:
            source = self.stand(t)
        if t is not None and user is not None:  # of a row, each turn brings one
            inside = self.parts.seen(user)
            if any(p.times > 1 and p not in inside for p in self.parts.seen(t)):
                use = None
        if source in self.places and target in self.places and source != target:
            self.wires.setdefault((source, target, use), []).append(wire)

    def circle(self, t: Tensor) -> int:
        """Return the circle that stands for an operation, in the first part of a row."""
        t = self.parts.resolve(t)
        while t not in self.composition.circles:  # it is folded into a sum
            t = self.composition.selection.uses[t][0][0]
        return self.composition.circles[t]

    def stand(self, t: Tensor) -> int:
        """Return the node that stands for a result: its box, if that is in the part too."""
        circle = self.circle(t)
        box = self.composition.boxes.get(self.parts.resolve(t), -1)
        return box if self.places.get(box) is self.places[circle] else circle

    def key(self, i: int, depth: int) -> Key:
        """Return what a node is drawn in, where parts of this depth are one node each."""
        closed = [p for p in self.places[i].chain() if p.depth >= depth]
        return closed[-1] if closed else i

    def size(self, depth: int) -> int:
        return len({self.key(i, depth) for i in self.kept})

    def at(self, depth: int) -> Scene:
        """Return the scene with the parts of this depth as one node each."""
        keys = {i: self.key(i, depth) for i in self.kept}
        members: dict[Key, list[int]] = {}
        for i, key in keys.items():
            members.setdefault(key, []).append(i)
        last = {key: (inside[-1], 1) for key, inside in members.items()}
        for source, target, _ in self.wires:  # a leaf may be younger than the first of a row
            if self.results[source] is None and not isinstance(keys[source], Part):
                last[keys[source]] = min(last[keys[source]], (last[keys[target]][0], 0))
        order = sorted(last, key=last.__getitem__)
        position = {key: k for k, key in enumerate(order)}
        scene = replace(self.scene, nodes=[], groups=[], remarks=[*self.scene.remarks])
        scene.wires = [*self.joined(keys, position)]
        scene.roots = [position[keys[i]] for i in self.scene.roots]
        groups: dict[Part, int] = {}
        for key in order:
            group = None
            for part in reversed(self.around(key)):
                if part not in groups:
                    groups[part] = len(scene.groups)
                    label, told = self.words(part)
                    told += ["the numbers are those of the first"] if part.times > 1 else []
                    scene.groups.append(Group(label, "\n".join(told), group))
                group = groups[part]
            if group is not None:
                scene.groups[group].members.append(len(scene.nodes))
            node = self.module(key, members[key]) if isinstance(key, Part) else self.node(key)
            scene.nodes.append(replace(node, group=group))
        self.tell(scene, [key for key in order if isinstance(key, Part)], groups, depth)
        return scene

    def around(self, key: Key) -> list[Part]:
        """List the clusters around a node, the innermost first."""
        return key.chain()[1:] if isinstance(key, Part) else self.places[key].chain()

    def node(self, i: int) -> Node:
        node = self.scene.nodes[i]
        if i not in self.more:
            return node
        return replace(node, note=f"… {len(self.more[i]):,} more, one for each turn")

    def module(self, part: Part, inside: Sequence[int]) -> Node:
        """Draw a part as one node."""
        label, told = self.words(part)
        states = [self.scene.nodes[i].state for i in inside]
        failed = [n for i in inside if (n := self.scene.nodes[i]).role == "failed"]
        state = next((s for s in ("current", "alarm") if s in states), "")
        state = "muted" if all(s == "muted" for s in states) else state
        node = Node("module", label, "\n".join(told), state=state)
        if failed:
            node.role, node.note = "failed", failed[0].note
        node.spoken = ", ".join([f"{label}: {told[0]}", *told[1:], *(n.spoken for n in failed)])
        return node

    def joined(self, keys: dict[int, Key], position: dict[Key, int]) -> Iterable[Wire]:
        """Draw the wires between the nodes of the folded scene; into a part, one for each value."""
        found: dict[Any, list[Wire]] = {}
        for (source, target, use), wires in self.wires.items():
            start, end = keys[source], keys[target]
            if start != end:
                key = (start, end, source, None if isinstance(end, Part) else use)
                found.setdefault(key, []).extend(wires)
        for (start, end, *_), wires in found.items():
            wire = replace(wires[0], source=position[start], target=position[end])
            told = wire.forward or wire.room
            if isinstance(start, Part) and wire.operand and not told:  # in a box that is not seen
                wire.forward = self.composition.write.passing(wire.operand.value.data)
            if isinstance(end, Part):
                wire.local = ""
            if len(wires) > 1:
                wire.operand, wire.backward = None, self.together(wires)
            values = len({id(w.operand.value) for w in wires if w.operand})
            if values > 1:
                wire.forward = f"{values} × {wire.forward}"
            yield wire

    def together(self, wires: Sequence[Wire]) -> str:
        """Write what flows back over wires that are drawn as one."""
        operands = [w.operand for w in wires if w.operand]
        if not wires[0].backward or len({id(o.value) for o in operands}) > 1:
            return ""
        sent = self.composition.gradients.sent
        known = [sent[o.use] for o in operands if o.use in sent]
        return self.composition.write.flow(reduce(add, known))

    def words(self, part: Part) -> tuple[str, list[str]]:
        """Return what a part is called, and what is said of it."""
        title = self.parts.title(part)
        named = part.label is None or isinstance(part.label, str)
        kind = "" if named else type(part.label).__name__
        times = f"×{part.times}" if part.times > 1 else ""
        size = sum(part.parameters.values())
        label, *rest = [text for text in (title, f"{kind} {times}".strip()) if text]
        told = [*rest, f"{size:,} parameter{'s' * (size != 1)}" if size else ""]
        told.append(f"{_listed(part.inputs)} → {_listed(part.outputs) or 'no result'}".lstrip())
        return label, [text for text in told if text]

    def tell(
        self, scene: Scene, closed: Sequence[Part], opened: Iterable[Part], depth: int
    ) -> None:
        """Say in the caption what is not seen, and in the description what parts there are."""
        rows = [part for part in opened if part.times > 1]
        if rows:
            names = [self.parts.title(part) or "a pattern" for part in rows]
            listed = (f"{name} (×{part.times})" for name, part in zip(names, rows, strict=True))
            scene.remark(f"drawn once: {', '.join(listed)}")
        if closed:
            times = [prod(p.times for p in part.chain()) for part in closed]
            inside = sum(map(mul, times, (len([*part.operations()]) for part in closed)))
            total, count = self.composition.selection.total, sum(times)
            where = "a closed module" if count == 1 else f"{count:,} closed modules"
            scene.remark(
                f"{inside:,} of {total:,} operations {are(inside)} in {where}; "
                f"depth={depth + 1} opens {'it' if count == 1 else 'them'}"
            )
        spoken = [f"{g.label}: {', '.join(g.note.splitlines())}" for g in scene.groups]
        spoken += [node.spoken for node in scene.nodes if node.role == "module"]
        if spoken:
            scene.description += f" Modules: {'; '.join(spoken[:SENTENCES])}."


def _listed(shapes: Shapes) -> str:
    """Write the first few shapes.

    >>> _listed({(150, 4): None, (150,): None})
    '(150, 4), (150,)'
    """
    texts = [str(shape) for shape in shapes]
    return ", ".join([*texts[:TOLD], *(["…"] if len(texts) > TOLD else [])])


def _common(parts: Sequence[Part]) -> Part:
    """Return the innermost part that holds all of these."""
    place = parts[0]
    while place.parent and any(place not in part.chain() for part in parts[1:]):
        place = place.parent
    return place
