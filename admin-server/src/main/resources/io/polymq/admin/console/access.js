// Users, rules, bans, tenants.
import { get, part, post, put, remove } from "./api.js";
import { count, dangerous, el, say } from "./dom.js";
import { table } from "./table.js";

const texts = (value) => value.split(",").map((one) => one.trim()).filter((one) => one !== "");

export async function users(place) {
  const list = el("section");
  const name = el("input", { required: true, autocomplete: "off" });
  const password = el("input", { type: "password", autocomplete: "new-password" });
  const tenant = el("input", { placeholder: "default" });
  const groups = el("input", { placeholder: "with commas" });
  const admin = el("input", { type: "checkbox" });
  place.append(list, el("h2", {}, "Add or change a user"), el("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      await put(`/users/${part(name.value)}`, {
        password: password.value || null, tenant: tenant.value || null, groups: groups.value ? texts(groups.value) : null, admin: admin.checked || null,
      });
      password.value = "";
      say(`User ${name.value} is kept.`);
      load();
    },
  }, el("label", {}, "Name", name), el("label", {}, "Password", password), el("label", {}, "Tenant", tenant), el("label", {}, "Groups", groups),
  el("label", { class: "inline" }, admin, " Administrator"), el("button", { class: "main" }, "Save")));
  const load = await table(list, "/users", [
    ["Name", (row) => row.name], ["Tenant", (row) => row.tenant], ["Groups", (row) => row.groups.join(", ")],
    ["Administrator", (row) => (row.admin ? "yes" : "")], ["May log in", (row) => (row.enabled ? "yes" : "no")], ["SCRAM", (row) => row.scram.join(", ")],
    ["", (row) => dangerous("Delete", `Delete user ${row.name}?`, async () => {
      await remove(`/users/${part(row.name)}`);
      load();
    })],
  ]);
}

export async function rules(place) {
  const list = el("section");
  const effect = el("select", {}, el("option", {}, "allow"), el("option", {}, "deny"));
  const who = el("input", { placeholder: "users, with commas; empty: everyone" });
  const groups = el("input", { placeholder: "groups, with commas" });
  const actions = el("input", { placeholder: "read, write, create, ...; empty: all" });
  const kinds = el("input", { placeholder: "subject, queue, exchange, group, ...; empty: all" });
  const match = el("select", {}, ["any", "exact", "prefix", "filter", "mqtt", "amqp", "regex"].map((one) => el("option", {}, one)));
  const name = el("input", { placeholder: "devices.%u.>" });
  place.append(list, el("h2", {}, "Add a rule"), el("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      const made = await post("/rules", {
        effect: effect.value, users: texts(who.value), groups: texts(groups.value), actions: texts(actions.value), kinds: texts(kinds.value), match: match.value, name: name.value,
      });
      say(`Added ${made.words}.`);
      load();
    },
  }, el("label", {}, "Effect", effect), el("label", {}, "Users", who), el("label", {}, "Groups", groups), el("label", {}, "Actions", actions), el("label", {}, "Kinds", kinds),
  el("label", {}, "Names match as", match), el("label", {}, "Name", name), el("button", { class: "main" }, "Add")));
  const load = await table(list, "/rules", [
    ["Rule", (row) => row.words],
    ["", (row) => dangerous("Delete", `Delete ${row.words}?`, async () => {
      await remove(`/rules/${part(row.id)}`);
      load();
    })],
  ], { empty: "There are no rules: everybody who gets in may do everything." });
}

export async function why(place) {
  const user = el("input", { placeholder: "anonymous" });
  const client = el("input");
  const address = el("input", { placeholder: "127.0.0.1" });
  const action = el("select", {}, ["read", "write", "create", "delete", "alter", "describe", "alter_configs", "cluster_action", "admin"].map((one) => el("option", {}, one)));
  const kind = el("select", {}, ["subject", "topic", "queue", "exchange", "routing_key", "group", "transaction", "cluster", "tenant", "user"].map((one) => el("option", {}, one)));
  const name = el("input", { required: true, placeholder: "orders.eu" });
  const answer = el("div", { role: "status", class: "card", hidden: true });
  place.append(el("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      const asked = { user: user.value, client_id: client.value, address: address.value, action: action.value, kind: kind.value, name: name.value };
      const decision = await get("/why", asked);
      answer.hidden = false;
      answer.replaceChildren(
        el("p", {}, el("span", { class: decision.allowed ? "yes" : "no" }, decision.allowed ? "Allowed" : "Denied"), ` for ${decision.user} in tenant ${decision.tenant}`),
        el("p", {}, decision.because));
    },
  }, el("label", {}, "User", user), el("label", {}, "Client id", client), el("label", {}, "Address", address), el("label", {}, "Wants to", action), el("label", {}, "What", kind),
  el("label", {}, "Name", name), el("button", { class: "main" }, "Ask")), el("h2", {}, "Answer"), answer);
}

export async function bans(place) {
  const list = el("section");
  const kind = el("select", {}, ["user", "client_id", "address"].map((one) => el("option", {}, one)));
  const value = el("input", { required: true });
  const reason = el("input");
  place.append(list, el("h2", {}, "Keep somebody out"), el("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      await put(`/bans/${kind.value}/${part(value.value)}`, { reason: reason.value });
      load();
    },
  }, el("label", {}, "Kind", kind), el("label", {}, "Who", value), el("label", {}, "Reason", reason), el("button", { class: "main" }, "Ban")));
  const load = await table(list, "/bans", [
    ["Kind", (row) => row.kind], ["Who", (row) => row.value], ["Until", (row) => row.until || "for ever"], ["Reason", (row) => row.reason],
    ["", (row) => dangerous("Lift", `Let ${row.value} in again?`, async () => {
      await remove(`/bans/${row.kind}/${part(row.value)}`);
      load();
    })],
  ], { empty: "Nobody is kept out." });
}

export async function tenants(place) {
  const limit = (value) => (value < 0 ? "no limit" : count(value));
  await table(place, "/tenants", [
    ["Name", (row) => row.name],
    ...["connections", "sessions", "subscriptions", "topics", "queues", "retained", "stored_bytes", "messages_per_second", "bytes_per_second"].map((kind) => [kind.replaceAll("_", " "), (row) => limit(row.quotas[kind]), true]),
  ]);
}
