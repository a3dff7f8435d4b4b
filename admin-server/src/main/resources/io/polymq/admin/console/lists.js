// Views that are a list and little else.
import { get, part, post, put, remove } from "./api.js";
import { count, dangerous, el, payload, say, span, time } from "./dom.js";
import { table } from "./table.js";

// A client is said goodbye to in its own protocol first; most are gone by the first of them, on a busy broker by the second.
const GOODBYE_MILLIS = [700, 2500];
const afterGoodbye = (load) => GOODBYE_MILLIS.forEach((wait) => setTimeout(load, wait));

export async function connections(place) {
  const load = await table(place, "/connections", [
    ["Id", (row) => String(row.id), true],
    ["Protocol", (row) => `${row.protocol}, ${row.transport}`],
    ["From", (row) => row.remote],
    ["User", (row) => row.user],
    ["Tenant", (row) => row.tenant],
    ["Client id", (row) => row.clientId],
    ["", (row) => dangerous("End", `End connection ${row.id}?`, async () => {
      await remove(`/connections/${row.id}`);
      say(`Connection ${row.id} is ended.`);
      afterGoodbye(load);
    })],
  ], { empty: "Nobody is connected." });
}

export async function slow(place) {
  const rows = await get("/slow-consumers");
  place.append(rows.length === 0 ? el("p", { class: "muted" }, "Nobody takes messages slowly.") : el("table", {},
    el("thead", {}, el("tr", {}, ["Protocol", "Client", "Of", "Last", "Worst", "Times"].map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, [row.consumer.protocol, row.consumer.client, row.consumer.source, `${row.latencyMillis} ms`, `${row.worstMillis} ms`, count(row.count)].map((cell) => el("td", {}, cell)))))));
}

export async function subscriptions(place) {
  await table(place, "/subscriptions", [["Filter", (row) => row.filter], ["Group", (row) => row.group], ["Kind", (row) => row.kind]], { empty: "Nobody subscribes." });
}

export async function retained(place) {
  const load = await table(place, "/retained", [
    ["Subject", (row) => row.subject],
    ["Stored", (row) => time(row.timestamp)],
    ["Size", (row) => count(row.size), true],
    ["Payload", (row) => payload(row.payload).slice(0, 120)],
    ["", (row) => dangerous("Delete", `Delete what is retained at ${row.subject}?`, async () => {
      await remove(`/retained/${part(row.subject)}`);
      load();
    })],
  ], { empty: "Nothing is retained." });
}

export async function sessions(place) {
  const load = await table(place, "/sessions", [
    ["Client id", (row) => row.client_id],
    ["User", (row) => row.user],
    ["Connected", (row) => (row.connected ? `from ${row.address}` : "no")],
    ["Outlives its connection", (row) => (row.expiry_seconds > 4294967294 ? "for ever" : span(row.expiry_seconds * 1000) || "no")],
    ["In flight", (row) => count(row.waiting), true],
    ["", (row) => (row.connected ? dangerous("Disconnect", `Disconnect ${row.client_id}?`, async () => {
      await remove(`/sessions/${part(row.client_id)}`);
      say(`${row.client_id} is disconnected.`);
      afterGoodbye(load);
    }) : "")],
  ], { empty: "No session of MQTT." });
}

export async function delayed(place) {
  const load = await table(place, "/delayed", [
    ["Comes at", (row) => time(row.at)],
    ["Subject", (row) => row.subject],
    ["By", (row) => row.kind],
    ["Size", (row) => count(row.size), true],
    ["Payload", (row) => payload(row.payload).slice(0, 120)],
    ["", (row) => dangerous("Cancel", `Never publish this message at ${row.subject}?`, async () => {
      await remove(`/delayed/${row.id}`);
      load();
    })],
  ], { empty: "No message is to come later." });
}

export async function schemas(place) {
  const first = el("section");
  const second = el("section");
  place.append(first, el("h2", {}, "Bound subjects"), second, el("h2", {}, "Add a schema"), schemaForm(() => schemas(clear(place))));
  const load = await table(first, "/schemas", [
    ["Name", (row) => row.name], ["Format", (row) => row.format], ["Type", (row) => row.type],
    ["", (row) => dangerous("Delete", `Delete schema ${row.name}?`, async () => {
      await remove(`/schemas/${part(row.name)}`);
      load();
    })],
  ], { empty: "No schemas." });
  const again = await table(second, "/schema-bindings", [
    ["Subjects", (row) => row.filter], ["Schema", (row) => row.schema], ["Otherwise", (row) => row.violation],
    ["", (row) => dangerous("Unbind", `Unbind ${row.filter}?`, async () => {
      await remove(`/schema-bindings/${part(row.filter)}`);
      again();
    })],
  ], { empty: "No subject is bound to a schema." });
}

function clear(place) {
  place.replaceChildren();
  return place;
}

function schemaForm(done) {
  const name = el("input", { required: true });
  const format = el("select", {}, ["json", "avro", "protobuf"].map((one) => el("option", {}, one)));
  const type = el("input");
  const text = el("textarea", { required: true, spellcheck: "false" });
  const filter = el("input", { placeholder: "sensors.#" });
  return el("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      await put(`/schemas/${part(name.value)}`, { format: format.value, type: type.value, text: text.value });
      if (filter.value) {
        await put(`/schema-bindings/${part(filter.value)}`, { schema: name.value, violation: "reject" });
      }
      say(`Schema ${name.value} is kept.`);
      done();
    },
  }, el("label", {}, "Name", name), el("label", {}, "Format", format), el("label", {}, "Message type (Protobuf)", type), el("label", {}, "Schema", text),
  el("label", {}, "Bind to subjects (optional)", filter), el("button", { class: "main" }, "Save"));
}

export async function metrics(place) {
  const all = await get("/metrics");
  const search = el("input", { type: "search", "aria-label": "Search", placeholder: "Search", input: () => draw() });
  const body = el("tbody");
  function draw() {
    const rows = all.filter((row) => `${row.name} ${JSON.stringify(row.labels)}`.includes(search.value)).slice(0, 500);
    body.replaceChildren(...rows.map((row) => el("tr", {},
      el("td", {}, row.name),
      el("td", {}, Object.entries(row.labels).map(([name, value]) => `${name}=${value}`).join(", ")),
      el("td", { class: "n" }, row.type === "histogram" ? `${count(row.count)} observed, mean ${row.count ? (row.sum / row.count).toPrecision(3) : 0}` : count(row.value)))));
  }
  draw();
  place.append(el("div", { class: "bar" }, search), el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, "Name"), el("th", {}, "Labels"), el("th", { class: "n" }, "Value"))), body));
}

export async function config(place) {
  const [values, sources] = await Promise.all([get("/config"), get("/config/sources").catch(() => ({}))]);
  place.append(
    el("div", { class: "bar" }, el("p", { class: "muted" }, "What is in force. Secrets are not shown."), el("span", { class: "grow" }),
      el("button", { type: "button", click: async () => {
        const answer = await post("/config/reload");
        say(answer.restart_needed ? "Read again; some of what changed needs a restart." : "Read again.");
      } }, "Read again")),
    el("table", {},
      el("thead", {}, el("tr", {}, ["Key", "Value", "Set by"].map((title) => el("th", { scope: "col" }, title)))),
      el("tbody", {}, Object.entries(values).map(([name, value]) =>
        el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value), el("td", { class: "muted" }, sources[name] ?? ""))))));
}
