"""The widget: an exploration that lives in a notebook, by way of anywidget."""

import functools
import sys
from typing import TYPE_CHECKING, Any

from autograd.view.exploration.page import module
from autograd.view.graph.json_text import plain

if TYPE_CHECKING:
    from autograd.view.exploration.exploration import Exploration


def in_notebook() -> bool:
    """Tell whether a notebook runs this process, and has what widgets need."""
    if not {"ipykernel", "marimo"} & sys.modules.keys():
        return False
    try:
        import anywidget  # noqa: F401, PLC0415  # an extra, imported when used
    except ImportError:
        return False
    return True


@functools.cache
def widget_class() -> "type[Exploration]":
    """Make the class of widgets, which runs the same code as the page.

    What the reader drags comes back: its traits `values` and `gradients` hold the numbers, and
    ``e.values = {"a": 3}`` moves a slider.
    """
    import anywidget  # noqa: PLC0415  # an extra, imported when used
    import traitlets  # noqa: PLC0415  # comes with it

    from autograd.view.exploration.exploration import Exploration  # noqa: PLC0415  # which needs this module

    # anywidget has no types, and need not be there
    class ExplorationWidget(Exploration, anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        values = traitlets.Dict().tag(sync=True, to_json=lambda v, _: plain(v), from_json=_read)
        gradients = traitlets.Dict().tag(sync=True, to_json=lambda v, _: plain(v), from_json=_read)

        def __init__(self, model: dict[str, Any], program: str, numbers: dict[str, Any]) -> None:
            self._esm = module(model, program)
            anywidget.AnyWidget.__init__(self, **numbers)
            Exploration.__init__(self, model, program, numbers)

        def quiz(self, *names: str) -> Exploration:
            Exploration.quiz(self, *names)
            self._esm = module(self.model, self.program)
            return self

        __repr__ = Exploration.__repr__

    return ExplorationWidget


def _read(value: Any, _: Any = None) -> Any:
    if isinstance(value, dict):
        return {name: _read(v) for name, v in value.items()}
    return [_read(v) for v in value] if isinstance(value, list) else float(value)
