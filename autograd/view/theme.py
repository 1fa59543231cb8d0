"""The colours of the visual grammar. Shape carries a role, colour repeats it.

Forward and gradient stay apart under every kind of colour blindness (CIE76 ΔE above 77 in
simulation, where the usual green and red fall to 10) and reach a contrast of 5 on every fill.
"""

from dataclasses import dataclass

from autograd.errors import three_lines


@dataclass(frozen=True, slots=True)
class Theme:
    """What is painted how; `roles` maps a node's role to its fill and its border."""

    page: str
    ink: str
    wire: str
    muted: str
    forward: str
    backward: str
    roles: dict[str, tuple[str, str]]


THEMES = {
    "default": Theme(
        page="#FFFFFF", ink="#1B1F24", wire="#3B424B", muted="#57606A",
        forward="#00568C", backward="#A34400",
        roles={
            "input": ("#E3EEF9", "#2F6DA8"),
            "parameter": ("#F3E8D2", "#8A6100"),
            "constant": ("#F1F3F5", "#6B7280"),
            "operation": ("#FFFFFF", "#3B424B"),
            "value": ("#FFFFFF", "#3B424B"),
            "output": ("#F6E3F0", "#9B3D7E"),
            "hidden": ("#FFFFFF", "#6B7280"),
        },
    ),
    "dark": Theme(
        page="#10161F", ink="#E6EDF3", wire="#AEB8C4", muted="#AEB8C4",
        forward="#7CC4FF", backward="#FFB07A",
        roles={
            "input": ("#1D2B3A", "#6FA8DC"),
            "parameter": ("#3A2F1C", "#D9B45B"),
            "constant": ("#2A2F36", "#98A2AE"),
            "operation": ("#10161F", "#AEB8C4"),
            "value": ("#10161F", "#AEB8C4"),
            "output": ("#3A2434", "#DB8FC4"),
            "hidden": ("#10161F", "#98A2AE"),
        },
    ),
}  # fmt: skip


def theme_of(name: str) -> Theme:
    """Return the theme of that name; raise a ValueError that lists them all."""
    if name not in THEMES:
        raise ValueError(
            three_lines(
                f"there is no theme {name!r}",
                f"draw(..., theme={name!r})",
                " or ".join(f"theme={known!r}" for known in THEMES),
            )
        )
    return THEMES[name]
