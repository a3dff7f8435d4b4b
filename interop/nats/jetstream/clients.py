"""Streams, push and pull consumers, key-value and object store: nats.py."""

import asyncio
import os
import sys

import nats
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

HOST, PORT = sys.argv[1:3]
RUN = os.getpid()
bad = 0


async def check(name, action):
    global bad
    try:
        await asyncio.wait_for(action(), 30)
        print(f"ok nats.py {name}", flush=True)
    except Exception as why:  # a suite reports every case
        bad += 1
        print(f"FAIL nats.py {name}: {type(why).__name__} {why}", flush=True)


async def main():
    nc = await nats.connect(f"nats://{HOST}:{PORT}")
    js = nc.jetstream()

    async def push():
        name = f"PU{RUN}"
        await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.*"]))
        got = []
        sub = await js.subscribe(f"{name}.a", durable="d")
        for i in range(20):
            await js.publish(f"{name}.a", str(i).encode())
        for _ in range(20):
            message = await sub.next_msg()
            got.append(int(message.data))
            await message.ack()
        assert got == list(range(20)), got
        await sub.unsubscribe()
        await js.delete_stream(name)

    async def pull():
        name = f"PL{RUN}"
        await js.add_stream(name=name, subjects=[name], retention=RetentionPolicy.WORK_QUEUE)
        sub = await js.pull_subscribe(name, "d")
        for i in range(50):
            await js.publish(name, str(i).encode())
        got = []
        while len(got) < 50:
            for message in await sub.fetch(7, timeout=2):
                got.append(int(message.data))
                await message.ack_sync()
        assert got == list(range(50)), got
        try:
            await sub.fetch(1, timeout=0.3)
            raise AssertionError("there was one more")
        except NatsTimeout:
            pass
        assert (await js.stream_info(name)).state.messages == 0
        await js.delete_stream(name)

    async def redelivery():
        name = f"RE{RUN}"
        await js.add_stream(name=name, subjects=[name])
        await js.add_consumer(
            name, ConsumerConfig(durable_name="d", ack_policy=AckPolicy.EXPLICIT, ack_wait=0.3, max_deliver=2))
        sub = await js.pull_subscribe_bind("d", name)
        await js.publish(name, b"x")
        first = (await sub.fetch(1, timeout=2))[0]
        second = (await sub.fetch(1, timeout=2))[0]
        assert (first.metadata.num_delivered, second.metadata.num_delivered) == (1, 2)
        await js.delete_stream(name)

    async def bucket():
        kv = await js.create_key_value(bucket=f"PB{RUN}", history=3)
        first = await kv.put("k", b"1")
        await kv.update("k", b"2", last=first)
        entry = await kv.get("k")
        assert entry.value == b"2", entry
        watcher = await kv.watchall()
        seen = await watcher.updates(timeout=2)
        assert (seen.key, seen.value) == ("k", b"2"), seen
        await kv.purge("k")
        assert (await kv.status()).values >= 1
        await js.delete_key_value(f"PB{RUN}")

    async def objects():
        store = await js.create_object_store(f"PO{RUN}")
        data = os.urandom(1 << 20)
        await store.put("file", data)
        assert (await store.get("file")).data == data
        await js.delete_object_store(f"PO{RUN}")

    await check("push consumer with acks", push)
    await check("pull from a work queue", pull)
    await check("redelivery counts up", redelivery)
    await check("key-value", bucket)
    await check("object store", objects)
    await nc.close()


asyncio.run(main())
sys.exit(1 if bad else 0)
