// Paints the graph: boxes, circles and wires once; the numbers on them at every change.

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function text(kind, x, y, content, width = Infinity) {
  const element = shape("text", { class: kind, x, y });
  element.textContent = content;
  if (content.length * 7 > width) {
    element.setAttribute("textLength", width);
    element.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
  return element;
}

class Painter {
  constructor(model) {
    this.model = model;
    const [width, height] = model.size;
    const view = [-8, -8, width + 16, height + 24];
    this.svg = shape("svg", {
      viewBox: view.join(" "), width: view[2] * 1.25, height: view[3] * 1.25, role: "group",
    });
    this.svg.style.minWidth = `${view[2] * 0.8}px`; // smaller, nobody could read it: then it scrolls
    this.svg.setAttribute("aria-label", `the graph of ${model.title}`);
    this.items = []; // {element, data, kind}: what can be chosen, in the order of computation
    model.nodes.forEach((node, i) => {
      model.wires.filter((w) => w.target === i).forEach((w) => this.add("wire", w, this.wire(w)));
      this.add("node", node, this.node(node));
    });
  }

  add(kind, data, element) {
    this.svg.append(element);
    const index = this.items.length;
    if (data.lines.length) {
      element.classList.add("item");
      element.setAttribute("tabindex", "0");
      element.setAttribute("role", "button");
      element.dataset.item = index;
    }
    this.items.push({ kind, data, element, numbers: element.querySelector(".numbers") });
  }

  node(node) {
    const [[x, y], [w, h]] = [node.at, node.size];
    const group = shape("g", { class: `node ${node.role}`, transform: `translate(${x} ${y})` });
    const box = { x: -w / 2, y: -h / 2, width: w, height: h };
    if (node.role === "operation") {
      group.append(shape("ellipse", { class: "shape", rx: w / 2, ry: h / 2 }));
      group.append(text(node.name[0].length < 3 ? "symbol" : "word", 0, 5, node.name[0]));
      // below on the right no wire ends
      if (node.letter) group.append(text("letter", w / 2 - 2, h / 2 + 9, node.letter));
    } else {
      const round = ["input", "hidden"].includes(node.role) ? 8 : 1;
      group.append(shape("rect", { class: "shape", ...box, rx: round }));
      if (node.role === "parameter") {
        const inner = { x: box.x + 3, y: box.y + 3, width: w - 6, height: h - 6 };
        group.append(shape("rect", { class: "double", ...inner }));
      }
    }
    const ring = { x: box.x - 4, y: box.y - 4, width: w + 8, height: h + 8, rx: 6 };
    group.append(shape("g", { class: "numbers" }), shape("rect", { class: "ring", ...ring }));
    return group;
  }

  wire(wire) {
    const group = shape("g", { class: "wire" });
    const points = wire.path.match(/-?[\d.]+/g).map(Number);
    const [x0, y0, x, y] = points.slice(-4);
    const angle = (Math.atan2(y - y0, x - x0) * 180) / Math.PI;
    group.append(
      shape("path", { class: "touch", d: wire.path }),
      shape("path", { class: "line", d: wire.path }),
      shape("path", {
        class: "head", d: "M0,0L-9,-4L-9,4Z", transform: `translate(${x} ${y}) rotate(${angle})`,
      }),
      shape("g", { class: "numbers" }),
    );
    if (wire.at) {
      const [cx, cy] = wire.at;
      group.append(shape("rect", { class: "ring", x: cx - 36, y: cy - 21, width: 72, height: 42, rx: 6 }));
    }
    return group;
  }

  // Scroll a wide picture so that what happens at this step is seen.
  reveal(frame) {
    const current = this.svg.querySelector(".current");
    if (!current) return;
    const [box, view] = [current.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (box.left < view.left || box.right > view.right) {
      frame.scrollLeft += (box.left + box.right - view.left - view.right) / 2;
    }
  }

  // Write the numbers: `view` says what is known at this step, and what is blank in a quiz.
  update(view) {
    const current = this.model.steps[view.step].node;
    for (const item of this.items) {
      const { kind, data, element } = item;
      item.numbers.replaceChildren(...(kind === "node" ? boxTexts(data, view) : wireTexts(data, view)));
      element.classList.toggle("future", view.step < data.valueAt);
      element.classList.toggle("current", kind === "node" && this.model.nodes[current] === data);
      element.classList.toggle("chosen", item === view.chosen);
      if (data.lines.length) element.setAttribute("aria-label", spoken(item, this.model, view));
    }
  }
}

function shown(slot, at, view) {
  return slot !== null && at !== null && view.step >= at;
}

function boxTexts(node, view) {
  const { name, value, gradient, terms, role, kind } = node;
  if (role === "operation") return [];
  const [w, h] = node.size;
  const texts = [];
  let y = -h / 2 + 19;
  const next = (height) => (y += height) - height;
  const hasValue = shown(value, node.valueAt, view);
  const isScalar = value !== null && typeof view.results[value] !== "object" && !kind;
  name.slice(0, isScalar ? -1 : undefined).forEach((n) => texts.push(text("name", 0, next(18), n)));
  if (isScalar) {
    const line = shape("text", { x: 0, y: next(18) });
    const label = shape("tspan", { class: "name" });
    label.textContent = name.at(-1);
    line.append(label, name.at(-1) ? " = " : "");
    const number = shape("tspan", { class: "value" });
    number.textContent = hasValue ? view.text(value) : "";
    line.append(number);
    texts.push(line);
  }
  if (kind) texts.push(text("kind", 0, next(15) - 2, kind));
  if (kind && value !== null) {
    const rows = tableTexts("value", hasValue ? view.results[value] : null, y, w, view.blank(value));
    texts.push(...rows);
    y += 18 * rowsOf(view.results[value]);
  }
  if (!shown(gradient, node.gradientAt, view)) return texts;
  if (view.blank(gradient)) {
    texts.push(text("gradient", 0, y, "∂ ?"));
  } else if (kind) {
    texts.push(...tableTexts("gradient", view.results[gradient], y, w, false));
  } else if (terms.length && !terms.some(view.blank)) {
    const sum = sumText(terms.map((k) => view.results[k]), view.results[gradient]);
    texts.push(text("gradient", 0, y, sum, w - 12));
  } else {
    texts.push(text("gradient", 0, y, gradientText(view.results[gradient])));
  }
  return texts;
}

function rowsOf(v) {
  if (typeof v !== "object" || v.data.length > PRINTED || !v.data.length) return 1;
  return v.data.length / v.shape.at(-1);
}

// A small array as rows of numbers; of a larger one its range and mean, or the norm of a gradient.
function tableTexts(kind, v, y, width, blank) {
  const mark = kind === "gradient" ? "∂ " : "";
  if (v === null) return [];
  if (blank) return [text(kind, 0, y, `${mark}?`)];
  if (typeof v !== "object") return [text(kind, 0, y, mark + number(v), width - 12)];
  if (!v.data.length) return [];
  if (v.data.length > PRINTED) {
    if (mark) return [text(kind, 0, y, gradientText(v))];
    const mean = v.data.reduce((a, b) => a + b, 0) / v.data.length;
    const range = [Math.min(...v.data), mean, Math.max(...v.data)].map(number);
    return [text(kind, 0, y, `min ${range[0]}  mean ${range[1]}  max ${range[2]}`, width - 12)];
  }
  const columns = v.shape.at(-1);
  const cell = Math.min(50, (width - 26) / columns);
  const texts = v.data.map((x, k) =>
    text(kind, ((k % columns) - (columns - 1) / 2) * cell + (mark ? 6 : 0),
      y + 18 * Math.floor(k / columns), number(x), cell - 6),
  );
  return mark ? [text(kind, -(columns / 2) * cell, y, "∂"), ...texts] : texts;
}

function wireTexts(wire, view) {
  if (!wire.at) return [];
  const [x, y] = wire.at;
  const texts = [];
  if (wire.text) texts.push(text("value", x, y - 6, wire.text));
  if (shown(wire.value, wire.valueAt, view)) texts.push(text("value", x, y - 6, view.text(wire.value)));
  if (shown(wire.gradient, wire.gradientAt, view)) {
    const blank = view.blank(wire.gradient);
    texts.push(text("gradient", x, y + 15, blank ? "∂ ?" : gradientText(view.results[wire.gradient])));
  }
  return texts;
}

// What a screen reader says of a box, a circle or a wire.
function spoken({ kind, data }, model, view) {
  const ends = kind === "wire" ? [model.nodes[data.source].spoken, model.nodes[data.target].spoken] : [];
  const name = kind === "wire" ? `wire from ${ends[0]} to ${ends[1]}` : data.spoken;
  const parts = [name];
  const [value, gradient] = data.says ?? [data.value, data.gradient];
  if (shown(value, data.valueAt, view)) parts.push(`value ${view.text(value)}`);
  if (shown(gradient, data.gradientAt, view)) parts.push(`gradient ${view.text(gradient)}`);
  return parts.join(", ");
}
