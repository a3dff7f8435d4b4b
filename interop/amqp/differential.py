"""Asks two AMQP 0-9-1 brokers the same questions and compares the answers word by word.

usage: python differential.py HOST:PORT PEER_HOST:PORT

Answers that are meant to differ stand in differences.txt beside this file, one case a line, with the reason.
Ends with 'N same, N intended, N different'.
"""

import os
import re
import sys
import time

import pika
from pika import BasicProperties as P

QUEUES = ["d-q1", "d-q2", "d-q3", "d-qd", "d-sq", "d-x"]
EXCHANGES = ["d-e1", "d-e2", "d-e3"]


class Broker:
    def __init__(self, place):
        host, port = place.rsplit(":", 1)
        self.host, self.port = host, int(port)

    def connect(self, vhost="/", user="guest", password="guest"):
        return pika.BlockingConnection(pika.ConnectionParameters(
            self.host, self.port, vhost, pika.PlainCredentials(user, password), socket_timeout=5,
            blocked_connection_timeout=5))

    def clean(self):
        connection = self.connect()
        for queue in QUEUES:
            try:
                connection.channel().queue_delete(queue)
            except pika.exceptions.AMQPError:
                pass
        for exchange in EXCHANGES:
            try:
                connection.channel().exchange_delete(exchange)
            except pika.exceptions.AMQPError:
                pass
        connection.close()

    def answer(self, question):
        connection = self.connect()
        channel = connection.channel()
        try:
            said = question(channel)
            channel.queue_declare("amq.rabbitmq.reply-to", passive=True)
            return "ok" if said is None else str(said)
        except (pika.exceptions.ChannelClosed, pika.exceptions.ConnectionClosed) as closed:
            kind = "channel" if isinstance(closed, pika.exceptions.ChannelClosed) else "connection"
            return "%s %d %s" % (kind, closed.reply_code, closed.reply_text)
        finally:
            try:
                connection.close()
            except pika.exceptions.AMQPError:
                pass


def declare(name="d-q3", **arguments):
    flags = {key: arguments.pop(key) for key in ("durable", "exclusive", "auto_delete", "passive") if key in arguments}
    table = {"x-" + key.replace("_", "-"): value for key, value in arguments.items()}
    flags.setdefault("exclusive", not flags.get("durable", False))
    return lambda channel: no_word(channel.queue_declare(name, arguments=table or None, **flags))


def no_word(_):
    return None


def publish(exchange="", key="d-q1", body=b"x", **properties):
    return lambda channel: no_word(channel.basic_publish(exchange, key, body, P(**properties)))


def exchange(name, kind, **arguments):
    return lambda channel: no_word(channel.exchange_declare(name, kind, **arguments))


def bind(queue, source, key, arguments=None):
    return lambda channel: no_word(channel.queue_bind(queue, source, key, arguments))


def letters(channel, **arguments):
    """What becomes of a message's properties when it is dead-lettered."""
    dead = channel.queue_declare("", exclusive=True).method.queue
    table = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    table.update({"x-" + key.replace("_", "-"): value for key, value in arguments.pop("table", {}).items()})
    live = channel.queue_declare("", exclusive=True, arguments=table).method.queue
    channel.basic_publish("", live, b"a", P(**arguments))
    channel.basic_publish("", live, b"b", P(**arguments))
    found = []
    for _ in range(60):
        method, properties, _body = channel.basic_get(live)
        if method:
            channel.basic_reject(method.delivery_tag, requeue=False)
        method, properties, body = channel.basic_get(dead, auto_ack=True)
        if method:
            text = "%s %s %s %s" % (method.exchange, properties.expiration, body, sorted((properties.headers or {}).items()))
            text = re.sub(r"datetime\.datetime\([^)]*(\([^)]*\))?[^)]*\)", "TIME", text)
            found.append(text.replace(live, "LIVE").replace(dead, "DEAD"))
            break
        time.sleep(0.05)
    return found


def counts(channel):
    channel.queue_declare("d-qd", durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 2})
    channel.basic_publish("", "d-qd", b"x")
    seen = []
    for _ in range(4):
        for _wait in range(40):
            method, properties, _body = channel.basic_get("d-qd")
            if method:
                break
            time.sleep(0.02)
        if method is None:
            seen.append("none")
            break
        seen.append((method.redelivered, properties.headers))
        channel.basic_nack(method.delivery_tag)
    channel.queue_delete("d-qd")
    return seen


def counts_of_gets(channel):
    queue = channel.queue_declare("", exclusive=True).method.queue
    for i in range(3):
        channel.basic_publish("", queue, b"%d" % i)
    seen = []
    for _ in range(4):
        method, _properties, body = channel.basic_get(queue, auto_ack=True)
        seen.append((body, method.message_count if method else None))
    return seen


def twice(first, second):
    def both(channel):
        first(channel)
        return second(channel)
    return both


def raw(*methods):
    def send(channel):
        for method in methods:
            channel._impl._send_method(method)
        channel.connection.process_data_events(0.3)
    return send


CASES = {
    "declare": declare("d-q1", durable=True),
    "redeclare durable": declare("d-q1", exclusive=False),
    "redeclare auto-delete": declare("d-q1", durable=True, auto_delete=True),
    "redeclare exclusive": declare("d-q1", durable=True, exclusive=True),
    "redeclare with a ttl": declare("d-q1", durable=True, message_ttl=5),
    "declare with a ttl": declare("d-q2", durable=True, message_ttl=1000),
    "redeclare another ttl": declare("d-q2", durable=True, message_ttl=1001),
    "redeclare without ttl": declare("d-q2", durable=True),
    "redeclare a ttl of text": declare("d-q2", durable=True, message_ttl="1000"),
    "passive missing": declare("d-nope", passive=True),
    "ttl negative": declare(message_ttl=-1),
    "ttl text": declare(message_ttl="a"),
    "ttl huge": declare(message_ttl=99999999999),
    "expires zero": declare(expires=0),
    "expires negative": declare(expires=-5),
    "priority 256": declare(max_priority=256),
    "priority negative": declare(max_priority=-1),
    "priority text": declare(max_priority="x"),
    "overflow unknown": declare(overflow="foo"),
    "length negative": declare(max_length=-1),
    "dlx number": declare(dead_letter_exchange=5),
    "dlx key alone": declare(dead_letter_routing_key="a"),
    "dlx key number": declare(dead_letter_exchange="a", dead_letter_routing_key=5),
    "type unknown": declare(queue_type="foo"),
    "type number": declare(queue_type=1),
    "quorum transient": declare(exclusive=False, queue_type="quorum"),
    "quorum exclusive": declare(durable=True, exclusive=True, queue_type="quorum"),
    "quorum auto-delete": declare(durable=True, auto_delete=True, queue_type="quorum"),
    "quorum priority": declare(durable=True, queue_type="quorum", max_priority=5),
    "stream priority": declare(durable=True, queue_type="stream", max_priority=5),
    "stream ttl": declare(durable=True, queue_type="stream", message_ttl=5),
    "stream age": declare(durable=True, queue_type="stream", max_age="5"),
    "classic delivery limit": declare(delivery_limit=5),
    "classic age": declare(max_age="5D"),
    "single active text": declare(single_active_consumer="x"),
    "consumer timeout text": declare(consumer_timeout="x"),
    "lazy": declare(queue_mode="lazy"),
    "mode unknown": declare(queue_mode="foo"),
    "version unknown": declare(queue_version=5),
    "argument unknown": declare(foo=5),
    "reserved queue": declare("amq.foo"),
    "reserved exchange": exchange("amq.foo", "direct"),
    "amq.direct again": exchange("amq.direct", "direct", durable=True),
    "amq.direct as fanout": exchange("amq.direct", "fanout", durable=True),
    "delete amq.direct": lambda channel: no_word(channel.exchange_delete("amq.direct")),
    "declare default": exchange("", "direct", durable=True),
    "passive default": exchange("", "direct", passive=True),
    "delete default": lambda channel: no_word(channel.exchange_delete("")),
    "bind default": bind("d-q1", "", "x"),
    "unbind default": lambda channel: no_word(channel.queue_unbind("d-q1", "", "d-q1")),
    "exchange type unknown": exchange("d-e1", "foo"),
    "declare exchange": exchange("d-e1", "direct"),
    "redeclare as fanout": exchange("d-e1", "fanout"),
    "redeclare exchange durable": exchange("d-e1", "direct", durable=True),
    "redeclare internal": exchange("d-e1", "direct", internal=True),
    "redeclare alternate": exchange("d-e1", "direct", arguments={"alternate-exchange": "x"}),
    "alternate number": exchange("d-e2", "direct", arguments={"alternate-exchange": 5}),
    "passive exchange missing": exchange("d-nope", "direct", passive=True),
    "delete missing exchange": lambda channel: no_word(channel.exchange_delete("d-nope")),
    "delete missing queue": lambda channel: channel.queue_delete("d-nope").method.message_count,
    "purge missing": lambda channel: no_word(channel.queue_purge("d-nope")),
    "bind missing queue": bind("d-nope", "d-e1", "x"),
    "bind missing exchange": bind("d-q1", "d-nope", "x"),
    "unbind missing": lambda channel: no_word(channel.queue_unbind("d-q1", "d-e1", "z")),
    "unbind missing exchange": lambda channel: no_word(channel.queue_unbind("d-q1", "d-nope", "z")),
    "unbind missing queue": lambda channel: no_word(channel.queue_unbind("d-nope", "d-e1", "z")),
    "bind exchange to missing": lambda channel: no_word(channel.exchange_bind("d-nope", "d-e1", "z")),
    "delete exchange in use": twice(bind("d-q1", "d-e1", "x"),
                                    lambda channel: no_word(channel.exchange_delete("d-e1", if_unused=True))),
    "delete queue not empty": twice(publish(), lambda channel: no_word(channel.queue_delete("d-q1", if_empty=True))),
    "delete queue in use": lambda channel: (channel.basic_consume("d-q1", no_word),
                                            no_word(channel.queue_delete("d-q1", if_unused=True)))[1],
    "purge": lambda channel: channel.queue_purge("d-q1").method.message_count,
    "consume missing": lambda channel: no_word(channel.basic_consume("d-nope", no_word)),
    "get missing": lambda channel: no_word(channel.basic_get("d-nope")),
    "get nothing declared": lambda channel: no_word(channel.basic_get("")),
    "exclusive behind another": lambda channel: (channel.basic_consume("d-q2", no_word),
                                                 channel.basic_consume("d-q2", no_word, exclusive=True), None)[2],
    "another behind exclusive": lambda channel: (channel.basic_consume("d-q2", no_word, exclusive=True),
                                                 channel.basic_consume("d-q2", no_word), None)[2],
    "get beside exclusive": lambda channel: (channel.basic_consume("d-q2", no_word, exclusive=True),
                                             channel.basic_get("d-q2"), None)[2],
    "consumer priority text": lambda channel: no_word(channel.basic_consume("d-q2", no_word, arguments={"x-priority": "a"})),
    "publish to missing": publish("d-nope", "x"),
    "ack unknown": lambda channel: channel.basic_ack(5),
    "ack 0": lambda channel: channel.basic_ack(0),
    "ack 0 multiple": lambda channel: channel.basic_ack(0, multiple=True),
    "ack multiple unknown": lambda channel: channel.basic_ack(7, multiple=True),
    "nack unknown": lambda channel: channel.basic_nack(7),
    "reject unknown": lambda channel: channel.basic_reject(7),
    "prefetch size": lambda channel: channel.basic_qos(prefetch_size=5),
    "recover without requeue": lambda channel: channel.basic_recover(False),
    "flow off": lambda channel: no_word(channel.flow(False)),
    "expiration abc": publish(expiration="abc"),
    "expiration -1": publish(expiration="-1"),
    "expiration 10x": publish(expiration="10x"),
    "expiration empty": publish(expiration=""),
    "expiration huge": publish(expiration="99999999999999"),
    "user id": publish(user_id="bob"),
    "cc text": publish(headers={"CC": "a"}),
    "cc of numbers": publish(headers={"CC": [1]}),
    "bcc number": publish(headers={"BCC": 5}),
    "reply-to without consumer": publish(reply_to="amq.rabbitmq.reply-to"),
    "reply consumer that acks": lambda channel: no_word(channel.basic_consume("amq.rabbitmq.reply-to", no_word)),
    "reply consumer twice": lambda channel: (
        channel.basic_consume("amq.rabbitmq.reply-to", no_word, auto_ack=True),
        channel.basic_consume("amq.rabbitmq.reply-to", no_word, auto_ack=True), None)[2],
    "reply address missing": declare("amq.rabbitmq.reply-to.foo", passive=True),
    "tx after confirm": lambda channel: (channel.confirm_delivery(), channel.tx_select(), None)[2],
    "confirm after tx": lambda channel: (channel.tx_select(), channel.confirm_delivery(), None)[2],
    "commit alone": lambda channel: no_word(channel.tx_commit()),
    "rollback alone": lambda channel: no_word(channel.tx_rollback()),
    "publish to internal": twice(exchange("d-e3", "fanout", internal=True, auto_delete=True), publish("d-e3", "x")),
    "immediate": raw((pika.spec.Basic.Publish(exchange="", routing_key="d-q1", immediate=True))),
    "immediate with content": lambda channel: (
        channel._impl._send_method(pika.spec.Basic.Publish(exchange="", routing_key="d-q1", immediate=True), (P(), b"x")),
        channel.connection.process_data_events(0.3), None)[2],
    "consumer priority void": lambda channel: no_word(channel.basic_consume("d-q2", no_word, arguments={"x-priority": None})),
    "counts of gets": counts_of_gets,
    "consumer tag twice": raw(pika.spec.Basic.Consume(queue="d-q1", consumer_tag="a"),
                              pika.spec.Basic.Consume(queue="d-q1", consumer_tag="a")),
    "channel open twice": raw(pika.spec.Channel.Open()),
    "x-match unknown": bind("d-q1", "amq.headers", "", {"x-match": "foo"}),
    "x-match number": bind("d-q1", "amq.headers", "", {"x-match": 5}),
    "hash weight": twice(exchange("d-e2", "x-consistent-hash", auto_delete=True), bind("d-q1", "d-e2", "foo")),
    "stream": declare("d-sq", durable=True, queue_type="stream"),
    "stream without prefetch": lambda channel: no_word(channel.basic_consume("d-sq", no_word)),
    "stream auto-ack": lambda channel: (channel.basic_qos(prefetch_count=5),
                                        channel.basic_consume("d-sq", no_word, auto_ack=True), None)[2],
    "stream offset unknown": lambda channel: (
        channel.basic_qos(prefetch_count=5),
        channel.basic_consume("d-sq", no_word, arguments={"x-stream-offset": "foo"}), None)[2],
    "stream get": lambda channel: no_word(channel.basic_get("d-sq")),
    "stream purge": lambda channel: no_word(channel.queue_purge("d-sq")),
    "quorum global prefetch": lambda channel: (
        channel.queue_declare("d-qd", durable=True, arguments={"x-queue-type": "quorum"}),
        channel.basic_qos(prefetch_count=5, global_qos=True), channel.basic_consume("d-qd", no_word), None)[3],
    "delete quorum": lambda channel: channel.queue_delete("d-qd").method.message_count,
    "letters rejected": lambda channel: letters(channel, headers={"k": 1, "CC": ["zz"]}),
    "letters expired": lambda channel: letters(channel, table={"message_ttl": 30}, headers={"k": 1}),
    "letters expiration": lambda channel: letters(channel, expiration="60000"),
    "letters maxlen": lambda channel: letters(channel, table={"max_length": 1}),
    "quorum delivery count": counts,
}


def intended(folder):
    known = {}
    with open(os.path.join(folder, "differences.txt"), encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, why = line.split(":", 1)
                known[name.strip()] = why.strip()
    return known


def main(place, peer_place):
    ours, peer = Broker(place), Broker(peer_place)
    ours.clean()
    peer.clean()
    known = intended(os.path.dirname(os.path.abspath(__file__)))
    same = meant = different = 0
    for name, question in CASES.items():
        mine, theirs = ours.answer(question), peer.answer(question)
        if mine == theirs:
            same += 1
        elif name in known:
            meant += 1
        else:
            different += 1
            print("%s\n  here: %s\n  peer: %s" % (name, mine, theirs))
    ours.clean()
    peer.clean()
    print("%d same, %d intended, %d different" % (same, meant, different))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
