// What each protocol has of its own: groups, exchanges, streams, mailboxes.
import { get, part, post, remove } from "./api.js";
import { count, dangerous, el, say, time } from "./dom.js";
import { pairs, table } from "./table.js";

function link(to, text) {
  return el("a", { href: `#/${to}` }, text);
}

export async function groups(place, [name]) {
  if (name) {
    return group(place, name);
  }
  const load = await table(place, "/groups", [
    ["Group", (row) => link(`groups/${part(row.name)}`, row.name)],
    ["Type", (row) => row.type],
    ["State", (row) => row.state],
    ["", (row) => dangerous("Delete", `Delete group ${row.name} with its positions?`, async () => {
      await remove(`/groups/${part(row.name)}`);
      load();
    })],
  ], { empty: "No group of Kafka consumers has been here." });
}

async function group(place, name) {
  const whole = await get(`/groups/${part(name)}`);
  const topics = [...new Set(whole.offsets.map((row) => row.topic))];
  const topic = el("select", { "aria-label": "Topic" }, topics.map((one) => el("option", {}, one)));
  const to = el("select", { "aria-label": "Where to" }, ["earliest", "latest"].map((one) => el("option", {}, one)));
  place.replaceChildren(
    pairs({ Group: whole.name, Type: whole.type, State: whole.state, Lag: count(whole.lag) }),
    el("h2", {}, "Positions"),
    rows(["Topic", "Partition", "Offset", "End", "Lag"], whole.offsets.map((row) =>
      [row.topic, row.partition, count(row.offset), row.end_offset === undefined ? "" : count(row.end_offset), row.lag === undefined ? "" : count(row.lag)]),
    "The group has committed nothing."),
    el("h2", {}, "Members"),
    rows(["Id", "Client id", "From", "Assigned"], whole.members.map((row) => [row.id, row.client_id, row.address, row.assigned.join(", ")]), "Nobody is in the group."),
    topics.length === 0 || whole.members.length > 0 ? "" : el("div", { class: "bar" }, topic, to, dangerous("Move", `Move group ${name}?`, async () => {
      await post(`/groups/${part(name)}/reset`, { topic: topic.value, to: to.value });
      say(`${name} goes on at the ${to.value} record of ${topic.value}.`);
      group(place, name);
    })));
}

function rows(titles, all, empty) {
  return el("table", {},
    el("thead", {}, el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, all.length === 0
      ? el("tr", {}, el("td", { colspan: titles.length, class: "muted" }, empty))
      : all.map((row) => el("tr", {}, row.map((cell) => el("td", {}, String(cell ?? "")))))));
}

export async function streams(place, [name]) {
  if (name) {
    await table(place, `/streams/${part(name)}/consumers`, [
      ["Consumer", (row) => row.name],
      ["Acknowledges", (row) => row.config.ack_policy],
      ["Delivered", (row) => count(row.delivered.stream_seq), true],
      ["Acknowledged", (row) => count(row.ack_floor.stream_seq), true],
      ["In flight", (row) => count(row.num_ack_pending), true],
      ["Again", (row) => count(row.num_redelivered), true],
      ["Waiting", (row) => count(row.num_pending), true],
    ], { empty: "Nobody reads this stream.", note: el("p", {}, `Consumers of ${name}`) });
    return;
  }
  const load = await table(place, "/streams", [
    ["Stream", (row) => link(`streams/${part(row.name)}`, row.name)],
    ["Subjects", (row) => (row.config.subjects ?? []).join(", ")],
    ["Messages", (row) => count(row.state.messages), true],
    ["Bytes", (row) => count(row.state.bytes), true],
    ["First", (row) => count(row.state.first_seq), true],
    ["Last", (row) => count(row.state.last_seq), true],
    ["", (row) => dangerous("Purge", `Drop all messages of ${row.name}?`, async () => {
      await remove(`/streams/${part(row.name)}/messages`);
      load();
    })],
    ["", (row) => dangerous("Delete", `Delete stream ${row.name}?`, async () => {
      await remove(`/streams/${part(row.name)}`);
      load();
    })],
  ], { empty: "There are no streams of JetStream." });
}

export async function exchanges(place) {
  await table(place, "/exchanges", [
    ["Exchange", (row) => row.name || "(default)"],
    ["Type", (row) => row.type],
    ["Virtual host", (row) => row.vhost],
    ["Durable", (row) => (row.durable ? "yes" : "no")],
    ["Policy", (row) => row.policy ?? ""],
    ["Bindings", (row) => count(row.bindings), true],
  ], { empty: "There are no exchanges." });
}

export async function bindings(place) {
  await table(place, "/bindings", [
    ["From", (row) => row.source || "(default)"],
    ["Key", (row) => row.routing_key],
    ["To", (row) => `${row.destination_type} ${row.destination}`],
    ["Virtual host", (row) => row.vhost],
  ], { empty: "Nothing is bound." });
}

export async function mailboxes(place) {
  const load = await table(place, "/mailboxes", [
    ["Address", (row) => row.address],
    ["Mails", (row) => count(row.messages), true],
    ["Made", (row) => time(row.created_at)],
    ["Until", (row) => (row.expires_at ? time(row.expires_at) : "for ever")],
    ["Groups", (row) => row.groups.join(", ")],
    ["Description", (row) => row.description],
    ["", (row) => dangerous("Delete", `Delete mailbox ${row.address} with its mail?`, async () => {
      await remove(`/mailboxes/${part(row.address)}`);
      load();
    })],
  ], { empty: "There are no mailboxes." });
}

export async function agents(place) {
  await table(place, "/agents", [
    ["Agent", (row) => row.name],
    ["Alive", (row) => (row.alive ? "yes" : "no")],
    ["Last sign of life", (row) => time(row.last_report)],
    ["Mailbox", (row) => row.mailbox ?? ""],
    ["Of", (row) => row.owner],
    ["Can", (row) => row.description || row.info.slice(0, 120)],
  ], { empty: "No agent has registered." });
}
