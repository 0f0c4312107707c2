// The knobs: a slider with its field, or a list of types, for each; in groups.

import { plain } from "/charts.js";

/** Fills a list with [value, name] pairs. */
export function options(select, entries, wanted) {
  select.replaceChildren(...entries.map(([value, name]) => new Option(name, value, false, value === wanted)));
}

function knobRow(knob, number, turned, turn) {
  const row = document.createElement("div");
  row.className = "knob";
  const id = `knob-${number}`;
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = knob.label;
  label.dataset.today = knob.kind === "number" ? `${plain(knob.value)}${knob.unit && ` ${knob.unit}`}` : knob.value;
  row.append(label);
  row.classList.toggle("turned", knob.path in turned);
  const now = turned[knob.path] ?? knob.value;
  if (knob.kind === "choice") {
    const select = document.createElement("select");
    select.id = id;
    options(select, knob.values.map((name) => [name, name]), now);
    select.addEventListener("change", () => turn(knob, select.value, row));
    row.append(select);
    return row;
  }
  const slider = Object.assign(document.createElement("input"), { type: "range", id, min: knob.low, max: knob.high, step: "any" });
  const field = Object.assign(document.createElement("input"), { type: "number", min: knob.least, max: knob.most, step: "any" });
  field.setAttribute("aria-label", `${knob.group}, ${knob.label}`);
  slider.dataset.path = knob.path;
  field.dataset.path = knob.path;
  slider.value = now;
  field.value = now;
  const stepped = (value) => Number((Math.round(value / knob.step) * knob.step).toPrecision(6));
  slider.addEventListener("input", () => {
    const value = Math.min(knob.high, Math.max(knob.low, stepped(Number(slider.value))));
    field.value = value;
    turn(knob, value, row);
  });
  // Arrow keys move by a step, wherever the slider is.
  slider.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!by) return;
    event.preventDefault();
    slider.value = Math.min(knob.high, Math.max(knob.low, Number(field.value) + by * knob.step));
    slider.dispatchEvent(new Event("input"));
  });
  field.addEventListener("change", () => {
    slider.value = field.value;
    turn(knob, field.value === "" ? "" : Number(field.value), row);
  });
  const unit = Object.assign(document.createElement("span"), { className: "unit", textContent: knob.unit });
  const end = document.createElement("span");
  end.append(field, " ", unit);
  row.append(slider, end);
  return row;
}

/** All knobs in their groups; `turn(knob, value, row)` is told what is turned. */
export function knobList(all, turned, turn) {
  return [...grouped(all)].map(([group, knobs]) => {
    const rows = knobs.map((knob) => knobRow(knob, all.indexOf(knob), turned, turn));
    if (group === "measured times") {
      const details = document.createElement("details");
      const summary = Object.assign(document.createElement("summary"), { textContent: `Measured or assumed times and shares (${knobs.length})` });
      details.open = knobs.some((knob) => knob.path in turned);
      details.append(summary, ...rows);
      return details;
    }
    const set = document.createElement("fieldset");
    set.append(Object.assign(document.createElement("legend"), { textContent: group }), ...rows);
    return set;
  });
}

function grouped(all) {
  const groups = new Map();
  for (const knob of all) groups.set(knob.group, [...(groups.get(knob.group) ?? []), knob]);
  return groups;
}
