// What a person does with the console, in Chromium. Each check prints a line; see run.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";
import { admin, call, connections, fill, pump } from "./contents.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["overview", "connections", "slow", "topics", "queues", "subscriptions", "retained", "publish", "tail", "groups", "exchanges", "bindings", "streams",
  "mailboxes", "agents", "sessions", "delayed", "users", "rules", "why", "bans", "tenants", "schemas", "metrics", "config", "topics/orders/0", "streams/EVENTS"];
const clients = Number(process.env.CONSOLE_CONNECTIONS ?? 2000);
const rows = Number(process.env.CONSOLE_ROWS ?? 20000);
let passed = 0;
let failed = 0;

async function check(name, action) {
  try {
    const said = await action();
    passed++;
    console.log(`ok ${name}${said ? `: ${said}` : ""}`);
  } catch (wrong) {
    failed++;
    console.log(`FAIL ${name}: ${wrong.message}`);
  }
}

function expect(what, condition) {
  if (!condition) {
    throw new Error(what);
  }
}

await fill(rows);
const queue = (await call("GET", "/api/v1/queues?search=invoices")).items[0].name;
VIEWS.push(`queues/${encodeURIComponent(queue)}`);
const held = await connections(Math.min(clients, Number(process.env.CONSOLE_SOCKETS ?? clients)));

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  userDataDir: process.env.PROFILE,
  args: ["--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 860 });
const complaints = [];
const foreign = [];
let refusalsExpected = false;
page.on("console", (line) => {
  if (line.type() === "error" && !(refusalsExpected && line.text().includes("401"))) {
    complaints.push(line.text());
  }
});
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("request", (request) => {
  if (!request.url().startsWith(admin) && !request.url().startsWith("data:")) {
    foreign.push(request.url());
  }
});
page.on("dialog", (dialog) => dialog.accept(dialog.type() === "prompt" ? "made.by.hand" : undefined));

const seen = (words, where = "#main") =>
  page.waitForFunction((w, s) => document.querySelector(s)?.textContent.includes(w), { timeout: 10000 }, words, where);
const shot = async (name) => {
  if (process.env.SHOTS) {
    await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
  }
};
async function open(view) {
  await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
  await page.waitForFunction((hash) => location.hash === hash && document.querySelector("#main > div[aria-busy=false]"), { timeout: 15000 }, `#/${view}`);
}
async function fillIn(label, value) {
  const field = await page.waitForSelector(`::-p-xpath(//main//label[normalize-space(text())="${label}"]//*[self::input or self::select or self::textarea])`);
  if ((await field.evaluate((one) => one.tagName)) === "SELECT") {
    await field.select(value);
  } else {
    await field.click({ count: 3 });
    await field.type(value);
  }
}
const press = async (label) => (await page.waitForSelector(`::-p-xpath(//main//button[normalize-space()="${label}"])`)).click();
const items = () => page.$$eval("#main tbody tr", (all) => all.map((row) => row.textContent));
const where = () => page.$eval("#main [role=status]", (one) => one.textContent);

// Sign-in, by keyboard alone.
await page.goto(`${admin}/console/`);
await page.waitForSelector("input[type=password]");
await shot("sign-in");
await check("a wrong password is refused", async () => {
  refusalsExpected = true;
  await page.keyboard.type("wrong");
  await page.keyboard.press("Enter");
  await seen("Wrong user or password.");
  expect("the password's field has the focus", await page.evaluate(() => document.activeElement.type === "password"));
});
await check("sign-in by keyboard", async () => {
  await page.keyboard.type(process.env.POLYMQ_PASSWORD);
  await page.keyboard.press("Enter");
  await seen("Connections", ".cards");
  refusalsExpected = false;
});

await check(`the overview paints within a second with ${clients} connections and ${rows} retained messages`, async () => {
  let paint;
  let figures;
  for (let attempt = 0; attempt < 3; attempt++) {
    await page.reload();
    await page.waitForSelector(".cards .card b");
    [paint, figures] = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0].startTime, performance.now()]);
  }
  expect(`first paint took ${Math.round(paint)} ms`, paint < 1000);
  expect(`figures took ${Math.round(figures)} ms`, figures < 1000);
  return `first paint ${Math.round(paint)} ms, figures ${Math.round(figures)} ms`;
});

for (const theme of ["light", "dark"]) {
  await check(`the theme can be ${theme}`, async () => {
    if ((await page.evaluate(() => document.documentElement.dataset.theme)) !== theme) {
      await page.click("#theme");
    }
    const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red] = colour.match(/\d+/g).map(Number);
    expect(colour, theme === "dark" ? red < 80 : red > 200);
  });
  for (const view of VIEWS) {
    await check(`${view} in ${theme}: opens, and axe finds nothing`, async () => {
      await open(view);
      await page.evaluate(AXE);
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      expect(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(" ")}`).join("; "), found.violations.length === 0);
    });
    if (["overview", "topics/orders/0", "why", "connections", "retained", "streams"].includes(view) && (theme === "dark") === (view === "overview")) {
      if (view === "overview") {
        await check("the charts show what goes on", async () => {
          const stop = await pump();
          await page.waitForFunction(
            () => [...document.querySelectorAll(".chart")].filter((one) => one.textContent.includes("Messages") && one.querySelector("polyline")).length === 2, { timeout: 20000 });
          await new Promise((drawn) => setTimeout(drawn, 12000)); // a few points more
          stop();
        });
      }
      await shot(view.split("/")[0]);
    }
  }
}

await check("a search finds one row among all", async () => {
  await open("retained");
  await page.type("input[type=search]", `sensor${String(rows - 1).padStart(6, "0")}`);
  await page.waitForFunction(() => document.querySelector("#main [role=status]").textContent.startsWith("1 rows"), { timeout: 15000 });
  expect("the row", (await items())[0].includes(`{"value": ${rows - 1}}`));
});
await check("pages follow each other", async () => {
  await open("connections");
  const first = (await items())[0];
  const began = performance.now();
  await press("Next");
  await page.waitForFunction(() => document.querySelector("#main [role=status]").textContent.includes("page 2 of"));
  const took = performance.now() - began;
  expect("other rows", (await items())[0] !== first);
  return `${await where()}, ${Math.round(took)} ms`;
});
await check("a connection can be looked up and ended", async () => {
  await page.type("input[type=search]", "sensor-7");
  await page.waitForFunction(() => [...document.querySelectorAll("#main tbody tr")].every((row) => row.textContent.includes("sensor-7")));
  const before = await where();
  await page.click("#main tbody button.bad");
  await seen("is ended.", "#status");
  await page.waitForFunction((old) => document.querySelector("#main [role=status]").textContent !== old, { timeout: 10000 }, before);
});
await check("a topic is made by hand", async () => {
  await open("topics");
  await press("New topic");
  await seen("made.by.hand", "#main h2");
});
await check("records are shown decoded, binary ones in hexadecimal digits", async () => {
  const all = [];
  for (const partition of [0, 1, 2]) {
    await open(`topics/orders/${partition}`);
    all.push(await page.$eval("#main", (one) => one.textContent));
  }
  const whole = all.join(" ");
  expect("JSON, indented", whole.includes('"country": "Ελλάδα"'));
  expect("the header", whole.includes("source: shop"));
  expect("bytes", whole.includes("00 01 02 03 ff fe"));
});
await check("what is published is seen by the live tail", async () => {
  await open("tail");
  await page.$eval("#main form input", (input) => (input.value = "news.>"));
  await press("Watch");
  await seen("Watching news.>");
  await call("POST", "/api/v1/publish", { subject: "news.today", payload: "<b>not markup</b>" });
  await seen("<b>not markup</b>", "[role=log]");
});
await check("the form publishes", async () => {
  await open("publish");
  await fillIn("Subject", "orders");
  await fillIn("Content type", "text/plain");
  await fillIn("Headers", "colour: blue");
  await fillIn("Payload", "by the form");
  await press("Publish");
  await seen("kept in orders-", "#status");
});
await check("why denied: the rule that decides is named", async () => {
  await open("rules");
  await fillIn("Effect", "deny");
  await fillIn("Users", "eve");
  await fillIn("Actions", "read");
  await fillIn("Names match as", "filter");
  await fillIn("Name", "orders.>");
  await press("Add");
  await seen("Added", "#status");
  await open("why");
  await fillIn("User", "eve");
  await fillIn("Name", "orders.eu");
  await press("Ask");
  await seen("Denied for eve");
  await shot("why");
});
await check("a refusal is told where a screen reader hears it", async () => {
  refusalsExpected = true;
  await open("publish");
  await fillIn("Subject", "a/#");
  await fillIn("Spelled with", "mqtt");
  await press("Publish");
  await page.waitForSelector("#status div.bad");
  expect("role", await page.$eval("#status", (one) => one.getAttribute("role") === "status"));
  complaints.splice(0, complaints.length, ...complaints.filter((line) => !line.includes("400")));
  refusalsExpected = false;
});
await check("every link and field is reached and used by keyboard alone", async () => {
  await page.reload();
  await page.waitForSelector(".cards, #main form");
  await page.keyboard.press("Tab");
  expect("the skip link is first", await page.evaluate(() => document.activeElement.className === "skip"));
  await page.keyboard.press("Enter");
  expect("it leads to the content", await page.evaluate(() => document.activeElement.id === "main"));
  const wanted = await page.$$eval("#nav a", (all) => all.map((one) => one.textContent));
  for (const name of wanted) {
    await page.focus(".brand");
    let found = false;
    for (let step = 0; step < 60 && !found; step++) {
      await page.keyboard.press("Tab");
      const [text, outline] = await page.evaluate(() => [document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]);
      expect(`the focus at '${text}' can be seen`, outline !== "none");
      found = text === name;
    }
    expect(`${name} is reached`, found);
    await page.keyboard.press("Enter");
    await page.waitForFunction((title) => document.querySelector("#main h1")?.textContent === title && document.querySelector("#main > div[aria-busy=false]"), { timeout: 10000 }, name);
    expect("the focus went to the content", await page.evaluate(() => document.activeElement.id === "main"));
  }
  return `${wanted.length} views`;
});
await check("it fits a narrow screen", async () => {
  await page.setViewport({ width: 390, height: 800 });
  for (const view of ["overview", "connections", "topics/orders/0"]) {
    await open(view);
    expect(`${view} does not scroll sideways`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1));
  }
  await page.setViewport({ width: 1280, height: 860 });
});
await check("signing out forgets the login", async () => {
  await page.click("#leave");
  await page.waitForSelector("input[type=password]");
  expect("nothing kept", await page.evaluate(() => sessionStorage.getItem("polymq.login") === null));
});
await check("no request left the host", () => expect(foreign.join(" "), foreign.length === 0));
await check("the browser's console has no error", () => expect(complaints.join("; "), complaints.length === 0));

await browser.close();
held.forEach((socket) => socket.destroy());
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
