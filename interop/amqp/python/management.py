"""RabbitMQ's management interface as its tools use it: python management.py HOST AMQP_PORT ADMIN_PORT USER PASSWORD.

USER must be an administrator. RABBITMQADMIN may name RabbitMQ's own command-line tool (rabbitmqadmin, Python), which is
then tried as well; RABBITMQ_DEFINITIONS a definition file that a RabbitMQ has exported.
"""

import base64
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pika

HOST, AMQP_PORT, ADMIN_PORT, USER, PASSWORD = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]


def ask(method, path, body=None, user=USER, password=PASSWORD, expect=None):
    request = urllib.request.Request("http://%s:%d/api%s" % (HOST, ADMIN_PORT, path), method=method)
    token = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    request.add_header("Authorization", "Basic " + token)
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, data, 20) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        status, text = refused.code, refused.read().decode()
    if expect is not None:
        assert status == expect, (method, path, status, text)
    else:
        assert status < 300, (method, path, status, text)
    return json.loads(text) if text else None


def quoted(text):
    return urllib.parse.quote(text, "")


def hosts_users_permissions():
    ask("DELETE", "/vhosts/mg") if any(v["name"] == "mg" for v in ask("GET", "/vhosts")) else None
    ask("PUT", "/vhosts/mg", {"description": "a host"}, expect=201)
    ask("PUT", "/vhosts/mg", {"description": "a host"}, expect=204)
    assert ask("GET", "/vhosts/mg")["description"] == "a host"
    ask("PUT", "/users/mg-user", {"password": "secret", "tags": "monitoring"})
    assert ask("GET", "/users/mg-user")["tags"] == ["monitoring"]
    ask("PUT", "/permissions/mg/mg-user", {"configure": "^mine", "write": ".*", "read": ".*"}, expect=201)
    assert ask("GET", "/permissions/mg/mg-user")["configure"] == "^mine"
    ask("PUT", "/topic-permissions/mg/mg-user", {"exchange": "amq.topic", "write": "^a", "read": ".*"})
    assert ask("GET", "/topic-permissions/mg/mg-user")[0]["write"] == "^a"
    assert ask("GET", "/whoami", user="mg-user", password="secret")["name"] == "mg-user"
    ask("GET", "/whoami", user="mg-user", password="wrong", expect=401)
    ask("GET", "/users", user="mg-user", password="secret", expect=401)
    ask("PUT", "/queues/mg/yours", {}, user="mg-user", password="secret", expect=401)
    ask("PUT", "/queues/mg/mine1", {}, user="mg-user", password="secret", expect=201)
    ask("PUT", "/queues/mg/mine1", {"durable": False}, expect=400)
    assert [v["name"] for v in ask("GET", "/vhosts", user="mg-user", password="secret")].count("mg") == 1


def topology_and_messages():
    ask("PUT", "/exchanges/mg/ex", {"type": "topic"}, expect=201)
    ask("PUT", "/queues/mg/q%2F1", {"arguments": {"x-message-ttl": 600000}}, expect=201)
    ask("POST", "/bindings/mg/e/ex/q/q%2F1", {"routing_key": "a.#"}, expect=201)
    bound = [b for b in ask("GET", "/bindings/mg/e/ex/q/q%2F1") if b["routing_key"] == "a.#"]
    assert len(bound) == 1 and bound[0]["destination"] == "q/1", bound
    sent = ask("POST", "/exchanges/mg/ex/publish", {
        "properties": {"delivery_mode": 2, "headers": {"n": 1}}, "routing_key": "a.b", "payload": "hello",
        "payload_encoding": "string"})
    assert sent == {"routed": True}
    lost = ask("POST", "/exchanges/mg/ex/publish", {
        "properties": {}, "routing_key": "b", "payload": "hello", "payload_encoding": "string"})
    assert lost == {"routed": False}
    assert ask("GET", "/queues/mg/q%2F1")["messages_ready"] == 1
    got = ask("POST", "/queues/mg/q%2F1/get", {"count": 5, "ackmode": "ack_requeue_true", "encoding": "auto"})
    assert got[0]["payload"] == "hello" and got[0]["properties"]["headers"] == {"n": 1}, got
    got = ask("POST", "/queues/mg/q%2F1/get", {"count": 5, "ackmode": "ack_requeue_false", "encoding": "base64"})
    assert got[0]["redelivered"] and base64.b64decode(got[0]["payload"]) == b"hello", got
    ask("DELETE", "/queues/mg/q%2F1/contents", expect=204)
    ask("DELETE", "/bindings/mg/e/ex/q/q%2F1/" + quoted(bound[0]["properties_key"]), expect=204)
    ask("GET", "/queues/mg/nothing", expect=404)
    page = ask("GET", "/queues/mg?page=1&page_size=1&name=q&columns=name,messages")
    assert page["total_count"] == 2 and page["items"] == [{"name": "q/1", "messages": 0}], page
    ask("DELETE", "/exchanges/mg/ex", expect=204)


def policies_and_limits():
    ask("PUT", "/policies/mg/p", {"pattern": "^lim", "definition": {"max-length": 2}, "priority": 1, "apply-to": "queues"})
    ask("PUT", "/operator-policies/mg/o", {"pattern": ".*", "definition": {"max-length": 1}, "apply-to": "queues"})
    ask("PUT", "/queues/mg/limited", {})
    row = ask("GET", "/queues/mg/limited")
    assert row["policy"] == "p" and row["effective_policy_definition"] == {"max-length": 1}, row
    for _ in range(3):
        ask("POST", "/exchanges/mg/amq.default/publish", {
            "properties": {}, "routing_key": "limited", "payload": "x", "payload_encoding": "string"})
    assert ask("GET", "/queues/mg/limited")["messages"] == 1
    ask("PUT", "/policies/mg/bad", {"pattern": "(", "definition": {"max-length": 2}}, expect=400)
    ask("DELETE", "/policies/mg/p", expect=204)
    ask("DELETE", "/policies/mg/p", expect=404)
    ask("PUT", "/vhost-limits/mg/max-queues", {"value": 10})
    assert ask("GET", "/vhost-limits/mg") == [{"vhost": "mg", "value": {"max-queues": 10}}]
    ask("DELETE", "/vhost-limits/mg/max-queues")
    ask("PUT", "/global-parameters/mqtt_default_vhosts", {"value": {"a": "b"}})
    assert ask("GET", "/global-parameters/mqtt_default_vhosts")["value"] == {"a": "b"}
    ask("DELETE", "/global-parameters/mqtt_default_vhosts")


def clients():
    connection = pika.BlockingConnection(pika.ConnectionParameters(
        HOST, AMQP_PORT, "mg", pika.PlainCredentials("mg-user", "secret"),
        client_properties={"connection_name": "seen"}))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=7)
    channel.queue_declare("mine2")
    channel.basic_publish("", "mine2", b"x")
    channel.basic_consume("mine2", lambda *_: None)
    connection.process_data_events(0.2)
    row = [c for c in ask("GET", "/connections") if c.get("user_provided_name") == "seen"][0]
    assert row["vhost"] == "mg" and row["user"] == "mg-user" and row["channels"] == 1, row
    assert row["client_properties"]["connection_name"] == "seen"
    one = ask("GET", "/connections/%s/channels" % quoted(row["name"]))[0]
    assert one["consumer_count"] == 1 and one["prefetch_count"] == 7 and one["messages_unacknowledged"] == 1, one
    assert ask("GET", "/channels/" + quoted(one["name"]))["number"] == 1
    consumer = ask("GET", "/consumers/mg")[0]
    assert consumer["queue"]["name"] == "mine2" and consumer["prefetch_count"] == 7, consumer
    ask("DELETE", "/connections/" + quoted(row["name"]), expect=204)
    try:
        for _ in range(50):
            connection.process_data_events(0.1)
        raise AssertionError("the connection is still open")
    except pika.exceptions.ConnectionClosedByBroker as closed:
        assert closed.reply_code == 320, closed


def health():
    overview = ask("GET", "/overview")
    assert overview["rabbitmq_version"] and overview["object_totals"]["queues"] >= 2, overview
    node = ask("GET", "/nodes")[0]
    assert node["running"] and ask("GET", "/nodes/" + quoted(node["name"]))["name"] == overview["node"]
    for check in ("alarms", "local-alarms", "virtual-hosts", "node-is-quorum-critical", "protocol-listener/amqp",
                  "port-listener/%d" % AMQP_PORT):
        assert ask("GET", "/health/checks/" + check)["status"] == "ok", check
    ask("GET", "/health/checks/port-listener/1", expect=503)
    assert ask("GET", "/aliveness-test/mg") == {"status": "ok"}
    ask("DELETE", "/queues/mg/aliveness-test")


def definitions():
    ask("PUT", "/queues/mg/kept", {"arguments": {"x-queue-type": "quorum"}})
    ask("POST", "/bindings/mg/e/amq.headers/q/kept", {"routing_key": "", "arguments": {"x-match": "any", "a": 1}})
    whole = ask("GET", "/definitions")
    host = ask("GET", "/definitions/mg")
    assert any(q["name"] == "kept" for q in host["queues"])
    ask("DELETE", "/vhosts/mg", expect=204)
    ask("GET", "/vhosts/mg", expect=404)
    ask("POST", "/definitions", whole)
    assert ask("GET", "/queues/mg/kept")["type"] == "quorum"
    assert [b for b in ask("GET", "/queues/mg/kept/bindings") if b["source"] == "amq.headers"][0]["arguments"]["a"] == 1
    assert ask("GET", "/whoami", user="mg-user", password="secret")["name"] == "mg-user"
    given = os.environ.get("RABBITMQ_DEFINITIONS")
    if given:
        with open(given, encoding="utf-8") as file:
            foreign = json.load(file)
        foreign["users"] = [user for user in foreign.get("users", []) if user["name"] != USER]
        ask("POST", "/definitions", foreign)
        mine = ask("GET", "/definitions")
        for kind in ("vhosts", "queues", "exchanges", "policies"):
            names = {(o.get("vhost"), o["name"]) for o in mine[kind]}
            missing = [o["name"] for o in foreign.get(kind, []) if (o.get("vhost"), o["name"]) not in names]
            assert not missing, (kind, missing)
        print("definitions of RabbitMQ %s imported" % foreign.get("rabbitmq_version"))


def command_line():
    tool = os.environ.get("RABBITMQADMIN")
    if not tool:
        return

    def run(*words):
        done = subprocess.run([sys.executable, tool, "-H", HOST, "-P", str(ADMIN_PORT), "-u", USER, "-p", PASSWORD,
                               "-V", "mg", *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    run("show", "overview")
    for kind in ("users", "vhosts", "connections", "exchanges", "bindings", "permissions", "channels", "parameters",
                 "consumers", "queues", "policies", "operator_policies", "nodes", "vhost_limits"):
        run("list", kind)
    run("declare", "exchange", "name=cli-ex", "type=fanout")
    run("declare", "queue", "name=cli-q", "durable=true", 'arguments={"x-max-length":5}')
    run("declare", "binding", "source=cli-ex", "destination=cli-q", "routing_key=k")
    run("publish", "exchange=cli-ex", "routing_key=k", "payload=hello")
    assert "hello" in run("get", "queue=cli-q", "ackmode=ack_requeue_false")
    run("purge", "queue", "name=cli-q")
    run("declare", "policy", "name=cli-p", "pattern=^cli", 'definition={"max-length":3}', "apply-to=queues")
    run("declare", "user", "name=cli-user", "password=p", "tags=management")
    run("declare", "permission", "vhost=mg", "user=cli-user", "configure=.*", "write=.*", "read=.*")
    run("export", os.devnull)
    run("delete", "binding", "source=cli-ex", "destination=cli-q", "destination_type=queue", "properties_key=k")
    run("delete", "policy", "name=cli-p")
    run("delete", "queue", "name=cli-q")
    run("delete", "exchange", "name=cli-ex")
    run("delete", "user", "name=cli-user")
    print("rabbitmqadmin passed")


hosts_users_permissions()
topology_and_messages()
policies_and_limits()
clients()
health()
definitions()
command_line()
ask("DELETE", "/vhosts/mg")
ask("DELETE", "/users/mg-user")
