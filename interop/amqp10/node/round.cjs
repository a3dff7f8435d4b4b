// rhea, and rhea-promise as the Azure SDKs use it.
'use strict';
const rhea = require('rhea');
const { Connection, ReceiverEvents } = require('rhea-promise');

const [host, port] = [process.argv[2], Number(process.argv[3])];
const run = 'rhea' + Date.now().toString(36) + '.';
let failed = 0;

async function check(client, name, body) {
    try {
        await body();
        console.log(`ok      ${client}: ${name}`);
    } catch (failure) {
        failed++;
        console.log(`FAILED  ${client}: ${name}: ${failure && (failure.stack || failure.condition || failure)}`);
    }
}

process.on('unhandledRejection', () => {}); // what nobody waits for any longer has failed its check already

function within(promise, what, millis = 10000) {
    let timer;
    const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error('no ' + what)), millis); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function same(wanted, found) {
    const [a, b] = [JSON.stringify(wanted), JSON.stringify(found)];
    if (a !== b) {
        throw new Error(`wanted ${a} but found ${b}`);
    }
}

function once(emitter, event, what = event) {
    return within(new Promise(yes => emitter.once(event, yes)), what);
}

const options = { host, port, username: 'guest', password: 'guest', reconnect: false };

async function connected(use, more = {}) {
    const container = rhea.create_container();
    const connection = container.connect({ ...options, ...more });
    connection.on('error', () => {});
    await once(connection, 'connection_open');
    try {
        await use(connection);
    } finally {
        connection.close();
    }
}

async function sendAll(connection, address, messages) {
    const sender = connection.open_sender(address);
    await once(sender, 'sendable');
    for (const message of messages) {
        const settled = once(sender, 'settled');
        sender.send(message);
        await settled;
    }
    sender.close();
}

async function receive(connection, source, count) {
    const receiver = connection.open_receiver(source);
    const found = [];
    await within(new Promise(yes => {
        receiver.on('message', context => {
            found.push(context.message);
            if (found.length === count) {
                yes();
            }
        });
    }), `${count} messages, only ${found.length}`);
    receiver.close();
    return found;
}

async function plain() {
    await check('rhea', 'send and receive', () => connected(async connection => {
        await sendAll(connection, run + 'plain', [{ body: 'hello', subject: 's', application_properties: { n: 1, t: 'x' } }]);
        const [message] = await receive(connection, run + 'plain', 1);
        same('hello', message.body);
        same('s', message.subject);
        same({ n: 1, t: 'x' }, message.application_properties);
    }));
    await check('rhea', 'bodies of every kind', () => connected(async connection => {
        const bodies = [
            rhea.message.data_section(Buffer.from('data')),
            { a: [1, 'two'] },
            rhea.message.sequence_section([1, 2]),
            true,
            12.5
        ];
        await sendAll(connection, run + 'bodies', bodies.map(body => ({ body })));
        const found = await receive(connection, run + 'bodies', bodies.length);
        same('data', found[0].body.content.toString());
        same({ a: [1, 'two'] }, found[1].body);
        same([1, 2], found[2].body.content);
        same(true, found[3].body);
        same(12.5, found[4].body);
    }));
    await check('rhea', 'an anonymous sender', () => connected(async connection => {
        const receiving = receive(connection, run + 'anonymous', 1);
        await sendAll(connection, { target: {} }, [{ to: run + 'anonymous', body: 'm' }]);
        same('m', (await receiving)[0].body);
    }));
    await check('rhea', 'request and reply by a dynamic node', () => connected(async connection => {
        const replies = connection.open_receiver({ source: { dynamic: true } });
        await once(replies, 'receiver_open');
        const address = replies.remote.attach.source.address;
        const answered = once(replies, 'message');
        const server = connection.open_receiver(run + 'rpc');
        server.on('message', async context => {
            const sender = connection.open_sender(context.message.reply_to);
            await once(sender, 'sendable');
            sender.send({ body: 're:' + context.message.body, correlation_id: context.message.message_id });
        });
        await sendAll(connection, run + 'rpc', [{ body: 'q', message_id: 5, reply_to: address }]);
        const { message } = await answered;
        same('re:q', message.body);
        same(5, message.correlation_id);
    }));
    await check('rhea', 'credit, drain and outcomes', () => connected(async connection => {
        await sendAll(connection, run + 'credit', ['a', 'b', 'c'].map(body => ({ body })));
        const receiver = connection.open_receiver({ source: run + 'credit', credit_window: 0, autoaccept: false });
        const found = [];
        receiver.on('message', context => {
            found.push([context.message.body, context.message.delivery_count || 0]);
            if (found.length === 1) {
                context.delivery.release();
            } else if (found.length === 2) {
                context.delivery.modified({ delivery_failed: true });
            } else {
                context.delivery.accept();
            }
        });
        await once(receiver, 'receiver_open');
        for (let i = 1; i <= 5; i++) {
            receiver.add_credit(1);
            await within((async () => {
                while (found.length < i) {
                    await new Promise(yes => setTimeout(yes, 10));
                }
            })(), `message ${i}`);
        }
        same([['a', 0], ['a', 0], ['a', 1], ['b', 0], ['c', 0]], found);
        receiver.drain = true;
        const drained = once(receiver, 'receiver_drained');
        receiver.add_credit(10);
        await drained;
    }));
    await check('rhea', 'a selector', () => connected(async connection => {
        await sendAll(connection, run + 'selector', [1, 2, 3].map(n => ({ body: n, application_properties: { n } })));
        const [message] = await receive(connection,
            { source: { address: run + 'selector', filter: rhea.filter.selector('n = 2') } }, 1);
        same(2, message.body);
    }));
    await check('rhea', 'a topic', () => connected(async connection => {
        const one = connection.open_receiver({ source: { address: run + 'topic', capabilities: ['topic'] } });
        const two = connection.open_receiver('/topic/' + run + 'topic');
        await Promise.all([once(one, 'receiver_open'), once(two, 'receiver_open')]);
        const both = Promise.all([once(one, 'message'), once(two, 'message')]);
        await sendAll(connection, '/exchanges/amq.topic/' + run + 'topic', [{ body: 't' }]);
        same(['t', 't'], (await both).map(context => context.message.body));
    }));
    await check('rhea', 'a refused link says why', () => connected(async connection => {
        const receiver = connection.open_receiver('/queues/' + run + 'missing');
        const context = await once(receiver, 'receiver_error');
        same('amqp:not-found', context.receiver.error.condition);
    }));
    await check('rhea', 'a wrong password is refused', async () => {
        const connection = rhea.create_container().connect({ ...options, username: 'nobody', password: 'wrong' });
        const open = new Promise(yes => connection.once('connection_open', () => yes('open')));
        const refused = new Promise(yes => {
            connection.once('connection_error', () => yes('refused'));
            connection.once('disconnected', () => yes('refused'));
            connection.on('error', () => yes('refused'));
        });
        const outcome = await within(Promise.race([open, refused]), 'answer');
        connection.close();
        if (process.env.POLYMQ_LOGIN === 'required') {
            same('refused', outcome);
        }
    });
    await check('rhea', 'ten thousand messages', () => connected(async connection => {
        const count = 10000;
        const sender = connection.open_sender(run + 'many');
        let sent = 0;
        let accepted = 0;
        const all = new Promise(yes => sender.on('accepted', () => ++accepted === count && yes()));
        sender.on('sendable', () => {
            while (sent < count && sender.sendable()) {
                sender.send({ body: sent++ });
            }
        });
        await within(all, 'all accepted', 60000);
        const receiver = connection.open_receiver({ source: run + 'many', credit_window: 200 });
        let next = 0;
        await within(new Promise((yes, no) => receiver.on('message', context => {
            if (context.message.body !== next++) {
                no(new Error('out of order at ' + next));
            }
            if (next === count) {
                yes();
            }
        })), 'all received', 60000);
    }));
    await check('rhea', 'small frames and a large message', () => connected(async connection => {
        const body = 'x'.repeat(300000);
        await sendAll(connection, run + 'large', [{ body }]);
        const [message] = await receive(connection, run + 'large', 1);
        same(body.length, message.body.length);
    }, { max_frame_size: 1024 }));
    await check('rhea', 'an idle connection stays', () => connected(async connection => {
        await new Promise(yes => setTimeout(yes, 3000));
        await sendAll(connection, run + 'idle', [{ body: 'm' }]);
    }, { idle_time_out: 1000 }));
}

async function promised() {
    await check('rhea-promise', 'sessions, links, settlement', async () => {
        const connection = new Connection(options);
        await within(connection.open(), 'connection');
        const receiver = await connection.createReceiver({ source: { address: run + 'azure' }, credit_window: 10 });
        const come = new Promise(yes => receiver.on(ReceiverEvents.message, context => yes(context.message)));
        const sender = await connection.createAwaitableSender({ target: { address: run + 'azure' } });
        const delivery = await within(sender.send({ body: 'hello', message_id: 'm1' }), 'settlement');
        same(true, delivery.settled);
        same('hello', (await within(come, 'message')).body);
        await sender.close();
        await receiver.close();
        await connection.close();
    });
}

plain().then(promised).then(() => process.exit(failed ? 1 : 0));
