# SPDX-License-Identifier: Apache-2.0
"""A plugin of pytest's, for tests/e2e in the machine of tools/check-kvm: a line for each
test with its exits by KVM's own count on descriptor 3, patience for a processor that is emulated, and Winch
where nothing else is asked for. /tests/e2e names modules and tests, one a line."""

import inspect
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SLOWNESS = 20  # times
LONG_SLEEP = 0.3  # seconds
TEST_LIMIT = 900  # seconds
TEXT_MAX = 4000  # characters of a failure that are shown
WANTED = Path("/tests/e2e").read_text().split()

# ---- patience ----


def patient(function, position):
    """With more time, which is the argument `timeout` or the one at `position`."""

    def wrapped(*args, **options):
        if options.get("timeout"):
            options["timeout"] *= SLOWNESS
        if len(args) > position and args[position]:
            args = (*args[:position], args[position] * SLOWNESS, *args[position + 1 :])
        return function(*args, **options)

    return wrapped


def patient_sleep(sleep):
    """Where a test waits for something to have happened: not between two looks."""
    return lambda seconds: sleep(seconds * (SLOWNESS if seconds >= LONG_SLEEP else 1))


def give_time(module):
    """To functions of the tests' that wait for so many seconds unless told."""
    for function in vars(module).values():
        if not inspect.isfunction(function) or getattr(function, "has_time", False):
            continue
        function.has_time = True
        names = list(inspect.signature(function).parameters)[-len(function.__defaults__ or ()) :]
        function.__defaults__ = function.__defaults__ and tuple(
            value * SLOWNESS if name in ("seconds", "timeout") and value else value
            for name, value in zip(names, function.__defaults__)
        )


def with_winch(popen):
    """Where no compiler is named."""

    def wrapped(enarx, *words, **options):
        if words[:1] in (("run",), ("deploy",)) and "--compiler" not in words:
            words = (words[0], "--compiler", "winch", *words[1:])
        return popen(enarx, *words, **options)

    return wrapped


def pytest_configure():
    subprocess.Popen.communicate = patient(subprocess.Popen.communicate, 2)
    subprocess.Popen.wait = patient(subprocess.Popen.wait, 1)
    socket.socket.settimeout = patient(socket.socket.settimeout, 1)
    time.sleep = patient_sleep(time.sleep)


def pytest_collection_modifyitems(items):
    enarx = sys.modules["conftest"].Enarx
    enarx.popen = with_winch(enarx.popen)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(Path.cwd() / "tests/e2e/")):
            give_time(module)
    items[:] = [item for item in items if is_wanted(item)]
    show_amounts(sys.modules["backends"])


def is_wanted(item):
    return item.path.name in WANTED or f"{item.path.name}::{item.originalname}" in WANTED


# ---- the report ----


def show_amounts(backends):
    """What is lighter here than elsewhere."""
    lighter = {what: (backends.amount(what), usual) for what, (usual, *_) in backends.AMOUNTS.items()}
    for what, (here, usual) in {**lighter, "compiler": ("winch", "cranelift")}.items():
        print(f"here: {what}: {here} in place of {usual}", file=out, flush=True)


class Counter:
    """How often KVM has left its machines so far: tests/kvm/count.c."""

    def __init__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(["/tests/count"], stdin=pipe, stdout=pipe, text=True)

    def exits(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


class TooLong(Exception):
    pass


def give_up(*_):
    raise TooLong(f"no end after {TEST_LIMIT} s")


counter = Counter()
reports = []
out = os.fdopen(3, "w")
os.set_inheritable(3, False)


def show(item, exits, seconds):
    failed = [r for r in reports if r.failed]
    skipped = [r for r in reports if r.skipped]
    count = f"backend=kvm kvm_run_exits={exits}, {seconds:.0f} s"
    if failed:
        text = "\n".join((r.longreprtext + r.capstdout)[-TEXT_MAX:] for r in failed)
        print(f"FAIL {item.nodeid}: {count}\n{text}", file=out, flush=True)
    elif skipped:
        why = skipped[0].longrepr[2].removeprefix("Skipped: ")
        print(f"skip {item.nodeid}: {why}", file=out, flush=True)
    else:
        print(f"ok   {item.nodeid}: {count}", file=out, flush=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    reports.clear()
    before, began = counter.exits(), time.monotonic()
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_LIMIT)
    yield
    signal.alarm(0)
    show(item, counter.exits() - before, time.monotonic() - began)


def pytest_runtest_logreport(report):
    reports.append(report)


def pytest_collectreport(report):
    if report.failed:
        print(f"FAIL {report.nodeid}: {report.longreprtext[-TEXT_MAX:]}", file=out, flush=True)
