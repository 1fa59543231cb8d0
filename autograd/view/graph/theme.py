"""The colours of the visual grammar. Shape carries a role, colour repeats it.

Forward and gradient stay apart under every kind of colour blindness (CIE76 ΔE above 77 in
simulation, where the usual green and red fall to 10) and reach a contrast of 5 on every fill.
The theme cs231n has that green and red all the same, for those who teach with the course's notes.
"""

from dataclasses import dataclass, fields, replace

from autograd.view.graph.choices import check_choice


@dataclass(frozen=True, slots=True)
class Theme:
    """What is painted how; `roles` maps a node's role to its fill and its border.

    Attributes
    ----------
    faint : what is not computed yet, or lies off the highlighted path.
    accent : the fill of what happens at this step.
    alarm : a gradient that is wrong, or explodes.
    dark : what takes the place of each colour where the reader prefers a dark page.
    """

    page: str
    ink: str
    wire: str
    muted: str
    forward: str
    backward: str
    faint: str
    accent: str
    alarm: str
    roles: dict[str, tuple[str, str]]
    dark: "Theme | None" = None

    def faded(self) -> "Theme":
        """Return the theme with a single, faint ink."""
        ink = self.faint
        return replace(
            self, ink=ink, wire=ink, muted=ink, forward=ink, backward=ink, alarm=ink,
            roles=dict.fromkeys(self.roles, (self.page, ink)),
        )  # fmt: skip

    def colours(self) -> dict[str, str]:
        """Return every colour by its name; those of roles as ``input-fill``, ``input-line``."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        for role, (fill, line) in self.roles.items():
            named |= {f"{role}-fill": fill, f"{role}-line": line}
        return {name: colour for name, colour in named.items() if isinstance(colour, str)}

    def style(self, scope: str) -> str:
        """Return the CSS that repaints an SVG of this theme below `scope` for a dark page."""
        if self.dark is None:
            return ""
        dark = self.dark.colours()
        rules = {
            f'{scope} [{paint}="{light.lower()}"]{{{paint}:{dark[name]}}}'
            for name, light in self.colours().items()
            for paint in ("fill", "stroke")
        }
        return f"<style>@media (prefers-color-scheme:dark){{{''.join(sorted(rules))}}}</style>\n"


LIGHT = Theme(
    page="#FFFFFF", ink="#1B1F24", wire="#3B424B", muted="#57606A",
    forward="#00568C", backward="#A34400",
    faint="#B9C0C8", accent="#FFE9A8", alarm="#B3001B",
    roles={
        "input": ("#E3EEF9", "#2F6DA8"),
        "parameter": ("#F3E8D2", "#8A6100"),
        "constant": ("#F1F3F5", "#6B7280"),
        "operation": ("#FFFFFF", "#3B424B"),
        "value": ("#FFFFFF", "#3B424B"),
        "output": ("#F6E3F0", "#9B3D7E"),
        "hidden": ("#FFFFFF", "#6B7280"),
        "module": ("#F7F8FA", "#57606A"),
        "failed": ("#FDECEC", "#B3001B"),
    },
)  # fmt: skip
DARK = Theme(
    page="#10161F", ink="#E6EDF3", wire="#AEB8C4", muted="#AEB8C4",
    forward="#7CC4FF", backward="#FFB07A",
    faint="#4A5563", accent="#4D3D08", alarm="#FF8A8A",
    roles={
        "input": ("#1D2B3A", "#6FA8DC"),
        "parameter": ("#3A2F1C", "#D9B45B"),
        "constant": ("#2A2F36", "#98A2AE"),
        "operation": ("#10161F", "#AEB8C4"),
        "value": ("#10161F", "#AEB8C4"),
        "output": ("#3A2434", "#DB8FC4"),
        "hidden": ("#10161F", "#98A2AE"),
        "module": ("#171F29", "#AEB8C4"),
        "failed": ("#3A1D20", "#FF8A8A"),
    },
)  # fmt: skip
BARE = ("#FFFFFF", "#FFFFFF")
"""A name without a box."""

THEMES = {
    "default": LIGHT,
    "dark": DARK,
    "auto": replace(LIGHT, dark=DARK),
    "cs231n": Theme(
        page="#FFFFFF", ink="#000000", wire="#000000", muted="#595959",
        forward="#007F00", backward="#D60000",
        faint="#BFBFBF", accent="#FFF6CC", alarm="#8B00A8",
        roles={
            **dict.fromkeys(("input", "parameter", "constant", "value", "output"), BARE),
            "operation": ("#FFFFFF", "#000000"),
            "hidden": ("#FFFFFF", "#595959"),
            "module": ("#FFFFFF", "#595959"),
            "failed": ("#FFFFFF", "#8B00A8"),
        },
    ),
    "print": Theme(
        page="#FFFFFF", ink="#000000", wire="#000000", muted="#000000",
        forward="#000000", backward="#000000",
        faint="#AAAAAA", accent="#FFFFFF", alarm="#000000",
        roles=dict.fromkeys(LIGHT.roles, ("#FFFFFF", "#000000")),
    ),
}  # fmt: skip


def theme_of(name: str) -> Theme:
    """Return the theme of that name; raise a ValueError that lists them all."""
    check_choice("theme", name, THEMES)
    return THEMES[name]
