"""nats.py as it comes from PyPI: core messaging and logins."""
import asyncio
import json
import os
import urllib.request

import nats
from nats.errors import NoRespondersError

SERVER = f"nats://{os.environ['POLYMQ_HOST']}:{os.environ['NATS_PORT']}"


async def pub_sub():
    nc = await nats.connect(SERVER)
    sub = await nc.subscribe("py.>")
    await nc.publish("py.a", b"one", headers={"A": "1"})
    msg = await sub.next_msg(timeout=5)
    assert msg.data == b"one" and msg.headers == {"A": "1"}, msg
    await nc.close()


async def requests_under_load():
    nc = await nats.connect(SERVER)
    svc = await nats.connect(SERVER)

    async def answer(msg):
        await msg.respond(msg.data)

    await svc.subscribe("py.load", queue="w", cb=answer)
    await svc.flush()
    answers = await asyncio.gather(*(nc.request("py.load", str(i).encode(), timeout=20) for i in range(2000)))
    assert [a.data for a in answers] == [str(i).encode() for i in range(2000)]
    await nc.close()
    await svc.close()


async def no_responders():
    nc = await nats.connect(SERVER)
    try:
        await nc.request("py.nobody", b"", timeout=5)
        raise AssertionError("somebody answered")
    except NoRespondersError:
        pass
    await nc.close()


async def unsubscribe_after():
    nc = await nats.connect(SERVER)
    got = []

    async def take(msg):
        got.append(msg)

    sub = await nc.subscribe("py.max", cb=take)
    await sub.unsubscribe(limit=3)
    for _ in range(10):
        await nc.publish("py.max", b"")
    await nc.flush()
    await asyncio.sleep(0.1)
    assert len(got) == 3, len(got)
    await nc.close()


async def drain():
    nc = await nats.connect(SERVER)
    got = []

    async def take(msg):
        got.append(msg)

    await nc.subscribe("py.drain", cb=take)
    for _ in range(500):
        await nc.publish("py.drain", b"x")
    await nc.drain()
    assert len(got) == 500, len(got)


async def permissions():
    told = asyncio.get_running_loop().create_future()

    async def error(e):
        if not told.done():
            told.set_result(str(e))

    nc = await nats.connect(SERVER, user="reader", password="reader", error_cb=error)
    await nc.publish("closed.x", b"")
    assert "permissions violation" in (await asyncio.wait_for(told, 5)).lower()
    await nc.close()


async def wrong_password():
    try:
        await nats.connect(SERVER, user="app", password="no", allow_reconnect=False, max_reconnect_attempts=0)
        raise AssertionError("got in")
    except Exception as e:  # the class differs between releases
        assert "authorization" in str(e).lower(), e


async def monitoring():
    def varz():
        url = f"http://{os.environ['POLYMQ_HOST']}:{os.environ['NATS_HTTP_PORT']}"
        with urllib.request.urlopen(f"{url}/varz") as a, urllib.request.urlopen(f"{url}/connz?subs=1&auth=1") as b:
            return json.load(a), json.load(b)

    nc = await nats.connect(SERVER, name="watched")
    await nc.subscribe("py.watched")
    await nc.flush()
    server, connections = await asyncio.to_thread(varz)
    assert server["server_name"] == "interop" and server["connections"] >= 1, server
    mine = [c for c in connections["connections"] if c.get("name") == "watched"]
    assert mine and mine[0]["subscriptions_list"] == ["py.watched"] and mine[0]["account"] == "APP", mine
    await nc.close()


async def user_info():
    nc = await nats.connect(SERVER, user="reader", password="reader")
    nc2 = await nats.connect(SERVER)
    answer = json.loads((await nc2.request("$SYS.REQ.USER.INFO", b"", timeout=5)).data)
    assert answer["data"]["user"] == "app" and answer["data"]["account"] == "APP", answer
    await nc.close()
    await nc2.close()


async def main():
    for case in (
        pub_sub,
        requests_under_load,
        no_responders,
        unsubscribe_after,
        drain,
        permissions,
        wrong_password,
        monitoring,
        user_info,
    ):
        try:
            await asyncio.wait_for(case(), 60)
            print(f"ok {case.__name__}", flush=True)
        except BaseException as e:
            print(f"FAIL {case.__name__}: {type(e).__name__} {e}", flush=True)


asyncio.run(main())
