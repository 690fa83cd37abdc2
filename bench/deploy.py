# SPDX-License-Identifier: Apache-2.0
"""Deployments to an agent on this machine: how long each step takes, on nil and on the
model of SGX, what a relay does beside socat, and what is left behind of many.

The steps are told by a command that was linked with deploy_steps.c; the agent is one of
those, too, so that its keeps say what the model counted."""

import concurrent.futures
import http.client
import json
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import time
from pathlib import Path

import build
import groups
import measure
import report
import sgx
import sides

BUILT = build.ROOT / "build" / "bench"
STATE = build.OUT / "deploy"
TARGET = 0.1  # seconds, beside compiling and the model's traps
RELAY_MIN = 0.8
SEQUENTIAL, CONCURRENT = 1000, 100
# What ends with which step of deploy_steps.c.
STEPS = {
    "asked": "the command starts, reads the module",
    "created": "the agent: TLS, a keep is created",
    "channel": "its channel: TLS once more, the upgrade",
    "session": "the keep: it starts, TLS",
    "evidence": "evidence",
    "verified": "evidence is verified",
    "uploaded": "the workload is packed and sent",
    "ready": "the keep takes it and proves it",
    "ready-verified": "that is verified",
    "output": "compiled, and running",
    "exit": "the program ends",
    "end": "the session and the command end",
}


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Agent:
    def __init__(self, binary, keeps=8):
        shutil.rmtree(STATE, ignore_errors=True)
        (STATE / "home").mkdir(parents=True)
        (STATE / "bench-counters").touch()
        self.env = {"XDG_STATE_HOME": str(STATE), "XDG_CACHE_HOME": str(STATE / "cache"),
                    "HOME": str(STATE / "home")}
        self.port = free_port()
        argv = [binary, "host", "--dev", "--listen", f"127.0.0.1:{self.port}", "--state-dir",
                STATE / "agent", "--max-keeps", str(keeps)]
        with (STATE / "log").open("wb") as log:
            self.process = subprocess.Popen(list(map(str, argv)), env={**os.environ, **self.env},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise measure.Failed((STATE / "log").read_text()[-300:])
            time.sleep(0.02)

    def ask(self, method, path, body=None):
        agent = http.client.HTTPSConnection("127.0.0.1", self.port, context=unverified(),
                                            timeout=30)
        agent.request(method, path, body and json.dumps(body))
        answer = agent.getresponse()
        return answer.status, answer.read()

    def create(self, backend):
        status, body = self.ask("POST", "/v1/keeps", {"backend": backend})
        if status != 201:
            raise measure.Failed(body.decode())
        return json.loads(body)["id"]

    def has(self):
        """Resident bytes, descriptors, children, files."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {"KiB resident": int(report.field(f"/proc/{pid}/status", "VmRSS").split()[0]),
                "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "processes": len(children),
                "files": sum(1 for _ in (STATE / "agent").rglob("*"))}

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Deployment:
    """`enarx deploy` of hello."""

    def __init__(self, agent, backend):
        self.agent, self.backend = agent, backend
        allow = "--allow-insecure" if backend == "nil" else f"--allow-simulated={self.root()}"
        self.words = ["deploy", "--quiet", "--to", f"127.0.0.1:{agent.port}", "--backend", backend,
                      allow, build.guest("hello")]

    def root(self):
        folder = STATE / "evidence"
        if not folder.exists():
            measure.timed(measure.Command([BUILT / "deploy_steps", "attest", "evidence", "--backend",
                                           self.backend, "-o", folder], self.agent.env))
        return folder / "root.pem"

    def command(self, binary, **env):
        return measure.Command([binary, *self.words], {**self.agent.env, **env})

    def seconds(self):
        return measure.timed(self.command(BUILT / "deploy_steps"))[0] / 1e9

    def steps(self):
        """Seconds of each step."""
        notes = STATE / "steps"
        notes.unlink(missing_ok=True)
        measure.timed(self.command(BUILT / "deploy_steps", BENCH_STEPS=str(notes)))
        times = [line.split() for line in notes.read_text().splitlines()]
        return {name: (int(at) - int(before)) / 1e9
                for (_, before), (name, at) in zip(times, times[1:])}

    def counters(self):
        """What the model counted in the keep of one deployment."""
        self.seconds()
        lines = (STATE / "bench-counters").read_bytes().rstrip(b"\0").decode().splitlines()
        return {name: int(count) for name, count in map(str.split, lines)}


# ---- latency ----


def latency(quick):
    agent = Agent(BUILT / "deploy_steps")
    try:
        pair = {name: Deployment(agent, name) for name in sgx.NAMES}
        for one in pair.values():
            one.seconds()
        runs = 2 if quick else 20
        case = groups.Case("deploy", "hello, deployed", "s", True, runs,
                           {name: one.seconds for name, one in pair.items()})
        whole, failed = case.measure()
        if failed:
            raise measure.Failed(str(failed))
        steps = {name: [one.steps() for _ in range(runs)] for name, one in pair.items()}
        return whole, steps, pair["sgx-sim"].counters()
    finally:
        agent.stop()


# ---- throughput ----


def pull(port, path, way, size):
    words = [BUILT / "relay_client", port, path, way, size]
    return float(measure.timed(measure.Command(words))[1]) / (1 << 20)


def socat(path):
    """The same TLS on the client's side, the same program behind it."""
    identity = STATE / "identity.pem"
    build.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", STATE / "key.pem",
               "-out", STATE / "cert.pem"])
    identity.write_bytes((STATE / "key.pem").read_bytes() + (STATE / "cert.pem").read_bytes())
    port = free_port()
    listen = f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,verify=0,cert={identity}"
    words = ["socat", "-b65536", listen, f"UNIX-CONNECT:{path}"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    return process, port


def throughput(quick):
    size, runs = (64 << 20, 2) if quick else (1 << 30, 10)
    agent = Agent(BUILT / "relay_agent")
    place = STATE / "socket"
    behind = subprocess.Popen([BUILT / "relay_socket", place])
    other, port = socat(place)
    try:
        channel = f"/v1/keeps/{agent.create('nil')}/channel"
        rows = []
        for way, name in (("give", "from the keep"), ("take", "to the keep")):
            ways = {"enarx": lambda way=way: pull(agent.port, channel, way, size),
                    "socat": lambda way=way: pull(port, "-", way, size)}
            case = groups.Case("relay", name, "MiB/s", False, runs, ways)
            numbers, failed = case.measure()
            rows.append({"case": name, "unit": "MiB/s", "less_is_better": False, "runs": numbers,
                         "failed": failed})
        return rows
    finally:
        for process in (other, behind):
            process.kill()
            process.wait()
        agent.stop()


# ---- many ----


def settled(agent, before):
    """What it has once its keeps have ended, or after ten seconds."""
    deadline = time.monotonic() + 10
    while (now := agent.has())["processes"] > before["processes"] and time.monotonic() < deadline:
        time.sleep(0.05)
    return now


def one_by_one(one, count):
    for _ in range(count):
        one.seconds()


def at_once(one, count):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda _: one.seconds(), range(count)))


def many(quick):
    """What the agent has before and after many, once it has had as many before."""
    sequential, parallel = (20, 10) if quick else (SEQUENTIAL, CONCURRENT)
    agent = Agent(BUILT / "deploy_steps", keeps=2 * parallel)
    try:
        one, rows = Deployment(agent, "nil"), {}
        one_by_one(one, sequential // 3)  # it remembers the last 256 that have ended
        at_once(one, parallel)
        for name, way, count in ((f"{sequential:,} one after the other", one_by_one, sequential),
                                 (f"{parallel} at once", at_once, parallel)):
            before, start = settled(agent, {"processes": 0}), time.monotonic()
            way(one, count)
            seconds = time.monotonic() - start
            rows[name] = {"seconds": seconds, "before": before, "after": settled(agent, before)}
        return rows
    finally:
        agent.stop()


def measured(quick):
    whole, steps, counters = latency(quick)
    return {"machine": report.machine(),
            "side": sides.Side("enarx", build.ROOT / "build" / "enarx").describe(),
            "cases": [], "whole": whole, "steps": steps, "counters": counters,
            "traps": sgx.traps(), "relay": throughput(quick), "many": many(quick)}


# ---- what it says ----


def ms(seconds):
    return f"{seconds * 1000:.1f} ms"


def middle(steps, name):
    return statistics.median(one.get(name, 0) for one in steps)


def own_seconds(result):
    """Of a deployment on the model, without compiling and without the model's traps.
    Compiling is nil's: there it takes the same exec on one processor, and no trap."""
    whole = statistics.median(result["whole"]["sgx-sim"])
    compiling = middle(result["steps"]["nil"], "output")
    return whole, compiling, sgx.trap_seconds(result, result["counters"])


def relay_ratio(row):
    middles = report.medians(row)
    return middles["enarx"] / middles["socat"]


def targets(result):
    whole, compiling, trapping = own_seconds(result)
    rest = whole - compiling - trapping
    yield (f"hello on sgx-sim, attested, at most {ms(TARGET)} beside compiling and the model's traps",
           rest <= TARGET, f"{ms(rest)}: {ms(whole)} less {ms(compiling)} and {ms(trapping)}")
    ratio = min(map(relay_ratio, result["relay"]))
    yield f"the relay at least {RELAY_MIN} of socat", ratio >= RELAY_MIN, f"{ratio:.2f}"
    left = [name for name, row in result["many"].items()
            if any(row["after"][what] > row["before"][what]
                   for what in ("descriptors", "processes", "files"))]
    yield ("nothing left behind of many", not left, "; ".join(left) or "nothing")


def steps_table(result):
    yield "| step | nil | sgx-sim |\n|---|--:|--:|"
    for name, text in STEPS.items():
        cells = [ms(middle(result["steps"][side], name)) for side in sgx.NAMES]
        yield f"| {text} | {' | '.join(cells)} |"
    cells = [f"{ms(statistics.median(result['whole'][side]))} "
             f"±{report.spread(result['whole'][side]):.0f} %" for side in sgx.NAMES]
    yield f"| from spawn to exit | {' | '.join(cells)} |"


def traps_line(result):
    counts = sgx.signals(result["counters"])
    taken = ", ".join(f"{number:,} {name} of {result['traps'][name] / 1000:.1f} µs"
                      for name, number in counts.items())
    return (f"The model takes {taken}: {ms(sgx.trap_seconds(result, result['counters']))} that "
            "hardware does not have.")


def relay_table(result):
    yield "| | enarx | socat | enarx to socat |\n|---|--:|--:|--:|"
    for row in result["relay"]:
        middles = report.medians(row)
        cells = [f"{middles[name]:,.0f} MiB/s ±{report.spread(row['runs'][name]):.0f} %"
                 for name in ("enarx", "socat")]
        yield f"| {row['case']} | {' | '.join(cells)} | **{relay_ratio(row):.2f}** |"


def many_table(result):
    yield "| | time | the agent before | after |\n|---|--:|---|---|"
    for name, row in result["many"].items():
        cells = [", ".join(f"{value:,} {what}" for what, value in row[when].items())
                 for when in ("before", "after")]
        yield f"| {name} | {row['seconds']:.1f} s | {' | '.join(cells)} |"


def section(result):
    it, side = result["machine"], result["side"]
    before, _, after = (build.HERE / "text" / "deploy.md").read_text().partition("\n---\n")
    yield f"\n## Deployments\n\n{before.strip()}\n"
    yield (f"Measured {it['date']} on {it['cpu']}, {it['cores']} cores; load {it['load']:.2f} at "
           f"the start; {side['version']} of SHA-256 `{side['sha256']}`.\n")
    yield from steps_table(result)
    yield f"\n{traps_line(result)}\n"
    yield from relay_table(result)
    yield ""
    yield from many_table(result)
    yield "\n| to reach | | measured |\n|---|---|---|"
    for what, reached, figures in targets(result):
        yield f"| {what} | {'reached' if reached else '**missed**'} | {figures} |"
    yield "\n" + after.strip()


def summary(result):
    yield from (f"deploy: {text}" for text in steps_table(result))
    yield f"deploy: {traps_line(result)}"
    for what, reached, figures in targets(result):
        yield f"deploy: {what}: {'reached' if reached else 'MISSED'}: {figures}"


def write(result, docs):
    (docs / "bench" / "deploy.json").write_text(json.dumps(result, indent=1) + "\n")


def markdown(docs):
    """The lines of the section; none where it was never measured."""
    raw = docs / "bench" / "deploy.json"
    if raw.exists():
        yield from section(json.loads(raw.read_text()))
