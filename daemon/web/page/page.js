// The page: shows what the daemon tells. Everything is put in as text, never as markup.
"use strict";

const $ = id => document.getElementById(id);
const SIGNS = {fresh: "●", behind: "▲", paused: "‖", held: "■", busy: "◐", "not-ready": "✕"};
const WORDS = {fresh: "Fresh", behind: "Behind", paused: "Paused", held: "Held", busy: "Busy", "not-ready": "Not ready"};
const ROWS_SHOWN = 20;
const TRY_AGAIN_MS = 5000;

let status = null;  // as last told
let heard = 0;      // when that was, on this page's clock
let source = null;  // the stream of events, while the page is to be seen
let charts = null;

function make(name, text, ...classes) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  element.classList.add(...classes);
  return element;
}

// Leaves alone what says the same already: a screen reader would read it out again.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- times ---

const formats = new Map();
function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    try {
      formats.set(key, new Intl.DateTimeFormat("en-GB", {timeZone: zone, hourCycle: "h23", ...options}));
    } catch (unknownZone) {
      return format("UTC", options);
    }
  }
  return formats.get(key);
}
const CLOCK = {hour: "2-digit", minute: "2-digit", second: "2-digit"};
const DAY = {weekday: "short", day: "numeric", month: "short", year: "numeric"};
const SHORT = {weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"};
const zone = () => status ? status.clock.timezone : "UTC";
const local = (text, options) => format(zone(), options).format(new Date(text));

function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  for (const [unit, size, below] of [["s", 1, 120], ["min", 60, 7200], ["h", 3600, 172800]])
    if (s < below) return `${Math.floor(s / size)} ${unit}`;
  return `${Math.floor(s / 86400)} days`;
}

function runs(clock) {
  const held = clock.paused || clock.held !== null || clock.stands_until !== null;
  return !held && !(status.job && status.job.kind === "advance");
}

// World and wall time go on between two messages as they do in the daemon.
function now() {
  const since = (performance.now() - heard) / 1000;
  const wall = Date.parse(status.clock.wall) / 1000 + since;
  const world = status.clock.world === null ? null
    : Date.parse(status.clock.world) / 1000 + (runs(status.clock) ? since * status.clock.speed : 0);
  return {wall, world};
}

// --- the top ---

function showClock() {
  if (status === null) return;
  const time = now();
  const lost = document.body.classList.contains("lost");
  if (lost) return;
  $("world-clock").textContent = time.world === null ? "none yet" : local(time.world * 1000, CLOCK);
  $("world-date").textContent = time.world === null ? "" : local(time.world * 1000, DAY);
  $("wall-clock").textContent = local(time.wall * 1000, {...DAY, ...CLOCK});
  for (const cell of document.querySelectorAll("[data-next]")) showNext(cell, time);
  for (const cell of document.querySelectorAll("[data-newest]")) {
    const ago = time.world - Date.parse(cell.dataset.newest) / 1000;
    say(cell, time.world === null ? "" : `${span(ago)} ago${status.clock.speed === 1 ? "" : " in world time"}`);
  }
}

function showNext(cell, time) {
  const left = Date.parse(cell.dataset.next) / 1000 - time.world;
  const speed = status.clock.speed;
  say(cell, time.world === null || speed === 0 ? "" : left <= 0 ? "now" : `in ${span(left / speed)}`);
}

function speedWords(clock) {
  if (clock.speed === 0) return "stands still (speed 0)";
  return clock.speed === 1 ? "real time" : `×${clock.speed.toLocaleString("en")}: ${span(clock.speed * 60)} a minute`;
}

function showTop() {
  document.body.dataset.verdict = status.verdict;
  document.title = `${WORDS[status.verdict]}: credd`;
  say($("sign"), SIGNS[status.verdict]);
  say($("word"), WORDS[status.verdict]);
  say($("sentence"), status.verdict_text);
  say($("speed"), speedWords(status.clock));
  say($("zone"), status.clock.timezone);
  const world = status.world;
  say($("about"), `credd ${status.version}. ` + (world === null ? "No world yet. "
    : `World ${world.id}, seed ${world.seed}, from ${local(world.origin, {...DAY, ...CLOCK})} on. `) +
    `Database: ${status.database.backend}, ${status.database.state}. ` + (status.last_batch ? `Last batch: ${status.last_batch}.` : ""));
}

// --- what is being directed ---

function until(text) {
  return text === null ? "" : ` until ${local(text, SHORT)}`;
}

// The server gives no names: "an operator".
function by(who) {
  return who ? ` by ${who}` : "";
}

// Each as [what, the command that ends it].
function directed() {
  const clock = status.clock, list = [];
  if (clock.paused) list.push([`The world is paused${by(clock.paused_by)}${until(clock.resumes_at)}`, "credctl resume"]);
  if (clock.held !== null && clock.held !== status.verdict_text) list.push([`The clock waits for confirmation: ${clock.held}`, "credctl resume"]);
  if (clock.speed !== 1 && clock.world !== null)
    list.push([clock.speed === 0 ? "The world clock stands at speed 0" : `World time runs ${clock.speed.toLocaleString("en")} times as fast`,
               "credctl speed 1"]);
  for (const stream of status.streams) {
    if (stream.paused)
      list.push([`${stream.name} is paused${by(stream.paused_by)}${until(stream.resumes_at)}`, `credctl resume ${stream.name}`]);
    if (!stream.enabled) list.push([`${stream.name} is disabled`, ""]);
    if (stream.tempo !== 1)
      list.push([`${stream.name} runs at ${stream.tempo} times its usual rate${until(stream.tempo_until)}`, `credctl tempo ${stream.name} 1`]);
  }
  if (status.waiting) list.push([`credd waits for the database: ${status.waiting}`, ""]);
  if (status.queued > 0) list.push([`${status.queued} waiting: ${status.queued_kind}`, ""]);
  if (status.pending) list.push([`At the next reset: ${status.pending}`, ""]);
  return list;
}

function showDirected() {
  const job = status.job !== null && status.job.kind !== "tick" ? status.job : null;
  $("progress").hidden = job === null;
  if (job !== null) {
    const known = job.total > 0 && job.done <= job.total;
    const words = {advance: "Advancing", reset: status.world === null ? "Building the first world" : "Building a new world"}[job.kind];
    say($("bar-label"), `${words}${known ? `: ${Math.floor(job.done * 100 / job.total)}%` : ""}${job.detail ? `, ${job.detail}` : ""}`);
    $("bar").max = known ? job.total : 1;
    if (known) $("bar").value = job.done; else $("bar").removeAttribute("value");
  }
  const items = directed().map(([what, end]) => {
    const item = make("li", what);
    if (end) item.append(". To end it: ", make("code", end));
    return item;
  });
  if (job !== null) {
    const item = make("li", "To end it: ");
    item.append(make("code", "credctl cancel"));
    items.unshift(item);
  }
  if (items.length === 0) items.push(make("li", "Nothing: the world takes its usual course."));
  if ($("directed").textContent !== items.map(item => item.textContent).join("")) $("directed").replaceChildren(...items);
}

// --- streams ---

function state(stream) {
  if (status.verdict === "not-ready") return ["waits for the database", true];
  if (stream.obstacle !== null) return ["stopped by its table", true];
  if (!stream.enabled) return ["disabled", false];
  if (stream.paused || status.clock.paused) return ["paused", false];
  if (stream.held !== null) return [stream.held, true];
  if (stream.watermark === null) return ["not written yet", false];
  if (stream.overdue) return [`behind by ${span(stream.lag_s)}`, true];
  return [stream.closed ?? "up to date", false];
}

function cell(label, text, small, key, value) {
  const made = make("td");
  made.dataset.label = label;
  made.append(make("span", text, "wide"));
  if (value !== undefined && value !== null) {
    const more = make("small", small);
    more.dataset[key] = value;
    made.append(more);
  }
  return made;
}

function streamRow(stream) {
  const row = make("tr");
  const name = make("th", stream.name);
  name.scope = "row";
  const [words, alarm] = state(stream);
  const how = cell("State", words);
  if (alarm) how.classList.add("alarm");
  const count = cell("Rows", stream.rows.toLocaleString("en"));
  count.classList.add("number");
  if (stream.skipped > 0) count.append(make("small", `${stream.skipped.toLocaleString("en")} left out`));
  row.append(name, how,
             cell("Newest row", stream.newest_row === null ? "–" : local(stream.newest_row, SHORT), "", "newest", stream.newest_row),
             cell("Next run", stream.next_run === null ? "–" : local(stream.next_run, SHORT), "", "next", stream.next_run), count);
  row.dataset.stream = stream.name;
  return row;
}

function showStreams() {
  $("stream-rows").replaceChildren(...status.streams.map(streamRow));
}

// --- rows ---

const money = text => `$${Number(text).toLocaleString("en", {maximumFractionDigits: 0})}`;
const ROWS = {
  customers: row => ["New customer", `${row.city}, ${row.state}; ${row.employment_type}, ${money(row.annual_income)} a year`],
  financial_records: row => [`${row.record_type[0].toUpperCase()}${row.record_type.slice(1)}`, `${money(row.amount)}: ${row.description}`],
  loan_applications: row => ["Application", `${row.loan_type}, ${money(row.requested_amount)} over ${row.term_months} months: ${row.purpose}`],
  market_data: row => ["Market", `${row.data_type} ${Number(row.value).toLocaleString("en")}, of ${row.date_recorded}`],
  credit_history: row => ["Score", `${row.credit_score}, ${row.payment_history}, ${row.credit_utilization}% utilized`],
  credd_status: row => ["Decision", `${row.key} is ${row.status}`],
  credd_change: row => ["Change", `${row.key} ${CHANGES[row.column_name](row.value)}`],
};
const CHANGES = {
  city: text => `lives in ${text}`,
  employment_type: text => `works: ${text}`,
  annual_income: text => `has ${money(text)} a year`,
};

function rowItem(row) {
  const item = make("li"), words = make("span"), time = make("time", row.at === undefined || row.at === null ? "" : local(row.at, CLOCK));
  const [what, text] = ROWS[row.table](row);
  if (row.at) time.dateTime = row.at;
  words.append(make("b", what), ` ${text}`);
  item.append(time, words);
  item.dataset.key = row.key;
  item.dataset.table = row.table;
  item.classList.add("new");
  return item;
}

function showRows(told) {
  const items = told.rows.filter(row => row.table in ROWS).map(rowItem).reverse();
  if (told.more > 0) items.push(make("li", `… and ${told.more.toLocaleString("en")} more`, "more"));
  if (items.length === 0) return;
  $("no-rows").hidden = true;
  $("rows").prepend(...items);
  while ($("rows").childElementCount > ROWS_SHOWN) $("rows").lastElementChild.remove();
}

function forgetRows() {
  $("rows").replaceChildren();
  $("no-rows").hidden = false;
}

// --- charts: each a picture where the library is, and a table in any case ---

const DASHES = [[], [7, 3], [2, 3], [10, 3, 2, 3]];
const NAMES = {fed_funds_effective: "Federal funds", treasury_2y: "2-year Treasury", treasury_10y: "10-year Treasury",
               mortgage_30y: "30-year mortgage", sp500: "S&P 500", vix: "VIX"};
const dayNumber = text => Date.parse(`${text}T00:00:00Z`) / 864e5;
const dayText = number => format("UTC", {day: "numeric", month: "short"}).format(new Date(number * 864e5));
const monthText = text => format("UTC", {month: "short", year: "2-digit"}).format(new Date(`${text}-15T00:00:00Z`));
const percent = (part, whole) => whole === 0 ? 0 : Math.round(part * 1000 / whole) / 10;
const sum = list => list.reduce((all, one) => all + one, 0);

// What a chart shows: {id, title, note, kind, labels or days, sets: [{name, values}], unit}
function marketChart(id, title, unit, names) {
  const series = charts.market.series.filter(one => names.includes(one.name) && one.points.length > 0);
  const days = [...new Set(series.flatMap(one => one.points.map(point => point[0])))].sort();
  const stretches = charts.market.stretches.map(one => `${one.what} from ${dayText(dayNumber(one.from))} to ${dayText(dayNumber(one.to))}`);
  const note = stretches.length > 0 ? `Shaded: ${stretches.join(", ")}` : "No slowdown or recession in this time";
  const sets = series.map(one => {
    const values = new Map(one.points);
    return {name: NAMES[one.name], values: days.map(day => values.get(day) ?? null)};
  });
  return {id, title, unit, note, kind: "line", days, labels: days.map(day => dayText(dayNumber(day))), sets, stretches: charts.market.stretches};
}

function applicationsChart() {
  const {statuses, hours, days} = charts.applications;
  const busy = sum(hours.map(([, counts]) => sum(counts))) >= 24;
  const rows = busy ? hours : days;
  const label = busy ? text => format(zone(), {weekday: "short", hour: "2-digit", minute: "2-digit"}).format(new Date(text))
                     : text => dayText(dayNumber(text));
  return {id: "applications", title: busy ? "Applications an hour, by status now" : "Applications a day, by status now", unit: "",
          note: busy ? "The last 48 hours of world time" : "The last 31 days of world time", kind: "bar", stacked: true,
          labels: rows.map(([when]) => label(when)), sets: statuses.map((name, i) => ({name, values: rows.map(row => row[1][i])}))};
}

function scoresChart() {
  const all = sum(charts.scores.map(band => band.people));
  return {id: "scores", title: "Credit scores against the reference", unit: "%", note: `${all.toLocaleString("en")} entries of the last 30 days`,
          kind: "bar", labels: charts.scores.map(band => `${band.from}–${band.to}`),
          sets: [{name: "Here", values: charts.scores.map(band => percent(band.people, all))},
                 {name: "Reference", values: charts.scores.map(band => band.reference), points: true}]};
}

function paymentsChart() {
  const {states, months} = charts.payments;
  const seen = months.filter(([, counts]) => sum(counts) > 0);
  return {id: "payments", title: "Late payments by month", unit: "%", note: "Share of the month's credit history entries", kind: "bar", stacked: true,
          labels: seen.map(([month]) => monthText(month)),
          sets: states.slice(1).map((name, i) => ({name, values: seen.map(([, counts]) => percent(counts[i + 1], sum(counts)))}))};
}

const allCharts = () => [
  marketChart("rates", "Interest rates", "%", ["fed_funds_effective", "treasury_2y", "treasury_10y", "mortgage_30y"]),
  marketChart("sp500", "S&P 500", "", ["sp500"]), marketChart("vix", "VIX", "", ["vix"]),
  applicationsChart(), scoresChart(), paymentsChart()];

function chartTable(chart) {
  const table = make("table"), head = make("tr"), body = make("tbody"), top = make("thead");
  table.append(make("caption", `${chart.title}${chart.unit ? `, ${chart.unit}` : ""}`), top, body);
  top.append(head);
  for (const name of ["", ...chart.sets.map(set => set.name)]) {
    const th = make("th", name, ...(name ? ["number"] : []));
    th.scope = "col";
    head.append(th);
  }
  chart.labels.forEach((label, i) => {
    const row = make("tr"), th = make("th", label);
    th.scope = "row";
    row.append(th, ...chart.sets.map(set => make("td", set.values[i] === null ? "" : set.values[i].toLocaleString("en"), "number")));
    body.prepend(row);
  });
  return table;
}

const drawn = new Map(); // by the id of the chart: its parts on the page

function chartParts(chart) {
  if (drawn.has(chart.id)) return drawn.get(chart.id);
  const parts = {figure: make("figure"), title: make("h3"), note: make("small"), plot: make("div", undefined, "plot"),
                 table: make("div", undefined, "scroll"), details: make("details")};
  const caption = make("figcaption");
  caption.append(parts.title, parts.note);
  parts.title.id = `chart-${chart.id}`;
  parts.table.tabIndex = 0;
  parts.table.setAttribute("role", "region");
  parts.table.setAttribute("aria-labelledby", parts.title.id);
  parts.details.append(make("summary", "As a table"), parts.table);
  parts.details.open = !("Chart" in window);
  parts.plot.hidden = !("Chart" in window);
  parts.figure.append(caption, parts.plot, parts.details);
  $("charts").append(parts.figure);
  drawn.set(chart.id, parts);
  return parts;
}

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Stretches of a chart over days, behind its lines.
const shading = {
  id: "shading",
  beforeDatasetsDraw(plot) {
    const {ctx, chartArea: area, scales: {x}} = plot, {days, stretches} = plot.options.plugins.shading;
    if (!stretches || stretches.length === 0) return;
    ctx.save();
    ctx.font = "12px sans-serif";
    for (const {from, to, what} of stretches) {
      const first = days.findIndex(day => day >= from), last = days.findLastIndex(day => day <= to);
      if (first < 0 || last < first) continue;
      const left = x.getPixelForValue(first), right = x.getPixelForValue(last);
      ctx.fillStyle = `${colour("--c5")}33`;
      ctx.fillRect(left, area.top, Math.max(2, right - left), area.height);
      ctx.fillStyle = colour("--text");
      if (right - left > 60) ctx.fillText(what, left + 4, area.top + 13);
    }
    ctx.restore();
  },
};

// Bars are told apart by hatching too.
function hatched(ink, i) {
  if (i % 3 === 0) return ink;
  const tile = make("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = ink;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = colour("--panel");
  pen.lineWidth = 1.5;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, i % 3 === 1 ? 8 : 0);
    pen.lineTo(shift + 8, i % 3 === 1 ? 0 : 8);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

function dataset(chart, set, i) {
  const ink = colour(`--c${i}`);
  const line = chart.kind === "line" || set.points;
  return {label: set.name, data: set.values, type: line ? "line" : "bar", borderColor: chart.stacked ? colour("--panel") : ink,
          backgroundColor: set.points ? colour("--panel") : chart.stacked ? hatched(ink, i) : ink, borderWidth: line ? 2 : chart.stacked ? {top: 1, right: 0, bottom: 0, left: 0} : 0,
          borderDash: line ? DASHES[i % DASHES.length] : [], pointRadius: set.points ? 5 : 0, pointStyle: set.points ? "rectRot" : line ? "line" : "rect",
          pointBorderWidth: 2, spanGaps: true, tension: 0, order: set.points ? 0 : 1, maxBarThickness: 48};
}

function draw(chart, parts) {
  const words = colour("--text"), faint = colour("--faint"), grid = colour("--line");
  const ticks = {color: faint, maxRotation: 0, autoSkipPadding: 14};
  const size = 0.78 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = {size, family: getComputedStyle(document.body).fontFamily};
  ticks.font = font;
  const config = {
    data: {labels: chart.labels, datasets: chart.sets.map((set, i) => dataset(chart, set, i))},
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, interaction: {mode: "index", intersect: false},
      scales: {
        x: {stacked: !!chart.stacked, grid: {display: false}, ticks},
        y: {stacked: !!chart.stacked, grid: {color: grid}, beginAtZero: chart.kind === "bar",
            ticks: {color: faint, font, precision: chart.unit ? undefined : 0, callback: value => `${value.toLocaleString("en")}${chart.unit}`}},
      },
      plugins: {legend: {display: chart.sets.length > 1, position: "bottom", labels: {color: words, font, boxWidth: 22, boxHeight: 9, usePointStyle: chart.kind === "line"}},
                shading: {days: chart.days ?? [], stretches: chart.stretches ?? []}},
    },
    plugins: [shading], type: chart.kind,
  };
  if (parts.chart) parts.chart.destroy();
  if (!parts.canvas) {
    parts.canvas = make("canvas");
    parts.canvas.setAttribute("role", "img");
    parts.plot.append(parts.canvas);
  }
  parts.canvas.setAttribute("aria-label", `${chart.title}. ${chart.note}. The figures are in the table below.`);
  parts.chart = new window.Chart(parts.canvas, config);
}

function showCharts() {
  if (charts === null) return;
  const old = charts.cut_short ? " There are more rows than it reads: older ones are left out." : "";
  say($("charts-note"), `As of ${local(charts.at, {...DAY, ...CLOCK})} in world time, made at most once a minute.${old}`);
  for (const chart of allCharts()) {
    const parts = chartParts(chart);
    say(parts.title, chart.title);
    say(parts.note, chart.note);
    parts.table.replaceChildren(chartTable(chart));
    if ("Chart" in window) draw(chart, parts);
  }
}

// Those of a world that is gone.
function forgetCharts() {
  for (const parts of drawn.values()) {
    if (parts.chart) parts.chart.destroy();
    parts.figure.remove();
  }
  drawn.clear();
  say($("charts-note"), "The charts are being made: it takes up to a minute.");
}

async function fetchCharts() {
  try {
    const answer = await fetch("/charts.json");
    const told = answer.ok ? await answer.json() : null;
    charts = told;
    await library;
    if (charts === null) forgetCharts(); else showCharts();
  } catch (away) {
    if (source !== null) setTimeout(fetchCharts, TRY_AGAIN_MS);
  }
}

// Without it, as where Debian's libjs-chart.js is not installed, there are only the tables.
const library = new Promise(done => {
  const script = make("script");
  script.src = "/chart.js";
  script.onload = script.onerror = done;
  document.head.append(script);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showCharts);

// --- hearing ---

function take(told) {
  const other = status !== null && (told.world === null ? null : told.world.id) !== (status.world === null ? null : status.world.id);
  status = told;
  heard = performance.now();
  if (other) forgetRows();
  away(null);
  showTop();
  showDirected();
  showStreams();
  showClock();
}

function away(text) {
  document.body.classList.toggle("lost", text !== null);
  $("away").hidden = text === null;
  if (text !== null) say($("away"), text);
}

function lost() {
  away(`credd does not answer${status === null ? "" : `; what is below is of ${local(status.clock.wall, CLOCK)}`}. Trying again…`);
}

// One stream a page, and none while nobody looks: browsers allow six connections to a server.
function listen() {
  if (source !== null || document.hidden) return;
  const mine = source = new EventSource("/events");
  mine.addEventListener("status", event => take(JSON.parse(event.data)));
  mine.addEventListener("rows", event => showRows(JSON.parse(event.data)));
  mine.addEventListener("charts", fetchCharts);
  mine.addEventListener("error", () => {
    if (source !== mine) return;
    lost();
    if (mine.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(listen, TRY_AGAIN_MS);
  });
}

function rest() {
  if (source !== null) source.close();
  source = null;
}

document.addEventListener("visibilitychange", () => document.hidden ? rest() : listen());
addEventListener("pagehide", rest);
addEventListener("pageshow", listen);
setInterval(showClock, 1000);
listen();
