"""kafka-python as ordinary programs use it: kafka_python.py BOOTSTRAP."""
import sys
import time

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

BOOTSTRAP = sys.argv[1]
FAILED = []


def check(what, action):
    try:
        action()
        print("ok kafka-python", what, flush=True)
    except Exception as e:
        FAILED.append(what)
        print("FAILED kafka-python", what, repr(e), flush=True)


def topic(suffix, partitions=1):
    name = f"interop-kafka-python-{suffix}-{time.time_ns()}"
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    admin.create_topics([NewTopic(name, partitions, 1)])
    admin.close()
    return name


def consumer(name, group):
    return KafkaConsumer(
        name,
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=10_000,
    )


def take(source, count):
    values = []
    for record in source:
        values.append(record.value.decode())
        if len(values) == count:
            break
    return values


def round_trip(codec):
    name = topic(str(codec), 3)
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec, acks="all")
    for i in range(300):
        producer.send(name, key=f"k{i}".encode(), value=f"v{i}".encode(), headers=[("h", b"x")])
    producer.flush(20)
    reader = consumer(name, name)
    assert len(take(reader, 300)) == 300
    reader.commit()
    reader.close()
    producer.send(name, b"after").get(20)
    reader = consumer(name, name)
    assert take(reader, 1) == ["after"]
    reader.close()
    producer.close()


for each in [None, "gzip"]:
    check(f"round trip {each}", lambda: round_trip(each))
sys.exit(1 if FAILED else 0)
