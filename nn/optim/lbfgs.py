"""L-BFGS: curvature from the last gradients, and a line search that keeps it positive."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, no_grad, plain
from nn.optim.optimizer import Optimizer, real


class Point(NamedTuple):
    """Where a line search has been: the step, the loss, the gradient, and its part along d."""

    t: Any
    f: Any
    g: Any
    slope: Any


class LBFGS(Optimizer):
    """Newton's step with a Hessian told by `history_size` gradients (Liu, Nocedal, 1989).

    One `step` is up to `max_iter` iterations and about `max_eval` (``max_iter * 5 // 4``) calls of
    the closure. The direction is algorithm 7.4 in Nocedal and Wright, "Numerical optimization",
    2006; its length is lr, or with ``line_search_fn="strong_wolfe"`` algorithms 3.5 and 3.6 there.
    It ends early where no element of the gradient is above `tolerance_grad`, or where loss or
    parameters change by less than `tolerance_change`.

    Raises ValueError for more than one group and for another line search; else see `Optimizer`.

    >>> from autograd import Tensor
    >>> w = Tensor([3.0, -4.0], requires_grad=True)
    >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (w**4).sum()
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> bool(abs(w.data).max() < 1e-2)
    True
    """

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]  # not without one
        """Iterate, and return the first loss.

        `closure` forgets the gradients, computes the loss, calls its `backward` and returns it.
        Raises TypeError for the loss itself.
        """
        what, instead = "a step asks for the loss several times", "step(closure), which computes it"
        self._refuse(not callable(closure), what, instead, TypeError)
        group = self.param_groups[0]
        state = self.state.get(group["params"][0], {"n_iter": 0, "func_evals": 0})
        return self.update(group["params"], closure, state, **{k: group[k] for k in self.defaults})

    def update(
        self, params: list[Tensor], closure: Callable[[], Any], state: dict[str, Any], *,
        lr: float = 1.0, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> Any:  # fmt: skip
        losses: list[Any] = []
        budget = max_iter * 5 // 4 if max_eval is None else max_eval

        def read() -> Any:
            return np.concatenate([np.ravel(real(p.data)) for p in params])

        def write(x: Any) -> None:
            parts = np.split(x, np.cumsum([real(p.data).size for p in params])[:-1])
            with no_grad():
                for p, part in zip(params, parts, strict=True):
                    values = part[::2] + 1j * part[1::2] if p.dtype.kind == "c" else part
                    p[...] = values.reshape(p.shape)

        def at(x: Any, d: Any, t: Any) -> Point:
            write(x + t * d)
            losses.append(closure())
            grads = [np.zeros_like(p.data) if p.grad is None else p.grad.data for p in params]
            g = np.concatenate([np.ravel(real(np.conj(g))) for g in grads])
            return Point(t, np.float64(losses[-1]), g, g @ d)

        x = read()
        point = at(x, np.zeros_like(x), 0)
        self.state[params[0]] = state
        for left in reversed(range(max_iter)):
            g = point.g
            if abs(g).max() <= tolerance_grad:
                break
            d = _direction(g, state, history_size)
            t = lr if state["n_iter"] else lr * min(1.0, 1 / abs(g).sum())
            x = read()  # which the closure may have changed
            start, along = Point(0, point.f, g, g @ d), functools.partial(at, x, d)
            state.update(n_iter=state["n_iter"] + 1, d=d, t=t, prev_flat_grad=g)
            if start.slope > -tolerance_change:
                break
            if line_search_fn:
                least = tolerance_change / abs(d).max()
                point = _search(along, start, t, least, budget - len(losses))
                write(x + point.t * d)
            elif left:
                point = along(t)
            else:  # after the last step nobody asks for the loss
                point = start._replace(t=t)
                write(x + t * d)
            state["t"] = point.t
            change = min(abs(point.t * d).max(), abs(point.f - start.f))
            if len(losses) >= budget or change < tolerance_change:
                break
        state["func_evals"] += len(losses)
        return losses[0]

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        self._refuse(self.param_groups, "L-BFGS sees all parameters as one vector", "one group")
        search, known = group["line_search_fn"], "line_search_fn='strong_wolfe', or None"
        unknown = search not in (None, "strong_wolfe")
        self._refuse(unknown, f"no line search is called {search}", known)

    def _restored(self, _: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
        # flat, of all parameters together
        lists = {k: [*map(plain, v)] for k, v in saved.items() if isinstance(v, list)}
        return {k: plain(v) for k, v in saved.items()} | lists


def _direction(g: Any, state: dict[str, Any], size: int) -> Any:
    """Return minus the inverse Hessian times g, after the last change was remembered."""
    if "d" not in state:
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
    else:
        y, s = g - state["prev_flat_grad"], state["t"] * state["d"]
        if (ys := y @ s) > 1e-10:
            for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1 / ys)):
                state[name] = [*state[name], value][-size:]
            state["H_diag"] = ys / (y @ y)
    d, alphas = -g, []
    pairs = list(zip(state["old_stps"], state["old_dirs"], state["ro"], strict=True))
    for s, y, rho in reversed(pairs):
        alphas.append(rho * (s @ d))
        d -= alphas[-1] * y
    d *= state["H_diag"]
    for s, y, rho in pairs:
        d += (alphas.pop() - rho * (y @ d)) * s
    return d


def _search(at: Callable[[Any], Point], start: Point, t: Any, least: Any, budget: int) -> Point:
    """Return a point where the loss is low enough, and flat enough: 1e-4 and 0.9 say how much.

    `least` is the shortest bracket, `budget` how often `at` may be called after the first time.
    """
    is_high: Callable[[Point], Any] = lambda point: point.f > start.f + 1e-4 * point.t * start.slope
    is_flat: Callable[[Point], Any] = lambda point: abs(point.slope) <= -0.9 * start.slope
    before, point = start, at(t)
    # 1. Go on until a minimum must lie between the last two points.
    for i in range(budget):
        rises = is_high(point) or (i > 1 and point.f >= before.f)
        if not rises and is_flat(point):
            return point
        if rises or point.slope >= 0:
            break
        t = _cubic(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10)
        before, point = point, at(t)
    else:
        before, i = start, budget
    # 2. Narrow the bracket; twice in a row near an end of it, stay away from that.
    ends, stuck = [before, point], False
    low = int(point.f < before.f)
    for _ in range(i, budget):
        left, right = sorted(end.t for end in ends)
        if right - left < least:
            break
        t, margin = _cubic(ends[0], ends[1], left, right), 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (stuck or not left < t < right):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near = False
        stuck, point = near, at(t)
        if is_high(point) or point.f >= ends[low].f:
            ends[1 - low] = point
            low = int(ends[1].f < ends[0].f)
        elif is_flat(point):
            return point
        else:
            if point.slope * (ends[1 - low].t - ends[low].t) >= 0:
                ends[1 - low] = ends[low]
            ends[low] = point
    return ends[low]


def _cubic(a: Point, b: Point, least: Any, most: Any) -> Any:
    """Return where the cubic through two points and their slopes is least, between two bounds."""
    a, b = sorted((a, b), key=lambda point: point.t)
    with np.errstate(divide="ignore", invalid="ignore"):  # of a straight line
        mean = a.slope + b.slope - 3 * (a.f - b.f) / np.subtract(a.t, b.t)
        square = mean**2 - a.slope * b.slope
        if not square >= 0:
            return (least + most) / 2
        root = np.sqrt(square)
        share = (b.slope + root - mean) / (b.slope - a.slope + 2 * root)
        return min(max(b.t - (b.t - a.t) * share, least), most)
