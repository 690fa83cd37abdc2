# SPDX-License-Identifier: Apache-2.0
"""Many deployments, and some that end before their time: nothing is left behind of them.
A few by default; CHECK_LONG=1 for as many as are promised."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from agent import Agent, descriptors, resident, until
from backends import PROVE_NOTHING, allowing, amount
from conftest import fields, machines

LONG = "CHECK_LONG" in os.environ
CONCURRENT = 100 if LONG else amount("deployments at once")
SEQUENTIAL = 1000 if LONG else amount("deployments one after the other")
OPTIONS = ("--max-keeps", 2 * CONCURRENT, "--unclaimed", f"{2 * amount('seconds of a time limit')}s")


@pytest.fixture
def agent(enarx):
    with Agent(enarx, *OPTIONS) as agent:
        yield agent


@pytest.fixture
def start(enarx, backend, tool, request):
    root = "" if backend in PROVE_NOTHING else request.getfixturevalue("simulation") / "root.pem"
    allow = allowing(backend, root)

    def run(agent, *words, **options):
        words = ("--to", agent.address, "--backend", backend, allow, tool, *words)
        return enarx.popen("deploy", *words, **options)

    return run


# ---- what an agent has ----


def status_of(pid, name):
    return int(fields(pid)[name].split()[0])


class Belongings:
    """Descriptors, threads and files of an agent, sockets among the last, and KVM's machines."""

    def __init__(self, agent):
        self.descriptors = descriptors(agent.pid)
        self.threads = status_of(agent.pid, "Threads")
        self.files = {str(p) for p in agent.state.rglob("*")}
        self.machines = machines()

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return repr(vars(self))


def at_rest(agent, seconds=20):
    """What it has when no keep is left."""
    until(lambda: not agent.keeps(), seconds)
    return Belongings(agent)


def settled(agent, before, seconds=20):
    """It has no more than before, at last."""
    until(lambda: at_rest(agent, seconds) == before, seconds)
    return all(keep["state"] == "ended" for keep in agent.list())


def deployed(process, out):
    got, err = process.communicate(timeout=300)
    assert (process.returncode, got.decode().splitlines()[-1:]) == (0, [f"2={out}"]), err
    return True


# ---- many ----


def test_at_once(agent, start):
    assert deployed(start(agent, "args", "first"), "first")
    before = at_rest(agent)
    processes = [start(agent, "args", f"number {i}") for i in range(CONCURRENT)]
    for i, process in enumerate(processes):
        assert deployed(process, f"number {i}")
    assert settled(agent, before)


def test_one_after_the_other(agent, start):
    """Memory is that of the first few, whatever comes after."""
    for i in range(SEQUENTIAL // 4):
        assert deployed(start(agent, "args", "x"), "x")
    before, memory = at_rest(agent), resident(agent.pid)
    for i in range(SEQUENTIAL):
        assert deployed(start(agent, "args", "x"), "x")
    assert settled(agent, before)
    assert resident(agent.pid) < memory + (1 << 20)


# ---- before their time ----


def running(start, agent):
    """A deployment that is up and waits for input."""
    process = start(agent, "cat", stdin=subprocess.PIPE)
    process.stdin.write(b"here\n")
    process.stdin.flush()
    assert process.stdout.read(5) == b"here\n"
    return process


def killed(process):
    process.kill()
    process.communicate(timeout=10)


def test_an_owner_who_is_killed(agent, start):
    before = at_rest(agent)
    killed(running(start, agent))
    assert settled(agent, before)


def test_an_owner_who_is_killed_at_any_time(agent, start):
    """Some while the keep starts, some while it compiles."""
    before = at_rest(agent)
    for milliseconds in range(0, 400 if LONG else 120, 8):
        process = start(agent, "args", "x")
        time.sleep(milliseconds / 1000)
        killed(process)
    assert deployed(start(agent, "args", "x"), "x")
    for keep in agent.list():
        if not LONG and keep["state"] == "ready":
            agent.end(keep)  # an empty one waits a minute for somebody else
    assert settled(agent, before, 90)


def test_an_agent_that_is_killed(enarx, agent, start):
    """Its keeps end with it, its clients say so, and the next one starts where it was."""
    processes = [running(start, agent) for _ in range(3)]
    keeps = agent.descendants()
    assert len(keeps) >= 3
    agent.process.kill()
    agent.process.wait()
    for process in processes:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 1 and err.startswith(b"enarx: "), err
    until(lambda: gone(keeps))
    with Agent(enarx, *OPTIONS) as following:
        assert deployed(start(following, "args", "x"), "x")


def gone(pids):
    """Orphans are ours to reap: conftest.py."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_keep_that_is_killed(agent, start):
    before = at_rest(agent)
    first, second = running(start, agent), running(start, agent)
    victims = agent.descendants()
    victim = max(victims, key=lambda pid: status_of(pid, "VmRSS"))
    os.kill(victim, signal.SIGKILL)
    ends = []
    for process in (first, second):
        try:
            ends.append(process.communicate(b"more\n", timeout=30))
        except subprocess.TimeoutExpired:
            raise AssertionError("neither ended nor went on") from None
    codes = sorted(process.returncode for process in (first, second))
    assert codes == [0, 1], ends
    assert settled(agent, before)


def test_an_agent_that_is_to_end(agent, start):
    """Nobody new, and those who are there have their time."""
    process = running(start, agent)
    agent.process.terminate()
    until(lambda: "asked to end" in agent.err)
    late = start(agent, "args", "late")
    assert late.wait(30) == 1 and late.communicate()[0] == b""
    out, _ = process.communicate(b"more\n", timeout=30)
    assert (process.returncode, out) == (0, b"more\n")
    assert agent.process.wait(30) == 0
