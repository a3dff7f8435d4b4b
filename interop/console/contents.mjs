// Fills a broker with what the console shows: objects of every protocol, many rows, many connections.
import net from "node:net";

export const admin = process.env.POLYMQ_ADMIN;
const login = "Basic " + Buffer.from(`admin:${process.env.POLYMQ_PASSWORD}`).toString("base64");

export async function call(method, path, body) {
  const answer = await fetch(admin + path, {
    method,
    headers: { Authorization: login, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
  return answer.status === 204 ? null : answer.json().catch(() => null);
}

const text = (words) => {
  const bytes = Buffer.from(words);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

function packet(type, ...parts) {
  const body = Buffer.concat(parts);
  const length = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

/** An MQTT 3.1.1 connection that was accepted. Sources differ, since one address has too few ports for very many. */
function mqtt(clientId, source = "127.0.0.1", clean = true) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: "127.0.0.1", port: Number(process.env.POLYMQ_MQTT_PORT), localAddress: source });
    socket.on("error", reject);
    socket.on("connect", () => socket.write(packet(0x10, text("MQTT"), Buffer.from([4, clean ? 2 : 0, 0, 0]), text(clientId))));
    socket.once("data", (answer) => (answer[3] === 0 ? resolve(socket) : reject(new Error(`CONNACK ${answer[3]}`))));
  });
}

export async function connections(number) {
  const all = [];
  for (let at = 0; at < number; at += 100) {
    const some = Array.from({ length: Math.min(100, number - at) }, (_, i) => mqtt(`sensor-${at + i}`, `127.0.0.${2 + ((at / 20000) | 0)}`));
    all.push(...(await Promise.all(some)));
  }
  return all;
}

/** Some messages, until it is told to stop. */
export async function pump() {
  const reader = await mqtt("gauge");
  reader.on("data", () => {});
  reader.write(packet(0x82, Buffer.from([0, 1]), text("pumps/+/pressure"), Buffer.from([0])));
  const writer = await mqtt("pumps");
  let sent = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 20 + 10 * Math.sin(sent / 400); i++) {
      writer.write(packet(0x30, text(`pumps/${sent++ % 50}/pressure`), Buffer.from("4.2")));
    }
  }, 50);
  return () => {
    clearInterval(timer);
    reader.end();
    writer.end();
  };
}

async function retained(number) {
  const socket = await mqtt("retainer");
  for (let at = 0; at < number; at++) {
    const sent = socket.write(packet(0x31, text(`plant/line${at % 40}/sensor${String(at).padStart(6, "0")}`), Buffer.from(`{"value": ${at}}`)));
    if (!sent) {
      await new Promise((drained) => socket.once("drain", drained));
    }
  }
  const answered = new Promise((resolve) => socket.once("data", resolve));
  socket.write(Buffer.from([0xc0, 0]));
  await answered;
  socket.end();
}

/** Requests over NATS, one after the other; the answers. */
function nats(requests) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(process.env.POLYMQ_NATS_PORT), "127.0.0.1");
    const answers = [];
    let seen = "";
    const next = () => {
      if (answers.length === requests.length) {
        socket.end();
        resolve(answers);
        return;
      }
      const [subject, body] = requests[answers.length];
      const payload = Buffer.from(body);
      socket.write(Buffer.concat([Buffer.from(`PUB ${subject} _INBOX.console ${payload.length}\r\n`), payload, Buffer.from("\r\n")]));
    };
    socket.on("error", reject);
    socket.on("connect", () => socket.write('CONNECT {"verbose":false,"headers":true}\r\nSUB _INBOX.console 1\r\nPING\r\n'));
    socket.on("data", (chunk) => {
      seen += chunk.toString();
      if (seen.includes("PONG\r\n")) {
        seen = seen.slice(seen.indexOf("PONG\r\n") + 6);
        next();
      }
      for (let found; (found = /^H?MSG \S+ 1 (?:\d+ )?(\d+)\r\n/m.exec(seen)); ) {
        const start = found.index + found[0].length;
        const size = Number(found[1]);
        if (seen.length < start + size + 2) {
          return;
        }
        answers.push(seen.slice(start, start + size));
        seen = seen.slice(start + size + 2);
        next();
      }
    });
  });
}

export async function fill(rows) {
  await call("PUT", "/api/v1/topics/orders", { partitions: 3 });
  for (let at = 0; at < 120; at++) {
    await call("PUT", `/api/v1/topics/area.${String(at).padStart(3, "0")}`, {});
  }
  for (let at = 0; at < 60; at++) {
    await call("POST", "/api/v1/publish", {
      subject: "orders", payload: JSON.stringify({ order: at, country: at % 2 ? "Österreich" : "Ελλάδα" }), content_type: "application/json", headers: { source: "shop" },
    });
  }
  await call("POST", "/api/v1/publish", { subject: "orders", payload_base64: "AAECA//+" });
  await call("PUT", "/api/queues/%2F/invoices", { durable: true });
  await call("POST", "/api/bindings/%2F/e/amq.topic/q/invoices", { routing_key: "invoices.#" });
  for (let at = 0; at < 5; at++) {
    await call("POST", "/api/v1/publish", { subject: "invoices.eu", payload: `invoice ${at}` });
  }
  await call("PUT", "/api/v1/users/eve", { password: "eve's own" });
  await call("PUT", "/api/v1/mailboxes/help.desk", { description: "Questions of customers" });
  await call("PUT", "/api/v1/schemas/reading", { format: "json", type: "", text: '{"type": "object"}' });
  await call("PUT", "/api/v1/schema-bindings/readings.%3E", { schema: "reading", violation: "reject" });
  const answers = await nats([
    ["$JS.API.STREAM.CREATE.EVENTS", '{"name":"EVENTS","subjects":["events.>"],"retention":"limits","storage":"file","num_replicas":1}'],
    ["events.one", "first"],
    ["$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.audit", '{"stream_name":"EVENTS","config":{"durable_name":"audit","ack_policy":"explicit"}}'],
    ["$mq9.AI.AGENT.REGISTER", '{"name":"translator","mailbox":"help.desk","payload":"{\\"skills\\":[\\"German to French\\"]}"}'],
  ]);
  answers.filter((answer) => /"error":\s*("[^"]+"|\{)/.test(answer)).forEach((answer) => console.log(`note: ${answer}`));
  await retained(rows);
  (await mqtt("pump-7", "127.0.0.1", false)).write(packet(0x82, Buffer.from([0, 1]), text("pumps/#"), Buffer.from([1])));
}
