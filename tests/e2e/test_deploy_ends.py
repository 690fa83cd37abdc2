# SPDX-License-Identifier: Apache-2.0
"""How deployments end: by themselves, by their time and their user's signals, and by what breaks.
Nothing that was cut short is a success, and nobody is left running."""

import fcntl
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from agent import Agent, until
from backends import allowing, amount
from conftest import finish
from deployment import agent, begin, deploy, newest, target  # noqa: F401

CONTENT = bytes(range(256)) * 4000


def test_a_time_limit(deploy, agent, tool):
    limit = amount("seconds of a time limit")
    result = deploy("--timeout", f"{limit}s", tool, "spin")
    assert (result.status, result.out) == (124, "ready\n")
    assert f"was ended after {limit}s" in result.err
    assert newest(agent)["state"] == "ended"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_reach_the_program(begin, agent, tool, number):
    process = begin(tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    process.send_signal(number)
    result = finish(process)
    assert result.status == 128 + number and result.err == "", repr(result)
    assert time.monotonic() - began < 4
    until(lambda: newest(agent)["state"] == "ended")


@pytest.mark.parametrize("what", ["program", "token"])
def test_signals_end_what_only_reads(begin, tool, tmp_path, what):
    """Files that never come to an end, before there is a keep."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    words = [pipe] if what == "program" else ["--token-file", pipe, tool]
    process = begin(*words)
    with open(pipe, "wb"):
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_a_busy_program_does_not_outlive_its_user(begin, agent, tool):
    process = begin(tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.wait()
    assert "owner has left" in agent.ended(newest(agent), 40)["failure"]


def test_a_program_that_heeds_no_signal_is_stopped(begin, agent, tool):
    process = begin(tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert finish(process).status == 128 + signal.SIGTERM
    assert 4 < time.monotonic() - began < 15
    assert newest(agent)["state"] == "ended"


def test_the_third_signal_stops_at_once(begin, agent, tool):
    process = begin(tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    while process.poll() is None:  # two that wait to be taken are one
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert finish(process).status == 128 + signal.SIGINT
    assert time.monotonic() - began < 4
    assert newest(agent)["state"] == "ended"


def test_output_that_nobody_takes_ends_the_program(begin, agent, tool):
    process = begin(tool, "yes")
    assert process.stdout.read(1000) == b"y\n" * 500
    process.stdout.close()
    assert process.wait(20) == 128 + signal.SIGPIPE
    process.stderr.close()
    until(lambda: newest(agent)["state"] == "ended")


def test_output_that_does_not_fit_is_told(begin, tool):
    with open("/dev/full", "wb") as full:
        process = begin(tool, "yes", stdout=full)
        result = finish(process)
    assert result.status == 128 + signal.SIGPIPE
    assert "standard output: No space left on device" in result.err


def test_the_end_of_output_may_not_fit_either(begin, tool):
    """The program has ended well by then, and its user has nothing of it."""
    with open("/dev/full", "wb") as full:
        process = begin(tool, "args", stdout=full)
        result = finish(process)
    assert result.status == 1
    assert "standard output: No space left on device" in result.err


def test_output_that_is_closed_is_told(enarx, target, tool):
    words = [enarx.path, "deploy", *target, tool, "args"]
    command = ["bash", "-c", 'exec "$@" >&-', "bash", *map(str, words)]
    result = subprocess.run(command, capture_output=True, env=enarx.env, timeout=30)
    assert result.returncode == 0 and b"standard output is closed" in result.stderr


def test_a_reader_that_takes_its_time_loses_nothing(begin, tool):
    process = begin(tool, "cat", stdin=subprocess.PIPE)
    feeder = threading.Thread(target=lambda: (process.stdin.write(CONTENT), process.stdin.close()))
    feeder.start()
    time.sleep(1)
    got = b""
    while part := process.stdout.read(50000):
        got += part
        time.sleep(0.01)
    feeder.join()
    assert got == CONTENT and process.wait(20) == 0
    process.stdout.close()
    process.stderr.close()


def test_descriptors_of_others_stay_as_they_are(begin, tool):
    """Neither end of a pipe that others have, too, becomes one that does not wait."""
    reading, writing = os.pipe()
    process = begin(tool, "args", stdout=writing)
    process.wait(30)
    assert fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK == 0
    os.close(reading)
    os.close(writing)
    process.stderr.close()


# ---- what breaks ----


def test_a_keep_that_is_gone(begin, agent, tool):
    """What a session without its end has said is never a success."""
    process = begin(tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    os.kill(agent.keep_pid(newest(agent)), signal.SIGKILL)
    result = finish(process)
    assert result.status == 1 and "cut short" in result.err, repr(result)


def test_a_host_that_is_gone(enarx, root, tool, tmp_path):
    agent = Agent(enarx, "--state-dir", tmp_path / "state").ready()
    allow = allowing(enarx.backend, root)
    words = ("--to", f"127.0.0.1:{agent.port}", "--backend", enarx.backend, allow)
    process = enarx.popen("deploy", "--quiet", *words, tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    agent.stop(signal.SIGKILL)
    result = finish(process)
    assert result.status == 1 and "cut short" in result.err, repr(result)


def test_an_owner_that_is_gone_takes_the_program_along(begin, agent, tool):
    process = begin(tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    finish(process)
    until(lambda: newest(agent)["state"] == "ended")


def test_many_at_once(begin, tool):
    statuses = list(range(amount("deployments at once")))
    processes = [begin(tool, "exit", i) for i in statuses]
    assert [finish(p, 60).status for p in processes] == statuses


def test_large_workloads_take_little_memory(begin, tool, tmp_path):
    """What is sent lies in memory once."""
    data = tmp_path / "data"
    data.mkdir()
    with open(data / "big", "wb") as big:
        for _ in range(96):
            big.write(os.urandom(1 << 20))
    process = begin("--dir", f"{data}::/data:ro", tool, "exit", 0)
    most = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        most = max(most, *map(int, re.findall(r"VmHWM:\s+(\d+)", status)), 0)
        time.sleep(0.01)
    assert finish(process).status == 0
    assert 96 * 1024 < most < 160 * 1024, most
