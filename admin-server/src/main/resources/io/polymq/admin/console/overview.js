// The broker at a glance: figures, and charts of the last minutes.
import { get } from "./api.js";
import { Series, chart } from "./charts.js";
import { bytes, count, el, span } from "./dom.js";
import { pairs } from "./table.js";

const EVERY_MILLIS = 2000;

/** Counters whose names end so, by their label "protocol" or their own name, as rates. */
const RATES = [
  ["Messages in", /^polymq_.*(messages_received|published|produced|received_messages)/, (n) => `${short(n)}/s`],
  ["Messages out", /^polymq_.*(messages_sent|delivered|fetched|sent_messages)/, (n) => `${short(n)}/s`],
  ["Bytes in", /^polymq_.*(bytes_received|received_bytes|read_bytes|bytes_in)/, (n) => `${bytes(n)}/s`],
  ["Bytes out", /^polymq_.*(bytes_sent|sent_bytes|written_bytes|bytes_out)/, (n) => `${bytes(n)}/s`],
];

function short(number) {
  return number >= 1e6 ? `${(number / 1e6).toFixed(1)}M` : number >= 1e4 ? `${(number / 1e3).toFixed(0)}k` : number >= 100 || Number.isInteger(number) ? `${Math.round(number)}` : number.toFixed(1);
}

function nameOf(metric) {
  return metric.labels.protocol ?? metric.labels.listener ?? metric.name.replace(/^polymq_/, "").split("_")[0];
}

function totals(metrics, pattern) {
  const sums = {};
  for (const metric of metrics) {
    if (metric.type === "counter" && pattern.test(metric.name)) {
      const name = nameOf(metric);
      sums[name] = (sums[name] ?? 0) + metric.value;
    }
  }
  return sums;
}

/** Of each histogram's new observations the value below which the given part lies. */
function quantiles(metrics, before, part) {
  const values = {};
  for (const metric of metrics) {
    if (metric.type !== "histogram" || !metric.name.endsWith("_seconds")) {
      continue;
    }
    const key = metric.name + JSON.stringify(metric.labels);
    const old = before.get(key) ?? [];
    before.set(key, metric.buckets.map(([, n]) => n));
    const fresh = metric.buckets.map(([bound, n], at) => [bound, n - (old[at] ?? 0)]);
    const all = fresh.reduce((sum, [, n]) => sum + n, 0);
    let seen = 0;
    for (const [bound, n] of fresh) {
      seen += n;
      if (all > 0 && seen >= all * part) {
        values[metric.name.replace(/^polymq_/, "").replace(/_seconds$/, "")] = bound * 1000;
        break;
      }
    }
  }
  return values;
}

export async function overview(place) {
  const cards = el("div", { class: "cards" });
  const charts = el("div", { class: "charts" });
  const details = el("div");
  place.append(cards, charts, el("h2", {}, "Listeners"), details);
  const rates = RATES.map(([title, pattern, format]) => ({ title, pattern, format, series: new Series(), last: null }));
  const connections = new Series();
  const storage = new Series();
  const latency = new Series();
  const buckets = new Map();
  let lastAt = 0;
  let stopped = false;

  async function tick() {
    const [now, metrics] = await Promise.all([get("/overview"), get("/metrics")]);
    if (stopped) {
      return;
    }
    const seconds = lastAt ? (now.now - lastAt) / 1000 : 0;
    lastAt = now.now;
    for (const rate of rates) {
      const sums = totals(metrics, rate.pattern);
      if (rate.last && seconds > 0) {
        rate.series.add(Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, Math.max(0, sum - (rate.last[name] ?? 0)) / seconds])));
      }
      rate.last = sums;
    }
    connections.add(now.connections_by_protocol);
    storage.add({ "on disk": now.storage.diskBytes, live: now.storage.liveBytes, heap: now.heap_used });
    latency.add(quantiles(metrics, buckets, 0.99));
    document.getElementById("where").textContent = `${now.cluster}, broker ${now.broker}, ${now.version}`;
    const figures = {
      Connections: count(now.connections),
      Subscriptions: count(now.subscriptions),
      Topics: count(now.topics),
      Queues: count(now.queues),
      Retained: count(now.retained),
      Delayed: count(now.delayed),
      "On disk": bytes(now.storage.diskBytes),
      "Up for": span(now.now - now.started_at),
    };
    cards.replaceChildren(...Object.entries(figures).map(([name, value]) => el("div", { class: "card" }, el("b", {}, value), el("span", { class: "muted" }, name))));
    if (now.storage_full) {
      cards.prepend(el("div", { class: "card no", role: "alert" }, "The device is nearly full: publishes are refused."));
    }
    charts.replaceChildren(
      ...rates.map((rate) => chart(rate.title, rate.series, rate.format)),
      chart("Connections", connections, short),
      chart("Latency, 99th percentile", latency, (n) => `${short(n)} ms`),
      chart("Storage and heap", storage, bytes));
    details.replaceChildren(pairs(Object.fromEntries(now.listeners.map((one) => [`${one.protocol} (${one.transport})`, one.address]))));
  }

  await tick();
  const timer = setInterval(tick, EVERY_MILLIS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
