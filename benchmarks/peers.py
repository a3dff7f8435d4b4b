"""PolyMQ beside the brokers that are here, under one load generator (bin/polymq bench), in turns. See benchmarks/run.

    benchmarks/run peers [--quick] [--rounds N] [--write] [mqtt nats amqp kafka]

A peer is taken from PATH (mosquitto, nats-server, rabbitmq-server), from KAFKA_HOME or what interop/kafka/run fetched, or runs already:
PEER_MQTT, PEER_NATS, PEER_AMQP, PEER_KAFKA = HOST:PORT:PID. What is not here is left out. With --write the table goes into
docs/benchmarks.md and the chart into docs/images/benchmarks.svg.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
PATH = os.environ["PATH"] + ":/usr/sbin:/usr/lib/rabbitmq/bin"

# protocol -> name, arguments of bench, messages of each publisher, what is written
SCENARIOS = {
    "mqtt": [
        ("1:1, QoS 0, 64 B", "--qos 0 --size 64", 400_000, "nothing is written"),
        ("1:1, QoS 1, 64 B", "--qos 1 --size 64", 200_000, "nothing is written"),
        ("1:10, QoS 0, 256 B", "--qos 0 --size 256 -S 10", 60_000, "nothing is written"),
        ("10:1, QoS 1, 500/s each", "--qos 1 -P 10 -S 1 --rate 500", 3_000, "nothing is written"),
    ],
    "nats": [
        ("1:1, 128 B", "", 1_000_000, "nothing is written"),
        ("1:10, 128 B", "-S 10", 200_000, "nothing is written"),
        ("4:1, 2,000/s each", "-P 4 --rate 2000", 12_000, "nothing is written"),
    ],
    "amqp": [
        ("1:1, confirms, 128 B", "", 100_000, "exclusive queues, nothing is forced"),
        ("4:4, 500/s each", "-P 4 -S 4 --rate 500", 3_000, "exclusive queues, nothing is forced"),
    ],
    "kafka": [
        ("1:1, acks=all, 1 KiB", "--size 1024", 150_000, "written, not forced"),
        ("4:1, 500/s each, acks=all", "-P 4 --rate 500", 3_000, "written, not forced"),
    ],
}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_for(port, process=None):
    for _ in range(1200):
        if process and process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nobody listens at {port}")


class Server:
    """A broker: where it listens and whose CPU counts."""

    def __init__(self, name, port, pid, process=None):
        self.name, self.port, self.pid, self.process = name, port, pid, process

    def cpu(self):
        """Seconds of the process and all below it."""
        children = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append((int(stat.parent.name), int(fields[11]) + int(fields[12])))
        own = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks, below = int(own[11]) + int(own[12]), [self.pid]
        while below:
            for pid, spent in children.get(below.pop(), []):
                ticks += spent
                below.append(pid)
        return ticks / TICKS

    def stop(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGTERM)
                self.process.wait(60)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.process.pid, signal.SIGKILL)


def launch(name, port, command, work, **env):
    log = open(work / f"{name}.log", "wb")
    process = subprocess.Popen(
        command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=work, start_new_session=True, env=os.environ | {"PATH": PATH} | env)
    try:
        wait_for(port, process)
    except Exception:
        print((work / f"{name}.log").read_text(errors="replace")[-2000:])
        raise
    return Server(name, port, process.pid, process)


def polymq(work):
    ports = {name: free_port() for name in SCENARIOS}
    sets = [f"{name}_runtime.tcp_port={port}" for name, port in ports.items()]
    sets += [f"data_path={work}/polymq", "admin.port=off", "mqtt_runtime.websocket_port=off", "nats_runtime.websocket_port=off",
             "mqtt_runtime.max_queued_messages=1000000", "kafka_runtime.durability=os"]  # a queue without bound on either side
    command = [str(ROOT / "bin/polymq"), "server"] + [word for one in sets for word in ("--set", one)]
    server = launch("polymq", ports["kafka"], command, work, POLYMQ_HEAP=os.environ.get("POLYMQ_HEAP", "1g"))
    for port in ports.values():
        wait_for(port)
    return server, ports


def mosquitto(work):
    port = free_port()
    (work / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\npersistence false\nlog_type error\n")
    return "Mosquitto", launch("mosquitto", port, ["mosquitto", "-c", str(work / "mosquitto.conf")], work)


def nats(work):
    port = free_port()
    return "nats-server", launch("nats-server", port, [os.environ.get("NATS_SERVER", "nats-server"), "-a", "127.0.0.1", "-p", str(port)], work)


def rabbitmq(work):
    port = free_port()
    (work / "rabbit.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\nlog.file = false\nlog.console = false\n")
    (work / "plugins").write_text("[].")
    return "RabbitMQ", launch(
        "rabbitmq", port, ["rabbitmq-server"], work, RABBITMQ_NODENAME=f"bench{port}@localhost", RABBITMQ_NODE_PORT=str(port),
        RABBITMQ_CONFIG_FILE=str(work / "rabbit.conf"), RABBITMQ_MNESIA_BASE=str(work / "rabbit"), RABBITMQ_LOG_BASE=str(work / "rabbit-log"),
        RABBITMQ_ENABLED_PLUGINS_FILE=str(work / "plugins"), RABBITMQ_DIST_PORT=str(free_port()), HOME=str(work))


def kafka_libs():
    """Kafka's own, or those that interop/kafka/run has fetched."""
    home = os.environ.get("KAFKA_HOME")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    found = [pathlib.Path(home) / "libs"] if home else sorted(cache.glob("polymq-interop/kafka/ecosystem-*/libs"))
    return found[-1] if found and found[-1].is_dir() else None


def kafka(work):
    port, controller = free_port(), free_port()
    (work / "kafka.properties").write_text(f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={work}/kafka
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
""")
    home = subprocess.run([ROOT / "bin/find-java"], capture_output=True, text=True, check=True).stdout.strip()
    java = [home + "/bin/java", "-Xmx1g", "-cp", f"{kafka_libs()}/*"]
    subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", work / "kafka.properties"],
        check=True, capture_output=True)
    return "Kafka", launch("kafka", port, [*java, "kafka.Kafka", str(work / "kafka.properties")], work)


PEERS = {
    "mqtt": (mosquitto, lambda: shutil.which("mosquitto", path=PATH)),
    "nats": (nats, lambda: os.environ.get("NATS_SERVER") or shutil.which("nats-server", path=PATH)),
    "amqp": (rabbitmq, lambda: shutil.which("rabbitmq-server", path=PATH)),
    "kafka": (kafka, kafka_libs),
}


def peer(protocol, work):
    running = os.environ.get(f"PEER_{protocol.upper()}")
    if running:
        _, port, pid = running.rsplit(":", 2)
        return os.environ.get(f"PEER_{protocol.upper()}_NAME", "peer"), Server("peer", int(port), int(pid))
    start, here = PEERS[protocol]
    return start(work) if here() else None


def bench(protocol, server, port, arguments, messages, subject):
    before = server.cpu()
    done = subprocess.run(
        [str(ROOT / "bin/polymq"), "bench", protocol, "--server", f"127.0.0.1:{port}", "-n", str(messages), "--subject", subject, "--json", "--timeout", "120"]
        + arguments.split(), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr[-800:])
    result = json.loads(done.stdout)
    return {
        "rate": result["delivered_per_second"], "p50": result["delivered_us"]["p50"], "p99": result["delivered_us"]["p99"],
        "cpu": (server.cpu() - before) / max(1, result["delivered"]) * 1e6}


def compare(protocol, ours, port, work, quick, rounds):
    found = peer(protocol, work)
    if not found:
        print(f"left out: {protocol}, there is no peer here")
        return []
    name, theirs = found
    rows = []
    try:
        for title, arguments, messages, durability in SCENARIOS[protocol]:
            taken = {"ours": [], "theirs": []}
            for turn in range(rounds + 1):
                for key, server, at in (("ours", ours, port), ("theirs", theirs, theirs.port)):
                    figures = bench(protocol, server, at, arguments, max(500, messages // 50) if quick else messages, f"bench.t{len(rows)}")
                    if turn > 0:  # the first warms up
                        taken[key].append(figures)
            median = {key: {f: statistics.median(one[f] for one in all_of) for f in all_of[0]} for key, all_of in taken.items()}
            rows.append({"protocol": protocol, "title": title, "peer": name, "durability": durability, "fixed": "--rate" in arguments} | median)
            print(line(rows[-1]), flush=True)
    finally:
        theirs.stop()
    return rows


def ratio(row, figure):
    return row["ours"][figure] / max(row["theirs"][figure], 1e-9)


def line(row):
    rate = "fixed" if row["fixed"] else f"x{ratio(row, 'rate'):.2f}"
    sides = " | ".join(
        f"{s['rate']:,.0f}/s, p99 {s['p99'] / 1000:.2f} ms, {s['cpu']:.2f} s" for s in (row["ours"], row["theirs"]))
    return (f"| {row['protocol']}: {row['title']} | {rate} | x{ratio(row, 'p50'):.2f} | x{ratio(row, 'p99'):.2f} | x{ratio(row, 'cpu'):.2f} "
            f"| {sides} | {row['peer']}; {row['durability']} |")


def chart(rows):
    """A bar to the right of 1 is PolyMQ ahead: more throughput, less CPU; each doubling is as long as the last."""
    import math

    bars = [(f"{row['protocol']}: {row['title']}", words, value) for row in rows for words, value in (
        ("throughput", None if row["fixed"] else ratio(row, "rate")), ("CPU per message", 1 / max(ratio(row, "cpu"), 1e-9)), ("p99", 1 / max(ratio(row, "p99"), 1e-9)))
        if value]
    colours = {"throughput": "#2f6fed", "CPU per message": "#2ea36b", "p99": "#e0762f"}
    left, middle, step = 260, 500, 60
    height = 50 + 18 * len(bars)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" font-family="sans-serif" font-size="11">',
             f'<rect width="760" height="{height}" fill="#fff"/>',
             '<text x="10" y="18" font-size="13">PolyMQ against each peer: to the right it is ahead</text>']
    for power in range(-3, 5):
        x = middle + power * step
        parts.append(f'<line x1="{x}" x2="{x}" y1="28" y2="{height - 14}" stroke="{"#555" if power == 0 else "#ddd"}"/>'
                     f'<text x="{x}" y="{height - 3}" text-anchor="middle" fill="#555">x{2.0 ** power:g}</text>')
    before = ""
    for index, (title, words, value) in enumerate(bars):
        y = 34 + 18 * index
        reach = max(-3.0, min(4.0, math.log2(value))) * step
        parts.append(f'<rect x="{middle + min(0, reach):.1f}" y="{y}" width="{abs(reach):.1f}" height="11" fill="{colours[words]}"/>')
        parts.append(f'<text x="{left}" y="{y + 9}" text-anchor="end">{title if title != before else ""}</text>')
        parts.append(f'<text x="{left + 6}" y="{y + 9}" fill="{colours[words]}" font-size="9">{words}</text>')
        before = title
    return "\n".join(parts + ["</svg>", ""])


def environment():
    model = next((one.split(":")[1].strip() for one in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if one.startswith("model name")), "")
    return f"{os.cpu_count()} CPUs ({model}), {platform.system()} {platform.release().split('-')[0]}, {time.strftime('%Y-%m-%d')}"


def write(rows, quick, rounds):
    begin, end = "<!-- peers -->", "<!-- end of peers -->"
    table = [
        begin, "| | throughput | p50 | p99 | CPU per message | PolyMQ | peer | |", "|---|---|---|---|---|---|---|---|", *map(line, rows), "",
        f"{environment()}; medians of {rounds} rounds in turns after one that does not count{', a fiftieth of the load' if quick else ''}; CPU in seconds for a million messages"
        " delivered; the generator shares the machine.", "", "![Ratios](images/benchmarks.svg)", end]
    page = ROOT / "docs/benchmarks.md"
    text = page.read_text()
    before, rest = text.split(begin)
    page.write_text(before + "\n".join(table) + rest.split(end)[1])
    (ROOT / "docs/images").mkdir(exist_ok=True)
    (ROOT / "docs/images/benchmarks.svg").write_text(chart(rows))


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("protocols", nargs="*", default=[])
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        ours, ports = polymq(work)
        try:
            for protocol in options.protocols or SCENARIOS:
                rows += compare(protocol, ours, ports[protocol], work, options.quick, options.rounds)
        finally:
            ours.stop()
    if options.write and rows:
        write(rows, options.quick, options.rounds)


main()
