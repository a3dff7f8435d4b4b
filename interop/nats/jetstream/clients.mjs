// Work queues, ordered consumers, key-value and object store as applications use them: nats.js.
import { createRequire } from 'node:module';
const [host, port] = process.argv.slice(2);
const need = createRequire(`${process.env.CLIENTS}/x.js`);
const { connect, headers } = need('@nats-io/transport-node');
const { jetstream, jetstreamManager, AckPolicy, RetentionPolicy, StorageType } = need('@nats-io/jetstream');
const { Kvm } = need('@nats-io/kv');
const { Objm } = need('@nats-io/obj');

const nc = await connect({ servers: `${host}:${port}` });
const jsm = await jetstreamManager(nc);
const js = jetstream(nc);
const run = process.pid;
const equal = (is, should) => {
  if (JSON.stringify(is) !== JSON.stringify(should)) throw Error(`${JSON.stringify(is)} in place of ${JSON.stringify(should)}`);
};
let bad = 0;
const check = async (name, action) => {
  try { await action(); console.log(`ok nats.js ${name}`); } catch (e) { bad++; console.log(`FAIL nats.js ${name}: ${e.message}`); }
};

await check('a work queue gives each message once', async () => {
  const name = `WQ${run}`;
  await jsm.streams.add({ name, subjects: [`${name}.>`], retention: RetentionPolicy.Workqueue, storage: StorageType.File });
  await jsm.consumers.add(name, { durable_name: 'w', ack_policy: AckPolicy.Explicit });
  for (let i = 0; i < 200; i++) await js.publish(`${name}.j`, `${i}`, { msgID: `m${i}` });
  equal((await js.publish(`${name}.j`, 'again', { msgID: 'm7' })).duplicate, true);
  const seen = [];
  const worker = async () => {
    const c = await js.consumers.get(name, 'w');
    for await (const m of await c.consume({ max_messages: 20 })) { seen.push(+m.string()); m.ack(); if (seen.length === 200) return; }
  };
  await Promise.race([worker(), worker()]);
  equal([...seen].sort((a, b) => a - b), [...Array(200).keys()]);
  await nc.flush();
  await jsm.streams.delete(name);
});

await check('an ordered consumer reads everything in order', async () => {
  const name = `OR${run}`;
  await jsm.streams.add({ name, subjects: [`${name}.>`] });
  for (let i = 0; i < 3000; i++) nc.publish(`${name}.a`, `${i}`);
  await nc.flush();
  const c = await js.consumers.get(name);
  let next = 0;
  for await (const m of await c.consume()) { equal(+m.string(), next++); if (next === 3000) break; }
  await jsm.streams.delete(name);
});

await check('a refused message comes again after its delay', async () => {
  const name = `NK${run}`;
  await jsm.streams.add({ name, subjects: [name] });
  await jsm.consumers.add(name, { durable_name: 'd', ack_policy: AckPolicy.Explicit });
  await js.publish(name, 'x');
  const c = await js.consumers.get(name, 'd');
  const first = await c.next();
  const at = Date.now();
  first.nak(300);
  const second = await c.next({ expires: 5000 });
  if (Date.now() - at < 250) throw Error('too early');
  equal(second.info.deliveryCount, 2);
  equal(await second.ackAck(), true);
  await jsm.streams.delete(name);
});

await check('headers come back as they were', async () => {
  const name = `HD${run}`;
  await jsm.streams.add({ name, subjects: [name], allow_direct: true });
  const h = headers();
  h.append('A', '1'); h.append('A', '2'); h.set('b', 'ü');
  await js.publish(name, 'x', { headers: h });
  const m = await jsm.direct.getMessage(name, { last_by_subj: name });
  equal([m.header.values('A'), m.header.get('b')], [['1', '2'], 'ü']);
  await jsm.streams.delete(name);
});

await check('a bucket with history, watch and compare-and-set', async () => {
  const kv = await new Kvm(nc).create(`B${run}`, { history: 4 });
  const seen = [];
  const watch = await kv.watch();
  const watching = (async () => { for await (const e of watch) { seen.push(`${e.key}=${e.operation === 'PUT' ? e.string() : e.operation}`); if (seen.length === 4) break; } })();
  const first = await kv.put('k', '1');
  await kv.update('k', '2', first);
  await kv.update('k', 'late', first).then(() => { throw Error('a stale update was taken'); }, () => {});
  await kv.delete('k');
  await kv.put('other', 'x');
  await watching;
  equal(seen, ['k=1', 'k=2', 'k=DEL', 'other=x']);
  await kv.destroy();
});

await check('an object of 3 MB survives the way there and back', async () => {
  const os = await new Objm(nc).create(`O${run}`);
  const data = new Uint8Array(3 << 20).map((_, i) => i * 31);
  await os.putBlob({ name: 'file' }, data);
  equal(Buffer.compare(Buffer.from(await os.getBlob('file')), Buffer.from(data)), 0);
  await os.destroy();
});

await nc.close();
process.exit(bad ? 1 : 0);
