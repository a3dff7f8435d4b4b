// Line charts of the last minutes, drawn as SVG.
import { el } from "./dom.js";

const COLOURS = ["#2f6fed", "#e0762f", "#2ea36b", "#a855c7", "#c9a227", "#d1436b", "#3aa6b9", "#7a828e"];
const KEPT = 120;

/** Values by name over time; a name that is no longer told goes to zero. */
export class Series {
  constructor() {
    this.lines = new Map();
    this.length = 0;
  }

  add(values) {
    for (const name of Object.keys(values)) {
      if (!this.lines.has(name)) {
        this.lines.set(name, new Array(this.length).fill(0));
      }
    }
    for (const [name, line] of this.lines) {
      line.push(values[name] ?? 0);
      if (line.length > KEPT) {
        line.shift();
      }
    }
    this.length = Math.min(this.length + 1, KEPT);
  }
}

export function chart(title, series, format) {
  const lines = [...series.lines].filter(([, values]) => values.some((value) => value > 0)).slice(0, COLOURS.length);
  const top = Math.max(1, ...lines.flatMap(([, values]) => values));
  const width = 400;
  const height = 150;
  const x = (index, of) => 46 + ((width - 52) * (KEPT - of + index)) / (KEPT - 1);
  const y = (value) => height - 16 - ((height - 30) * value) / top;
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title}: ${lines.map(([name, values]) => `${name} ${format(values.at(-1))}`).join(", ") || "nothing"}`);
  const draw = (tag, attributes, text) => {
    const shape = document.createElementNS(ns, tag);
    Object.entries(attributes).forEach(([name, value]) => shape.setAttribute(name, value));
    if (text !== undefined) {
      shape.textContent = text;
    }
    svg.append(shape);
  };
  for (const part of [0, 0.5, 1]) {
    draw("line", { class: "grid", x1: 46, x2: width - 6, y1: y(top * part), y2: y(top * part) });
    draw("text", { class: "axis", x: 42, y: y(top * part) + 4, "text-anchor": "end" }, format(top * part));
  }
  lines.forEach(([, values], index) => {
    const points = values.map((value, at) => `${x(at, values.length).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    draw("polyline", { points, fill: "none", stroke: COLOURS[index], "stroke-width": 1.8 });
  });
  const legend = el("div", { class: "legend" }, lines.map(([name, values], index) => {
    const mark = el("i");
    mark.style.background = COLOURS[index];
    return el("span", {}, mark, `${name} ${format(values.at(-1))}`);
  }));
  return el("section", { class: "card chart" }, el("h2", {}, title), svg, legend);
}
