"""An unmodified MCP client's session, from the first request to the last: every tool once, and what goes wrong."""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


def check(name, holds):
    print(("ok " if holds else "FAIL ") + "mcp: " + name, flush=True)


async def call(session, tool, **arguments):
    result = await session.call_tool(tool, arguments)
    return json.loads(result.content[0].text)


async def main(url):
    async with streamablehttp_client(url) as (read, write, _):
        async with ClientSession(read, write) as session:
            begun = await session.initialize()
            check("initialize", begun.serverInfo.name == "polymq-mq9")
            tools = (await session.list_tools()).tools
            check("nine tools", len(tools) == 9)
            box = (await call(session, "mq9_create_mailbox", ttl=60))["mail_address"]
            check("create", bool(box))
            await call(session, "mq9_send_message", mail_address=box, payload="one", tags="a,b")
            await call(session, "mq9_send_message", mail_address=box, payload="two", priority="critical")
            mail = await call(session, "mq9_fetch_messages", mail_address=box, group_name="g", reset_to="earliest")
            check("send and fetch", [m["payload"] for m in mail["messages"]] == ["two", "one"])
            await call(session, "mq9_ack_message", mail_address=box, group_name="g", msg_id=1)
            rest = await call(session, "mq9_fetch_messages", mail_address=box, group_name="g", max_wait_ms=0)
            check("ack", [m["payload"] for m in rest["messages"]] == ["one"])
            tagged = await call(session, "mq9_query_mailbox", mail_address=box, tags="b,a")
            check("query", [m["payload"] for m in tagged["messages"]] == ["one"])
            gone = await call(session, "mq9_delete_message", mail_address=box, msg_id=0)
            check("delete", gone["deleted"] is True)
            await call(session, "mq9_register_agent", name="mcp-agent", payload="sorts stamps")
            found = await call(session, "mq9_discover_agents", text="stamps")
            check("register and discover", found["agents"][0]["name"] == "mcp-agent")
            await call(session, "mq9_unregister_agent", name="mcp-agent")
            empty = await call(session, "mq9_discover_agents", text="stamps")
            check("unregister", empty["agents"] == [])
            try:
                result = await session.call_tool("mq9_send_message", {"mail_address": "nobody", "payload": "x"})
                check("a failure is told", result.isError)
            except Exception as error:
                check("a failure is told", "does not exist" in str(error))


asyncio.run(main(sys.argv[1]))
