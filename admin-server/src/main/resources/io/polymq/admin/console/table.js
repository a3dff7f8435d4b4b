// Lists that come in pages from the broker: search, page by page, in however many rows.
import { get } from "./api.js";
import { count, el } from "./dom.js";

/**
 * columns: [title, row => text or element, numeric?]. Returns a function that loads the page again.
 */
export async function table(place, path, columns, { query = {}, actions = [], empty = "Nothing here.", note = null } = {}) {
  let page = 1;
  let asked = "";
  const perPage = 50;
  const search = el("input", { type: "search", "aria-label": "Search", placeholder: "Search", input: debounce(() => {
    asked = search.value;
    page = 1;
    load();
  }) });
  const before = el("button", { type: "button", click: () => turn(-1) }, "Previous");
  const after = el("button", { type: "button", click: () => turn(1) }, "Next");
  const where = el("span", { class: "muted", role: "status" });
  const body = el("tbody");
  place.replaceChildren(
    note ?? "",
    el("div", { class: "bar" }, search, el("span", { class: "grow" }), ...actions),
    el("table", {},
      el("thead", {}, el("tr", {}, columns.map(([title, , numeric]) => el("th", { scope: "col", class: numeric ? "n" : null }, title || el("span", { class: "unseen" }, "Actions"))))),
      body),
    el("div", { class: "bar" }, before, after, where));

  function turn(by) {
    page += by;
    load();
  }

  async function load() {
    const answer = await get(path, { ...query, search: asked, page, per_page: perPage });
    body.replaceChildren(...answer.items.map((row) => el("tr", {}, columns.map(([, cell, numeric]) => el("td", { class: numeric ? "n" : null }, cell(row) ?? "")))));
    if (answer.items.length === 0) {
      body.append(el("tr", {}, el("td", { colspan: columns.length, class: "muted" }, asked ? "Nothing found." : empty)));
    }
    const pages = Math.max(1, Math.ceil(answer.total / perPage));
    before.disabled = page <= 1;
    after.disabled = page >= pages;
    where.textContent = `${count(answer.total)} rows, page ${count(page)} of ${count(pages)}`;
  }

  await load();
  return load;
}

function debounce(action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, 250);
  };
}

/** Two columns of names and values. */
export function pairs(values) {
  return el("table", {}, el("tbody", {}, Object.entries(values).map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value instanceof Node ? value : String(value ?? ""))))));
}
