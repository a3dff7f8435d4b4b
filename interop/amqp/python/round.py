"""pika against a broker: python round.py HOST PORT."""

import sys
import time

import pika


def main(host, port):
    connection = pika.BlockingConnection(pika.ConnectionParameters(host, port))
    channel = connection.channel()
    channel.confirm_delivery()

    queue = channel.queue_declare("", exclusive=True).method.queue
    for i in range(200):
        channel.basic_publish("", queue, b"m%d" % i, pika.BasicProperties(delivery_mode=2, headers={"n": i}))
    channel.basic_qos(prefetch_count=10)
    seen = []
    for method, properties, body in channel.consume(queue, inactivity_timeout=10):
        assert method is not None, "no delivery"
        assert body == b"m%d" % properties.headers["n"]
        seen.append(properties.headers["n"])
        channel.basic_ack(method.delivery_tag)
        if len(seen) == 200:
            break
    channel.cancel()
    assert seen == list(range(200)), seen

    try:
        channel.basic_publish("", "no-such-queue", b"x", mandatory=True)
        raise AssertionError("an unroutable mandatory message was not returned")
    except pika.exceptions.UnroutableError as returned:
        assert returned.messages[0].method.reply_code == 312

    dead = channel.queue_declare("", exclusive=True).method.queue
    live = channel.queue_declare("", exclusive=True, arguments={
        "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead, "x-message-ttl": 50}).method.queue
    channel.basic_publish("", live, b"late")
    for _ in range(100):
        method, properties, body = channel.basic_get(dead, auto_ack=True)
        if method:
            break
        time.sleep(0.05)
    assert body == b"late" and properties.headers["x-death"][0]["reason"] == "expired", properties

    channel.exchange_declare("interop-topic", "topic", auto_delete=True)
    channel.queue_bind(queue, "interop-topic", "a.#")
    channel.basic_publish("interop-topic", "a.b.c", b"t")
    assert channel.basic_get(queue, auto_ack=True)[2] == b"t"

    other = connection.channel()
    other.tx_select()
    other.basic_publish("", queue, b"in tx")
    assert channel.basic_get(queue)[0] is None
    other.tx_commit()
    assert channel.basic_get(queue, auto_ack=True)[2] == b"in tx"

    try:
        connection.channel().queue_declare("no-such-queue", passive=True)
        raise AssertionError("a missing queue was found")
    except pika.exceptions.ChannelClosedByBroker as closed:
        assert closed.reply_code == 404
        assert closed.reply_text == "NOT_FOUND - no queue 'no-such-queue' in vhost '/'", closed.reply_text
    connection.close()


main(sys.argv[1], int(sys.argv[2]))
