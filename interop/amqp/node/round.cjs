// amqplib against a broker: node round.cjs HOST PORT
'use strict';
const assert = require('node:assert');
const amqp = require('amqplib');

async function main(host, port) {
  const connection = await amqp.connect({ hostname: host, port: Number(port) });
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  for (let i = 0; i < 200; i++) {
    channel.sendToQueue(queue, Buffer.from('m' + i), { persistent: true, headers: { n: i } });
  }
  await channel.waitForConfirms();

  await channel.prefetch(10);
  const seen = [];
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('only ' + seen.length)), 10000);
    channel.consume(queue, (message) => {
      seen.push(message.properties.headers.n);
      channel.ack(message);
      if (seen.length === 200) {
        clearTimeout(timer);
        channel.cancel(message.fields.consumerTag).then(resolve, reject);
      }
    });
  });
  assert.deepStrictEqual(seen, [...Array(200).keys()]);

  const returned = new Promise((resolve) => channel.once('return', resolve));
  channel.publish('', 'no-such-queue', Buffer.from('x'), { mandatory: true });
  assert.strictEqual((await returned).fields.replyCode, 312);

  const dead = (await channel.assertQueue('', { exclusive: true })).queue;
  const live = (await channel.assertQueue('', {
    exclusive: true, messageTtl: 50, deadLetterExchange: '', deadLetterRoutingKey: dead,
  })).queue;
  const late = new Promise((resolve) => channel.consume(dead, resolve, { noAck: true }));
  channel.sendToQueue(live, Buffer.from('late'));
  const letter = await late;
  assert.strictEqual(letter.properties.headers['x-death'][0].reason, 'expired');

  await channel.assertExchange('interop-headers', 'headers', { autoDelete: true });
  await channel.bindQueue(queue, 'interop-headers', '', { 'x-match': 'any', a: 1, b: 2 });
  channel.publish('interop-headers', '', Buffer.from('h'), { headers: { b: 2 } });
  await channel.waitForConfirms();
  assert.strictEqual((await channel.get(queue, { noAck: true })).content.toString(), 'h');

  const broken = await connection.createChannel();
  broken.on('error', () => {});
  await assert.rejects(broken.checkQueue('no-such-queue'), /NOT_FOUND - no queue 'no-such-queue' in vhost '\/'/);
  await connection.close();
}

main(process.argv[2], process.argv[3]).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
