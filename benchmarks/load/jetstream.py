"""JetStream over a raw socket: fill and pull with acks, or a million subjects and the last message of each.

jetstream.py HOST PORT pull MESSAGES SIZE BATCH {file|memory}    acks without waiting; messages a second
jetstream.py HOST PORT last SUBJECTS REQUESTS                    direct get of the last message of a subject; latencies
"""
import os
import random
import socket
import sys
import time

host, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection((host, port))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
r = s.makefile("rb", buffering=1 << 20)
name = f"P{os.getpid()}"
s.sendall(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB _INBOX.p.> 1\r\n')


def message():
    while True:
        line = r.readline()
        if line.startswith((b"MSG", b"HMSG")):
            parts = line.split()
            body = r.read(int(parts[-1]) + 2)
            headers = int(parts[-2]) if line[:1] == b"H" else 0
            reply = parts[3] if len(parts) == (6 if headers else 5) else b""
            return reply, body[headers:-2], body[:headers]
        if line.startswith(b"PING"):
            s.sendall(b"PONG\r\n")
        if line.startswith(b"-ERR"):
            raise SystemExit(line)


def api(tail, body=b""):
    s.sendall(b"PUB $JS.API.%s _INBOX.p.a %d\r\n%s\r\n" % (tail.encode(), len(body), body))
    answer = message()[1]
    if b'"error"' in answer:
        raise SystemExit(answer)
    return answer


def fill(subject, count, payload):
    out, waiting = [], 0
    for i in range(count):
        out.append(b"PUB %s _INBOX.p.a %d\r\n%s\r\n" % (subject(i), len(payload), payload))
        if len(out) == 200:
            s.sendall(b"".join(out))
            waiting += len(out)
            out = []
            while waiting > 2000:
                message()
                waiting -= 1
    s.sendall(b"".join(out))
    for _ in range(waiting + len(out)):
        message()


if mode == "pull":
    count, size, batch, storage = int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), sys.argv[7]
    api(f"STREAM.CREATE.{name}", f'{{"name":"{name}","subjects":["{name}.a"],"storage":"{storage}"}}'.encode())
    fill(lambda i: f"{name}.a".encode(), count, b"x" * size)
    api(f"CONSUMER.CREATE.{name}.c",
        f'{{"stream_name":"{name}","config":{{"durable_name":"c","ack_policy":"explicit","max_ack_pending":20000}}}}'.encode())
    body = b'{"batch":%d,"expires":5000000000}' % batch
    ask = b"PUB $JS.API.CONSUMER.MSG.NEXT.%s.c _INBOX.p.m %d\r\n%s\r\n" % (name.encode(), len(body), body)
    begun = time.monotonic()
    s.sendall(ask + ask)
    got, acks = 0, []
    while got < count:
        reply, _, headers = message()
        if headers.startswith(b"NATS/1.0 4"):
            raise SystemExit(headers)
        got += 1
        acks.append(b"PUB %s 4\r\n+ACK\r\n" % reply)
        if got % batch == 0:
            s.sendall(b"".join(acks) + ask)
            acks = []
    took = time.monotonic() - begun
    print(f"pull {storage}: {count} of {size} B, batches of {batch}: {count / took:.0f} msg/s")
    api(f"STREAM.DELETE.{name}")
else:
    count, requests = int(sys.argv[4]), int(sys.argv[5])
    api(f"STREAM.CREATE.{name}",
        f'{{"name":"{name}","subjects":["{name}.>"],"storage":"memory","max_msgs_per_subject":1,"allow_direct":true}}'.encode())
    begun = time.monotonic()
    fill(lambda i: b"%s.k%d" % (name.encode(), i), count, b"x" * 32)
    print(f"filled {count} subjects in {time.monotonic() - begun:.1f} s")
    times = []
    for _ in range(requests):
        key = random.randrange(count)
        at = time.monotonic()
        s.sendall(b"PUB $JS.API.DIRECT.GET.%s.%s.k%d _INBOX.p.m 0\r\n\r\n" % (name.encode(), name.encode(), key))
        message()
        times.append(time.monotonic() - at)
    times.sort()
    print(f"last by subject among {count}: p50 {times[requests // 2] * 1e3:.3f} ms, p99 {times[requests * 99 // 100] * 1e3:.3f} ms")
    api(f"STREAM.DELETE.{name}")
