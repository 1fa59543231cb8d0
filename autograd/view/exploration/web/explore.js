// The page: inputs to drag, a picture that follows, steps to walk, lines to read, a quiz to take.

const PACE = 1100; // milliseconds per step of a film

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// 0.3 for 0.1 + 0.2
const written = (x) => Number(x.toPrecision(15));

function fill(field, x) {
  field.value = written(x);
  field.setAttribute("aria-invalid", "false");
}

class Explorer {
  // `keys` is where key presses are heard; `changed` is called with all numbers after a change.
  constructor(host, model, program, { keys = null, changed = () => {} } = {}) {
    this.model = model;
    this.program = program;
    this.changed = changed;
    this.inputs = model.inputs.map((i) => (i.shape.length ? [...i.value] : i.value));
    this.step = model.steps.length - 1;
    this.pinned = this.hovered = null;
    this.quiz = new Map(); // a slot to {line, verdict}
    this.film = null;
    this.boxes = []; // of the inputs
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(model.css);
    root.adoptedStyleSheets = [sheet];
    this.root = root;
    this.all = make("div", { class: "all", tabindex: "-1" });
    root.append(this.all);
    this.build();
    this.listen(keys ?? this.all);
    this.compute();
    if (model.quiz.length) this.startQuiz(model.quiz);
  }

  // ── building ────────────────────────────────────────────────────────────────────────────
  build() {
    const { model } = this;
    const title = make("h1");
    title.textContent = model.title;
    this.painter = new Painter(model);
    this.picture = make("div", { class: "picture" }, this.painter.svg);
    this.heard = make("div", { class: "heard", "aria-live": "polite" });
    this.worked = make("section", { class: "worked", "aria-label": "derivation" });
    this.questions = make("section", { class: "questions", "aria-label": "quiz" });
    const knobs = make("section", { "aria-label": "inputs" }, ...model.inputs.map((i, k) => this.knob(i, k)));
    const longest = Math.max(...model.inputs.map((i) => i.name.length));
    knobs.style.setProperty("--names", `${Math.min(longest + 1, 9)}ch`);
    const code = make("details", {}, make("summary", {}, "the program that this page runs"), make("pre"));
    code.querySelector("pre").textContent = this.program.toString();
    const below = make("div", { class: "below" }, knobs, make("div", {}, this.worked, this.questions));
    this.all.append(title, this.picture, this.controls(), below, code, this.heard);
    if (model.caption) {
      const caption = make("p", { class: "caption" });
      caption.textContent = model.caption;
      this.picture.after(caption);
    }
  }

  controls() {
    const button = (label, name, action) => {
      const b = make("button", { type: "button", "aria-label": name, title: name }, label);
      b.addEventListener("click", action);
      return b;
    };
    const last = this.model.steps.length - 1;
    this.playButton = button("Play", "play", () => this.play(this.film === null));
    this.slider = make("input", { type: "range", class: "steps", min: 0, max: last, "aria-label": "step" });
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.quizButton = button("Quiz", "quiz", () => (this.quiz.size ? this.endQuiz() : this.startQuiz()));
    this.status = make("p", { class: "status" });
    return make("div", { class: "controls", role: "group", "aria-label": "steps" },
      button("⇤", "first step", () => this.goTo(0)),
      button("←", "step back", () => this.goTo(this.step - 1)),
      this.playButton,
      button("→", "step forward", () => this.goTo(this.step + 1)),
      button("⇥", "last step", () => this.goTo(last)),
      this.slider, this.quizButton, this.status,
    );
  }

  knob(input, k) {
    const box = make("div", { class: "knob" });
    const label = make("label", { for: `input-${k}` });
    label.textContent = input.name;
    const flow = make("output", { class: "flow", for: `input-${k}` });
    box.append(label);
    if (input.shape.length) {
      const table = make("div", { class: "table" });
      table.style.gridTemplateColumns = `repeat(${input.shape.at(-1)}, minmax(3em, 6em))`;
      input.value.forEach((v, j) => {
        const cell = make("input", { type: "number", step: "any", "aria-label": `${input.name}[${j}]` });
        if (j === 0) cell.id = `input-${k}`;
        fill(cell, v);
        cell.addEventListener("input", () => this.type(cell, (x) => (this.inputs[k][j] = x)));
        table.append(cell);
      });
      box.append(table);
    } else {
      const { low: min, high: max, step } = input;
      const range = make("input", { type: "range", min, max, step, "aria-label": input.name });
      const exact = make("input", { type: "number", step: "any", id: `input-${k}` });
      const set = (x) => {
        this.inputs[k] = x;
        range.min = Math.min(range.min, x);
        range.max = Math.max(range.max, x);
        if (this.root.activeElement !== range) range.value = x;
        if (this.root.activeElement !== exact) fill(exact, x);
      };
      set(input.value);
      range.addEventListener("input", () => {
        set(Number(range.value));
        this.compute();
      });
      exact.addEventListener("input", () => this.type(exact, set));
      box.append(range, exact);
      box.set = set;
    }
    box.append(flow);
    this.boxes[k] = box;
    return box;
  }

  type(field, accept) {
    const x = field.value === "" ? NaN : Number(field.value);
    field.setAttribute("aria-invalid", String(!Number.isFinite(x)));
    if (!Number.isFinite(x)) return;
    accept(x);
    this.compute();
  }

  // ── hearing ─────────────────────────────────────────────────────────────────────────────
  listen(keys) {
    const { svg } = this.painter;
    const itemOf = (event) => {
      const element = event.target.closest?.("[data-item]");
      return element ? this.painter.items[element.dataset.item] : null;
    };
    const look = (item) => {
      this.hovered = item;
      this.show();
    };
    svg.addEventListener("pointerover", (event) => look(itemOf(event)));
    svg.addEventListener("pointerleave", () => look(null));
    // not on the svg itself, which browsers would then put among what Tab reaches
    this.picture.addEventListener("focusin", (event) => look(itemOf(event)));
    this.picture.addEventListener("focusout", () => look(null));
    svg.addEventListener("click", (event) => this.pin(itemOf(event)));
    svg.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation(); // elsewhere Space plays
      this.pin(itemOf(event));
    });
    keys.addEventListener("keydown", (event) => {
      const target = event.composedPath()[0];
      const isField = target.tagName === "INPUT" || target.tagName === "SUMMARY";
      if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === " " && target.tagName === "BUTTON") return;
      const actions = {
        ArrowRight: () => this.goTo(this.step + 1),
        ArrowLeft: () => this.goTo(this.step - 1),
        Home: () => this.goTo(0),
        End: () => this.goTo(this.model.steps.length - 1),
        Escape: () => this.pin(null),
        " ": () => this.play(this.film === null),
      };
      if (!(event.key in actions)) return;
      event.preventDefault();
      actions[event.key]();
    });
  }

  pin(item) {
    this.pinned = item === this.pinned ? null : item;
    this.show();
    if (this.pinned) this.say(this.worked.innerText);
  }

  // ── computing ───────────────────────────────────────────────────────────────────────────
  compute() {
    const values = this.inputs.map((v, k) => {
      const { shape } = this.model.inputs[k];
      return shape.length ? nd.array(v, shape) : v;
    });
    this.results = this.program(...values);
    for (const [slot, question] of this.quiz) {
      if (question.verdict && !question.verdict.right) question.verdict = null;
      this.showQuestion(slot, question);
    }
    this.show();
    this.changed(this.numbers());
  }

  // Take inputs from outside, by name.
  set(values) {
    let any = false;
    this.model.inputs.forEach((input, k) => {
      const v = values[input.name];
      const same = JSON.stringify(v) === JSON.stringify(this.nested(this.inputs[k], input.shape));
      if (v === undefined || same) return;
      any = true;
      if (!input.shape.length) return this.boxes[k].set(v);
      this.inputs[k] = [v].flat(Infinity);
      this.boxes[k].querySelectorAll("input").forEach((cell, j) => fill(cell, this.inputs[k][j]));
    });
    if (any) this.compute();
  }

  nested(v, shape) {
    if (!shape.length) return v;
    const rest = shape.slice(1);
    const size = rest.reduce((a, b) => a * b, 1);
    return Array.from({ length: shape[0] }, (_, i) =>
      rest.length ? this.nested(v.slice(i * size, (i + 1) * size), rest) : v[i],
    );
  }

  // All numbers by name; what JSON cannot hold (NaN, Infinity) as text.
  numbers() {
    const plain = (x) => (Number.isFinite(Number(x)) ? Number(x) : String(x));
    const out = (v) => (typeof v === "object" ? this.nested(v.data.map(plain), v.shape) : plain(v));
    const pick = (slots) =>
      Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, out(this.results[slot])]));
    return { values: pick(this.model.values), gradients: pick(this.model.gradients) };
  }

  // ── stepping ────────────────────────────────────────────────────────────────────────────
  goTo(step) {
    this.step = Math.max(0, Math.min(this.model.steps.length - 1, step));
    this.show();
    this.painter.reveal(this.picture);
    this.say(this.status.textContent + " " + this.worked.innerText);
  }

  play(on) {
    clearInterval(this.film);
    this.film = null;
    if (on) {
      if (this.step === this.model.steps.length - 1) this.goTo(0);
      this.film = setInterval(() => {
        this.goTo(this.step + 1);
        if (this.step === this.model.steps.length - 1) this.play(false);
      }, PACE);
    }
    this.playButton.textContent = on ? "Pause" : "Play";
    this.playButton.setAttribute("aria-label", on ? "pause" : "play");
  }

  say(words) {
    this.heard.textContent = words;
  }

  // ── showing ─────────────────────────────────────────────────────────────────────────────
  show() {
    const chosen = this.hovered ?? this.pinned;
    const blank = (slot) => this.quiz.has(slot) && !this.quiz.get(slot).verdict?.right;
    const view = {
      step: this.step, results: this.results, chosen, blank,
      text: (slot) => (blank(slot) ? "?" : valueText(this.results[slot])),
    };
    this.painter.update(view);
    this.slider.value = this.step;
    const { say } = this.model.steps[this.step];
    const last = this.model.steps.length - 1;
    const words = {
      start: "the inputs are given",
      forward: "forward: the operation computes its value",
      turn: "the turn: the gradient of the result by itself is 1",
      backward: "backward: the operation sends its gradient to its inputs",
      all: "both passes are done",
    };
    this.status.textContent = `Step ${this.step} of ${last} · ${words[say]}`;
    const indices = chosen ? chosen.data.lines : this.model.steps[this.step].lines;
    this.worked.replaceChildren(...indices.map((i) => this.line(this.model.lines[i], blank)));
    this.model.inputs.forEach((input, k) => {
      const flow = this.boxes[k].querySelector(".flow");
      if (input.gradient === null) return;
      const { name, at } = this.model.lines[input.line];
      flow.textContent = `${name} = ${this.step >= at ? view.text(input.gradient) : ""}`;
    });
  }

  line(line, blank) {
    const kind = line.ways ? "flow" : line.first === undefined ? "value" : "slope";
    const row = make("p", { class: `line-of ${kind}` });
    const known = this.step >= line.at;
    const stages = stagesOf(line, this.results, { known, blank });
    row.append([line.name, ...stages.slice(0, -1)].join(" = "), " = ");
    const result = make("span", { class: "result" });
    result.textContent = stages.at(-1);
    row.append(result, known && !blank(line.slot) ? remark(line, this.results) : "");
    return row;
  }

  // ── the quiz ────────────────────────────────────────────────────────────────────────────
  startQuiz(lines = this.model.ask) {
    this.quiz = new Map(lines.map((i) => [this.model.lines[i].slot, { line: this.model.lines[i] }]));
    this.questions.replaceChildren(make("h2", {}, "Fill in the blanks"));
    for (const [slot, question] of this.quiz) {
      const field = make("input", { type: "text", inputmode: "text", autocomplete: "off" });
      field.setAttribute("aria-label", question.line.name);
      const name = make("span");
      name.textContent = `${question.line.name} =`;
      const check = make("button", { type: "submit" }, "Check");
      const form = make("form", {}, name, field, check);
      const verdict = make("p", { class: "verdict", role: "status" });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        question.verdict = judge(typed(field.value), question.line, this.results);
        this.showQuestion(slot, question);
        this.show();
      });
      question.verdictText = verdict;
      this.questions.append(make("div", { class: "question" }, form, verdict));
    }
    this.quizButton.setAttribute("aria-pressed", "true");
    this.goTo(this.model.steps.length - 1);
  }

  showQuestion(slot, { line, verdict, verdictText }) {
    verdictText.className = `verdict ${verdict ? (verdict.right ? "right" : "wrong") : ""}`;
    const derived = () => [line.name, ...stagesOf(line, this.results)].join(" = ");
    verdictText.textContent = verdict ? (verdict.right ? `right: ${derived()}` : verdict.why) : "";
  }

  endQuiz() {
    this.quiz = new Map();
    this.questions.replaceChildren();
    this.quizButton.setAttribute("aria-pressed", "false");
    this.show();
  }
}

// In a notebook: follow its theme, and keep the Python side informed.
function render({ model, el }) {
  const { body, documentElement } = document;
  const dark =
    body.dataset.jpThemeLight === "false" ||
    body.classList.contains("vscode-dark") ||
    body.classList.contains("dark-theme") ||
    documentElement.getAttribute("theme") === "dark";
  const light = body.dataset.jpThemeLight === "true" || body.classList.contains("vscode-light");
  const host = el.appendChild(make("div"));
  if (dark || light) host.dataset.theme = dark ? "dark" : "light";
  const explorer = new Explorer(host, MODEL, program, {
    changed: ({ values, gradients }) => {
      model.set("values", values);
      model.set("gradients", gradients);
      model.save_changes();
    },
  });
  const follow = () => explorer.set(model.get("values"));
  model.on("change:values", follow);
  return () => {
    model.off("change:values", follow);
    explorer.play(false);
  };
}
