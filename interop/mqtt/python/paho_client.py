"""Paho Python on TCP, TLS, WebSocket and both: each version and QoS, retained, will, shared, persistent sessions, storms."""
import os
import sys
import threading
import time
import uuid

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

HOST = os.environ["POLYMQ_HOST"]
WAYS = {"tcp": (int(os.environ["MQTT_PORT"]), "tcp", False)}
for way, key, transport, tls in (
    ("tls", "MQTT_TLS_PORT", "tcp", True),
    ("ws", "MQTT_WS_PORT", "websockets", False),
    ("wss", "MQTT_WSS_PORT", "websockets", True),
):
    if os.environ.get(key):
        WAYS[way] = (int(os.environ[key]), transport, tls)
VERSIONS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}


class Client:
    def __init__(self, way="tcp", version="5", client_id=None, clean=True, expiry=0, will=None):
        self.port, transport, tls = WAYS[way]
        self.v5 = version == "5"
        extra = {} if self.v5 else {"clean_session": clean}
        self.c = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id or "py-" + uuid.uuid4().hex[:12],
            protocol=VERSIONS[version],
            transport=transport,
            **extra,
        )
        self.c.max_inflight_messages_set(100)
        if tls:
            self.c.tls_set(os.environ["MQTT_CA"])
        self.messages, self.arrived = [], threading.Condition()
        self.up, self.acked = threading.Event(), threading.Event()
        self.present, self.reason = None, None
        self.c.on_connect = self._connected
        self.c.on_subscribe = lambda *a: self.acked.set()
        self.c.on_message = self._message
        if will:
            self.c.will_set(*will)
        self.clean, self.expiry = clean, expiry

    def _connected(self, client, userdata, flags, reason, properties):
        self.present, self.reason = flags.session_present, reason
        self.up.set()

    def _message(self, client, userdata, message):
        with self.arrived:
            self.messages.append(message)
            self.arrived.notify_all()

    def start(self):
        options = {}
        if self.v5:
            p = Properties(PacketTypes.CONNECT)
            p.SessionExpiryInterval = self.expiry
            options = {"clean_start": self.clean, "properties": p}
        host = "localhost" if self.port in (WAYS.get("tls", [0])[0], WAYS.get("wss", [0])[0]) else HOST
        self.c.connect(host, self.port, 30, **options)
        self.c.loop_start()
        assert self.up.wait(10), "no CONNACK"
        return self

    def subscribe(self, topic, qos=0):
        self.acked.clear()
        self.c.subscribe(topic, qos)
        assert self.acked.wait(10), "no SUBACK"
        return self

    def publish(self, topic, payload, qos=0, retain=False):
        return self.c.publish(topic, payload, qos, retain)

    def expect(self, count, seconds=15):
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.messages) >= count, seconds)
            return [m.payload.decode() for m in self.messages]

    def stop(self):
        self.c.disconnect()
        self.c.loop_stop()

    def kill(self):
        self.c._sock_close()
        self.c.loop_stop()


def case(name, action):
    try:
        action()
        print("ok " + name, flush=True)
    except Exception as e:  # every fault of a case is that case's failure
        print("FAIL %s: %r" % (name, e), flush=True)


def same(got, wanted):
    assert got == wanted, "expected %r, got %r" % (wanted, got)


def each_qos(way, version):
    topic = "py/%s/%s" % (way, uuid.uuid4().hex)
    s = Client(way, version).start().subscribe(topic + "/#", 2)
    p = Client(way, version).start()
    for qos in (0, 1, 2):
        for i in range(50):
            p.publish("%s/%d" % (topic, qos), str(i), qos)
    s.expect(150)
    for qos in (0, 1, 2):
        same([int(m.payload) for m in s.messages if m.topic.endswith("/%d" % qos)], list(range(50)))
        same({m.qos for m in s.messages if m.topic.endswith("/%d" % qos)}, {qos})
    s.stop()
    p.stop()


def retained():
    p = Client().start()
    p.publish("py/kept/a", "1", 1, True).wait_for_publish(10)
    s = Client().start().subscribe("py/kept/+", 1)
    same(s.expect(1), ["1"])
    same(s.messages[0].retain, True)
    p.publish("py/kept/a", "", 1, True).wait_for_publish(10)
    same(s.expect(2), ["1", ""])
    late = Client().start().subscribe("py/kept/+", 1)
    same(late.expect(1, 0.5), [])
    for c in (p, s, late):
        c.stop()


def will(version):
    s = Client(version=version).start().subscribe("py/will/" + version, 2)
    Client(version=version, will=("py/will/" + version, "gone", 2, False)).start().kill()
    same(s.expect(1), ["gone"])
    s.stop()


def shared():
    members = [Client().start().subscribe("$share/g/py/shared", 1) for _ in range(3)]
    p = Client().start()
    for i in range(90):
        p.publish("py/shared", str(i), 1)
    deadline = time.time() + 10
    while sum(len(m.messages) for m in members) < 90 and time.time() < deadline:
        time.sleep(0.05)
    same(sorted(int(m.payload) for c in members for m in c.messages), list(range(90)))
    assert all(c.messages for c in members), "one got nothing"
    for c in members + [p]:
        c.stop()


def away(version):
    name = "py-away-" + version
    Client(version=version, client_id=name, clean=False, expiry=600).start().subscribe("py/away/" + version, 2).stop()
    p = Client(version=version).start()
    for i in range(200):
        p.publish("py/away/" + version, str(i), 2)
    p.publish("py/away/" + version, "last", 2).wait_for_publish(10)
    back = Client(version=version, client_id=name, clean=False, expiry=600).start()
    same(back.present, version != "3.1")  # 3.1 has no such flag
    same(back.expect(201), [str(i) for i in range(200)] + ["last"])
    back.stop()
    p.stop()
    Client(version=version, client_id=name, clean=True).start().stop()


def take_over():
    first = Client(client_id="py-one").start()
    lost = threading.Event()
    # Paho hands over the reason of a DISCONNECT only when properties follow it
    told = lambda c: c._in_packet["packet"][0] if c._in_packet["packet"] else 0
    first.c.on_disconnect = lambda c, *_: (setattr(first, "reason", told(c)), lost.set())
    first.c.reconnect_delay_set(60, 60)
    second = Client(client_id="py-one").start()
    assert lost.wait(5), "the first was not told"
    same(first.reason, 0x8E)
    first.c.loop_stop()
    second.stop()


def reconnect_storm():
    name = "py-storm"
    Client(client_id=name, clean=False, expiry=600).start().subscribe("py/storm", 1).stop()
    p = Client().start()
    got = set()
    for i in range(40):
        sent = p.publish("py/storm", str(i), 1)
        c = Client(client_id=name, clean=False, expiry=600).start()
        sent.wait_for_publish(10)
        if i % 2:
            c.expect(1, 0.05)
        got.update(m.payload.decode() for m in list(c.messages))
        c.kill()
        got.update(m.payload.decode() for m in c.messages)
    c = Client(client_id=name, clean=False, expiry=600).start()
    deadline = time.time() + 10
    while len(got | {m.payload.decode() for m in c.messages}) < 40 and time.time() < deadline:
        time.sleep(0.05)
    got.update(m.payload.decode() for m in c.messages)
    same(got, {str(i) for i in range(40)})
    c.stop()
    p.stop()


def big():
    payload = bytes(range(256)) * 4096
    s = Client().start().subscribe("py/big", 1)
    p = Client().start()
    p.publish("py/big", payload, 1)
    with s.arrived:
        s.arrived.wait_for(lambda: s.messages, 15)
    same(s.messages[0].payload, payload)
    s.stop()
    p.stop()


for way_ in WAYS:
    for version_ in VERSIONS:
        case("%s on %s, each QoS in order" % (version_, way_), lambda: each_qos(way_, version_))
case("retained messages come and go", retained)
for version_ in VERSIONS:
    case("%s will" % version_, lambda: will(version_))
    case("%s what came while away, in order" % version_, lambda: away(version_))
case("shared subscription", shared)
case("take-over", take_over)
case("reconnect storm loses nothing", reconnect_storm)
case("a message of a mebibyte", big)
sys.exit(0)
