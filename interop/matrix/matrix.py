"""Every protocol publishes, every other receives. Prints "ok NAME" or "FAIL NAME: why" for each case, the sum last."""

import base64
import json
import os
import socket
import sys
import time
import traceback
import urllib.parse
import urllib.request

from clients import (
    PATIENCE, TABLE, Amqp, Amqp10, JetStream, Kafka, Message, Mq9, Mqtt, Nats, Refused)

HOST = os.environ["POLYMQ_HOST"]
PORTS = {name: int(os.environ[name.upper() + "_PORT"]) for name in ("mqtt", "kafka", "amqp", "nats", "admin")}
ADMIN = os.environ["POLYMQ_USER"], os.environ["POLYMQ_PASSWORD"]
ORDERED = 200
BINARY = bytes(range(256)) * 4

passed, failed = 0, 0


def case(name, work):
    global passed, failed
    try:
        work()
        passed += 1
        print("ok", name, flush=True)
    except Exception as why:
        failed += 1
        print(f"FAIL {name}: {type(why).__name__}: {why}", flush=True)
        if os.environ.get("MATRIX_TRACES"):
            traceback.print_exc()


def expect(is_so, words):
    if not is_so:
        raise AssertionError(words)


def admin(method, path, body=None):
    request = urllib.request.Request(
        f"http://{HOST}:{PORTS['admin']}/api/v1{path}", method=method,
        data=None if body is None else json.dumps(body).encode())
    token = base64.b64encode(":".join(ADMIN).encode()).decode()
    request.add_header("Authorization", "Basic " + token)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def speaks_amqp10():
    with socket.create_connection((HOST, PORTS["amqp"]), PATIENCE) as s:
        s.sendall(b"AMQP\x03\x01\x00\x00")
        s.settimeout(PATIENCE)
        try:
            return s.recv(8)[:5] == b"AMQP\x03"
        except OSError:
            return False


class Pair:
    """One way: messages of `out` for `into`."""

    def __init__(self, out, into):
        self.out, self.into = out, into
        self.name = f"{out.name} -> {into.name}"
        self.number = 0

    def subject(self, what):
        """A subject of its own that both can name, with what they need to keep it."""
        short = {"MQTT 5": "mqtt", "NATS core": "nats", "AMQP 0-9-1": "amqp", "AMQP 1.0": "ten",
                 "JetStream": "js", "Kafka": "kafka", "mq9": "mail"}
        plain = f"{what}.{short[self.out.name]}.{short[self.into.name]}"
        mail = [c for c in (self.out, self.into) if isinstance(c, Mq9)]
        subject = "mq9." + plain if mail else "mx." + plain
        for client in mail:
            client.mailbox(subject)
        for client in (self.out, self.into):
            if isinstance(client, Kafka) and not mail:
                client.create(subject)
            elif isinstance(client, JetStream):
                client.stream(subject)
        return subject

    def both(self, kind):
        return isinstance(self.out, kind) or isinstance(self.into, kind)


def payload_arrives(pair, what, payload):
    subject = pair.subject(what)
    receiver = pair.into.listen(subject)
    try:
        pair.out.publish(Message(subject, payload))
        got = receiver.take(1)
        expect(len(got) == 1, "nothing came")
        expect(got[0].payload == payload, f"{got[0].payload[:40]!r} came")
        expect(got[0].subject == subject, f"it came to {got[0].subject}")
        twice = receiver.silent()
        expect(twice is None, "it came twice")
    finally:
        receiver.close()


def properties_cross(pair):
    subject = pair.subject("props")
    now = int(time.time())
    values = {
        "content_type": "text/plain", "correlation": "c-17", "reply_to": "mq9.answers.here" if pair.both(Mq9) else "mx.answers.here",
        "message_id": "m-4711", "timestamp": now - 5, "expires_at": now + 600, "priority": 7, "key": "k-1"}
    given = {key: value for key, value in values.items() if TABLE[key].get(pair.out.key)}
    if isinstance(pair.out, JetStream):
        given.pop("reply_to")  # where it is acknowledged
    headers = [("colour", "blue"), ("size", "7 µm"), ("empty", "")]
    receiver = pair.into.listen(subject)
    try:
        pair.out.publish(Message(subject, b"with properties", dict(given), headers))
        got = receiver.take(1)
        expect(len(got) == 1, "nothing came")
        wrong = []
        for key, value in given.items():
            if not TABLE[key].get(pair.into.key):
                continue
            if key == "reply_to" and isinstance(pair.into, JetStream):
                continue
            came = got[0].properties.get(key)
            near = key in ("expires_at", "timestamp")
            same = abs(float(came) - value) <= 3 if near and came is not None else str(came) == str(value)
            if not same:
                wrong.append(f"{key}: {came!r} for {value!r}")
        names = {name for name, _ in headers}
        came = [pair_ for pair_ in got[0].headers if pair_[0] in names]
        if sorted(came) != sorted(headers):
            wrong.append(f"headers: {came}")
        expect(not wrong, "; ".join(wrong))
    finally:
        receiver.close()


def order_is_kept(pair):
    subject = pair.subject("order")
    receiver = pair.into.listen(subject)
    try:
        for i in range(ORDERED):
            pair.out.publish(Message(subject, b"%d" % i))
        got = [int(m.payload) for m in receiver.take(ORDERED, PATIENCE * 2)]
        expect(got == list(range(ORDERED)), f"{len(got)} came, {len(set(got))} different, in order: {got == sorted(got)}")
        expect(receiver.silent() is None, "one more came")
    finally:
        receiver.close()


def history_is_read(pair):
    subject = pair.subject("past")
    back = pair.into.keep(subject)
    for i in range(50):
        pair.out.publish(Message(subject, b"past %d" % i))
    receiver = back()
    try:
        got = [m.payload for m in receiver.take(50)]
        expect(got == [b"past %d" % i for i in range(50)], f"{len(got)} came: {got[:3]}")
        pair.out.publish(Message(subject, b"present"))
        live = receiver.take(1)
        expect([m.payload for m in live] == [b"present"], "what came later did not follow")
        expect(receiver.silent() is None, "one more came")
    finally:
        receiver.close()


def wildcards_match(pair, what, levels):
    """A filter takes what it matches and nothing else; subjects may be of any letters."""
    stem = f"{what}-{pair.out.key}{int(isinstance(pair.out, JetStream))}-{pair.into.key}{int(isinstance(pair.into, JetStream))}"
    topic = None
    for client in (pair.out, pair.into):
        if isinstance(client, Kafka):
            topic = "all-" + stem
            admin("PUT", "/topics/" + topic, {"partitions": 1, "captures": [stem + ".>"]})
        elif isinstance(client, JetStream):
            client.stream(stem + ".>")
    wanted = [".".join([stem, *parts]) for parts in levels]
    if isinstance(pair.into, Kafka):
        receiver = pair.into.listen(stem, topic)
    else:
        receiver = pair.into.listen(stem + ".>")
    try:
        for subject in [*wanted, "other-" + stem + ".x"]:
            try:
                if isinstance(pair.out, Kafka):
                    pair.out.publish(Message(subject, subject.encode()), topic)
                elif not (isinstance(pair.out, JetStream) and subject.startswith("other-")):
                    pair.out.publish(Message(subject, subject.encode()))
            except Exception:
                if subject in wanted:
                    raise
        got = receiver.take(len(wanted))
        expect([m.payload.decode() for m in got] == wanted, f"came: {[m.payload.decode() for m in got]}")
        if not isinstance(pair.into, Kafka):
            expect([m.subject for m in got] == wanted, f"came to {[m.subject for m in got]}")
        else:
            keys = [m.properties.get("key") for m in got]
            expect(keys == wanted, f"keys: {keys}")
        extra = receiver.silent()
        unrelated = extra is not None and extra.payload.startswith(b"other-") and isinstance(pair.out, Kafka)
        expect(extra is None or unrelated, f"too much came: {extra}")
    finally:
        receiver.close()


def reading_is_refused(client_type):
    """In the receiver's own words; what is allowed arrives."""
    limited = client_type(HOST, PORTS, ("limited", "limited"))
    try:
        subject = "mq9.secret." if client_type is Mq9 else "secret."
        subject += client_type.__name__.lower()
        owner = client_type(HOST, PORTS, ("owner", "owner"))
        if isinstance(owner, Mq9):
            owner.mailbox(subject)
        elif isinstance(owner, Kafka):
            owner.create(subject)
        elif isinstance(owner, JetStream):
            owner.stream(subject)
        try:
            receiver = limited.listen(subject)
        except Exception as refused:
            words = repr(refused).lower()
            if "timeout" in words and isinstance(limited, Nats):  # no answer, but an error beside it
                words = repr(limited.errors.get(timeout=PATIENCE)).lower()
            expect(any(w in words for w in ("not auth", "permission", "403", "access", "not allowed", "refused")), words)
            return
        owner.publish(Message(subject, b"secret"))
        got = receiver.take(1, 2)
        receiver.close()
        expect(got and isinstance(got[0], Refused), "it was not refused" + (", and it came" if got else ""))
    finally:
        limited.close()


def main():
    kinds = [Mqtt, Kafka, Amqp, Nats, JetStream, Mq9]
    if speaks_amqp10():
        kinds.insert(3, Amqp10)
    only = sys.argv[1:]
    login = ADMIN
    clients = [kind(HOST, PORTS, login) for kind in kinds]
    for out in clients:
        for into in clients:
            pair = Pair(out, into)
            if only and not any(word.lower() in pair.name.lower() for word in only):
                continue
            case(f"{pair.name}: text", lambda: payload_arrives(pair, "text", "grüße".encode()))
            case(f"{pair.name}: binary", lambda: payload_arrives(pair, "bin", BINARY))
            if not isinstance(out, Mq9):  # mail must not be empty
                case(f"{pair.name}: empty", lambda: payload_arrives(pair, "empty", b""))
            case(f"{pair.name}: properties", lambda: properties_cross(pair))
            case(f"{pair.name}: order, once each", lambda: order_is_kept(pair))
            if into.keeps:
                case(f"{pair.name}: from history", lambda: history_is_read(pair))
            if not pair.both(Mq9):
                case(f"{pair.name}: wildcards", lambda: wildcards_match(pair, "w", [["a"], ["a", "b"], ["c", "d", "e"]]))
                case(f"{pair.name}: Unicode subjects", lambda: wildcards_match(pair, "u", [["größe"], ["東京", "気温"], ["🙂"]]))
    if not only or "refused" in only:
        for user in ("owner", "limited"):
            admin("PUT", "/users/" + user, {"password": user})
        admin("POST", "/rules", {"effect": "allow", "users": ["owner", "limited"], "match": "any"})
        for filter_ in ("secret.>", "mq9.>"):
            admin("POST", "/rules", {
                "effect": "deny", "users": ["limited"], "actions": ["read"], "match": "filter", "name": filter_})
        # As in nats-server, who may read a stream is who may make a consumer of it.
        admin("POST", "/rules", {
            "effect": "deny", "users": ["limited"], "actions": ["write"], "match": "filter", "name": "$JS.API.CONSUMER.>"})
        # And who may read a mailbox, who may carry out its commands.
        admin("POST", "/rules", {
            "effect": "deny", "users": ["limited"], "actions": ["write"], "match": "filter", "name": "$mq9.AI.MSG.FETCH.>"})
        for kind in kinds:
            case(f"{kind.name}: reading is refused in its own words", lambda: reading_is_refused(kind))
    for client in clients:
        client.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
