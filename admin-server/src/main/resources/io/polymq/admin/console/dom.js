// Making elements, and saying things to the person in front of the screen.

/** An element with attributes (functions become listeners) and children; texts are always texts. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function say(text, bad = false) {
  const line = el("div", { class: bad ? "bad" : "" }, text);
  document.getElementById("status").append(line);
  setTimeout(() => line.remove(), bad ? 8000 : 4000);
}

export function count(number) {
  return Number(number).toLocaleString("en");
}

export function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = Number(number);
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${rest < 10 && unit > 0 ? rest.toFixed(1) : Math.round(rest)} ${units[unit]}`;
}

export function time(millis) {
  return millis > 0 ? new Date(millis).toISOString().replace("T", " ").replace("Z", "") : "";
}

export function span(millis) {
  if (!(millis > 0)) {
    return "";
  }
  const seconds = Math.floor(millis / 1000);
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  const words = [];
  let rest = seconds;
  for (const [size, word] of parts) {
    if (rest >= size) {
      words.push(`${Math.floor(rest / size)} ${word}`);
      rest %= size;
    }
  }
  return words.slice(0, 2).join(" ") || "0 s";
}

/** Text, or the beginning of binary data in hexadecimal digits. */
export function payload(value) {
  if (value === null || value === undefined) {
    return "";
  }
  if (value.text !== undefined) {
    return value.text;
  }
  const binary = atob(value.base64);
  const shown = Array.from(binary.slice(0, 512), (c) => c.charCodeAt(0).toString(16).padStart(2, "0"));
  return shown.join(" ") + (binary.length > 512 || value.truncated ? " ..." : "");
}

/** A button that asks again before it does what cannot be taken back. */
export function dangerous(label, question, action) {
  return el("button", {
    type: "button",
    class: "bad",
    click: () => {
      if (confirm(question)) {
        action();
      }
    },
  }, label);
}
