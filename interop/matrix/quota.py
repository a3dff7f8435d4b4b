"""A tenant that has its quota of stored bytes, as unmodified clients of every protocol hear of it, and how they go on."""

import asyncio
import base64
import json
import os
import sys
import threading
import time
import urllib.request

import confluent_kafka
import nats
import paho.mqtt.client as mqtt
import pika
from confluent_kafka.admin import AdminClient, NewTopic
from nats.js.errors import APIError
from paho.mqtt.enums import CallbackAPIVersion
from proton import Message
from proton.utils import BlockingConnection, SendException

HOST = os.environ["POLYMQ_HOST"]
KAFKA = f"{HOST}:{os.environ['KAFKA_PORT']}"
TOPIC = "quota.kept"
QUOTA_EXCEEDED = 0x97
ACCOUNT_RESOURCES = 10002
passed = failed = 0


def check(name, truth, found=""):
    global passed, failed
    if truth:
        passed += 1
        print("ok     ", name, flush=True)
    else:
        failed += 1
        print("FAILED ", name, found, flush=True)


def until(name, attempt):
    """Is true within a while; sums are made once a second."""
    end = time.monotonic() + 30
    found = None
    while time.monotonic() < end:
        found = attempt()
        if found is True:
            return check(name, True)
        time.sleep(0.2)
    check(name, False, found)


def admin(method, path, body=None):
    login = f"{os.environ['POLYMQ_USER']}:{os.environ['POLYMQ_PASSWORD']}".encode()
    request = urllib.request.Request(
        f"http://{HOST}:{os.environ['ADMIN_PORT']}/api/v1/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(login).decode()},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


class Mqtt:
    def __init__(self):
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="quota", protocol=mqtt.MQTTv5)
        self.acks = {}
        self.came = threading.Event()
        self.client.on_publish = self.published
        self.client.connect(HOST, int(os.environ["MQTT_PORT"]))
        self.client.loop_start()

    def published(self, client, data, mid, reason, properties):
        self.acks[mid] = reason.value
        self.came.set()

    def publish(self, topic="quota/kept", retain=False):
        self.came.clear()
        sent = self.client.publish(topic, b"something", qos=1, retain=retain)
        end = time.monotonic() + 10
        while sent.mid not in self.acks and time.monotonic() < end:
            self.came.wait(0.1)
        return self.acks.get(sent.mid)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Kafka:
    def __init__(self, **more):
        self.producer = confluent_kafka.Producer(
            {"bootstrap.servers": KAFKA, "enable.idempotence": True, "linger.ms": 0, **more}
        )

    def send(self):
        """None when it was taken."""
        heard = []
        self.producer.produce(TOPIC, b"something", callback=lambda error, message: heard.append(error))
        self.producer.flush(20)
        return heard[0] if heard else "nothing"


def transaction(kafka):
    """None when it was committed."""
    kafka.producer.begin_transaction()
    error = kafka.send()
    if error is None:
        kafka.producer.commit_transaction(20)
    else:
        kafka.producer.abort_transaction(20)
    return error


def read():
    consumer = confluent_kafka.Consumer({"bootstrap.servers": KAFKA, "group.id": "quota", "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    try:
        message = consumer.poll(20)
        return message is not None and message.error() is None and consumer.commit(asynchronous=False) is not None
    finally:
        consumer.close()


class Amqp:
    def __init__(self):
        self.connection = pika.BlockingConnection(pika.ConnectionParameters(HOST, int(os.environ["AMQP_PORT"])))
        self.channel = self.connection.channel()
        self.channel.queue_declare("quota-queue", durable=True)
        self.channel.confirm_delivery()

    def publish(self):
        try:
            self.channel.basic_publish("", "quota-queue", b"something", pika.BasicProperties(delivery_mode=2))
            return True
        except pika.exceptions.NackError:
            return False


class Amqp1:
    def __init__(self):
        self.connection = BlockingConnection(f"amqp://guest:guest@{HOST}:{os.environ['AMQP_PORT']}", timeout=20)
        self.sender = self.connection.create_sender("/queues/quota-queue")

    def send(self):
        """True, or the condition."""
        try:
            self.sender.send(Message(body="something", durable=True))
            return True
        except SendException:
            # the blocking sender keeps the last delivery's remote condition to itself
            return False


async def nats_side(before):
    """
    JetStream and mq9: how each answers.
    @param before: whether there is still room
    """
    client = await nats.connect(f"nats://{HOST}:{os.environ['NATS_PORT']}")
    stream = client.jetstream()
    if before:
        await stream.add_stream(name="QUOTA", subjects=["quota.stream"])
        await client.request("$mq9.AI.MAILBOX.CREATE", b'{"name": "quota.box", "ttl": 0}')
    try:
        await stream.publish("quota.stream", b"something")
        jetstream = None
    except APIError as refused:
        jetstream = refused
    mail = json.loads((await client.request("$mq9.AI.MSG.SEND.quota.box", b"something", timeout=10)).data)
    await client.close()
    return jetstream, mail["error"]


def main():
    kafka_admin = AdminClient({"bootstrap.servers": KAFKA})
    kafka_admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result()
    publisher, kafka, transactional, amqp, amqp1 = Mqtt(), Kafka(), Kafka(**{"transactional.id": "quota"}), Amqp(), Amqp1()
    transactional.producer.init_transactions(20)
    check("all are taken while there is room", kafka.send() is None and publisher.publish() == 0 and amqp.publish() and amqp1.send()
          and transaction(transactional) is None and asyncio.run(nats_side(True)) == (None, ""))

    admin("PUT", "tenants/default", {"quotas": {"stored_bytes": 1}})
    until("paho-mqtt: PUBACK says quota exceeded", lambda: publisher.publish() == QUOTA_EXCEEDED or publisher.acks)
    check("paho-mqtt: so for a retained message", publisher.publish("quota/last", True) == QUOTA_EXCEEDED, publisher.acks)
    check("paho-mqtt: what nobody stores is taken", publisher.publish("nowhere/kept") < 0x80, publisher.acks)
    refused = kafka.send()
    check("librdkafka: POLICY_VIOLATION, which is not fatal",
          refused is not None and refused.code() == confluent_kafka.KafkaError.POLICY_VIOLATION and not refused.fatal(), refused)
    refused = transaction(transactional)
    check("librdkafka: a transaction is refused and aborted",
          refused is not None and refused.code() == confluent_kafka.KafkaError.POLICY_VIOLATION, refused)
    check("librdkafka: what is stored is read, and its offset committed", read())
    check("pika: basic.nack", not amqp.publish())
    check("qpid-proton: the message is not accepted", not amqp1.send())
    jetstream, mail = asyncio.run(nats_side(False))
    check("nats.py: err_code 10002", jetstream is not None and jetstream.err_code == ACCOUNT_RESOURCES, jetstream)
    check("mq9: an error in the reply", "quota of stored bytes" in mail, mail)
    tenant = admin("GET", "tenants/default")
    check("the tenant shows what it stores", tenant["used"]["stored_bytes"] > tenant["quotas"]["stored_bytes"] == 1, tenant)

    admin("PUT", "tenants/default", {"quotas": {"stored_bytes": admin("GET", "tenants/default")["used"]["stored_bytes"]}})
    amqp.channel.queue_purge("quota-queue")
    until("pika: a purged queue makes room", lambda: amqp.publish() or "nacked")
    admin("PUT", "tenants/default", {"quotas": {"stored_bytes": 10_000_000}})
    until("librdkafka: the same producer goes on", lambda: kafka.send() is None)
    until("librdkafka: the next transaction is committed", lambda: transaction(transactional) is None)
    check("qpid-proton: the same sender goes on", amqp1.send())
    check("nats.py and mq9 go on", asyncio.run(nats_side(False)) == (None, ""))
    admin("DELETE", "tenants/default")
    publisher.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
