"""The protocols of the matrix, each by a client library as its users have it.

A client publishes and receives `Message`s; which property stands where is read from properties.json, the table that
docs/cross-protocol.md shows.
"""

import asyncio
import base64
import contextlib
import json
import pathlib
import queue
import threading
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field

TABLE = {row["key"]: row for row in json.loads((pathlib.Path(__file__).parent / "properties.json").read_text())["rows"]}
PATIENCE = 10


@dataclass
class Message:
    subject: str = ""  # levels parted by dots
    payload: bytes = b""
    properties: dict = field(default_factory=dict)  # by the table's keys, without headers
    headers: list = field(default_factory=list)  # (name, value) in order


class Refused(Exception):
    """The broker says that it may not be."""


def by_header(protocol):
    """Names of headers that mean a property."""
    return {
        cell.get("header") or cell["user"]: key
        for key, row in TABLE.items()
        if (cell := row.get(protocol)) and ("header" in cell or "user" in cell)
    }


def sort_headers(protocol, pairs, message):
    """Puts what stands in a header under its property, if the table says so."""
    known = {name.lower(): key for name, key in by_header(protocol).items()}
    for name, value in pairs:
        key = known.get(name.lower())
        if key and key not in message.properties:
            message.properties[key] = value
        elif not name.lower().startswith("polymq-"):
            message.headers.append((name, value))
    return message


def with_headers(protocol, message):
    """User headers, and properties that stand in headers."""
    pairs = list(message.headers)
    for name, key in by_header(protocol).items():
        if key in message.properties:
            pairs.append((name, str(message.properties[key])))
    return pairs


class Receiver:
    """What has come, and how to end."""

    def __init__(self, close=lambda: None):
        self.waiting = queue.Queue()
        self.close = close

    def take(self, count, patience=PATIENCE):
        taken = []
        end = time.monotonic() + patience
        while len(taken) < count:
            try:
                taken.append(self.waiting.get(timeout=max(0.01, end - time.monotonic())))
            except queue.Empty:
                break
        return taken

    def silent(self, seconds=0.4):
        """Nothing more comes, not even twice."""
        try:
            return self.waiting.get(timeout=seconds)
        except queue.Empty:
            return None


class Mqtt:
    name = "MQTT 5"
    key = "mqtt"
    keeps = True  # a session

    def __init__(self, host, ports, login=None):
        import paho.mqtt.client as paho

        self.paho, self.host, self.port, self.login = paho, host, ports["mqtt"], login
        self.out = self.connect("out-" + uuid.uuid4().hex[:8])

    def connect(self, client_id, clean=True, on_message=None):
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        client = self.paho.Client(
            self.paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=self.paho.MQTTv5)
        client.max_inflight_messages_set(100)
        connected, subscribed = queue.Queue(), queue.Queue()
        client.on_connect = lambda c, u, flags, code, p: connected.put(code)
        client.on_subscribe = lambda c, u, mid, codes, p: subscribed.put(codes)
        client.answers = subscribed
        if on_message:
            client.on_message = on_message
        if self.login:
            client.username_pw_set(*self.login)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 0 if clean else 600
        client.connect(self.host, self.port, clean_start=clean, properties=properties)
        client.loop_start()
        code = connected.get(timeout=PATIENCE)
        if code.is_failure:
            raise Refused(str(code))
        return client

    @staticmethod
    def topic(subject):
        return "/".join(level.replace("/", "\0").replace(".", "/").replace("\0", ".") for level in subject.split("."))

    def filter(self, subject):
        return self.topic(subject).replace("*", "+").replace(">", "#")

    def publish(self, message):
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        p = Properties(PacketTypes.PUBLISH)
        given = message.properties
        if "content_type" in given:
            p.ContentType = given["content_type"]
        if "correlation" in given:
            p.CorrelationData = given["correlation"].encode()
        if "reply_to" in given:
            p.ResponseTopic = self.topic(given["reply_to"])
        if "expires_at" in given:
            p.MessageExpiryInterval = round(given["expires_at"] - time.time())
        for pair in with_headers("mqtt", message):
            p.UserProperty = pair
        info = self.out.publish(self.topic(message.subject), message.payload, qos=1, properties=p)
        info.wait_for_publish(PATIENCE)
        if not info.is_published():
            raise TimeoutError("no PUBACK")

    def read(self, packet):
        message = Message(packet.topic.replace("/", "."), packet.payload)
        p = packet.properties
        if hasattr(p, "ContentType"):
            message.properties["content_type"] = p.ContentType
        if hasattr(p, "CorrelationData"):
            message.properties["correlation"] = p.CorrelationData.decode()
        if hasattr(p, "ResponseTopic"):
            message.properties["reply_to"] = p.ResponseTopic.replace("/", ".")
        if hasattr(p, "MessageExpiryInterval"):
            message.properties["expires_at"] = time.time() + p.MessageExpiryInterval
        return sort_headers("mqtt", getattr(p, "UserProperty", []), message)

    def listen(self, subject):
        receiver = Receiver()
        client = self.connect(
            "in-" + uuid.uuid4().hex[:8], on_message=lambda c, u, m: receiver.waiting.put(self.read(m)))
        receiver.close = lambda: (client.disconnect(), client.loop_stop())
        client.subscribe(self.filter(subject), qos=1)
        code = client.answers.get(timeout=PATIENCE)[0]
        if code.is_failure:
            receiver.close()
            raise Refused(str(code))
        return receiver

    def keep(self, subject):
        """From now on messages wait for a session that is away."""
        client_id = "kept-" + uuid.uuid4().hex[:8]
        client = self.connect(client_id, clean=False)
        client.subscribe(self.filter(subject), qos=1)
        client.answers.get(timeout=PATIENCE)
        client.disconnect()
        client.loop_stop()

        def back():
            receiver = Receiver()
            again = self.connect(
                client_id, clean=False, on_message=lambda c, u, m: receiver.waiting.put(self.read(m)))
            receiver.close = lambda: (again.disconnect(), again.loop_stop())
            return receiver

        return back

    def close(self):
        self.out.disconnect()
        self.out.loop_stop()


class Kafka:
    name = "Kafka"
    key = "kafka"
    keeps = True

    def __init__(self, host, ports, login=None):
        import confluent_kafka
        import confluent_kafka.admin

        self.kafka = confluent_kafka
        self.settings = {"bootstrap.servers": f"{host}:{ports['kafka']}", "log_level": 0}
        if login:
            self.settings |= {
                "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                "sasl.username": login[0], "sasl.password": login[1]}
        self.producer = confluent_kafka.Producer(self.settings | {"acks": "all", "linger.ms": 0})
        self.admin = confluent_kafka.admin.AdminClient(self.settings)
        self.errors = []

    def create(self, topic):
        new = self.kafka.admin.NewTopic(topic, num_partitions=1, replication_factor=1)
        for future in self.admin.create_topics([new]).values():
            try:
                future.result(PATIENCE)
            except self.kafka.KafkaException as failed:
                if failed.args[0].code() != self.kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                    raise

    def publish(self, message, topic=None):
        given = message.properties
        pairs = [(name, value.encode()) for name, value in with_headers("kafka", message)]
        if "timestamp" in given:
            pairs = [p if p[0] != "timestamp" else ("timestamp", str(int(given["timestamp"] * 1000)).encode()) for p in pairs]
        if "expires_at" in given:
            pairs = [p if p[0] != "expires-at" else ("expires-at", str(int(given["expires_at"] * 1000)).encode()) for p in pairs]
        failures = []
        key = given.get("key")
        if topic:
            key = message.subject
        self.producer.produce(
            topic or message.subject, message.payload, key, headers=pairs or None,
            on_delivery=lambda error, m: failures.append(error))
        self.producer.flush(PATIENCE)
        if failures != [None]:
            raise RuntimeError(", ".join(error.str() if error else "delivered" for error in failures) or "no answer")

    def read(self, record):
        message = Message(record.topic(), record.value() or b"")
        if record.key() is not None:
            message.properties["key"] = record.key().decode()
        pairs = [(name, (value or b"").decode(errors="surrogateescape")) for name, value in record.headers() or []]
        sort_headers("kafka", pairs, message)
        for name in ("timestamp", "expires_at"):
            if name in message.properties:
                message.properties[name] = float(message.properties[name]) / 1000
        return message

    def consume(self, topic, beginning):
        consumer = self.kafka.Consumer(self.settings | {
            "group.id": uuid.uuid4().hex, "enable.auto.commit": False, "enable.partition.eof": True,
            "allow.auto.create.topics": False})
        start = self.kafka.OFFSET_BEGINNING if beginning else self.kafka.OFFSET_END
        if not beginning:
            low, high = consumer.get_watermark_offsets(self.kafka.TopicPartition(topic, 0), PATIENCE)
            start = high
        consumer.assign([self.kafka.TopicPartition(topic, 0, start)])
        receiver, ended = Receiver(), threading.Event()

        def run():
            while not ended.is_set():
                record = consumer.poll(0.1)
                if record is None:
                    continue
                if record.error() is None:
                    receiver.waiting.put(self.read(record))
                elif record.error().code() in (
                        self.kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED, self.kafka.KafkaError._FATAL):
                    receiver.waiting.put(Refused(str(record.error())))
            consumer.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        receiver.close = lambda: (ended.set(), thread.join())
        return receiver

    def listen(self, subject, topic=None):
        try:
            return self.consume(topic or subject, False)
        except self.kafka.KafkaException as failed:
            if failed.args[0].code() == self.kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise Refused(str(failed)) from failed
            raise

    def keep(self, subject, topic=None):
        return lambda: self.consume(topic or subject, True)

    def close(self):
        self.producer.flush(PATIENCE)


class Amqp:
    name = "AMQP 0-9-1"
    key = "amqp"
    keeps = True

    def __init__(self, host, ports, login=None):
        import pika

        self.pika = pika
        self.parameters = pika.ConnectionParameters(
            host, ports["amqp"], credentials=pika.PlainCredentials(*(login or ("guest", "guest"))))
        try:
            self.connection = pika.BlockingConnection(self.parameters)
        except pika.exceptions.AMQPConnectionError as failed:
            raise Refused(repr(failed)) from failed
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()

    def publish(self, message):
        given = message.properties
        headers = dict(message.headers)
        for name, key in by_header("amqp").items():
            if key in given:
                headers[name] = given[key]
        self.channel.basic_publish(
            "amq.topic", message.subject, message.payload,
            self.pika.BasicProperties(
                content_type=given.get("content_type"), correlation_id=given.get("correlation"),
                reply_to=given.get("reply_to"), message_id=given.get("message_id"),
                timestamp=int(given["timestamp"]) if "timestamp" in given else None,
                expiration=str(round((given["expires_at"] - time.time()) * 1000)) if "expires_at" in given else None,
                priority=given.get("priority"), headers=headers or None, delivery_mode=2))

    def read(self, method, properties, body):
        message = Message(method.routing_key, body)
        for key, value in (
                ("content_type", properties.content_type), ("correlation", properties.correlation_id),
                ("reply_to", properties.reply_to), ("message_id", properties.message_id),
                ("timestamp", properties.timestamp), ("priority", properties.priority)):
            if value is not None:
                message.properties[key] = value
        if properties.expiration is not None:
            message.properties["expires_at"] = time.time() + int(properties.expiration) / 1000
        pairs = [
            (name, value.decode() if isinstance(value, bytes) else str(value))
            for name, value in (properties.headers or {}).items()]
        return sort_headers("amqp", pairs, message)

    def consume(self, queue_name=None, subject=None):
        receiver, begun, ended = Receiver(), queue.Queue(), threading.Event()

        def run():
            try:
                connection = self.pika.BlockingConnection(self.parameters)
                channel = connection.channel()
                name = queue_name
                if name is None:
                    name = channel.queue_declare("", exclusive=True).method.queue
                    channel.queue_bind(name, "amq.topic", subject.replace(">", "*.#"))

                def taken(ch, method, properties, body):
                    receiver.waiting.put(self.read(method, properties, body))
                    ch.basic_ack(method.delivery_tag)

                channel.basic_consume(name, taken)
                begun.put(None)
                while not ended.is_set():
                    connection.process_data_events(0.05)
                connection.close()
            except Exception as failed:  # told to the caller
                begun.put(failed)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        failed = begun.get(timeout=PATIENCE)
        if failed is not None:
            if isinstance(failed, self.pika.exceptions.ChannelClosedByBroker) and failed.reply_code == 403:
                raise Refused(str(failed))
            raise failed
        receiver.close = lambda: (ended.set(), thread.join())
        return receiver

    def listen(self, subject):
        return self.consume(subject=subject)

    def keep(self, subject):
        name = "kept-" + uuid.uuid4().hex[:8]
        self.channel.queue_declare(name, durable=True)
        self.channel.queue_bind(name, "amq.topic", subject.replace(">", "*.#"))
        return lambda: self.consume(queue_name=name)

    def close(self):
        self.connection.close()


class Loop:
    """nats-py lives on a loop of its own thread."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def __call__(self, work, patience=PATIENCE * 2):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(patience)


LOOP = Loop()


class Nats:
    name = "NATS core"
    key = "nats"
    keeps = False

    def __init__(self, host, ports, login=None):
        import nats

        self.errors = queue.Queue()

        async def on_error(error):
            self.errors.put(error)

        options = {"user": login[0], "password": login[1]} if login else {}
        try:
            self.nc = LOOP(nats.connect(
                f"nats://{host}:{ports['nats']}", error_cb=on_error, allow_reconnect=False, **options))
        except Exception as failed:
            raise Refused(repr(failed)) from failed

    def headers(self, message):
        pairs = with_headers("nats", message)
        return {name: value for name, value in pairs} or None

    async def send(self, message):
        await self.nc.publish(
            message.subject, message.payload, reply=message.properties.get("reply_to", ""),
            headers=self.headers(message))
        await self.nc.flush(PATIENCE)

    def publish(self, message):
        LOOP(self.send(message))

    def read(self, msg):
        message = Message(msg.subject, msg.data)
        if msg.reply and not msg.reply.startswith("$JS."):
            message.properties["reply_to"] = msg.reply
        return sort_headers("nats", (msg.headers or {}).items(), message)

    def listen(self, subject):
        receiver = Receiver()

        async def begin():
            async def taken(msg):
                receiver.waiting.put(self.read(msg))

            subscription = await self.nc.subscribe(subject, cb=taken)
            await self.nc.flush(PATIENCE)
            return subscription

        subscription = LOOP(begin())
        try:
            raise Refused(str(self.errors.get(timeout=0.05)))
        except queue.Empty:
            pass
        receiver.close = lambda: LOOP(subscription.unsubscribe())
        return receiver

    def close(self):
        LOOP(self.nc.close())


class JetStream(Nats):
    name = "JetStream"
    keeps = True

    def __init__(self, host, ports, login=None):
        super().__init__(host, ports, login)
        self.js = self.nc.jetstream(timeout=PATIENCE)

    def stream(self, subject):
        name = "S" + uuid.uuid5(uuid.NAMESPACE_URL, subject).hex[:12]

        async def make():
            import nats.js.errors

            try:
                await self.js.stream_info(name)
            except nats.js.errors.NotFoundError:
                await self.js.add_stream(name=name, subjects=[subject])

        LOOP(make())
        return name

    def publish(self, message):
        async def acknowledged():
            return await self.js.publish(message.subject, message.payload, headers=self.headers(message))

        LOOP(acknowledged())

    def consume(self, subject, policy):
        import nats.js.api as api

        stream = self.stream(subject)
        receiver = Receiver()

        async def begin():
            async def taken(msg):
                receiver.waiting.put(self.read(msg))
                await msg.ack()

            return await self.js.subscribe(
                subject, stream=stream, cb=taken, manual_ack=True,
                config=api.ConsumerConfig(deliver_policy=policy, ack_policy=api.AckPolicy.EXPLICIT))

        subscription = LOOP(begin())
        receiver.close = lambda: LOOP(subscription.unsubscribe())
        return receiver

    def listen(self, subject):
        import nats.js.api as api

        return self.consume(subject, api.DeliverPolicy.NEW)

    def keep(self, subject):
        import nats.js.api as api

        self.stream(subject)
        return lambda: self.consume(subject, api.DeliverPolicy.ALL)


class Mq9(Nats):
    name = "mq9"
    keeps = True

    async def ask(self, command, body, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = await self.nc.request("$mq9.AI." + command, data, timeout=PATIENCE, headers=headers)
        answer = json.loads(reply.data)
        if answer.get("error"):
            raise RuntimeError(answer["error"])
        return answer

    @staticmethod
    def address(subject):
        return subject.removeprefix("mq9.")

    def mailbox(self, subject):
        try:
            LOOP(self.ask("MAILBOX.CREATE", {"name": self.address(subject), "ttl": 3600}))
        except RuntimeError as failed:
            if "already exists" not in str(failed):
                raise

    def publish(self, message):
        headers = dict(message.headers)
        for name, key in by_header("nats").items():
            if key in message.properties:
                headers["mq9-key" if key == "key" else name] = str(message.properties[key])
        if "reply_to" in message.properties:
            headers["mq9-reply-to"] = self.address(message.properties["reply_to"])
        LOOP(self.ask("MSG.SEND." + self.address(message.subject), message.payload, headers or None))

    def fetching(self, subject, deliver):
        group = "g" + uuid.uuid4().hex[:10]
        receiver, ended = Receiver(), threading.Event()

        def fetch(wait):
            answer = LOOP(self.ask("MSG.FETCH." + self.address(subject), {
                "group_name": group, "deliver": deliver, "encoding": "base64",
                "config": {"num_msgs": 1000, "max_wait_ms": wait}}))
            for mail in answer["messages"]:
                receiver.waiting.put(self.mail(subject, mail))
                LOOP(self.ask("MSG.ACK." + self.address(subject), {
                    "group_name": group, "mail_address": self.address(subject), "msg_ids": [mail["msg_id"]]}))

        fetch(1)

        def run():
            while not ended.is_set():
                fetch(300)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        receiver.close = lambda: (ended.set(), thread.join())
        return receiver

    def mail(self, subject, mail):
        message = Message(subject, base64.b64decode(mail["payload"]))
        pairs = []
        if mail.get("header"):
            lines = bytes(mail["header"]).decode(errors="surrogateescape").split("\r\n")[1:]
            pairs = [tuple(line.split(":", 1)) for line in lines if ":" in line]
            pairs = [(name, value.strip()) for name, value in pairs]
        for name, value in pairs:
            if name == "mq9-key":
                message.properties["key"] = value
            elif name == "mq9-reply-to":
                message.properties["reply_to"] = "mq9." + value
        sort_headers("nats", [p for p in pairs if not p[0].startswith("mq9-")], message)
        return message

    def listen(self, subject):
        return self.fetching(subject, "latest")

    def keep(self, subject):
        return lambda: self.fetching(subject, "earliest")


class Amqp10:
    name = "AMQP 1.0"
    key = "amqp10"
    keeps = True

    def __init__(self, host, ports, login=None):
        import proton
        import proton.utils

        self.proton = proton
        self.url = f"amqp://{host}:{ports['amqp']}"
        user, password = login or ("guest", "guest")
        self.connect = lambda: proton.utils.BlockingConnection(
            self.url, timeout=PATIENCE, user=user, password=password, allowed_mechs="PLAIN",
            sasl_enabled=True)
        try:
            self.begin()
        except proton.ProtonException as failed:
            raise Refused(repr(failed)) from failed

    def begin(self):
        self.connection = self.connect()
        self.senders = {}
        self.used = time.monotonic()

    def sender(self, address):
        """A blocking connection sends no heartbeats while nobody calls it: one that rested is left."""
        if time.monotonic() - self.used > 20:
            self.close()
            self.begin()
        if address not in self.senders:
            self.senders[address] = self.connection.create_sender(address)
        self.used = time.monotonic()
        return self.senders[address]

    def publish(self, message):
        given = message.properties
        properties = dict(message.headers)
        for name, key in by_header("amqp10").items():
            if key in given:
                properties[name] = given[key]
        out = self.proton.Message(
            body=message.payload, inferred=True, durable=True, properties=properties or None,
            content_type=given.get("content_type"), correlation_id=given.get("correlation"),
            reply_to=given.get("reply_to"), id=given.get("message_id"))
        if "timestamp" in given:
            out.creation_time = given["timestamp"]
        if "expires_at" in given:
            out.expiry_time = given["expires_at"]
        if "priority" in given:
            out.priority = given["priority"]
        address = "/exchanges/amq.topic/" + self.escaped(message.subject)
        try:
            self.sender(address).send(out, timeout=PATIENCE)
        except self.proton.utils.SendException as outcome:
            if outcome.state != self.proton.Delivery.RELEASED:  # nobody was bound to it
                raise

    @staticmethod
    def escaped(text):
        return urllib.parse.quote(text, safe=".*#")

    def read(self, subject, incoming):
        body = incoming.body
        message = Message(subject, bytes(body) if not isinstance(body, str) else body.encode())
        for key, value in (
                ("content_type", incoming.content_type), ("correlation", incoming.correlation_id),
                ("reply_to", incoming.reply_to), ("message_id", incoming.id),
                ("timestamp", incoming.creation_time or None), ("expires_at", incoming.expiry_time or None),
                ("priority", incoming.priority if incoming.priority != 4 else None)):
            if value is not None:
                message.properties[key] = value.decode() if isinstance(value, (bytes, memoryview)) else value
        if incoming.ttl and "expires_at" not in message.properties:
            message.properties["expires_at"] = time.time() + incoming.ttl
        answers = message.properties.get("reply_to")
        if answers is not None:  # an address here, a subject elsewhere
            message.properties["reply_to"] = urllib.parse.unquote(answers.removeprefix("/exchanges/amq.topic/"))
        annotations = incoming.annotations or {}
        message.subject = str(annotations.get("x-routing-key", subject))
        pairs = [(name, str(value)) for name, value in (incoming.properties or {}).items()]
        return sort_headers("amqp10", pairs, message)

    def queue(self, subject):
        """Queues are made over AMQP 0-9-1, whose broker this is too."""
        name = "ten-" + uuid.uuid4().hex[:8]
        maker = Amqp(self.url.split("//")[1].split(":")[0], {"amqp": int(self.url.rsplit(":", 1)[1])})
        maker.channel.queue_declare(name, durable=True)
        maker.channel.queue_bind(name, "amq.topic", subject.replace(">", "*.#"))
        maker.close()
        return name

    def consume(self, name, subject):
        receiver, begun, ended = Receiver(), queue.Queue(), threading.Event()

        def run():
            try:
                connection = self.connect()
                source = connection.create_receiver("/queues/" + name, credit=100)
                begun.put(None)
                while not ended.is_set():
                    try:
                        receiver.waiting.put(self.read(subject, source.receive(timeout=0.1)))
                        source.accept()
                    except self.proton.Timeout:
                        pass
                connection.close()
            except Exception as failed:  # told to the caller
                begun.put(failed)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        failed = begun.get(timeout=PATIENCE)
        if failed is not None:
            raise Refused(repr(failed)) if "unauthorized" in repr(failed) else failed
        receiver.close = lambda: (ended.set(), thread.join())
        return receiver

    def listen(self, subject):
        return self.consume(self.queue(subject), subject)

    def keep(self, subject):
        name = self.queue(subject)
        return lambda: self.consume(name, subject)

    def close(self):
        with contextlib.suppress(self.proton.ProtonException):  # it may have ended for want of heartbeats
            self.connection.close()
