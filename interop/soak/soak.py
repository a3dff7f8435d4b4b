"""The mixed soak: see run."""

import atexit
import base64
import json
import logging
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import traffic
import trouble

WORK = pathlib.Path(os.environ["SOAK_WORK"])
DISK = os.environ["SOAK_DISK"]
CLOCK = os.environ["SOAK_CLOCK"] and pathlib.Path(os.environ["SOAK_CLOCK"])
GROWTH = 1.20
MORE_FILES = 40
LEFT_FREE = 100 << 20


def free_ports(names):
    held = [socket.socket() for _ in names]
    for sock in held:
        sock.bind(("127.0.0.1", 0))
    return {name: sock.getsockname()[1] for name, sock in zip(names, held)}


class Broker:
    def __init__(self):
        self.ports = free_ports(["mqtt", "kafka", "amqp", "nats", "admin"])
        self.admin = self.ports.pop("admin")
        self.log = open(WORK / "broker.log", "ab")
        self.process = None
        p = self.ports
        (WORK / "polymq.toml").write_text(f"""
data_path = "{(DISK or str(WORK)) + "/data"}"
[auth.admin]
user = "admin"
password = "soak"
[auth]
allow_anonymous = true
[storage]
reserve_bytes = "{LEFT_FREE >> 20}MiB"
[mqtt_runtime]
tcp_port = {p["mqtt"]}
websocket_port = "off"
[kafka_runtime]
tcp_port = {p["kafka"]}
[amqp_runtime]
tcp_port = {p["amqp"]}
[nats_runtime]
tcp_port = {p["nats"]}
websocket_port = "off"
[admin]
port = {self.admin}
""")

    def start(self):
        env = dict(os.environ)
        env["POLYMQ_JAVA_OPTS"] = "-Xmx512m " + env.get("POLYMQ_JAVA_OPTS", "")
        if CLOCK:
            env["LD_PRELOAD"] = str(WORK / "clock.so")
        command = os.environ["SOAK_COMMAND"].split() + ["--config", str(WORK / "polymq.toml")]
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 300  # on a machine that is busy with other things
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the broker ended with {self.process.returncode}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/health/ready", timeout=5).close()
                return
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.2)
        self.process.send_signal(signal.SIGQUIT)  # its threads, into the log
        time.sleep(2)
        raise TimeoutError("the broker does not get ready")

    def end(self, how):
        self.process.send_signal(how)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin}/api/v1/{path}", method=method, data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": "Basic " + base64.b64encode(b"admin:soak").decode()})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def sample(self):
        folder = pathlib.Path(f"/proc/{self.process.pid}")
        rss = next(int(line.split()[1]) for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return rss, len(os.listdir(folder / "fd"))


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, good, said=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        print(("ok " if good else "FAIL ") + name + (f": {said}" if said else ""), flush=True)


def jump(seconds):
    with open(CLOCK, "r+b") as clock:
        clock.write(struct.pack("q", seconds))


def fill_disk(broker, seconds):
    """Until publishes are refused, and then free again."""
    filler = pathlib.Path(DISK) / "filler"
    free = shutil.disk_usage(DISK).free
    with open(filler, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, max(1, free - LEFT_FREE // 2))
    full = False
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        full = full or broker.ask("GET", "overview")["storage_full"]
        time.sleep(1)
    filler.unlink()
    return full


def storm(broker, chance, until, checks, log):
    """Kills, restarts, a full device, another time; in turn, at random moments."""
    kills = ends = 0
    full_tried = not DISK
    jumped = not CLOCK
    while time.monotonic() < until:
        time.sleep(min(chance.uniform(8, 30), max(0, until - time.monotonic())))
        if not full_tried and kills >= 1:
            full_tried = True
            log("the device is full")
            checks("a full device is told", fill_disk(broker, 15))
        elif not jumped and kills >= 1:
            jumped = True
            for seconds in (3600, -1800, 0):
                log(f"the clock says {seconds:+} s")
                jump(seconds)
                time.sleep(6)
        elif kills <= 2 * ends:
            kills += 1
            log("kill -9")
            broker.end(signal.SIGKILL)
            broker.start()
        else:
            ends += 1
            log("SIGTERM")
            checks("it ends in good order", broker.end(signal.SIGTERM) == 0)
            broker.start()
    log(f"{kills} kills, {ends} orderly restarts")
    return kills


def quiet(broker, until):
    samples = []
    while time.monotonic() < until:
        samples.append(broker.sample())
        time.sleep(2)
    third = max(1, len(samples) // 3)
    early, late = samples[third:2 * third], samples[-third:]
    return [statistics.median(s[i] for s in part) for i in (0, 1) for part in (early, late)]


def main():
    logging.disable(logging.CRITICAL)  # the clients' complaints about a broker that was killed
    minutes = float(sys.argv[1])
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(1 << 30))
    chance = random.Random(seed)
    checks = Checks()
    begin = time.monotonic()

    def log(words):
        print(f"{time.monotonic() - begin:7.1f} s  {words}", flush=True)

    log(f"seed {seed}, {minutes:g} minutes")
    if CLOCK:
        CLOCK.write_bytes(struct.pack("q", 0))
    broker = Broker()
    atexit.register(lambda: broker.process.kill())
    broker.start()
    broker.ask("PUT", "topics/soak", {"captures": ["soak.>"]})
    all_traffic = [kind(broker.ports) for kind in traffic.ALL]
    for one in all_traffic:
        one.prepare()
    for one in all_traffic:
        one.start()
    going = True
    bad = threading.Thread(target=trouble.run, args=(broker.ports, seed, lambda: going), daemon=True)
    bad.start()

    whole, began = minutes * 60, time.monotonic()
    log("everyone is at work")
    kills = storm(broker, chance, began + whole * 0.6, checks, log)
    log("quiet from here on")
    rss_early, rss_late, files_early, files_late = quiet(broker, began + whole)
    going = False
    bad.join(20)
    for one in all_traffic:
        one.publishing = False
    for one in all_traffic:
        one.threads[0].join(60)
    log("nobody publishes any more")

    checks("it was killed and came back", kills > 0, f"{kills} times")
    checks("memory is flat", rss_late <= rss_early * GROWTH, f"{rss_early / 1024:.0f} MiB, then {rss_late / 1024:.0f} MiB")
    checks("open files are flat", files_late <= files_early + MORE_FILES, f"{files_early:.0f}, then {files_late:.0f}")

    end = time.monotonic() + 120
    while time.monotonic() < end and any(one.ledger.missing() for one in all_traffic):
        time.sleep(0.5)
    logged = {one.name: set() for one in all_traffic}
    last = -1
    ordered = True
    for offset, value in next(one for one in all_traffic if one.name == "kafka").whole():
        ordered, last = ordered and offset > last, offset
        name, _, number = (value or b"").decode(errors="replace").partition(":")
        if name in logged:
            logged[name].add(int(number))
    checks("offsets grow", ordered, f"to {last}")
    for one in all_traffic:
        ledger = one.ledger
        missing = ledger.missing()
        checks(
            f"{one.name}: its reader has every acknowledged message", not missing and len(ledger.acknowledged) > 10 * minutes,
            f"{len(ledger.acknowledged)} acknowledged, {len(missing)} missing {sorted(missing)[:5]}, {ledger.twice} twice, {ledger.faults} failures met")
        if one.name != "mq9":  # a mailbox is a log of its own
            lost = ledger.acknowledged - logged[one.name]
            checks(f"{one.name}: the log has every acknowledged message", not lost, f"{len(lost)} missing {sorted(lost)[:5]}")
    for one in all_traffic:
        one.reading = False
    checks("it ends in good order", broker.end(signal.SIGTERM) == 0)
    print(f"{checks.passed} passed, {checks.failed} failed")
    os._exit(0 if checks.failed == 0 else 1)  # readers may wait for the broker that is gone


main()
