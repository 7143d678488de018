// The console reads facts once a second and shows them. Whatever a sender chose becomes text, never markup: nothing here
// writes HTML. It changes nothing anywhere.
"use strict";

const LEVELS = ["critical", "high", "medium", "low", "maintenance"];
const WHERE = ["zone", "door", "reader", "camera", "sensor", "partition", "panel", "controller", "asset", "device", "host"];
const WHO = ["person", "credential", "account", "guard", "plate", "vehicle", "visit"];
const EVERY_MS = 1000;

const by = (id) => document.getElementById(id);
const state = { incidents: [], seen: new Set(), open: null, listed: "", shown: "", failed: 0 };

// An element with attributes and children; texts are text.
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const clock = (time) => (typeof time === "string" && time.length > 18 ? time.slice(11, 19) : "");
const day = (time) => (typeof time === "string" ? time.slice(0, 10) : "");
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const personal = (id) => id.split(" ").map(capital).join(" ");
// Ids are kept in lower case; people like their names otherwise.
const withNames = (title, people) =>
  capital((people ?? []).filter((id) => id.length > 2).reduce((text, id) => text.split(id).join(personal(id)), title));
const short = (text, most = 120) => (text.length > most ? text.slice(0, most) + "…" : text);
const number = (n) => Number(n ?? 0).toLocaleString("en-GB");
const level = (severity) => (LEVELS.includes(severity) ? severity : "maintenance");
const words = (name) => name.replace(/[._]/g, " ");

async function ask(path) {
  const answer = await fetch("api/v1/" + path, { cache: "no-store" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error("HTTP " + answer.status);
  return answer.json();
}

// --- The list -----------------------------------------------------------------------------------------------------

function wanted(incident) {
  const filter = by("filter").value;
  const isOpen = !["closed", "resolved", "withdrawn"].includes(incident.state);
  if (filter !== "all" && !isOpen) return false;
  if (filter === "grave" && !["critical", "high"].includes(incident.severity)) return false;
  const find = by("search").value.trim().toLowerCase();
  return !find || JSON.stringify([incident.title, incident.zones, incident.severity]).toLowerCase().includes(find);
}

function row(incident, fresh) {
  const link = el("a", { href: "#/incidents/" + encodeURIComponent(incident.incident_id) },
    el("span", { class: "mark " + level(incident.severity) }),
    el("time", { datetime: incident.last_at, title: incident.last_at }, clock(incident.last_at)),
    el("span", { class: "title" }, withNames(incident.title, incident.people)),
    el("span", { class: "level " + level(incident.severity) }, incident.severity),
    el("span", { class: "place" }, place(incident)));
  if (incident.incident_id === state.open) link.setAttribute("aria-current", "true");
  const kind = [fresh ? "new" : "", incident.state === "withdrawn" ? "gone" : ""].join(" ").trim();
  return el("li", kind ? { class: kind } : {}, link);
}

function place(incident) {
  const parts = [];
  if (incident.state === "withdrawn") parts.push("taken back");
  if (incident.zones?.length) parts.push(incident.zones.slice(0, 3).map((zone) => short(zone, 60)).join(", "));
  if (incident.alerts > 1) parts.push(incident.alerts + " alerts");
  if (incident.life_safety) parts.push("life safety");
  if (incident.restricted) parts.push("restricted");
  return parts.join(" · ");
}

function showList() {
  const latest = (a, b) => (a.last_at < b.last_at ? 1 : -1);
  const shown = state.incidents.filter(wanted).sort(latest);
  // A list that is built anew under the pointer swallows a click: only when it is another one.
  const sign = JSON.stringify([shown, state.open]);
  if (sign === state.listed) return;
  state.listed = sign;
  const focused = document.activeElement?.closest?.("#list a")?.getAttribute("href");
  const news = shown.filter((incident) => !state.seen.has(incident.incident_id));
  const rows = shown.map((incident) => row(incident, state.seen.size > 0 && news.includes(incident)));
  by("list").replaceChildren(...rows);
  by("empty").hidden = rows.length > 0;
  if (focused) [...by("list").querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  if (state.seen.size > 0) {
    const grave = news.find((incident) => incident.severity === "critical");
    if (grave) by("said").textContent = "Critical: " + capital(grave.title);
  }
  state.incidents.forEach((incident) => state.seen.add(incident.incident_id));
}

// --- One incident -------------------------------------------------------------------------------------------------

function named(entities, kinds) {
  return kinds.filter((kind) => entities?.[kind]?.length).map((kind) => {
    const ids = entities[kind];
    const shown = ids.slice(0, 6).map((id) => short(kind === "person" ? personal(id) : id, 80));
    if (ids.length > 6) shown.push(ids.length - 6 + " more");
    return (["zone", "door", "person", "camera"].includes(kind) ? "" : kind + " ") + shown.join(", ");
  }).join(" · ");
}

function facts(incident) {
  const list = el("dl", { class: "facts" });
  const add = (name, text) => text && list.append(el("dt", {}, name), el("dd", {}, text));
  add("Where", named(incident.entities, WHERE) || incident.site);
  add("Who", named(incident.entities, WHO));
  add("Network", named(incident.entities, ["ip"]));
  const one = incident.opened_at === incident.last_at;
  add("Since", day(incident.opened_at) + " " + clock(incident.opened_at) + (one ? "" : ", last at " + clock(incident.last_at)) + " UTC");
  add("Score", incident.score?.total + " of 100: " + (incident.score?.terms ?? []).map((term) => term.why).join("; "));
  return list;
}

function worstFirst(alerts) {
  const rank = (alert) => LEVELS.indexOf(level(alert.severity));
  return [...alerts].sort((a, b) => rank(a) - rank(b) || (a.first_at < b.first_at ? -1 : 1));
}

function advice(incident) {
  const alerts = worstFirst(incident.alerts ?? []);
  const rules = [...new Set(alerts.map((alert) => alert.rule))];
  const said = (rule) => incident.advice?.[rule] ?? {};
  // First things first: what the gravest alerts ask for; the others can wait.
  const gravest = new Set(alerts.filter((alert) => alert.severity === alerts[0].severity).map((alert) => alert.rule));
  const steps = (wanted) => rules.filter((rule) => said(rule).procedure && gravest.has(rule) === wanted)
    .map((rule) => el("p", { class: "do" }, said(rule).procedure, el("small", {}, said(rule).owner)));
  const [first, later] = [steps(true), steps(false)];
  const other = [...new Set(rules.flatMap((rule) => said(rule).false_positives ?? []))];
  const title = (rule) => alerts.find((alert) => alert.rule === rule)?.title ?? rule;
  return [
    first.length ? el("h3", {}, "What to do") : null,
    ...first,
    later.length ? el("details", {}, el("summary", {}, "Later, for the lesser alerts"), ...later) : null,
    el("h3", {}, "Why we think so"),
    ...rules.map((rule) => el("p", { class: "why" }, said(rule).why ?? title(rule), el("small", {}, capital(short(title(rule))) + " · rule " + rule))),
    other.length ? el("h3", {}, "It may also be") : null,
    other.length ? el("p", {}, other.join(" · ")) : null,
  ];
}

// Alerts as bars, their evidence as dots, on one axis of time.
function timeline(incident) {
  const alerts = worstFirst(incident.alerts ?? []).slice(0, 12);
  const at = (time) => Date.parse(time);
  const times = alerts.flatMap((alert) => [at(alert.first_at), at(alert.last_at), ...(alert.evidence ?? []).map((entry) => at(entry.ts))]);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  if (!Number.isFinite(from) || alerts.length === 0) return null;
  const [width, left, right, line] = [760, 215, 20, 22];
  const x = (time) => left + (to > from ? (at(time) - from) / (to - from) : 0.5) * (width - left - right);
  const height = alerts.length * line + 26;
  const view = svg("svg", { class: "timeline", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Alerts and evidence over time" });
  alerts.forEach((alert, index) => {
    const y = index * line + 12;
    view.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: y, y2: y }));
    view.append(svg("text", { x: 0, y: y + 4 }, short(alert.rule, 32)));
    for (const entry of (alert.evidence ?? []).slice(0, 64)) {
      const dot = svg("circle", { class: "event", cx: x(entry.ts), cy: y, r: 3.2 });
      dot.append(svg("title", {}, clock(entry.ts) + " " + entry.class));
      view.append(dot);
    }
    const [start, end] = [x(alert.first_at), x(alert.last_at)];
    view.append(svg("rect", { class: "span " + level(alert.severity), x: start - 3, y: y - 6, width: Math.max(end - start, 0) + 6, height: 12, rx: 3 }));
  });
  view.append(svg("text", { x: left, y: height - 4 }, new Date(from).toISOString().slice(11, 19)));
  view.append(svg("text", { x: width - right, y: height - 4, "text-anchor": "end" }, new Date(to).toISOString().slice(11, 19)));
  return view;
}

function evidence(incident) {
  const own = ["event_id", "step", "ts", "class", "topic", "partition", "offset", "index"];
  const rows = (incident.evidence ?? []).map((entry) => {
    const fields = Object.entries(entry).filter(([key]) => !own.includes(key)).map(([key, value]) => key + " " + short(String(value), 300));
    const from = entry.topic + " [" + entry.partition + "] @ " + entry.offset;
    return el("tr", {}, el("td", {}, el("time", { datetime: entry.ts }, clock(entry.ts))), el("td", {}, words(entry.class)),
      el("td", {}, fields.join(" · ")), el("td", {}, from));
  });
  const more = (incident.evidence_total ?? rows.length) - rows.length;
  return [
    el("h3", {}, "Evidence" + (more > 0 ? ", the first " + rows.length + " of " + incident.evidence_total : "")),
    el("table", {}, el("thead", {}, el("tr", {}, ...["Time", "What", "Of", "Record"].map((name) => el("th", {}, name)))), el("tbody", {}, ...rows)),
  ];
}

function doubts(incident) {
  const alerts = incident.alerts ?? [];
  const blind = alerts.flatMap((alert) => alert.unknown ?? []).map((gap) => gap.source + " was down from " + clock(gap.from) + " to " + clock(gap.to));
  if (alerts.some((alert) => alert.exact === false)) blind.push("a limit of the engine was reached, so a count may be too low");
  return blind.length ? [el("h3", {}, "What is uncertain"), el("p", {}, [...new Set(blind)].join("; "))] : [];
}

function showIncident(incident) {
  const at = by("incident");
  const text = JSON.stringify(incident);
  if (text === state.shown) return;
  state.shown = text;
  if (!incident) return at.replaceChildren(el("p", { class: "hint" }, "This incident is not here any more."));
  const marks = [
    el("span", { class: "level " + level(incident.severity) }, incident.severity),
    el("span", { class: "chip" }, incident.gone ? "taken back" : incident.state ?? "new"),
    incident.settled_at ? el("span", { class: "chip" }, "final") : null,
    incident.life_safety ? el("span", { class: "chip" }, "life safety") : null,
    incident.restricted ? el("span", { class: "chip" }, "restricted") : null,
  ];
  const worst = worstFirst(incident.alerts ?? [])[0];
  const title = el("h2", {}, withNames(short(worst?.title ?? incident.title ?? "", 400), incident.entities?.person));
  if (!incident.entities) {
    return at.replaceChildren(el("p", { class: "marks" }, ...marks.filter(Boolean)), title,
      el("p", { class: "note" }, "Only those who are entitled see what it is. Ask the security manager."));
  }
  const keep = at.scrollTop;
  at.replaceChildren(el("p", { class: "marks" }, ...marks.filter(Boolean)), title, facts(incident),
    ...advice(incident).filter(Boolean), ...doubts(incident), el("h3", {}, "Timeline"), timeline(incident) ?? "",
    ...evidence(incident), el("details", {}, el("summary", {}, "The whole explanation"), el("pre", {}, incident.explanation ?? "")));
  at.scrollTop = keep;
}

// --- Sources and pipeline -----------------------------------------------------------------------------------------

const ago = (s) => (s < 90 ? Math.round(s) + " s" : s < 5400 ? Math.round(s / 60) + " min" : Math.round(s / 3600) + " h") + " ago";

function showSources(sources) {
  const bad = sources.filter((source) => source.state !== "heard").length;
  by("blind").textContent = bad ? String(bad) : "";
  by("voices").replaceChildren(...sources.map((source) => el("tr", {},
    el("td", { class: "state " + (["blind", "silent"].includes(source.state) ? source.state : "heard") },
      source.state + (source.blind_since ? " since " + clock(source.blind_since) : "")),
    el("td", {}, short(source.source, 200)), el("td", {}, source.topic),
    el("td", {}, el("time", { datetime: source.last }, clock(source.last)), " · " + ago(source.quiet_s)),
    el("td", { class: "n" }, number(source.events)), el("td", { class: "n" }, number(source.late)))));
}

function plot(name, unit, series) {
  const most = Math.max(1e-9, ...series.flat());
  const path = (values) => values.map((value, index) =>
    (index ? "L" : "M") + ((index / Math.max(1, values.length - 1)) * 300).toFixed(1) + " " + (70 - (value / most) * 64).toFixed(1)).join(" ");
  const view = svg("svg", { viewBox: "0 0 300 72", preserveAspectRatio: "none", role: "img", "aria-label": name });
  series.forEach((values, index) => {
    if (values.length === 0) return;
    if (index === 0) view.append(svg("path", { class: "area", d: path(values) + " L300 72 L0 72 Z" }));
    view.append(svg("path", { class: index ? "second" : "first", d: path(values) }));
  });
  const last = series[0].at(-1) ?? 0;
  return el("figure", {}, el("figcaption", {}, name, el("b", {}, (last < 10 ? last.toFixed(1) : Math.round(last)) + " " + unit)), view);
}

function showStatus(status) {
  if (!status) return;
  const seconds = status.seconds ?? [];
  by("mode").textContent = status.mode === "demo" ? "demo, " + status.speed + " × the speed of life" : status.ready ? "live" : "not ready";
  const time = by("clock").querySelector("time");
  time.textContent = clock(status.now);
  time.setAttribute("datetime", status.now ?? "");
  by("version").textContent = "Watchfloor " + (status.version ?? "") + ", " + number(status.rules) + " rules";
  by("levels").replaceChildren(...LEVELS.filter((name) => status.open?.[name]).map((name) =>
    el("span", { class: "level " + name }, status.open[name] + " " + name)));
  by("trouble").hidden = !status.trouble;
  by("trouble").textContent = status.trouble ?? "";
  by("plots").replaceChildren(
    plot("Records a second", "/s", [seconds.map((beat) => beat.records)]),
    plot("Slowest hundredth, arrival to published", "ms", [seconds.map((beat) => beat.p99_ms)]),
    plot("Median, arrival to published", "ms", [seconds.map((beat) => beat.p50_ms)]));
  const equation = (left, name, parts) => number(left) + " " + name + " = " + parts.map(([key, value]) => number(value) + " " + words(key)).join(" + ");
  const events = Object.entries(status.events ?? {});
  const sum = events.reduce((all, [, value]) => all + value, 0);
  const alerts = status.alerts ?? {};
  const unsettled = alerts.raised - alerts.settled - alerts.withdrawn - alerts.merged;
  const lines = [
    ["Records", equation(status.records?.read, "read", Object.entries(status.records ?? {}).filter(([key]) => key !== "read"))],
    ["Events", equation(sum, "decoded", events)],
    ["Alerts", equation(alerts.raised, "raised", [["settled", alerts.settled], ["withdrawn", alerts.withdrawn], ["merged", alerts.merged], ["not settled yet", unsettled]])],
    ["Rejects", Object.entries(status.rejects ?? {}).map(([key, value]) => number(value) + " " + words(key)).join(", ") || "none"],
    ["Latency", "p50 " + (status.latency_ms?.p50 ?? 0).toFixed(1) + " ms, p99 " + (status.latency_ms?.p99 ?? 0).toFixed(1) + " ms, greatest " + (status.latency_ms?.max ?? 0).toFixed(1) + " ms"],
  ];
  by("sums").replaceChildren(...lines.flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]));
}

// --- Ways about ---------------------------------------------------------------------------------------------------

function route() {
  const [, page, id] = location.hash.split("/");
  const name = ["sources", "pipeline"].includes(page) ? page : "incidents";
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  state.open = page === "incidents" && id ? decodeURIComponent(id) : null;
  state.shown = "";
  showList();
  refreshIncident().catch(failed);
}

async function refreshIncident() {
  if (state.open) showIncident(await ask("incidents/" + encodeURIComponent(state.open)));
}

function failed() {
  state.failed += 1;
  if (state.failed < 3) return;
  by("trouble").hidden = false;
  by("trouble").textContent = "Watchfloor does not answer. What is shown is old.";
}

async function refresh() {
  try {
    const [status, incidents, sources] = await Promise.all([ask("status"), ask("incidents"), ask("sources")]);
    state.failed = 0;
    state.incidents = incidents ?? [];
    showStatus(status);
    showList();
    showSources(sources ?? []);
    await refreshIncident();
  } catch (error) {
    failed(error);
  }
  setTimeout(refresh, EVERY_MS);
}

function move(step) {
  const links = [...by("list").querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const inList = !by("incidents").hidden;
  if (inList && (event.key === "j" || event.key === "ArrowDown")) move(1);
  else if (inList && (event.key === "k" || event.key === "ArrowUp")) move(-1);
  else if (inList && event.key === "/") by("search").focus();
  else return;
  event.preventDefault();
});
by("list").addEventListener("click", () => by("incident").focus({ preventScroll: true }));
by("filter").addEventListener("change", showList);
by("search").addEventListener("input", showList);
window.addEventListener("hashchange", route);
route();
refresh();
