// The quiz: chosen numbers are blank, the reader types them, and hears why a number is not right.

// Read 0.5, 0,5, −3, 1/3, π or ∞; NaN where it is no number.
function typed(answer) {
  const signs = answer.trim().replaceAll("−", "-").replaceAll(",", ".");
  const text = signs.replace(/∞|inf$/i, "Infinity").replace(/^(-?)(π|pi)(?!\w)/i, `$1${Math.PI}`);
  const [top, bottom = "1", ...more] = text.split("/");
  const isNumber = (part) => /^\s*[-+]?(\d+\.?\d*|\.\d+|Infinity)(e[-+]?\d+)?\s*$/i.test(part);
  return isNumber(top) && isNumber(bottom) && !more.length ? Number(top) / Number(bottom) : NaN;
}

// What should be 0 may be off by a rounding; nothing but ∞ is near to ∞.
const isNear = (x, y, tolerance = 0.005) =>
  x === y || Math.abs(x - y) <= (Number.isFinite(y) ? tolerance * Math.abs(y) + 1e-12 : -1);

// Compare an answer with the number; return {right, why}.
function judge(x, line, results) {
  const truth = results[line.slot];
  const formula = chosenForm(line.forms, truth)?.named;
  const begins = line.ways?.length === 0 ? ` (${line.name} is where the pass begins)` : "";
  const rule = formula ? ` (${line.name} = ${formula})` : begins;
  const wrong = (why) => ({ right: false, why: why + rule });
  if (Number.isNaN(x)) return { right: false, why: "that is no number: 2, −0.5, 1/3" };
  if (isNear(x, truth)) return { right: true, why: "" };
  if (isNear(x, -truth)) return wrong("the size is right, the sign is not");
  const ways = line.ways ?? [];
  if (ways.length > 1 && ways.some((w) => isNear(x, results[w.sent]))) {
    return wrong(`that comes back over one way only: there are ${ways.length}, and they add up`);
  }
  if (ways.length === 1 && ways[0].local !== null) {
    const [arrives, local] = [results[ways[0].from], results[ways[0].local]];
    if (isNear(x, local)) {
      return wrong("that is the local derivative alone: multiply it by the gradient that arrives");
    }
    if (isNear(x, arrives)) {
      return wrong("that is the gradient that arrives: multiply it by the local derivative");
    }
    if (isNear(x, arrives + local)) return wrong("the chain rule multiplies; it does not add");
  }
  if (ways.length && isNear(x, results[line.of])) return wrong("that is the value, not the gradient");
  if (isNear(x, truth, 0.06)) return wrong("almost: three digits are asked for");
  return wrong("not yet");
}
