"""python-qpid-proton: Qpid's C engine."""

import os
import sys
import time
import traceback
import uuid
from contextlib import contextmanager

from proton import Message
from proton.reactor import Selector
from proton.utils import BlockingConnection, LinkDetached

host, port = sys.argv[1], sys.argv[2]
run = "py%x." % time.time_ns()
failed = 0


def check(name, body):
    global failed
    try:
        body()
        print("ok      python-qpid-proton: " + name)
    except Exception as failure:
        failed += 1
        print("FAILED  python-qpid-proton: %s: %r" % (name, failure))
        traceback.print_exc(file=sys.stdout)


def same(wanted, found):
    if wanted != found:
        raise AssertionError("wanted %r but found %r" % (wanted, found))


@contextmanager
def connect():
    connection = BlockingConnection(
        "amqp://guest:guest@%s:%s" % (host, port), timeout=10, allowed_mechs="PLAIN"
    )
    try:
        yield connection
    finally:
        connection.close()


def simple():
    with connect() as connection:
        sender = connection.create_sender(run + "simple")
        identity = uuid.uuid4()
        sender.send(Message(body="hello", id=identity, subject="s", properties={"n": 1}, durable=True))
        receiver = connection.create_receiver(run + "simple")
        message = receiver.receive(timeout=10)
        receiver.accept()
        same("hello", message.body)
        same(identity, message.id)
        same("s", message.subject)
        same({"n": 1}, message.properties)
        same(True, message.durable)


def bodies():
    with connect() as connection:
        sender = connection.create_sender(run + "bodies")
        receiver = connection.create_receiver(run + "bodies")
        for body in [b"bytes", "text", {"k": [1, "v"]}, [1, 2], 5, None, True, 1.5]:
            sender.send(Message(body=body))
            message = receiver.receive(timeout=10)
            receiver.accept()
            same(body, message.body if not isinstance(message.body, memoryview) else bytes(message.body))


def outcomes():
    with connect() as connection:
        sender = connection.create_sender(run + "outcomes")
        sender.send(Message(body="m"))
        receiver = connection.create_receiver(run + "outcomes", credit=1)
        receiver.receive(timeout=10)
        receiver.release(delivered=False)
        message = receiver.receive(timeout=10)
        same(0, message.delivery_count)
        receiver.release(delivered=True)  # modified, but not as failed
        message = receiver.receive(timeout=10)
        same(0, message.delivery_count)
        receiver.reject()


def selector():
    with connect() as connection:
        sender = connection.create_sender(run + "selector")
        for n in range(3):
            sender.send(Message(body=n, properties={"n": n}))
        receiver = connection.create_receiver(run + "selector", options=Selector("n = 1"))
        same(1, receiver.receive(timeout=10).body)
        receiver.accept()


def dynamic():
    with connect() as connection:
        receiver = connection.create_receiver(None, dynamic=True)
        address = receiver.link.remote_source.address
        sender = connection.create_sender(address)
        sender.send(Message(body="m"))
        same("m", receiver.receive(timeout=10).body)
        receiver.accept()


def anonymous():
    with connect() as connection:
        receiver = connection.create_receiver(run + "anonymous")
        sender = connection.create_sender(None)
        sender.send(Message(address=run + "anonymous", body="m"))
        same("m", receiver.receive(timeout=10).body)
        receiver.accept()


def missing():
    with connect() as connection:
        try:
            connection.create_receiver("/queues/" + run + "missing")
        except LinkDetached as refused:
            same("amqp:not-found", refused.condition)
        else:
            raise AssertionError("it was attached")


def large():
    with connect() as connection:
        sender = connection.create_sender(run + "large")
        body = os.urandom(1_500_000)
        sender.send(Message(body=body))
        receiver = connection.create_receiver(run + "large")
        message = receiver.receive(timeout=10)  # owns what its body shows
        same(body, bytes(message.body))
        receiver.accept()


check("send and receive", simple)
check("bodies of every kind", bodies)
check("outcomes", outcomes)
check("a selector", selector)
check("a dynamic node", dynamic)
check("an anonymous sender", anonymous)
check("a message of many frames", large)
check("a node that is not there", missing)
sys.exit(1 if failed else 0)
