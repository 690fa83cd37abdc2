# SPDX-License-Identifier: Apache-2.0
"""The sgx keep on its software model beside nil: the same exec, the same modules, one
run. What the model counts would happen on hardware too; what it costs would not."""

import json
import math
import os
import socket
import statistics
import subprocess

import build
import groups
import measure
import report
import sides

NAMES = ("nil", "sgx-sim")
KERNELS = ("blake3", "lua", "lz4", "sha256", "sqlite", "zlib", "zstd-compress")
REQUESTS = 10_000
CALLS = 10_000
PAGES = 4_096
RUN = 16  # pages that one first touch brings
SHIM_MAX = 64 * 1024
COMPUTE_MIN = 0.97


def both():
    binary = os.environ.get("ENARX") or build.ROOT / "build" / "enarx"
    return [sides.Enarx(name, binary, backend=name) for name in NAMES]


# ---- what is timed ----


def cost(command):
    """Nanoseconds of one of the calls of guest/calls.c."""
    return lambda: int(measure.timed(command)[1]) / CALLS


def cases(pair, quick):
    runs = 2 if quick else 10
    yield from groups.start(pair, quick)
    module, load = build.guest("echo"), build.native("load")
    for side in pair:
        side.warm(module)
    yield groups.Case("echo", "echo, 1 client", "requests/s", False, runs,
                      {side.name: groups.answers(side, module, [load, 1, "0.3" if quick else "2"])
                       for side in pair})
    module = build.guest("calls")
    for kind, name in (("clock", "one look at the clock"),
                       ("random", "one system call (getrandom)"),
                       ("read", "one call of the port (read)")):
        for side in pair:
            side.warm(module)
        yield groups.Case("calls", name, "ns", True, runs,
                          {side.name: cost(side.cached(module, kind, CALLS)) for side in pair})
    yield from groups.compute(pair, quick, KERNELS[:2] if quick else KERNELS)


def timed(pair, quick):
    for case in cases(pair, quick):
        numbers, failed = case.measure()
        row = {"group": case.group, "case": case.name, "unit": case.unit, "runs": numbers,
               "less_is_better": case.less_is_better, "failed": failed}
        print(line(row), flush=True)
        yield row


# ---- what is counted ----


def counters(err):
    return json.loads(err.strip().splitlines()[-1])["counters"]


def counted(side, module, *args):
    """The counters of one run."""
    command = side.cached(module, *args, json=True)
    done = subprocess.run(command.words(), env=command.environ(), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    measure.check(command, done.returncode, done.stderr)
    return counters(done.stderr)


def counted_echo(side):
    """The same of a server that answered REQUESTS messages of 64 bytes."""
    module = build.guest("echo")
    server, port = groups.echo_server(side, module, json=True, stderr=subprocess.PIPE)
    with groups.dial(port) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(REQUESTS):
            message = number.to_bytes(64, "little")
            client.sendall(message)
            if client.recv(64, socket.MSG_WAITALL) != message:
                raise measure.Failed("a wrong answer")
        client.sendall(b"quit")
    err = server.communicate(timeout=10)[1]
    return counters(err.decode())


def traps():
    """Nanoseconds of a signal and back."""
    words = subprocess.run([build.native("traps")], check=True, capture_output=True, text=True)
    return dict(zip(("SIGILL", "SIGSYS", "SIGSEGV"), map(int, words.stdout.split())))


def measured(quick):
    machine, pair = report.machine(), both()
    for side in pair:
        side.forget()
    rows = list(timed(pair, quick))
    sim, touch = pair[1], build.guest("calls")
    return {
        "machine": machine, "side": sides.Side("enarx", pair[0].binary).describe(),
        "cases": rows, "traps": traps(),
        "counts": {"hello, cached": counted(sim, build.guest("hello")),
                   f"echo, {REQUESTS:,} requests": counted_echo(sim),
                   "no page touched": counted(sim, touch, "touch", 0),
                   f"{PAGES:,} pages touched": counted(sim, touch, "touch", PAGES)},
    }


# ---- what it says ----


def ratio(row):
    """How many times as good the keep on the model is; None if one was not measured."""
    middle = report.medians(row)
    if any(name not in middle for name in NAMES):
        return None
    nil, sim = (middle[name] for name in NAMES)
    return nil / sim if row["less_is_better"] else sim / nil


def shown(value, unit):
    if unit == "ns":
        return f"{value:,.0f} ns"
    return report.shown(value, unit)


def line(row):
    cells = [f"{name} {shown(value, row['unit'])}" for name, value in report.medians(row).items()]
    cells += [f"{name} failed: {why}" for name, why in row["failed"].items()]
    return f"sgx: {row['case']}: {', '.join(cells)}"


def signals(count):
    """How many of each the model took: one for an ENCLU inside, one for a system call,
    the rest for faults."""
    inside = ("eexit", "ereport", "egetkey", "eaccept", "eacceptcopy", "emodpe")
    illegal = sum(count[name] for name in inside)
    return {"SIGILL": illegal, "SIGSYS": count["aex_syscall"],
            "SIGSEGV": count["traps"] - illegal - count["aex_syscall"]}


def trap_seconds(result, count):
    return sum(number * result["traps"][name] for name, number in signals(count).items()) / 1e9


def geometric_mean(result):
    ratios = [ratio(row) for row in result["cases"] if row["group"] == "compute"]
    return math.exp(statistics.fmean(math.log(one) for one in ratios if one))


def targets(result):
    """What was to be reached: what, whether, and the figures."""
    hello, none, touched = (result["counts"][name] for name in (
        "hello, cached", "no page touched", f"{PAGES:,} pages touched"))
    size = hello["eextend_bytes"]
    yield (f"at most {SHIM_MAX:,} bytes of measured shim", size <= SHIM_MAX,
           f"{size:,}, thread control, SSA frames and stacks included")
    entries = touched["exception_pf"] - none["exception_pf"]
    yield ("no EENTER for a first touch inside an accepted run", entries <= PAGES // RUN + 1,
           f"{PAGES:,} pages touched one after the other: {entries} first touches, one for each "
           f"run of {RUN} and one because the memory does not begin with a run")
    most = hello["aex_syscall"] + hello["exit_port"] + math.ceil(hello["eaug"] / RUN)
    yield (f"hello, cached: at most one EENTER for each system call, each call of the port and "
           f"{RUN} pages", hello["eenter"] <= most,
           f"{hello['eenter']} for {hello['aex_syscall']} + {hello['exit_port']} + "
           f"{hello['eaug']:,}/{RUN}, {most} together")
    mean = geometric_mean(result)
    yield (f"compute at least {COMPUTE_MIN} of nil", mean >= COMPUTE_MIN,
           f"geometric mean {mean:.3f}")


def times_table(result):
    yield "| | nil | sgx-sim | sgx-sim to nil |\n|---|--:|--:|--:|"
    for row in result["cases"]:
        middle, times = report.medians(row), ratio(row)
        cells = [f"{shown(middle[name], row['unit'])} ±{report.spread(row['runs'][name]):.0f} %"
                 if name in middle else "–" for name in NAMES]
        yield f"| {row['case']} | {' | '.join(cells)} | {f'**{times:.3g}**' if times else '–'} |"


CAUSES = {  # what is counted, by the sum of which counters
    "pages added and measured (EADD)": ("eadd",),
    "bytes measured (EEXTEND)": ("eextend_bytes",),
    "EENTER": ("eenter",),
    "... to start": (),
    "... for a system call": ("aex_syscall",),
    "... for a first touch": ("aex_touch",),
    "... after a call of the port": ("exit_port",),
    "... for another exception": ("aex_page_fault", "aex_other"),
    "EEXIT": ("eexit",),
    "... for a call of the port": ("exit_port",),
    "... to be resumed": ("exit_resume",),
    "AEX": ("aex_syscall", "aex_touch", "aex_eaug", "aex_page_fault", "aex_interrupt",
            "aex_other"),
    "... by a system call": ("aex_syscall",),
    "... by a first touch": ("aex_touch",),
    "... by a page that the kernel brings without an EENTER (EAUG)": ("aex_eaug",),
    "... by another": ("aex_page_fault", "aex_interrupt", "aex_other"),
    "pages brought (EAUG)": ("eaug",),
    "EACCEPT": ("eaccept",),
    "EACCEPTCOPY": ("eacceptcopy",),
    "pages restricted (EMODPR)": ("emodpr",),
    "signals that the model took": ("traps",),
}


def count_cell(count, cause):
    if cause == "... to start":
        return "1"
    value = sum(count[name] for name in CAUSES[cause])
    if cause == "... after a call of the port":
        value -= 1  # the last one ends the keep
    return f"{value:,}"


def counts_table(result):
    names = [name for name in result["counts"] if "touched" not in name]
    yield "| | " + " | ".join(names) + " |\n|---|" + "--:|" * len(names)
    for cause in CAUSES:
        cells = [count_cell(result["counts"][name], cause) for name in names]
        yield f"| {cause} | {' | '.join(cells)} |"


def share(result):
    """How much of hello is the model's own traps."""
    hello, cost = result["counts"]["hello, cached"], result["traps"]
    row = next(row for row in result["cases"] if row["case"] == "hello, cached")
    whole, own = report.medians(row)["sgx-sim"], trap_seconds(result, hello)
    taken = ", ".join(f"{number:,} {name}" for name, number in signals(hello).items())
    each = ", ".join(f"{name} {value / 1000:.1f} µs" for name, value in cost.items())
    yield (f"A trap and back, measured beside it by a handler that does nothing: {each}. A cached "
           f"hello takes {taken}: {own * 1000:.1f} of its {whole * 1000:.1f} ms are traps that "
           "hardware does not have. A system call is one SIGSYS and one SIGILL "
           f"({(cost['SIGSYS'] + cost['SIGILL']) / 1000:.1f} µs), a call of the port one SIGILL, "
           f"a page accepted one SIGILL, a first touch one SIGSEGV and {RUN + 1} SIGILL.")


def write(result, docs):
    report.save(result, docs / "bench" / "sgx.json")


def markdown(docs):
    """The lines of the section; none where it was never measured."""
    raw = docs / "bench" / "sgx.json"
    if raw.exists():
        yield from section(json.loads(raw.read_text()))


def section(result):
    it, side = result["machine"], result["side"]
    text = (build.HERE / "text" / "sgx.md").read_text()
    before, _, after = text.partition("\n---\n")
    yield f"\n## sgx-sim beside nil\n\n{before.strip()}\n"
    yield (f"Measured {it['date']} on {it['cpu']}, {it['cores']} cores; load {it['load']:.2f} at "
           f"the start; {side['version']} of SHA-256 `{side['sha256']}`.\n")
    yield from times_table(result)
    yield ""
    yield from share(result)
    yield ""
    yield from counts_table(result)
    yield "\n| to reach | | measured |\n|---|---|---|"
    for what, reached, figures in targets(result):
        yield f"| {what} | {'reached' if reached else '**missed**'} | {figures} |"
    yield "\n" + after.strip()


def summary(result):
    for text in share(result):
        yield f"sgx: {text}"
    for what, reached, figures in targets(result):
        yield f"sgx: {what}: {'reached' if reached else 'MISSED'}: {figures}"
