"""Clients that are slow, wrong or gone, one after the other, each for a moment."""

import random
import socket
import struct
import time

GARBAGE = 4096


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port), 2)
    sock.settimeout(1)
    return sock


def garbage(ports, chance):
    with connect(chance.choice(list(ports.values()))) as sock:
        sock.sendall(chance.randbytes(chance.randrange(1, GARBAGE)))
        sock.recv(100)


def truncated(ports, chance):
    """A frame that says it is huge, and then nothing."""
    protocol = chance.choice(list(ports))
    with connect(ports[protocol]) as sock:
        sock.sendall({
            "mqtt": b"\x30\xff\xff\xff\x7f", "kafka": struct.pack(">i", 0x7FFFFFFF), "amqp": b"AMQP\x00\x00\x09\x01\x01\x00\x00\xff\xff\xff\xff",
            "nats": b"PUB a 999999999999\r\n",
        }[protocol])
        sock.recv(1000)


def half_open(ports, chance):
    """A crowd that says nothing and leaves without a word."""
    crowd = [connect(port) for port in ports.values() for _ in range(20)]
    time.sleep(1)
    for sock in crowd:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


def slow(ports, chance):
    """Subscribes to everything and reads nothing."""
    with connect(ports["nats"]) as nats, connect(ports["mqtt"]) as mqtt:
        nats.sendall(b'CONNECT {"verbose":false}\r\nSUB soak.> 1\r\n' + b"PING\r\n" * 3)
        mqtt.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04slow")
        mqtt.recv(4)
        mqtt.sendall(b"\x82\x0b\x00\x01\x00\x06soak/#\x00")
        time.sleep(chance.uniform(2, 6))


ALL = (garbage, truncated, half_open, slow)


def run(ports, seed, going):
    chance = random.Random(seed)
    while going():
        try:
            chance.choice(ALL)(ports, chance)
        except OSError:
            pass  # the broker ended it, or is away
        time.sleep(0.2)
