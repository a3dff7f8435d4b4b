"""librdkafka (confluent-kafka) and kafka-python: logins, ACLs, credentials. Arguments: port, TLS port, authority."""

import base64
import hashlib
import hmac
import json
import sys
import time
import uuid

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka import KafkaProducer

PORT, TLS_PORT, AUTHORITY = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
SECRET = b"an-interop-secret-of-32-bytes-or-more"


def case(name, action):
    try:
        action()
        print("ok", name, flush=True)
    except Exception as failure:  # whatever went wrong is what is told
        print("FAIL", name, repr(failure), flush=True)


def login(user, mechanism="PLAIN", tls=False):
    settings = {
        "bootstrap.servers": f"127.0.0.1:{TLS_PORT if tls else PORT}",
        "security.protocol": "sasl_ssl" if tls else "sasl_plaintext",
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": f"{user}-secret",
    }
    if tls:
        settings["ssl.ca.location"] = AUTHORITY
    return settings


def jwt(user):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"sub": user, "exp": int(time.time()) + 600})
    signature = hmac.new(SECRET, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def nodes(settings):
    assert len(AdminClient(settings).list_topics(timeout=15).brokers) == 1


def bearer():
    settings = {
        "bootstrap.servers": f"127.0.0.1:{PORT}",
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "OAUTHBEARER",
        "oauth_cb": lambda _: (jwt("alice"), time.time() + 600),
    }
    admin = AdminClient(settings)
    admin.poll(0.1)
    assert len(admin.list_topics(timeout=15).brokers) == 1


root = AdminClient(login("root"))
topic = f"python-{uuid.uuid4()}"


def done(futures):
    for future in futures.values():
        future.result(timeout=20)


def acl(user, operation):
    return AclBinding(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        operation,
        AclPermissionType.ALLOW,
    )


def produces(user, expected):
    outcome = []
    producer = Producer({**login(user, "SCRAM-SHA-256"), "message.timeout.ms": 10000})
    producer.produce(topic, b"x", on_delivery=lambda error, _: outcome.append(error))
    producer.flush(20)
    name = outcome[0].name() if outcome and outcome[0] else None
    assert name == expected, name


def acls_hold():
    done(root.create_topics([NewTopic(topic, 1, 1)]))
    produces("bob", "TOPIC_AUTHORIZATION_FAILED")
    done(root.create_acls([acl("bob", AclOperation.WRITE)]))
    produces("bob", None)
    wanted = AclBindingFilter(
        ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    assert len(root.describe_acls(wanted).result(timeout=20)) == 1
    assert len(list(root.delete_acls([wanted]).values())[0].result(timeout=20)) == 1


def credentials():
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192)
    done(root.alter_user_scram_credentials([UserScramCredentialUpsertion("erin", info, b"erin-secret")]))
    nodes(login("erin", "SCRAM-SHA-512"))
    found = root.describe_user_scram_credentials(["erin"])["erin"].result(timeout=20)
    assert found.scram_credential_infos[0].iterations == 8192


def consumes():
    producer = Producer(login("root"))
    for number in range(10):
        producer.produce(topic, str(number).encode())
    producer.flush(20)
    consumer = Consumer({**login("root", "SCRAM-SHA-512", True), "group.id": "python", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    got, end = 0, time.time() + 30
    while got < 10 and time.time() < end:
        message = consumer.poll(0.5)
        got += 1 if message and not message.error() else 0
    consumer.close()
    assert got >= 10, got


def pure_python(mechanism):
    producer = KafkaProducer(
        bootstrap_servers=f"127.0.0.1:{PORT}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism=mechanism,
        sasl_plain_username="root",
        sasl_plain_password="root-secret",
    )
    producer.send(topic, b"y").get(timeout=20)
    producer.close()


for mechanism in "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
    case(f"librdkafka logs in by {mechanism}", lambda: nodes(login("alice", mechanism)))
    case(f"librdkafka logs in by {mechanism} over TLS", lambda: nodes(login("alice", mechanism, True)))
case("librdkafka logs in by OAUTHBEARER", bearer)
case("librdkafka's ACLs hold", acls_hold)
case("librdkafka makes users", credentials)
case("librdkafka consumes over SASL_SSL", consumes)
for mechanism in "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
    case(f"kafka-python produces by {mechanism}", lambda: pure_python(mechanism))
