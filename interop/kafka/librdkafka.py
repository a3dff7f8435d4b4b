"""confluent-kafka, which is librdkafka, as ordinary programs use it: librdkafka.py BOOTSTRAP."""
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP = sys.argv[1]
FAILED = []


def check(what, action):
    try:
        action()
        print("ok librdkafka", what, flush=True)
    except Exception as e:
        FAILED.append(what)
        print("FAILED librdkafka", what, repr(e), flush=True)


def topic(suffix, partitions=1):
    name = f"interop-librdkafka-{suffix}-{time.time_ns()}"
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(20)
    return name


def consumer(group, **more):
    settings = {
        "bootstrap.servers": BOOTSTRAP,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    settings.update({key.replace("_", "."): value for key, value in more.items()})
    return Consumer(settings)


def take(source, count):
    values = []
    until = time.time() + 30
    while len(values) < count and time.time() < until:
        message = source.poll(0.2)
        if message is not None and not message.error():
            values.append(message.value().decode())
    return values


def round_trip(codec):
    name = topic(codec, 3)
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "compression.type": codec, "enable.idempotence": True})
    for i in range(300):
        producer.produce(name, key=f"k{i}", value=f"v{i}")
    assert producer.flush(20) == 0
    reader = consumer(name)
    reader.subscribe([name])
    assert len(take(reader, 300)) == 300
    reader.commit(asynchronous=False)
    reader.close()
    producer.produce(name, value="after")
    producer.flush(20)
    reader = consumer(name)
    reader.subscribe([name])
    assert take(reader, 1) == ["after"]
    reader.close()


def transactions():
    name = topic("txn")
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": name})
    producer.init_transactions(20)
    for i in range(10):
        producer.begin_transaction()
        producer.produce(name, value=f"v{i}")
        if i % 2 == 0:
            producer.commit_transaction(20)
        else:
            producer.flush(20)
            producer.abort_transaction(20)
    reader = consumer(name, isolation_level="read_committed")
    reader.subscribe([name])
    assert take(reader, 5) == [f"v{i}" for i in range(0, 10, 2)]
    reader.close()


def exactly_once():
    source, target = topic("from"), topic("to")
    plain = Producer({"bootstrap.servers": BOOTSTRAP})
    for i in range(100):
        plain.produce(source, value=f"v{i}")
    plain.flush(20)
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": target})
    producer.init_transactions(20)
    reader = consumer(target)
    reader.subscribe([source])
    copied = 0
    while copied < 100:
        messages = reader.consume(20, 5)
        producer.begin_transaction()
        for message in messages:
            producer.produce(target, value=message.value())
            copied += 1
        producer.send_offsets_to_transaction(reader.position(reader.assignment()), reader.consumer_group_metadata(), 20)
        producer.commit_transaction(20)
    committed = reader.committed([TopicPartition(source, 0)], 20)[0].offset
    assert committed == 100, committed
    reader.close()
    check_reader = consumer(target + "-reader", isolation_level="read_committed")
    check_reader.subscribe([target])
    assert take(check_reader, 100) == [f"v{i}" for i in range(100)]
    check_reader.close()


def times():
    name = topic("times")
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    for i in range(5):
        producer.produce(name, value=f"v{i}", timestamp=1_000_000_000_000 + i * 1000)
    producer.flush(20)
    reader = consumer(name)
    found = reader.offsets_for_times([TopicPartition(name, 0, 1_000_000_002_500)], 20)[0]
    assert found.offset == 3, found
    assert reader.get_watermark_offsets(TopicPartition(name, 0), 20) == (0, 5)
    reader.close()


for each in ["none", "gzip", "snappy", "lz4", "zstd"]:
    check(f"round trip {each}", lambda: round_trip(each))
check("transactions", transactions)
check("exactly-once copy", exactly_once)
check("offsets for times", times)
sys.exit(1 if FAILED else 0)
