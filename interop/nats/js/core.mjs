// nats.js as it comes from npm: core messaging, logins, services, over TCP and WebSocket.
import { createRequire } from 'node:module';

const need = createRequire(`${process.env.CLIENTS}/x.js`);
const { connect, wsconnect, headers, Empty, nkeys } = need('@nats-io/transport-node');
const { Svcm } = need('@nats-io/services');
globalThis.WebSocket ??= need('ws');
const server = `${process.env.POLYMQ_HOST}:${process.env.NATS_PORT}`;

const check = (holds, what) => { if (!holds) throw new Error(what); };
async function test(name, run) {
  try {
    await Promise.race([run(), new Promise((_, no) => setTimeout(() => no(new Error('took too long')), 30000).unref())]);
    console.log(`ok ${name}`);
  } catch (e) {
    console.log(`FAIL ${name}: ${e.message}`);
  }
}
const take = async (sub, count) => { const got = []; for await (const m of sub) { got.push(m); if (got.length === count) break; } return got; };

await test('a message arrives with its headers', async () => {
  const nc = await connect({ servers: server });
  const sub = nc.subscribe('open.headers', { max: 1 });
  const h = headers();
  h.append('A', '1'); h.append('A', '2');
  nc.publish('open.headers', 'hello', { headers: h });
  const [m] = await take(sub, 1);
  check(m.string() === 'hello' && m.headers.values('A').join() === '1,2', 'not as it was sent');
  await nc.close();
});

await test('wildcards and queue groups', async () => {
  const nc = await connect({ servers: server });
  let all = 0, shared = 0;
  nc.subscribe('w.*.x', { callback: () => all++ });
  for (let i = 0; i < 3; i++) nc.subscribe('w.>', { queue: 'q', callback: () => shared++ });
  await nc.flush();
  for (let i = 0; i < 300; i++) nc.publish(`w.${i}.x`);
  await nc.flush(); await nc.flush();
  check(all === 300 && shared === 300, `${all} ${shared}`);
  await nc.close();
});

await test('5,000 requests at once are answered', async () => {
  const nc = await connect({ servers: server });
  const svc = await connect({ servers: server });
  svc.subscribe('load.req', { queue: 'w', callback: (_, m) => m.respond(m.data) });
  await svc.flush();
  const answers = await Promise.all(Array.from({ length: 5000 }, (_, i) => nc.request('load.req', `${i}`, { timeout: 20000 })));
  check(answers.every((m, i) => m.string() === `${i}`), 'an answer is another\'s');
  await nc.close(); await svc.close();
});

await test('a request that nobody serves fails at once', async () => {
  const nc = await connect({ servers: server });
  const err = await nc.request('nobody.there', Empty, { timeout: 5000 }).catch((e) => e);
  check(/no responders/i.test(String(err.message) + String(err.cause?.message)), String(err));
  await nc.close();
});

await test('drain delivers what was on its way', async () => {
  const nc = await connect({ servers: server });
  let got = 0;
  nc.subscribe('drain.>', { callback: () => got++ });
  for (let i = 0; i < 1000; i++) nc.publish('drain.x', 'x');
  await nc.drain();
  check(got === 1000, `${got}`);
});

await test('permissions are told', async () => {
  const nc = await connect({ servers: server, user: 'reader', pass: 'reader' });
  const sub = nc.subscribe('closed.x');
  const told = (async () => { for await (const _ of sub); })().then(() => null, (e) => e);
  await nc.flush();
  const e = await told;
  check(/permission/i.test(String(e)), String(e));
  await nc.close();
});

await test('a wrong password is refused', async () => {
  const e = await connect({ servers: server, user: 'app', pass: 'wrong', reconnect: false }).catch((x) => x);
  check(/authorization|authentication/i.test(`${e.name} ${e.message}`), String(e));
});

await test('a service of another account is asked through its import', async () => {
  const app = await connect({ servers: server });
  const other = await connect({ servers: server, user: 'other', pass: 'other' });
  app.subscribe('interop.echo', { callback: (_, m) => m.respond(`echo ${m.string()}`) });
  await app.flush();
  const m = await other.request('ask.echo', 'hi', { timeout: 5000 });
  check(m.string() === 'echo hi', m.string());
  await app.close(); await other.close();
});

await test('a service is found and asked', async () => {
  const nc = await connect({ servers: server });
  const svc = await new Svcm(nc).add({ name: 'adder', version: '1.0.0' });
  svc.addEndpoint('add', (_, m) => m.respond(String(m.json().reduce((a, b) => a + b))));
  const m = await nc.request('add', JSON.stringify([1, 2, 3]), { timeout: 5000 });
  check(m.string() === '6', m.string());
  const found = [];
  for await (const i of await new Svcm(nc).client().info('adder')) found.push(i);
  check(found.length === 1 && found[0].name === 'adder', JSON.stringify(found));
  await nc.close();
});

await test('the account is told after the first PONG', async () => {
  const nc = await connect({ servers: server });
  await nc.flush(); await nc.flush();
  check(nc.info.remote_account === 'APP' && nc.info.connect_info === true, JSON.stringify(nc.info));
  await nc.close();
});

await test('over WebSocket', async () => {
  const nc = await wsconnect({ servers: `ws://${process.env.POLYMQ_HOST}:${process.env.NATS_WS_PORT}` });
  const sub = nc.subscribe('ws.x', { max: 1 });
  nc.publish('ws.x', 'over websocket');
  const [m] = await take(sub, 1);
  check(m.string() === 'over websocket', m.string());
  await nc.close();
});
process.exit(0);
