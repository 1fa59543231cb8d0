"""The words of a derivation, in the languages of the lecture notes."""

from dataclasses import dataclass

from autograd.base.errors import refusal


@dataclass(frozen=True, slots=True)
class Language:
    """Words and customs.

    Attributes
    ----------
    decimal : what separates a number's fraction.
    receives, receives_array, part : ``{a}`` gets a gradient, ``{v}`` of it from ``{b}``.
    """

    code: str
    decimal: str
    title: str
    title_forward: str
    forward: str
    local: str
    backward: str
    paths: str
    jacobian: str
    shape: str
    array: str
    receives: str
    receives_array: str
    part: str
    joined: str
    path: str
    more_path: str
    more_paths: str
    n_paths: str
    otherwise: str
    when: str
    zero_elsewhere: str
    taken: str
    at: str
    added_up_at: str
    elsewhere: str


LANGUAGES = {
    "en": Language(
        code="en", decimal=".", title="Derivation of {f} and its gradient, step by step",
        title_forward="Derivation of {f}, step by step",
        forward="forward", local="local derivatives", backward="backward: the chain rule",
        paths="sum over the paths", jacobian="Jacobian, entries counted from 0", shape="shape",
        array="array",
        receives="{a} receives {parts}", receives_array="{a} receives it from {parts}",
        part="{v} from {b}", joined="and", path="1 path", n_paths="{n} paths",
        more_path="… and 1 more path", more_paths="… and {n} more paths",
        when="if", otherwise="otherwise", zero_elsewhere="and 0 between different rows",
        taken="{v} is taken by convention where the formula has no value",
        at="at", added_up_at="added up at", elsewhere="elsewhere",
    ),
    "pt": Language(
        code="pt", decimal=",", title="Derivação de {f} e do seu gradiente, passo a passo",
        title_forward="Derivação de {f}, passo a passo",
        forward="propagação para frente", local="derivadas locais",
        backward="propagação para trás: regra da cadeia", paths="soma sobre os caminhos",
        jacobian="jacobiano, entradas contadas a partir de 0", shape="shape",
        array="array",
        receives="{a} recebe {parts}", receives_array="{a} recebe-o de {parts}",
        part="{v} de {b}", joined="e", path="1 caminho", n_paths="{n} caminhos",
        more_path="… e mais 1 caminho", more_paths="… e mais {n} caminhos",
        when="se", otherwise="caso contrário", zero_elsewhere="e 0 entre linhas diferentes",
        taken="toma-se {v} por convenção onde a fórmula não tem valor",
        at="em", added_up_at="somado em", elsewhere="nas demais posições",
    ),
    "es": Language(
        code="es", decimal=",", title="Derivación de {f} y de su gradiente, paso a paso",
        title_forward="Derivación de {f}, paso a paso",
        forward="paso hacia adelante", local="derivadas locales",
        backward="paso hacia atrás: regla de la cadena", paths="suma sobre los caminos",
        jacobian="jacobiano, entradas contadas desde 0", shape="dimensiones", array="arreglo",
        receives="{a} recibe {parts}", receives_array="{a} lo recibe de {parts}",
        part="{v} de {b}", joined="y", path="1 camino", n_paths="{n} caminos",
        more_path="… y 1 camino más", more_paths="… y {n} caminos más",
        when="si", otherwise="en otro caso", zero_elsewhere="y 0 entre filas distintas",
        taken="se toma {v} por convención donde la fórmula no tiene valor",
        at="en", added_up_at="sumado en", elsewhere="en las demás posiciones",
    ),
}  # fmt: skip


def language_of(code: str) -> Language:
    """Return the language of that code; raise a ValueError that lists them all."""
    if code not in LANGUAGES:
        raise refusal(
            ValueError,
            f"there are no words in the language {code!r}",
            f"lang={code!r}",
            " or ".join(f"lang={known!r}" for known in LANGUAGES),
        )
    return LANGUAGES[code]
