// Topics, queues, publishing, watching live.
import { call, get, part, post, put, remove } from "./api.js";
import { bytes, count, dangerous, el, payload, say, time } from "./dom.js";
import { pairs, table } from "./table.js";

export function message(row) {
  const facts = [["offset", row.offset], ["at", time(row.timestamp)], ["key", row.key ? payload(row.key) : ""], ["written by", row.written_by], ["type", row.content_type],
    ["reply to", row.reply_to], ["id", row.message_id], ["deliveries", row.deliveries], ["size", `${count(row.size)} B`]];
  return el("article", { class: "message" },
    el("div", { class: "head" }, el("b", {}, row.subject), facts.filter(([, value]) => value !== "" && value !== null && value !== undefined).map(([name, value]) => el("span", {}, `${name} ${value}`))),
    row.headers.length > 0 ? el("div", { class: "head" }, row.headers.map((header) => el("span", {}, `${header.name}: ${payload(header.value)}`))) : null,
    row.tombstone ? el("p", { class: "muted" }, "deleted here (no value)") : el("pre", {}, pretty(row)));
}

function pretty(row) {
  const text = payload(row.payload);
  if (row.payload.text !== undefined && /^\s*[[{]/.test(text)) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  return text;
}

export async function topics(place, [name, partition]) {
  if (name) {
    return topic(place, name, Number(partition ?? 0));
  }
  const add = el("button", { type: "button", class: "main", click: async () => {
    const wanted = prompt("Name of the new topic");
    if (wanted) {
      await put(`/topics/${part(wanted)}`, {});
      location.hash = `#/topics/${part(wanted)}`;
    }
  } }, "New topic");
  await table(place, "/topics", [
    ["Name", (row) => el("a", { href: `#/topics/${part(row.name)}` }, row.name)],
    ["Partitions", (row) => count(row.partitions), true],
    ["Records", (row) => count(row.records), true],
    ["Size", (row) => bytes(row.bytes), true],
    ["Captures", (row) => row.captures.join(", ")],
    ["Durability", (row) => row.durability],
  ], { actions: [add], empty: "No topics." });
}

async function topic(place, name, partition) {
  const info = await get(`/topics/${part(name)}`);
  const choose = el("select", { "aria-label": "Partition", change: () => {
    location.hash = `#/topics/${part(name)}/${choose.value}`;
  } }, info.partition_list.map((one) => el("option", { value: one.partition, selected: one.partition === partition }, `partition ${one.partition}`)));
  const offset = el("input", { type: "number", min: 0, "aria-label": "Offset", placeholder: "offset" });
  const records = el("div");
  const facts = info.partition_list[partition];
  async function load(from) {
    const page = await get(`/topics/${part(name)}/partitions/${partition}/records`, { offset: from, limit: 50 });
    records.replaceChildren(
      ...page.items.map(message),
      page.items.length === 0 ? el("p", { class: "muted" }, "No records here.") : null,
      page.next_offset < page.high_watermark ? el("button", { type: "button", click: () => load(page.next_offset) }, "More") : null);
  }
  place.append(
    el("p", {}, el("a", { href: "#/topics" }, "All topics")),
    el("h2", {}, name),
    pairs({ Captures: info.captures.join(", "), Durability: info.durability, "Retention, ms": info.retention_ms, "Retention, bytes": info.retention_bytes, Compaction: info.compaction,
      ...Object.fromEntries(Object.entries(info.settings)) }),
    el("h2", {}, "Records"),
    el("div", { class: "bar" }, choose, offset, el("button", { type: "button", click: () => load(offset.value) }, "Read"),
      el("span", { class: "muted" }, `${count(facts.start_offset)} to ${count(facts.high_watermark)}, groups: ${facts.groups.join(", ") || "none"}`),
      el("span", { class: "grow" }),
      dangerous("Delete topic", `Delete topic ${name} with all its records?`, async () => {
        await remove(`/topics/${part(name)}`);
        say(`Topic ${name} is deleted.`);
        location.hash = "#/topics";
      })),
    records);
  await load("");
}

export async function queues(place, [name]) {
  if (!name) {
    await table(place, "/queues", [
      ["Name", (row) => (row.open ? el("a", { href: `#/queues/${part(row.name)}` }, row.name) : row.name)],
      ["Ready", (row) => (row.open ? count(row.statistics.ready) : ""), true],
      ["In flight", (row) => (row.open ? count(row.statistics.inFlight) : ""), true],
      ["Size", (row) => (row.open ? bytes(row.statistics.bytes) : ""), true],
      ["Consumers", (row) => (row.open ? count(row.statistics.consumers) : ""), true],
      ["Durable", (row) => (row.open ? (row.durable ? "yes" : "no") : "idle")],
    ], { empty: "No queues." });
    return;
  }
  const info = await get(`/queues/${part(name)}`);
  const page = await get(`/queues/${part(name)}/messages`, { limit: 100 });
  place.append(
    el("p", {}, el("a", { href: "#/queues" }, "All queues")), el("h2", {}, name), pairs(info.statistics),
    el("div", { class: "bar" }, el("h2", {}, "Messages"), el("span", { class: "grow" }),
      dangerous("Purge", `Drop every message of ${name} that is not in flight?`, async () => {
        const result = await call("DELETE", `/queues/${part(name)}/messages`);
        say(`${count(result.dropped)} messages dropped.`);
        place.replaceChildren();
        queues(place, [name]);
      })),
    ...page.items.map(message), page.items.length === 0 ? el("p", { class: "muted" }, "It is empty.") : null);
}

export async function publish(place) {
  const subject = el("input", { required: true, placeholder: "orders.eu, or orders/eu in MQTT's spelling", spellcheck: "false" });
  const spelling = el("select", {}, el("option", { value: "dotted" }, "dots (NATS, AMQP, Kafka)"), el("option", { value: "mqtt" }, "slashes (MQTT)"));
  const type = el("input", { placeholder: "application/json" });
  const headers = el("textarea", { placeholder: "name: value, one a line", spellcheck: "false" });
  const body = el("textarea", { spellcheck: "false" });
  const retain = el("input", { type: "checkbox" });
  place.append(el("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      const list = headers.value.split("\n").filter((line) => line.includes(":")).map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]);
      const result = await post("/publish", {
        subject: subject.value, spelling: spelling.value, payload: body.value, content_type: type.value || null, headers: Object.fromEntries(list), retain: retain.checked,
      });
      const kept = result.kept.map((one) => `${one.topic}-${one.partition} at ${one.offset}`).join(", ");
      say(`Taken by ${count(result.takers)}${kept ? `, kept in ${kept}` : ""}.`);
    },
  }, el("label", {}, "Subject", subject), el("label", {}, "Spelled with", spelling), el("label", {}, "Content type", type), el("label", {}, "Headers", headers),
  el("label", {}, "Payload", body), el("label", { class: "inline" }, retain, " Retain it"), el("button", { class: "main" }, "Publish")));
}

export async function tail(place, rest, isShown) {
  const filter = el("input", { value: rest[0] ?? ">", "aria-label": "Filter", spellcheck: "false", size: 40 });
  const list = el("div", { role: "log", "aria-label": "Messages" });
  const note = el("span", { class: "muted", role: "status" });
  let id = null;
  async function stop() {
    const old = id;
    id = null;
    if (old) {
      await remove(`/tails/${old}`).catch((gone) => note.replaceChildren(gone.message));
    }
  }
  async function start() {
    await stop();
    list.replaceChildren();
    const mine = (await post("/tails", { filter: filter.value })).id;
    id = mine;
    note.textContent = `Watching ${filter.value}`;
    while (id === mine && isShown()) {
      const news = await get(`/tails/${mine}`, { wait_ms: 10000 });
      list.prepend(...news.items.reverse().map(message));
      while (list.childElementCount > 500) {
        list.lastElementChild.remove();
      }
      if (news.missed > 0) {
        note.textContent = `${count(news.missed)} messages came faster than they are shown.`;
      }
    }
  }
  place.append(el("form", { class: "bar", submit: (event) => {
    event.preventDefault();
    start();
  } }, filter, el("button", { class: "main" }, "Watch"), el("button", { type: "button", click: stop }, "Stop"), note), list);
  return stop;
}
