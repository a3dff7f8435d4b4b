"""A publisher and a reader of each protocol. Publishers number their messages and note what was acknowledged; readers note what came.

Every message goes to a subject below `soak`, which the topic `soak` captures; so the log must have all of them, whoever wrote them.
"""

import asyncio
import json
import threading
import time


class Ledger:
    """What one protocol has been promised, and what its own reader was given."""

    def __init__(self, name):
        self.name = name
        self.acknowledged = set()
        self.seen = set()
        self.twice = 0
        self.faults = 0

    def acknowledge(self, number):
        self.acknowledged.add(number)

    def take(self, body):
        name, _, number = bytes(body).decode().partition(":")
        if name == self.name:
            if int(number) in self.seen:
                self.twice += 1
            self.seen.add(int(number))

    def body(self, number):
        return f"{self.name}:{number}".encode()

    def missing(self):
        return self.acknowledged - self.seen


class Traffic:
    """Runs loops that begin anew after every failure, until it is told to stop."""

    name = ""
    pause = 0.01

    def __init__(self, ports):
        self.ports = ports
        self.ledger = Ledger(self.name)
        self.publishing = True
        self.reading = True
        self.number = 0
        self.threads = []

    def start(self):
        for loop, wanted in ((self.publish, lambda: self.publishing), (self.read, lambda: self.reading)):
            thread = threading.Thread(target=self.again, args=(loop, wanted), daemon=True)
            thread.start()
            self.threads.append(thread)

    def again(self, loop, wanted):
        while wanted():
            try:
                loop()
            except Exception:  # the broker is away, full or closing; that is what is tried here
                self.ledger.faults += 1
                time.sleep(0.3)

    def next(self):
        self.number += 1
        time.sleep(self.pause)
        return self.number

    def publish(self):
        raise NotImplementedError

    def read(self):
        raise NotImplementedError

    def prepare(self):
        """What must be there before anyone publishes."""


class Mqtt(Traffic):
    name = "mqtt"

    def client(self, client_id, **callbacks):
        import paho.mqtt.client as paho

        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        for name, callback in callbacks.items():
            setattr(client, name, callback)
        client.connect("127.0.0.1", self.ports["mqtt"], keepalive=10)
        return client

    def prepare(self):
        done = threading.Event()
        client = self.client(
            "soak-reader", on_connect=lambda c, *_: c.subscribe("soak/mqtt", 1), on_subscribe=lambda *_: done.set())
        client.loop_start()
        if not done.wait(20):
            raise TimeoutError("no SUBACK")
        client.disconnect()
        client.loop_stop()

    def publish(self):
        sent = {}
        gone = threading.Event()

        def acknowledged(client, user, mid, *rest):
            if mid in sent:
                self.ledger.acknowledge(sent.pop(mid))

        client = self.client("soak-writer", on_publish=acknowledged, on_disconnect=lambda *_: gone.set())
        client.loop_start()
        try:
            while self.publishing and not gone.is_set():
                if len(sent) > 50:
                    time.sleep(0.02)
                    continue
                number = self.next()
                info = client.publish("soak/mqtt", self.ledger.body(number), 1)
                sent[info.mid] = number
            time.sleep(1)
        finally:
            client.disconnect()
            client.loop_stop()

    def read(self):
        gone = threading.Event()
        client = self.client(
            "soak-reader", on_message=lambda c, u, m: self.ledger.take(m.payload), on_disconnect=lambda *_: gone.set())
        client.loop_start()
        try:
            while self.reading and not gone.is_set():
                time.sleep(0.1)
        finally:
            client.disconnect()
            client.loop_stop()


class Kafka(Traffic):
    name = "kafka"

    def settings(self):
        return {"bootstrap.servers": f"127.0.0.1:{self.ports['kafka']}", "log_level": 0}

    def publish(self):
        import confluent_kafka

        producer = confluent_kafka.Producer(
            self.settings() | {"acks": "all", "enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": 60000})

        def delivered(number):
            return lambda error, m: error is None and self.ledger.acknowledge(number)

        while self.publishing:
            number = self.next()
            producer.produce("soak", self.ledger.body(number), "soak.kafka", on_delivery=delivered(number))
            producer.poll(0)
        producer.flush(30)

    def read(self):
        import confluent_kafka

        consumer = confluent_kafka.Consumer(
            self.settings() | {"group.id": "soak", "auto.offset.reset": "earliest", "enable.auto.commit": False})
        consumer.subscribe(["soak"])
        try:
            while self.reading:
                records = consumer.consume(200, 0.2)
                for record in records:
                    if record.error() is None:
                        self.ledger.take(record.value())
                if any(record.error() is None for record in records):
                    consumer.commit(asynchronous=False)
        finally:
            consumer.close()

    def whole(self, patience=120):
        """Every record of the topic, from its beginning."""
        import confluent_kafka

        consumer = confluent_kafka.Consumer(
            self.settings() | {"group.id": "oracle", "enable.auto.commit": False, "enable.partition.eof": True})
        partition = confluent_kafka.TopicPartition("soak", 0, confluent_kafka.OFFSET_BEGINNING)
        consumer.assign([partition])
        end = time.monotonic() + patience
        while time.monotonic() < end:
            record = consumer.poll(1)
            if record is None:
                continue
            if record.error() is None:
                yield record.offset(), record.value()
            elif record.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                consumer.close()
                return
        raise TimeoutError("the topic was not read to its end")


class Amqp(Traffic):
    name = "amqp"
    queue = "soak-amqp"

    def connect(self):
        import pika

        connection = pika.BlockingConnection(
            pika.ConnectionParameters("127.0.0.1", self.ports["amqp"], heartbeat=10, blocked_connection_timeout=20, socket_timeout=10))
        return connection, connection.channel()

    def prepare(self):
        connection, channel = self.connect()
        channel.queue_declare(self.queue, durable=True)
        channel.queue_bind(self.queue, "amq.topic", "soak." + self.name)
        connection.close()

    def publish(self):
        import pika

        connection, channel = self.connect()
        try:
            channel.confirm_delivery()
            while self.publishing:
                number = self.next()
                channel.basic_publish(
                    "amq.topic", "soak." + self.name, self.ledger.body(number), pika.BasicProperties(delivery_mode=2))
                self.ledger.acknowledge(number)
        finally:
            connection.close()

    def read(self):
        connection, channel = self.connect()
        try:
            channel.basic_qos(prefetch_count=100)

            def taken(ch, method, properties, body):
                self.ledger.take(body)
                ch.basic_ack(method.delivery_tag)

            channel.basic_consume(self.queue, taken)
            while self.reading:
                connection.process_data_events(0.2)
        finally:
            connection.close()


class Amqp10(Amqp):
    name = "amqp10"
    queue = "soak-amqp10"

    def link(self):
        import proton.utils

        return proton.utils.BlockingConnection(
            f"amqp://127.0.0.1:{self.ports['amqp']}", timeout=10, user="guest", password="guest", allowed_mechs="PLAIN", sasl_enabled=True)

    def publish(self):
        import proton

        connection = self.link()
        try:
            sender = connection.create_sender("/exchanges/amq.topic/soak.amqp10")
            while self.publishing:
                number = self.next()
                sender.send(proton.Message(body=self.ledger.body(number), inferred=True, durable=True), timeout=10)
                self.ledger.acknowledge(number)
        finally:
            connection.close()

    def read(self):
        import proton

        connection = self.link()
        try:
            source = connection.create_receiver("/queues/" + self.queue, credit=100)
            while self.reading:
                try:
                    message = source.receive(timeout=0.5)
                    self.ledger.take(message.body)  # is only valid as long as the message
                    source.accept()
                except proton.Timeout:
                    pass
        finally:
            connection.close()


class Nats(Traffic):
    """JetStream."""

    name = "nats"

    def connect(self):
        import nats

        return nats.connect(
            f"nats://127.0.0.1:{self.ports['nats']}", allow_reconnect=False, connect_timeout=5, ping_interval=5)

    def prepare(self):
        async def make():
            nc = await self.connect()
            js = nc.jetstream()
            await js.add_stream(name="SOAK", subjects=["soak.nats"])
            await nc.close()

        asyncio.run(make())

    def publish(self):
        async def run():
            nc = await self.connect()
            try:
                js = nc.jetstream(timeout=10)
                while self.publishing:
                    self.number += 1
                    number = self.number
                    await js.publish("soak.nats", self.ledger.body(number))
                    self.ledger.acknowledge(number)
                    await asyncio.sleep(self.pause)
            finally:
                await nc.close()

        asyncio.run(run())

    def read(self):
        import nats.errors

        async def run():
            nc = await self.connect()
            try:
                pull = await nc.jetstream(timeout=10).pull_subscribe("soak.nats", durable="soak", stream="SOAK")
                while self.reading:
                    try:
                        for message in await pull.fetch(100, timeout=1):
                            self.ledger.take(message.data)
                            await message.ack()
                    except nats.errors.TimeoutError:
                        if nc.is_closed:
                            raise
            finally:
                await nc.close()

        asyncio.run(run())


class Mq9(Nats):
    name = "mq9"

    async def ask(self, nc, command, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = json.loads((await nc.request("$mq9.AI." + command, data, timeout=10)).data)
        if answer.get("error"):
            raise RuntimeError(answer["error"])
        return answer

    def prepare(self):
        async def make():
            nc = await self.connect()
            await self.ask(nc, "MAILBOX.CREATE", {"name": "soak", "ttl": 0})
            await nc.close()

        asyncio.run(make())

    def publish(self):
        async def run():
            nc = await self.connect()
            try:
                while self.publishing:
                    self.number += 1
                    number = self.number
                    await self.ask(nc, "MSG.SEND.soak", self.ledger.body(number))
                    self.ledger.acknowledge(number)
                    await asyncio.sleep(self.pause)
            finally:
                await nc.close()

        asyncio.run(run())

    def read(self):
        async def run():
            nc = await self.connect()
            try:
                while self.reading:
                    answer = await self.ask(nc, "MSG.FETCH.soak", {
                        "group_name": "soak", "deliver": "earliest", "config": {"num_msgs": 200, "max_wait_ms": 500}})
                    for mail in answer["messages"]:
                        self.ledger.take(mail["payload"].encode())
                    if answer["messages"]:
                        await self.ask(nc, "MSG.ACK.soak", {
                            "group_name": "soak", "mail_address": "soak", "msg_ids": [mail["msg_id"] for mail in answer["messages"]]})
            finally:
                await nc.close()

        asyncio.run(run())


ALL = (Mqtt, Kafka, Amqp, Amqp10, Nats, Mq9)
