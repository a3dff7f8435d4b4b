// The broker's HTTP interface.

const KEY = "polymq.login";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function signedIn() {
  return sessionStorage.getItem(KEY) !== null;
}

export function signIn(user, password) {
  const pair = new TextEncoder().encode(`${user}:${password}`);
  sessionStorage.setItem(KEY, "Basic " + btoa(String.fromCharCode(...pair)));
}

export function signOut() {
  sessionStorage.removeItem(KEY);
}

export function tenant() {
  return sessionStorage.getItem("polymq.tenant") || "";
}

export function setTenant(name) {
  sessionStorage.setItem("polymq.tenant", name);
}

export async function call(method, path, body, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null));
  if (tenant() && !asked.has("tenant")) {
    asked.set("tenant", tenant());
  }
  const text = asked.toString();
  const answer = await fetch(`/api/v1${path}${text ? "?" + text : ""}`, {
    method,
    // The login is sent here; the browser is not to ask for one by itself.
    credentials: "omit",
    headers: {
      Authorization: sessionStorage.getItem(KEY) ?? "",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 204) {
    return null;
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(answer.status, json.error ?? `The broker answered ${answer.status}.`);
  }
  return json;
}

export const get = (path, query) => call("GET", path, undefined, query);
export const put = (path, body) => call("PUT", path, body);
export const post = (path, body) => call("POST", path, body);
export const remove = (path, query) => call("DELETE", path, undefined, query);
export const part = encodeURIComponent;
