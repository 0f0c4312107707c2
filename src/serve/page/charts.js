// Charts as SVG. Today is grey and dashed, what-if is blue and solid, recorded is hollow: told apart without colour.

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 420;
const HEIGHT = 230;
const LEFT = 52;
const RIGHT = 10;
const TOP = 26;
const BOTTOM = 34;

/** A number for people: three digits that count. */
export function plain(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const fixed = value.toFixed(Math.min(digits, 6));
  const [whole, part] = fixed.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const rest = part ? part.replace(/0+$/, "") : "";
  return rest ? `${grouped}.${rest}` : grouped;
}

function element(name, attributes, text) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), pale: of("--pale"), line: of("--line"), today: of("--today"), whatif: of("--accent"), ground: of("--ground"), fail: of("--fail") };
}

function canvas(label, height) {
  const c = colours();
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label, xmlns: SPACE });
  svg.append(element("rect", { width: WIDTH, height, fill: c.ground }));
  return { svg, c };
}

function text(svg, x, y, words, fill, anchor = "start", size = 12) {
  svg.append(element("text", { x, y, fill, "text-anchor": anchor, "font-size": size, "font-family": "system-ui, sans-serif" }, words));
}

/** Round steps from 0 to beyond the largest. */
function steps(largest) {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((one) => one >= rough);
  const all = [];
  for (let at = 0; at < largest + step * 0.999; at += step) all.push(at);
  return all;
}

function legend(svg, c, entries) {
  let x = LEFT;
  for (const { name, kind } of entries) {
    if (kind === "recorded") {
      svg.append(element("circle", { cx: x + 8, cy: 12, r: 3.5, fill: "none", stroke: c.ink, "stroke-width": 1.5 }));
    } else {
      const dash = kind === "today" ? "5 3" : "none";
      svg.append(element("line", { x1: x, x2: x + 16, y1: 12, y2: 12, stroke: c[kind], "stroke-width": 2.5, "stroke-dasharray": dash }));
    }
    text(svg, x + 21, 16, name, c.ink);
    x += 36 + name.length * 6.6;
  }
}

const NAMES = { today: "today", whatif: "what if", recorded: "recorded" };

/** Lines over time: `lines` are { kind, at_s, values }. */
export function overTime(label, unit, lines) {
  const { svg, c } = canvas(label, HEIGHT);
  const known = (line) => line.values.filter((value) => value !== null);
  const largest = Math.max(0, ...lines.flatMap(known));
  const end = Math.max(1, ...lines.flatMap((line) => line.at_s));
  const ticks = steps(largest);
  const top = ticks[ticks.length - 1];
  const x = (s) => LEFT + (s / end) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  for (const tick of ticks) {
    svg.append(element("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), stroke: c.line, "stroke-width": 0.7 }));
    text(svg, LEFT - 5, y(tick) + 4, plain(tick), c.pale, "end", 11);
  }
  const whole = steps(end).filter((tick) => tick <= end);
  for (const tick of whole) text(svg, x(tick), HEIGHT - BOTTOM + 15, plain(tick), c.pale, "middle", 11);
  text(svg, WIDTH - RIGHT, HEIGHT - 4, "seconds since the test began", c.pale, "end", 11);
  for (const line of lines) {
    if (line.kind === "recorded") {
      line.values.forEach((value, number) => {
        if (value !== null) svg.append(element("circle", { cx: x(line.at_s[number]), cy: y(value), r: 2.6, fill: "none", stroke: c.ink, "stroke-width": 1.2 }));
      });
      continue;
    }
    let path = "";
    let drawing = false;
    line.values.forEach((value, number) => {
      if (value === null) {
        drawing = false;
        return;
      }
      path += `${drawing ? "L" : "M"}${x(line.at_s[number]).toFixed(1)} ${y(value).toFixed(1)}`;
      drawing = true;
    });
    const dash = line.kind === "today" ? "5 3" : "none";
    svg.append(element("path", { d: path, fill: "none", stroke: c[line.kind], "stroke-width": line.kind === "today" ? 1.6 : 2.2, "stroke-dasharray": dash }));
  }
  legend(svg, c, lines.map(({ kind }) => ({ kind, name: NAMES[kind] })));
  text(svg, WIDTH - RIGHT, 16, unit, c.pale, "end", 11);
  return svg;
}

/** Figures with their intervals side by side: `groups` are { name, bars: [{ kind, value, low, high }] }; `bounds` are { name, value }. */
export function intervals(label, unit, groups, bounds) {
  const { svg, c } = canvas(label, HEIGHT);
  const all = groups.flatMap((group) => group.bars);
  // Wide intervals of few replications may leave the picture; the figures themselves do not.
  const most = Math.max(0, ...all.map((bar) => bar.value ?? 0), ...bounds.map((bound) => bound.value));
  const largest = Math.min(Math.max(most, ...all.map((bar) => bar.high ?? 0)), most * 1.6);
  const ticks = steps(largest);
  const top = ticks[ticks.length - 1];
  const y = (value) => HEIGHT - BOTTOM - (Math.min(value, top) / top) * (HEIGHT - TOP - BOTTOM);
  for (const tick of ticks) {
    svg.append(element("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), stroke: c.line, "stroke-width": 0.7 }));
    text(svg, LEFT - 5, y(tick) + 4, plain(tick), c.pale, "end", 11);
  }
  const wide = (WIDTH - LEFT - RIGHT) / groups.length;
  groups.forEach((group, number) => {
    const middle = LEFT + wide * (number + 0.5);
    text(svg, middle, HEIGHT - BOTTOM + 16, group.name, c.ink, "middle");
    group.bars.forEach((bar, place) => {
      if (bar.value === null) return;
      const x = middle + (place - (group.bars.length - 1) / 2) * 24;
      const bound = bounds.find((one) => one.name === group.name);
      if (bound) {
        svg.append(element("line", { x1: middle - wide * 0.42, x2: middle + wide * 0.42, y1: y(bound.value), y2: y(bound.value), stroke: c.fail, "stroke-width": 1.6, "stroke-dasharray": "2 2" }));
      }
      if (bar.kind === "recorded") {
        svg.append(element("circle", { cx: x, cy: y(bar.value), r: 5, fill: c.ground, stroke: c.ink, "stroke-width": 2 }));
        return;
      }
      const colour = c[bar.kind];
      if (bar.low !== null && bar.high !== null) {
        const dash = bar.kind === "today" ? "5 3" : "none";
        svg.append(element("line", { x1: x, x2: x, y1: y(bar.low), y2: y(bar.high), stroke: colour, "stroke-width": 3, "stroke-dasharray": dash }));
      }
      svg.append(element("circle", { cx: x, cy: y(bar.value), r: 5, fill: colour }));
    });
  });
  const kinds = [...new Set(all.map((bar) => bar.kind))];
  legend(svg, c, kinds.map((kind) => ({ kind, name: NAMES[kind] })));
  text(svg, WIDTH - RIGHT, 16, unit, c.pale, "end", 11);
  if (bounds.length) text(svg, WIDTH - RIGHT, HEIGHT - 4, "dotted red: what an objective allows", c.pale, "end", 11);
  return svg;
}

/** Shares as bars that lie: `bars` are { name, share, today }. */
export function shares(label, bars) {
  const row = 34;
  const height = 30 + bars.length * row;
  const { svg, c } = canvas(label, height);
  const scale = (share) => Math.min(share, 1) * (WIDTH - 70);
  bars.forEach((bar, number) => {
    const top = 28 + number * row;
    text(svg, 4, top + 10, bar.name, c.ink);
    svg.append(element("rect", { x: 4, y: top + 15, width: WIDTH - 70, height: 8, fill: c.line, opacity: 0.5 }));
    svg.append(element("rect", { x: 4, y: top + 15, width: scale(bar.share), height: 8, fill: c.whatif }));
    if (bar.today !== undefined) {
      const x = 4 + scale(bar.today);
      svg.append(element("line", { x1: x, x2: x, y1: top + 12, y2: top + 26, stroke: c.today, "stroke-width": 3 }));
    }
    text(svg, WIDTH - RIGHT, top + 23, `${plain(bar.share * 100)} %`, c.ink, "end");
  });
  legend(svg, c, [{ kind: "whatif", name: "what if" }, ...(bars.some((bar) => bar.today !== undefined) ? [{ kind: "today", name: "today" }] : [])]);
  return svg;
}
