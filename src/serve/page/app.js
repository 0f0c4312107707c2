// The what-if page: what is chosen and turned lives in the link; two questions run at most, of today and of what if.

import { knobList, options } from "/knobs.js";
import { intervals, overTime, plain, shares } from "/charts.js";

const PAGE = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
const at = (id) => document.getElementById(id);
const choice = { model: at("model"), test: at("test"), variant: at("variant") };

let models = [];
let view = null;
/** Values of knobs that are not as today. */
let turned = {};
let answers = { today: null, whatif: null };
const running = { today: null, whatif: null };

// ---- What the server says ------------------------------------------------------------------------------------------

async function ask(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  const said = await response.json().catch(() => ({ error: response.statusText }));
  throw Object.assign(new Error(said.error), { status: response.status });
}

function question(part) {
  const { model, test, variant } = state();
  return { model, test, variant, set: part === "today" ? {} : turned, page: PAGE, part };
}

function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** Asks anew; whatever the same part still waits for is dropped. */
async function predict(part) {
  running[part]?.abort();
  const mine = new AbortController();
  running[part] = mine;
  try {
    const response = await post("/api/predict", question(part), mine.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      lines.filter(Boolean).forEach((line) => told(part, JSON.parse(line), mine));
    }
  } catch (error) {
    if (error.name === "AbortError" || running[part] !== mine) return;
    if (error.status === 503) {
      status(error.message);
      setTimeout(() => running[part] === mine && predict(part), 1000);
      return;
    }
    problem(error.message || "the server does not answer");
  }
}

function told(part, line, mine) {
  if (running[part] !== mine) return;
  if (line.step === "failed") return problem(line.error);
  if (line.step === "estimate") {
    if (part === "whatif" || !Object.keys(turned).length) {
      status(`estimate: ${plain(line.requests_per_s)} requests/s, mean response ${plain(line.response_ms)} ms; simulating …`);
    }
    return;
  }
  problem("");
  answers[part] = line;
  if (part === "today" && !Object.keys(turned).length) answers.whatif = null;
  show();
}

// ---- What is chosen ------------------------------------------------------------------------------------------------

function state() {
  return { model: choice.model.value, test: choice.test.value, variant: choice.variant.value };
}

function fill(wanted) {
  options(choice.model, models.map((model) => [model.id, model.name || model.id]), wanted.model);
  const model = models.find((one) => one.id === choice.model.value) ?? models[0];
  options(choice.test, model.tests.map((test) => [test.name, test.name]), wanted.test);
  options(choice.variant, [["", "as it is"], ...model.variants.map((one) => [one.name, one.name])], wanted.variant);
  const test = model.tests.find((one) => one.name === choice.test.value);
  const load = test ? [test.users && `${plain(test.users)} users`, test.iterations_per_s && `${plain(test.iterations_per_s)} iterations/s`, `${plain(test.seconds / 60)} minutes`] : [];
  const variant = model.variants.find((one) => one.name === choice.variant.value);
  at("about").textContent = [test?.about, load.filter((words) => words && words !== test?.about).join(", "), variant?.about].filter(Boolean).join(" · ");
}

async function choose(wanted) {
  fill(wanted);
  const chosen = state();
  answers = { today: null, whatif: null };
  running.today?.abort();
  running.whatif?.abort();
  status("loading …");
  try {
    view = await (await ask(`/api/view?${new URLSearchParams(chosen)}`)).json();
  } catch (error) {
    return problem(error.message);
  }
  problem("");
  const known = view.knobs.map((knob) => knob.path);
  turned = Object.fromEntries(Object.entries(turned).filter(([path]) => known.includes(path)));
  knobs();
  link();
  show();
  predict("today");
  if (Object.keys(turned).length) predict("whatif");
}

/** The link that holds all of this. */
function link() {
  const words = new URLSearchParams(state());
  if (!choice.variant.value) words.delete("variant");
  for (const [path, value] of Object.entries(turned)) words.set(`set.${path}`, value);
  history.replaceState(null, "", `#${words}`);
}

function fromLink() {
  const words = new URLSearchParams(location.hash.slice(1));
  const set = [...words].filter(([key]) => key.startsWith("set."));
  const value = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
  turned = Object.fromEntries(set.map(([key, text]) => [key.slice(4), value(text)]));
  return { model: words.get("model"), test: words.get("test"), variant: words.get("variant") ?? "" };
}

// ---- Knobs ---------------------------------------------------------------------------------------------------------

function turn(knob, value, row) {
  if (value === knob.value || value === "" || Number.isNaN(value)) delete turned[knob.path];
  else turned[knob.path] = value;
  row.classList.toggle("turned", knob.path in turned);
  link();
  if (!Object.keys(turned).length) {
    running.whatif?.abort();
    answers.whatif = null;
    problem("");
    return show();
  }
  predict("whatif");
}

function knobs() {
  at("knob-list").replaceChildren(...knobList(view.knobs, turned, turn));
}

// ---- The answer ----------------------------------------------------------------------------------------------------

const ROWS = [
  ["p50", "http_req_duration", "p50"],
  ["p95", "http_req_duration", "p95"],
  ["p99", "http_req_duration", "p99"],
  ["throughput", "http_reqs", "rate"],
  ["failed", "http_req_failed", "rate"],
];

const find = (answer, metric, stat) => answer?.figures.find((one) => one.metric === metric && one.stat === stat) ?? null;

function recorded(metric, stat) {
  const stats = stat === "p50" ? ["p50", "med"] : [stat];
  for (const recording of view.recorded) {
    const found = recording.figures.find((one) => one.key?.metric === metric || (one.metric === metric && stats.includes(one.stat)));
    if (found && stats.includes(found.stat)) return found;
  }
  return null;
}

function cell(figure, column, name) {
  const made = document.createElement("td");
  made.dataset.column = column;
  made.dataset.figure = name;
  if (!figure || figure.value === null) {
    made.textContent = "–";
    return made;
  }
  made.textContent = `${plain(figure.value)} ${figure.unit === "1" ? "" : figure.unit}`;
  if (figure.low !== null && figure.high !== null && figure.low !== undefined) {
    made.append(Object.assign(document.createElement("small"), { textContent: `${plain(figure.low)} to ${plain(figure.high)}` }));
  }
  return made;
}

function change(before, after) {
  const made = document.createElement("td");
  if (before?.value > 0 && after && after.value !== null) {
    const percent = (after.value / before.value - 1) * 100;
    made.textContent = Math.abs(percent) < 0.5 ? "same" : `${percent > 0 ? "+" : "−"}${plain(Math.abs(percent))} %`;
  } else {
    made.textContent = "–";
  }
  return made;
}

function figures(now) {
  const rows = ROWS.map(([name, metric, stat]) => {
    const row = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: name });
    const [before, after] = [find(answers.today, metric, stat), find(answers.whatif, metric, stat)];
    const found = recorded(metric, stat);
    const beside = found && { ...found, low: found.value === null ? found.low : null, value: found.value ?? (found.low + found.high) / 2 };
    row.append(head, cell(before, "today", name), cell(after, "whatif", name), change(before, after), cell(beside, "recorded", name));
    return row;
  });
  const cost = document.createElement("tr");
  const dollars = (answer) => (answer?.usd_per_month ? { value: answer.usd_per_month, low: null, high: null, unit: "$/month" } : null);
  cost.append(Object.assign(document.createElement("th"), { scope: "row", textContent: "cost" }), cell(dollars(answers.today), "today", "cost"), cell(dollars(answers.whatif), "whatif", "cost"), change(dollars(answers.today), dollars(answers.whatif)), cell(null, "recorded", "cost"));
  at("figures").tBodies[0].replaceChildren(...rows, cost);
  at("figures").classList.toggle("rough", now.step === "rough");
}

const LIGHTS = { pass: "✓ holds", marginal: "≈ marginal", fail: "✗ fails" };

function verdicts(now) {
  const items = now.verdicts.map((verdict) => {
    const item = document.createElement("li");
    const light = Object.assign(document.createElement("span"), { className: `light ${verdict.status}`, textContent: LIGHTS[verdict.status] });
    const unit = verdict.unit === "1" ? "" : ` ${verdict.unit}`;
    const wished = verdict.wished ? " (wished for)" : "";
    item.append(light, `${verdict.slo}${wished}: ${plain(verdict.value)}${unit}, holds in ${plain(verdict.probability * 100)} % of ${now.replications} tests`);
    return item;
  });
  at("verdicts").replaceChildren(...items);
}

function figure(caption, svg) {
  const made = document.createElement("figure");
  made.append(Object.assign(document.createElement("figcaption"), { textContent: caption }), svg);
  return made;
}

function charts(now) {
  const both = [["today", answers.today], ["whatif", answers.whatif]].filter(([, answer]) => answer);
  const bar = ([kind, answer], metric, stat) => ({ kind, ...(find(answer, metric, stat) ?? { value: null }) });
  const groups = ROWS.slice(0, 3).map(([name, metric, stat]) => {
    const bars = both.map((one) => bar(one, metric, stat));
    const found = recorded(metric, stat);
    if (found) bars.push({ kind: "recorded", value: found.value ?? (found.low + found.high) / 2 });
    return { name, bars };
  });
  const allowed = now.verdicts.map((verdict) => ({ name: /^http_req_duration p\((\d+)\)</.exec(verdict.slo), value: verdict.bound }));
  const bounds = allowed.filter((one) => one.name).map((one) => ({ name: `p${one.name[1]}`, value: one.value }));
  const made = [figure("Response time of all requests", intervals("Percentiles of the response time, today and what if", "ms", groups, bounds))];
  const over = [["Requests per second over time", "http_reqs", "1/s"], ["p95 over time", "http_req_duration", "ms"], ["Failed requests over time", "http_req_failed", "%"], ["Users over time", "vus", "users"]];
  for (const [caption, metric, unit] of over) {
    const lines = both.flatMap(([kind, answer]) => answer.lines.filter((line) => line.metric === metric).map((line) => ({ kind, ...line })));
    lines.push(...view.recorded.flatMap((one) => one.lines.filter((line) => line.metric === metric)).map((line) => ({ kind: "recorded", ...line })));
    if (lines.some((line) => line.values.some((value) => value > 0))) made.push(figure(caption, overTime(caption, unit, lines)));
  }
  const used = now.resources.slice(0, 6).map((resource) => {
    const today = answers.today?.resources.find((one) => one.name === resource.name);
    return { name: resource.name, share: resource.utilisation.value, today: answers.whatif ? today?.utilisation.value : undefined };
  });
  made.push(figure("In use in the busiest stage", shares("Use of each resource", used)));
  if (now.slow) {
    const parts = now.slow.parts.filter((part) => part.share > 0.005).slice(0, 7);
    made.push(figure(`Where the time of requests near p95 goes (${plain(now.slow.duration_ms)} ms)`, shares("Where the time goes", parts.map((part) => ({ name: `${part.what}: ${plain(part.ms)} ms`, share: part.share })))));
  }
  at("charts").replaceChildren(...made);
}

function show() {
  const now = answers.whatif ?? answers.today;
  if (!now) return;
  verdicts(now);
  at("bottleneck").textContent = now.bottleneck;
  figures(now);
  charts(now);
  const remarks = [...view.unread, ...now.warnings].map((words) => Object.assign(document.createElement("li"), { textContent: words }));
  at("remarks").hidden = !remarks.length;
  at("remarks").querySelector("ul").replaceChildren(...remarks);
  const rough = `rough: the test in ${plain(now.time_share * 100)} % of its time; simulating the whole …`;
  const better = `${now.replications} of 40 tests simulated …`;
  status({ rough, better, done: `${now.replications} tests simulated` }[now.step]);
  at("answer").dataset.step = now.step;
  at("answer").dataset.of = answers.whatif ? "whatif" : "today";
}

function status(words) {
  at("status").textContent = words;
}

function problem(words) {
  at("problem").hidden = !words;
  at("problem").textContent = words;
  if (words) status("");
}

// ---- To take with one ----------------------------------------------------------------------------------------------

function save(name, kind, text) {
  const link = Object.assign(document.createElement("a"), { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  at("exported").textContent = `saved ${name}`;
}

at("copy-link").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href).catch(() => prompt("The link", location.href));
  at("exported").textContent = "link copied";
});
at("save-variant").addEventListener("click", async () => {
  try {
    save("what-if.toml", "application/toml", await (await post("/api/variant", question("whatif"))).text());
  } catch (error) {
    problem(error.message);
  }
});
at("save-figures").addEventListener("click", () => {
  const all = [...document.querySelectorAll("#charts figure")];
  let top = 0;
  const parts = all.map((figure) => {
    const svg = figure.querySelector("svg");
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const title = `<text x="4" y="${top + 16}" font-size="14" font-weight="bold" font-family="sans-serif">${figure.querySelector("figcaption").textContent.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</text>`;
    const inner = `${title}<svg x="0" y="${top + 22}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${svg.innerHTML}</svg>`;
    top += height + 34;
    return inner;
  });
  save("what-if.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 ${top}" width="840">${parts.join("")}</svg>`);
});
at("reset").addEventListener("click", () => {
  turned = {};
  running.whatif?.abort();
  answers.whatif = null;
  problem("");
  knobs();
  link();
  show();
});
for (const select of Object.values(choice)) select.addEventListener("change", () => choose(state()));
at("choice").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => choose(fromLink()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);

try {
  const said = await (await ask("/api/models")).json();
  models = said.models;
  at("version").textContent = `plimsoll ${said.plimsoll}`;
  await choose(fromLink());
} catch (error) {
  problem(error.message);
}
