"""What Eclipse's interoperability suite for MQTT 5 asks of a server, with Paho Python underneath."""
import os
import queue
import sys
import time
import uuid

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

HOST, PORT = os.environ["POLYMQ_HOST"], int(os.environ["MQTT_PORT"])
TOPICS = ["TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA"]
WILD = ["TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#"]
PREFIX = "c5/" + uuid.uuid4().hex[:8] + "/"


class Client:
    """Driven by hand: nothing happens while nobody calls, and acknowledgements can be kept back."""

    def __init__(self, name="", manual=False):
        self.c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, manual_ack=manual)
        self.c.on_connect = lambda c, u, f, r, p: self.events.put(("connack", f, r, p))
        # Paho hands over the reason of a DISCONNECT only when properties follow it
        told = lambda: self.c._in_packet["packet"][0] if self.c._in_packet["packet"] else 0
        self.c.on_disconnect = lambda c, u, f, r, p: self.events.put(("closed", told()))
        self.c.on_subscribe = lambda c, u, mid, r, p: self.events.put(("suback", r))
        self.c.on_unsubscribe = lambda c, u, mid, r, p: self.events.put(("unsuback", r))
        self.c.on_publish = lambda c, u, mid, r, p: self.events.put(("done %d" % mid, r))
        self.c.on_message = lambda c, u, m: self.messages.append(m)
        self.events, self.messages = queue.Queue(), []

    def will(self, topic, payload, delay=0):
        p = Properties(PacketTypes.WILLMESSAGE)
        p.WillDelayInterval = delay
        self.c.will_set(topic, payload, 1, False, p)
        return self

    def connect(self, clean=True, keep_alive=60, **properties):
        p = Properties(PacketTypes.CONNECT)
        for key, value in properties.items():
            setattr(p, key, value)
        self.c.connect(HOST, PORT, keep_alive, clean_start=clean, properties=p)
        self.connack = self.wait("connack")
        assert not self.connack[2].is_failure, self.connack
        return self

    def spin(self, seconds=0.02):
        until = time.time() + seconds
        while time.time() < until:
            self.c.loop(0.01)

    def wait(self, kind, seconds=10):
        until = time.time() + seconds
        while time.time() < until:
            self.c.loop(0.01)
            while not self.events.empty():
                event = self.events.get()
                if event[0] == kind:
                    return event
        raise AssertionError("no " + kind)

    def subscribe(self, topic, qos=2, identifier=0, **options):
        p = Properties(PacketTypes.SUBSCRIBE)
        if identifier:
            p.SubscriptionIdentifier = identifier
        self.c.subscribe([(topic, SubscribeOptions(qos=qos, **options))], properties=p)
        return [r.value for r in self.wait("suback")[1]]

    def unsubscribe(self, topic):
        self.c.unsubscribe(topic)
        return [r.value for r in self.wait("unsuback")[1]]

    def publish(self, topic, payload="", qos=1, retain=False, done=True, **properties):
        p = Properties(PacketTypes.PUBLISH)
        for key, value in properties.items():
            setattr(p, key, value)
        sent = self.c.publish(topic, payload, qos, retain, p)
        return self.wait("done %d" % sent.mid)[1] if done else self.spin()

    def expect(self, count, seconds=5):
        until = time.time() + seconds
        while len(self.messages) < count and time.time() < until:
            self.c.loop(0.01)
        self.spin(0.1)
        same(len(self.messages), count)
        return self.messages

    def silence(self, seconds=0.5):
        before = len(self.messages)
        self.spin(seconds)
        same(len(self.messages), before)

    def stop(self, **properties):
        p = Properties(PacketTypes.DISCONNECT)
        for key, value in properties.items():
            setattr(p, key, value)
        self.c.disconnect(properties=p)
        self.spin(0.1)

    def drop(self):
        self.c._sock_close()


def same(got, wanted):
    assert got == wanted, "expected %r, got %r" % (wanted, got)


def name():
    return "c5-" + uuid.uuid4().hex[:10]


def basic():
    c = Client(name()).connect()
    c.subscribe(PREFIX + "basic")
    for qos in (0, 1, 2):
        c.publish(PREFIX + "basic", "qos %d" % qos, qos, done=False)
    same([m.payload for m in c.expect(3)], [b"qos 0", b"qos 1", b"qos 2"])
    c.stop()


def retained_messages():
    c = Client(name()).connect()
    for i, topic in enumerate(TOPICS[:3]):
        c.publish(PREFIX + "r/" + topic, "qos %d" % i, i, True, UserProperty=[("a", "2"), ("c", "3")])
    s = Client(name()).connect()
    s.subscribe(PREFIX + "r/#")
    same(sorted(m.payload for m in s.expect(3)), [b"qos 0", b"qos 1", b"qos 2"])
    for m in s.messages:
        same((m.retain, m.properties.UserProperty), (True, [("a", "2"), ("c", "3")]))
    for i, topic in enumerate(TOPICS[:3]):
        c.publish(PREFIX + "r/" + topic, "", i, True)
    late = Client(name()).connect()
    late.subscribe(PREFIX + "r/#")
    late.silence()
    for x in (c, s, late):
        x.stop()


def offline_message_queueing():
    who = name()
    c = Client(who).connect(SessionExpiryInterval=99999)
    c.subscribe(PREFIX + "off/#")
    c.stop()
    p = Client(name()).connect()
    for qos in (0, 1, 2):
        p.publish(PREFIX + "off/a", "qos %d" % qos, qos)
    back = Client(who).connect(clean=False, SessionExpiryInterval=0)
    same(back.connack[1].session_present, True)
    same([m.payload for m in back.expect(2)], [b"qos 1", b"qos 2"])
    back.stop()
    p.stop()


def overlapping_subscriptions():
    c = Client(name()).connect()
    c.subscribe(PREFIX + "o/#", 2)
    c.subscribe(PREFIX + "o/+", 1)
    c.publish(PREFIX + "o/a", "overlapping", 2, done=False)
    c.spin(0.5)
    assert len(c.messages) in (1, 2), len(c.messages)
    same(sorted(m.qos for m in c.messages), [2] if len(c.messages) == 1 else [1, 2])
    c.stop()


def keepalive():
    w = Client(name()).connect()
    w.subscribe(PREFIX + "ka")
    c = Client(name()).will(PREFIX + "ka", "keepalive expiry").connect(keep_alive=2, SessionExpiryInterval=0)
    same([m.payload for m in w.expect(1, 8)], [b"keepalive expiry"])
    c.drop()
    w.stop()


def redelivery_on_reconnect():
    who = name()
    c = Client(who, manual=True).connect(SessionExpiryInterval=99999)
    c.subscribe(PREFIX + "re/+")
    p = Client(name()).connect()
    p.publish(PREFIX + "re/a", "one", 1)
    p.publish(PREFIX + "re/a", "two", 1)
    c.expect(2)
    c.drop()
    back = Client(who).connect(clean=False, SessionExpiryInterval=99999)
    same([m.payload for m in back.expect(2)], [b"one", b"two"])
    back.stop(SessionExpiryInterval=0)
    p.stop()


def dollar_topics():
    c = Client(name()).connect()
    c.subscribe("+/" + PREFIX + "d")
    c.publish("$" + PREFIX + "d", "", 1)
    c.publish("$dollar/" + PREFIX + "d", "not for +", 1)
    c.silence()
    c.stop()


def unsubscribe():
    c = Client(name()).connect()
    for topic in TOPICS[:3]:
        c.subscribe(PREFIX + "u/" + topic)
    same(c.unsubscribe(PREFIX + "u/" + TOPICS[0]), [0])
    same(c.unsubscribe(PREFIX + "u/none"), [0x11])
    for topic in TOPICS[:3]:
        c.publish(PREFIX + "u/" + topic, "", 1)
    c.expect(2)
    c.stop()


def session_expiry():
    who = name()
    for expiry, pause, present in ((0, 0, False), (5, 1, True), (1, 2.5, False)):
        c = Client(who).connect(clean=True, SessionExpiryInterval=expiry)
        c.subscribe(PREFIX + "se")
        c.stop()
        time.sleep(pause)
        c = Client(who).connect(clean=False, SessionExpiryInterval=expiry)
        same(c.connack[1].session_present, present)
        c.stop(SessionExpiryInterval=0)
    c = Client(who).connect(SessionExpiryInterval=1)
    c.stop(SessionExpiryInterval=100)
    time.sleep(2.5)
    c = Client(who).connect(clean=False)
    same(c.connack[1].session_present, True)
    c.stop()


def user_properties():
    c = Client(name()).connect()
    c.subscribe(PREFIX + "up")
    wanted = [("a", "2"), ("c", "3"), ("a", "4")]
    for qos in (0, 1, 2):
        c.publish(PREFIX + "up", "", qos, UserProperty=wanted, done=False)
    for m in c.expect(3):
        same(m.properties.UserProperty, wanted)
    c.stop()


def payload_format_and_content_type():
    c = Client(name()).connect()
    c.subscribe(PREFIX + "pf")
    c.publish(PREFIX + "pf", "x", 1, PayloadFormatIndicator=1, ContentType="My name")
    m = c.expect(1)[0]
    same((m.properties.PayloadFormatIndicator, m.properties.ContentType), (1, "My name"))
    c.stop()


def publication_expiry():
    who = name()
    c = Client(who).connect(SessionExpiryInterval=100)
    c.subscribe(PREFIX + "pe")
    c.stop()
    p = Client(name()).connect()
    p.publish(PREFIX + "pe", "short", 1, MessageExpiryInterval=1)
    p.publish(PREFIX + "pe", "long", 1, MessageExpiryInterval=60)
    p.publish(PREFIX + "pe", "ever", 1)
    time.sleep(2.2)
    back = Client(who).connect(clean=False)
    same([m.payload for m in back.expect(2)], [b"long", b"ever"])
    left = back.messages[0].properties.MessageExpiryInterval
    assert 55 <= left <= 58, left
    back.stop()
    p.stop()


def subscribe_options():
    c = Client(name()).connect()
    other = Client(name()).connect()
    c.subscribe(PREFIX + "so/local", noLocal=True)
    other.subscribe(PREFIX + "so/local", noLocal=True)
    c.publish(PREFIX + "so/local", "1", 1)
    c.silence()
    other.expect(1)
    c.subscribe(PREFIX + "so/rap", retainAsPublished=True)
    other.subscribe(PREFIX + "so/rap", retainAsPublished=False)
    c.publish(PREFIX + "so/rap", "kept", 1, True)
    same(c.expect(1)[-1].retain, True)
    same(other.expect(2)[-1].retain, False)
    for handling, again in ((0, 1), (1, 0), (2, 0)):
        s = Client(name()).connect()
        s.subscribe(PREFIX + "so/rap", retainHandling=handling)
        first = 0 if handling == 2 else 1
        s.expect(first)
        s.subscribe(PREFIX + "so/rap", retainHandling=handling)
        s.spin(0.3)
        same(len(s.messages), first + again)
        s.stop()
    c.publish(PREFIX + "so/rap", "", 1, True)
    c.stop()
    other.stop()


def assigned_client_identifier():
    c = Client("").connect(SessionExpiryInterval=60)
    given = c.connack[3].AssignedClientIdentifier
    assert given
    c.stop()
    c = Client(given).connect(clean=False)
    same(c.connack[1].session_present, True)
    c.stop()


def subscription_identifiers():
    c = Client(name()).connect()
    c.subscribe(PREFIX + "si", identifier=456789)
    d = Client(name()).connect()
    d.subscribe(PREFIX + "si", identifier=2)
    d.subscribe(PREFIX + "#", identifier=3)
    c.publish(PREFIX + "si", "sub identifier", 1)
    same(c.expect(1)[0].properties.SubscriptionIdentifier, [456789])
    d.spin(0.5)
    same(sorted(i for m in d.messages for i in m.properties.SubscriptionIdentifier), [2, 3])
    c.stop()
    d.stop()


def request_response():
    c = Client(name()).connect(RequestResponseInformation=1)
    assert c.connack[3].ResponseInformation
    s = Client(name()).connect()
    c.subscribe(PREFIX + "answer")
    s.subscribe(PREFIX + "request")
    c.publish(PREFIX + "request", "?", 1, ResponseTopic=PREFIX + "answer", CorrelationData=b"334")
    m = s.expect(1)[0]
    s.publish(m.properties.ResponseTopic, "!", 1, CorrelationData=m.properties.CorrelationData)
    same(c.expect(1)[0].properties.CorrelationData, b"334")
    c.stop()
    s.stop()


def client_topic_alias():
    c = Client(name()).connect()
    most = c.connack[3].TopicAliasMaximum
    assert most > 0
    c.subscribe(PREFIX + "ta")
    c.publish(PREFIX + "ta", "1", 1, TopicAlias=1)
    c.publish("", "2", 1, TopicAlias=1)
    same([m.payload for m in c.expect(2)], [b"1", b"2"])
    c.publish(PREFIX + "ta", "3", 0, done=False, TopicAlias=most + 1)
    same(c.wait("closed")[1], 0x94)


def server_topic_alias():
    c = Client(name()).connect(TopicAliasMaximum=2)
    c.subscribe(PREFIX + "sa")
    for i in range(3):
        c.publish(PREFIX + "sa", str(i), 0, done=False)
    c.spin(0.5)
    seen = [(m.topic, getattr(m.properties, "TopicAlias", 0)) for m in c.messages]
    same(len(seen), 3)
    same(seen[0][0], PREFIX + "sa")
    c.drop()


def maximum_packet_size():
    c = Client(name()).connect(MaximumPacketSize=200)
    p = Client(name()).connect()
    c.subscribe(PREFIX + "mp")
    p.publish(PREFIX + "mp", "x" * 300, 1)
    p.publish(PREFIX + "mp", "small", 1)
    same([m.payload for m in c.expect(1)], [b"small"])
    most = p.connack[3].MaximumPacketSize
    p.c.publish(PREFIX + "mp", b"0" * most, 0)
    p.wait("closed", 20)
    c.stop()


def will_delay():
    w = Client(name()).connect()
    w.subscribe(PREFIX + "wd")
    c = Client(name()).will(PREFIX + "wd", "late", 2).connect(SessionExpiryInterval=60)
    c.drop()
    begun = time.time()
    w.expect(1, 6)
    assert 1.5 < time.time() - begun < 4, time.time() - begun
    who = name()
    c = Client(who).will(PREFIX + "wd", "never", 1).connect(SessionExpiryInterval=60)
    c.drop()
    c = Client(who).connect(clean=False)
    w.silence(2)
    c.stop()
    w.stop()


def shared_subscriptions():
    a, b = Client(name()).connect(), Client(name()).connect()
    p = Client(name()).connect()
    for c in (a, b):
        same(c.subscribe("$share/sharename/" + PREFIX + "sh/#", 2), [2])
        c.subscribe(PREFIX + "sh/+", 2)
    for i in range(6):
        p.publish(PREFIX + "sh/x", str(i), 1)
    for c in (a, b):
        c.spin(0.5)
    same(len(a.messages) + len(b.messages), 18)
    for c in (a, b, p):
        c.stop()


def flow_control():
    c = Client(name(), manual=True).connect(ReceiveMaximum=10)
    p = Client(name()).connect()
    assert getattr(p.connack[3], "ReceiveMaximum", 65535) > 0
    c.subscribe(PREFIX + "fc", 1)
    for i in range(30):
        p.publish(PREFIX + "fc", str(i), 1)
    c.expect(10)
    for m in list(c.messages):
        c.c.ack(m.mid, m.qos)
    c.expect(20)
    c.stop()
    p.stop()


CASES = [
    basic, retained_messages, offline_message_queueing, overlapping_subscriptions, keepalive, redelivery_on_reconnect,
    dollar_topics, unsubscribe, session_expiry, user_properties, payload_format_and_content_type, publication_expiry,
    subscribe_options, assigned_client_identifier, subscription_identifiers, request_response, client_topic_alias,
    server_topic_alias, maximum_packet_size, will_delay, shared_subscriptions, flow_control,
]
for test in CASES:
    try:
        test()
        print("ok " + test.__name__, flush=True)
    except Exception as e:  # every fault of a case is that case's failure
        print("FAIL %s: %r" % (test.__name__, e), flush=True)
sys.exit(0)
