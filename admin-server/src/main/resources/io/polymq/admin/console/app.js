// Which view is shown, who is signed in.
import * as api from "./api.js";
import { el, say } from "./dom.js";
import { overview } from "./overview.js";
import * as lists from "./lists.js";
import * as messages from "./messages.js";
import * as access from "./access.js";
import * as protocols from "./protocols.js";

const SECTIONS = [
  ["Broker", [["overview", "Overview", overview], ["connections", "Connections", lists.connections], ["sessions", "MQTT sessions", lists.sessions], ["slow", "Slow consumers", lists.slow]]],
  ["Messages", [["topics", "Topics", messages.topics], ["queues", "Queues", messages.queues], ["subscriptions", "Subscriptions", lists.subscriptions],
    ["retained", "Retained", lists.retained], ["delayed", "Delayed", lists.delayed], ["publish", "Publish", messages.publish], ["tail", "Live tail", messages.tail]]],
  ["Protocols", [["groups", "Kafka groups", protocols.groups], ["exchanges", "AMQP exchanges", protocols.exchanges],
    ["bindings", "AMQP bindings", protocols.bindings], ["streams", "JetStream", protocols.streams], ["mailboxes", "mq9 mailboxes", protocols.mailboxes],
    ["agents", "mq9 agents", protocols.agents]]],
  ["Access", [["users", "Users", access.users], ["rules", "Rules", access.rules], ["why", "Why denied?", access.why], ["bans", "Bans", access.bans],
    ["tenants", "Tenants", access.tenants]]],
  ["Set-up", [["schemas", "Schemas", lists.schemas], ["metrics", "Metrics", lists.metrics], ["config", "Configuration", lists.config]]],
];
const VIEWS = new Map(SECTIONS.flatMap(([, views]) => views.map(([name, title, view]) => [name, { title, view }])));

let leaveView = () => {};
let shown = 0;

function navigation(current) {
  document.getElementById("nav").replaceChildren(...SECTIONS.flatMap(([title, views]) => [
    el("h2", {}, title),
    ...views.map(([name, label]) => el("a", { href: `#/${name}`, "aria-current": name === current ? "page" : null }, label)),
  ]));
}

function signInForm(why) {
  leaveView();
  leaveView = () => {};
  document.getElementById("nav").replaceChildren();
  document.getElementById("leave").hidden = true;
  const user = el("input", { name: "user", autocomplete: "username", required: true, value: "admin" });
  const password = el("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const form = el("form", {
    class: "sheet card",
    submit: async (event) => {
      event.preventDefault();
      api.signIn(user.value, password.value);
      try {
        await api.get("/whoami");
        show();
      } catch (refused) {
        api.signOut();
        signInForm(refused.status === 403 ? "This user is no administrator." : "Wrong user or password.");
      }
    },
  },
  el("h1", {}, "Sign in"),
  why ? el("p", { class: "no", role: "alert" }, why) : null,
  el("label", {}, "User", user),
  el("label", {}, "Password", password),
  el("button", { class: "main" }, "Sign in"));
  document.getElementById("main").replaceChildren(form);
  password.focus();
}

async function show() {
  if (!api.signedIn()) {
    signInForm("");
    return;
  }
  leaveView();
  leaveView = () => {};
  const mine = ++shown;
  const [name, ...rest] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const known = VIEWS.get(name) ?? VIEWS.get("overview");
  navigation(VIEWS.has(name) ? name : "overview");
  document.title = `${known.title} · PolyMQ`;
  document.getElementById("leave").hidden = false;
  const main = document.getElementById("main");
  const place = el("div", { "aria-busy": "true" });
  main.replaceChildren(el("h1", {}, known.title), place);
  try {
    const leave = await known.view(place, rest, () => mine === shown);
    if (mine === shown) {
      leaveView = leave ?? (() => {});
    } else {
      leave?.();
    }
  } catch (refused) {
    failed(refused);
  }
  place.setAttribute("aria-busy", "false");
}

function failed(refused) {
  if (refused.status === 401) {
    api.signOut();
    signInForm("Please sign in again.");
  } else {
    say(refused.message, true);
  }
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  localStorage.setItem("polymq.theme", name);
}

theme(localStorage.getItem("polymq.theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
document.getElementById("leave").addEventListener("click", () => {
  api.signOut();
  signInForm("");
});
const tenant = document.getElementById("tenant");
tenant.value = api.tenant();
tenant.placeholder = "default";
tenant.addEventListener("change", () => {
  api.setTenant(tenant.value.trim());
  show();
});
window.addEventListener("hashchange", () => {
  show();
  document.getElementById("main").focus({ preventScroll: true });
  scrollTo(0, 0);
});
window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  failed(event.reason);
});
show();
