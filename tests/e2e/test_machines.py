# SPDX-License-Identifier: Apache-2.0
"""KVM's machines go with their keeps, by KVM's own count, whatever ends them, and with starts
that fail for want of something."""

import contextlib
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from agent import until
from backends import amount
from conftest import ENARX, MACHINES, ROOT, Enarx, Result, children, machines

HUGE = 2 << 20


@pytest.fixture(scope="module")
def kvm(request, tmp_path_factory):
    """The command, on kvm."""
    why = request.config.why_not.get("kvm", "not among ENARX_TEST_BACKENDS")
    if why is not None:
        pytest.skip(f"kvm: {why}")
    if not os.access(MACHINES, os.R_OK):
        pytest.skip(f"{MACHINES} is not there to be read: root reads it where debugfs is mounted")
    return Enarx(ENARX, tmp_path_factory.mktemp("home"), "kvm")


@pytest.fixture(autouse=True)
def none_is_left():
    before, descriptors = machines(), len(os.listdir("/proc/self/fd"))
    yield
    until(lambda: machines() <= before)
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.fixture
def keep(kvm, tool):
    """keep("cat") is a command that runs that, up, and the process of its keep."""

    def start(*words):
        process = kvm.popen("run", "--quiet", tool, *words, stdin=subprocess.PIPE)
        if words[0] == "cat":
            process.stdin.write(b"ready\n")
            process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        (pid,) = children(process.pid)
        assert [name for name in machines() if name.startswith(f"{pid}-")], "it could not be seen"
        return process, pid

    return start


def ended(process, input=None):
    out, err = process.communicate(input, timeout=60)
    return Result(subprocess.CompletedProcess([], process.returncode, out, err))


# ---- whatever ends it ----


@pytest.mark.parametrize("words, status", [(("exit", 0), 0), (("exit", 42), 42)])
def test_its_program(kvm, tool, words, status):
    assert kvm.run(tool, *words).status == status


def test_a_trap(kvm, wasm):
    assert kvm.run(wasm("trap"), "unreachable").status == 134


def test_its_time(kvm, tool):
    limit = f"{amount('seconds of a time limit')}s"
    assert kvm.run("--timeout", limit, tool, "spin").status == 124


def test_a_signal(keep):
    process, _ = keep("spin")
    process.terminate()
    assert ended(process).status == 143


def test_its_monitor_is_killed(keep):
    process, pid = keep("spin")
    os.kill(pid, signal.SIGKILL)
    ended(process).refused("SIGKILL|signal 9|killed", status=137)


def test_who_started_it_is_killed(keep):
    process, pid = keep("spin")
    process.kill()
    ended(process)
    until(lambda: not Path(f"/proc/{pid}").exists() or is_reaped(pid))


def is_reaped(pid):
    """Orphans are ours: conftest.py."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return True


def shim_of(memory, maps):
    """Where its shim lies in a process."""
    shim = (ROOT / "build/shim-kvm.flat").read_bytes()[:4096]
    for line in reversed(maps.splitlines()):  # below it lies the keep's memory: gibibytes
        first, last = (int(x, 16) for x in line.split()[0].split("-"))
        for at in range(-(-first // HUGE) * HUGE, last, HUGE):
            with contextlib.suppress(OSError, OverflowError):
                memory.seek(at)
                if memory.read(len(shim)) == shim:
                    return at
    raise AssertionError("no shim")


def test_an_attack(keep):
    """The host puts HLT in place of all of the shim's code."""
    process, pid = keep("cat")
    with open(f"/proc/{pid}/mem", "r+b", 0) as memory:
        memory.seek(shim_of(memory, Path(f"/proc/{pid}/maps").read_text()))
        memory.write(b"\xf4" * 0x10000)
    ended(process, b"more\n").refused("the keep stopped: ")


# ---- for want of something ----


def limited(what, most):
    return lambda: resource.setrlimit(what, (most, most))


def attempts(kvm, tool, what, values):
    """Starts with less and less of it missing, until one works."""
    for value in values:
        before = machines()
        result = kvm.run(tool, "exit", "7", preexec_fn=limited(what, value))
        until(lambda: machines() <= before)
        if result.status == 7:
            return
        yield result


def test_descriptors(kvm, tool):
    """For each start that lacks some there is one line, and it says so."""
    refused = list(attempts(kvm, tool, resource.RLIMIT_NOFILE, range(4, 64)))
    assert 3 <= len(refused) < 60
    for result in refused:
        assert result.status in (1, 127), repr(result)
        assert "open files" in result.err or result.status == 127, repr(result)


def test_memory(kvm, tool):
    gib = 1 << 30
    refused = list(attempts(kvm, tool, resource.RLIMIT_AS, (gib // 2, gib, 2 * gib, -1)))
    assert len(refused) == 3
    for result in refused:
        result.refused("cannot start the keep: addresses for its memory: Cannot allocate memory")
