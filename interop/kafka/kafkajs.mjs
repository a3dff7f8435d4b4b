// KafkaJS as ordinary programs use it: kafkajs.mjs BOOTSTRAP
import kafkajs from "kafkajs";

const { Kafka, logLevel, CompressionTypes } = kafkajs;
const kafka = new Kafka({ brokers: [process.argv[2]], logLevel: logLevel.NOTHING });
let failed = 0;

async function check(what, action) {
  try {
    await action();
    console.log("ok kafkajs", what);
  } catch (e) {
    failed++;
    console.log("FAILED kafkajs", what, String(e));
  }
}

async function topic(suffix, partitions = 1) {
  const name = `interop-kafkajs-${suffix}-${process.hrtime.bigint()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
  return name;
}

async function take(name, group, count) {
  const consumer = kafka.consumer({ groupId: group, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic: name, fromBeginning: true });
  const values = [];
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`only ${values.length} of ${count}`)), 30000);
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value.toString());
        if (values.length === count) {
          clearTimeout(timer);
          resolve();
        }
      },
    });
  });
  await consumer.disconnect();
  return values;
}

function same(found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`found ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

for (const [codec, type] of [["none", CompressionTypes.None], ["gzip", CompressionTypes.GZIP]]) {
  await check(`round trip ${codec}`, async () => {
    const name = await topic(codec, 3);
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const messages = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: `v${i}` }));
    await producer.send({ topic: name, messages, compression: type });
    same((await take(name, name, 300)).length, 300);
    await producer.send({ topic: name, messages: [{ value: "after" }] });
    same(await take(name, name, 1), ["after"]);
    await producer.disconnect();
  });
}
await check("transactions", async () => {
  const name = await topic("txn");
  const producer = kafka.producer({ transactionalId: name, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (let i = 0; i < 10; i++) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: name, messages: [{ value: `v${i}` }] });
    await (i % 2 === 0 ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
  same(await take(name, name, 5), ["v0", "v2", "v4", "v6", "v8"]);
});
process.exit(failed === 0 ? 0 : 1);
