// Numbers and formulas as text: four digits, a real minus, no idle zeros, π by its name.

function number(v) {
  if (typeof v === "boolean") return v ? "True" : "False";
  if (Number.isNaN(v)) return "NaN";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  if (Math.abs(v) === Math.PI) return v > 0 ? "π" : "−π";
  let text;
  if (Number.isInteger(v) && Math.abs(v) < 1e7) {
    text = String(v);
  } else {
    const [digits, exponent] = v.toExponential(3).split("e").map(Number);
    const short = exponent >= -4 && exponent < 4;
    text = short ? String(Number(v.toFixed(3 - exponent))) : `${digits}e${exponent}`;
  }
  return text.replaceAll("-", "−");
}

const PRINTED = 9; // an array of at most so many entries is written in full

function valueText(v) {
  if (typeof v !== "object") return number(v);
  if (v.data.length > PRINTED) return `array (${v.shape.join(", ")}${v.shape.length > 1 ? "" : ","})`;
  return nested(v.data, v.shape);
}

function nested(data, shape) {
  if (!shape.length) return number(data[0]);
  const size = data.length / (shape[0] || 1);
  const parts = Array.from({ length: shape[0] }, (_, i) =>
    nested(data.slice(i * size, (i + 1) * size), shape.slice(1)),
  );
  return `[${parts.join(", ")}]`;
}

function gradientText(v) {
  if (typeof v !== "object") return `∂ ${number(v)}`;
  return `‖∂‖ ${number(Math.hypot(...v.data))}`;
}

function sumText(terms, total) {
  const rest = terms.slice(1).map((t) => (t < 0 ? `(${number(t)})` : number(t)));
  return `∂ ${[number(terms[0]), ...rest].join(" + ")} = ${number(total)}`;
}

// Put the numbers into a formula. A place in parentheses keeps them if its number needs them; those
// behind a name, as in exp(…), belong to the name.
function filled(template, textOf) {
  const places = /(?<![\p{L}\p{N}_])\(\ue000(\d+)\ue001\)|\ue000(\d+)\ue001/gu;
  return template.replace(places, (place, enclosed, bare, at) => {
    const text = textOf(Number(enclosed ?? bare));
    const isBase = /[\^⁻⁰¹²³⁴-⁹]/.test(template.charAt(at + place.length));
    const needs = text.startsWith("−") || (isBase && /^[\d.]+e/.test(text));
    return enclosed && needs ? `(${text})` : text;
  });
}

// Of the branches of a derivative, the one that was taken: the number that it came to, else the
// formula.
function chosenForm(forms, value) {
  const constant = forms.find((f) => f.constant === value);
  return forms.length > 1 && constant ? constant : forms.find((f) => !("constant" in f)) ?? constant;
}

// The stages of a line, d = a + b = 2 + 3 = 5, as texts; the last one is the result.
function stagesOf(line, results, { known = true, blank = () => false } = {}) {
  const form = chosenForm(line.forms, results[line.slot]);
  const secret = !known || blank(line.slot);
  const stages = [line.first, secret && form && "constant" in form ? "" : form?.named];
  if (form?.valued && !secret) {
    stages.push(filled(form.valued, (k) => (blank(k) ? "?" : valueText(results[k]))));
  }
  stages.push(secret ? "?" : valueText(results[line.slot]));
  return stages.filter((text, i) => text && stages.indexOf(text) === i);
}

// What derivations say where a way sends 0 and its formula is 0 · NaN.
function remark({ ways = [] }, results) {
  const isAgreed = (w) => w.local !== null && Number.isFinite(results[w.sent])
    && !Number.isFinite(results[w.from] * results[w.local]);
  const way = ways.find(isAgreed);
  return way ? `; ${number(results[way.sent])} is taken by convention where the formula has no value` : "";
}
