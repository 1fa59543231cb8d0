"""The page of a program: its inputs to change, what they give, and its source."""

import html
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.equations import Name
from autograd.program.printers.javascript import javascript, runtime
from autograd.program.printers.sealed import sealed

if TYPE_CHECKING:
    from autograd.program.program import Program

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
label,output{display:block;margin:.75rem 0}
h1,label,output{overflow-wrap:anywhere}
textarea,output span{box-sizing:border-box;width:100%;font:14px/1.5 ui-monospace,monospace}
textarea{display:block;padding:.4rem;border:1px solid GrayText;border-radius:4px;white-space:pre}
textarea[aria-invalid=true]{border:2px solid #c0392b;outline-color:#c0392b}
body:has([aria-invalid=true]) output{opacity:.4}
output span{display:block;white-space:pre;overflow-x:auto;padding:.4rem}
output span{border-left:3px solid #2f6da8}
pre{overflow-x:auto;font:14px/1.5 ui-monospace,monospace;padding:.75rem;border:1px solid GrayText}
"""
SCRIPT = """
const nested = (x, [n, ...rest]) => n === undefined ? x[0]
  : Array.from({ length: n }, (_, i) => {
      const size = x.length / n;
      return nested(x.slice(i * size, (i + 1) * size), rest);
    });
const short = (v) => {
  if (!Number.isFinite(v) || Number.isInteger(v)) return String(v);
  const rounded = Number(v.toPrecision(6));
  return Math.abs(rounded) < 1e6 ? String(rounded) : rounded.toExponential(); // as it looks
};
const listed = (x) => Array.isArray(x) ? `[${x.map(listed).join(", ")}]` : String(x);
const shown = (x) => x === null ? "None" : typeof x !== "object" ? short(x)
  : listed(nested(x.data.map(short), x.shape)).replaceAll("], [", "],\\n [");
const SPELLED = { NaN, Infinity, "-Infinity": -Infinity }; // as Python spells what JSON lacks
const parsed = (text) => JSON.parse(
  text.replaceAll(/NaN|-?Infinity/g, '"$&"'),
  (_, v) => typeof v === "string" ? SPELLED[v] : v,
);
const read = (field, shape, whole) => {
  let values;
  try { values = [parsed(field.value)].flat(Infinity); } catch { values = []; }
  const size = shape.reduce((a, b) => a * b, 1);
  const good = values.length === size
    && values.every((v) => typeof v === "number" || typeof v === "boolean")
    && (!whole || values.every((v) => Number.isInteger(Number(v))));
  field.setAttribute("aria-invalid", !good);
  return good && (shape.length ? { data: values, shape } : values[0]);
};
const fields = [...document.querySelectorAll("textarea")];
const update = () => {
  const values = fields.map((field, i) => read(field, SHAPES[i], WHOLE[i]));
  if (fields.some((field) => field.getAttribute("aria-invalid") === "true")) return;
  const results = compute(...values);
  document.querySelectorAll("output span").forEach((span, i) => {
    span.textContent = shown(results[i]);
  });
};
fields.forEach((field) => field.addEventListener("input", update));
update();
"""
BODY = """<h1>{title}</h1>
{inputs}
<h2>Results</h2>
{outputs}
<h2>Source</h2>
<pre tabindex="0">{source}</pre>"""


def page(program: "Program") -> str:
    """Write a page of HTML that computes the program, and needs nothing else (see `sealed`)."""
    likes, function = program.inputs, javascript(program)
    inputs = "\n".join(
        f"<label>{html.escape(str(n))} {html.escape(_kind(x))}"
        f'<textarea rows="{min(8, _written(x).count(chr(10)) + 1)}" spellcheck="false">'
        f"{html.escape(_written(x))}</textarea></label>"
        for n, x in likes.items()
    )
    outputs = "\n".join(
        f"<output>{html.escape(y) if type(y) is Name else 'a constant'}<span></span></output>"
        for y in program.results
    )
    shapes = json.dumps([list(np.shape(x)) for x in likes.values()])
    whole = json.dumps([x.dtype.kind != "f" for x in likes.values()])
    code = f"{runtime()}\nconst compute = {function};\n"
    code += f"const SHAPES = {shapes}, WHOLE = {whole};\n"
    script = code.replace("</", "<\\/") + SCRIPT
    body = BODY.format(
        title=html.escape(program.name), inputs=inputs, outputs=outputs,
        source=html.escape(program.source),
    )  # fmt: skip
    return sealed(program.name, STYLE, body, script)


def _kind(x: Any) -> str:
    dtype = "" if x.dtype == np.float64 else f"{x.dtype} "
    return f"{dtype}{np.shape(x)}"


def _written(x: Any) -> str:
    return json.dumps(np.asarray(x).tolist()).replace("], [", "],\n [")
