# SPDX-License-Identifier: Apache-2.0
"""enarx run: what a program gets, and how its end is told."""

import hashlib
import json
import os
import pty
import re
import signal
import subprocess
import threading
import time

import pytest

from backends import amount
from conftest import NOTICE, Result, children, status


def test_hello(enarx, tool):
    enarx.run(tool, "args").ok()  # the first of all says what it makes for later ones
    result = enarx("run", tool, "args")
    assert result.status == 0
    assert NOTICE in result.err and len(result.err.splitlines()) == 1


def test_quiet_drops_the_notice(enarx, tool):
    result = enarx("run", "--quiet", tool, "args")
    assert result.status == 0 and result.err == ""


def test_arguments_arrive_as_typed(enarx, tool):
    given = ["args", "two words", "", "--quiet", "-x", "ä€😀", "a=b", "*"]
    lines = enarx.run(tool, *given).ok().out.splitlines()
    assert lines[1:] == [f"{i + 1}={a}" for i, a in enumerate(given)]
    assert lines[0] == "0=main.wasm"


def test_options_end_at_the_module(enarx, tool):
    out = enarx.run(tool, "args", "--timeout", "1s").ok().out
    assert "2=--timeout\n3=1s\n" in out


def test_double_dash_ends_options(enarx, tool):
    assert "1=args" in enarx.run("--", tool, "args").ok().out


def test_many_arguments(enarx, tool):
    given = [f"argument-{i:05}" for i in range(2000)]
    lines = enarx.run(tool, "args", *given).ok().out.splitlines()
    assert lines[2:] == [f"{i + 2}={a}" for i, a in enumerate(given)]


def test_environment_is_what_was_asked_for(enarx, tool):
    out = enarx.run("--env", "A=1", "--env", "B=x=y", "--env", "C=", tool, "env").ok().out
    lines = out.splitlines()
    assert {"A=1", "B=x=y", "C="} <= set(lines)
    names = {line.split("=")[0] for line in lines}
    assert names == {"A", "B", "C", "FD_COUNT", "FD_NAMES"}


def test_env_takes_the_hosts_value(enarx, tool):
    out = enarx.run("--env", "COLOUR", tool, "env", env={"COLOUR": "blue = 4"}).ok().out
    assert "COLOUR=blue = 4\n" in out


def test_env_without_a_value_on_the_host(enarx, tool):
    result = enarx.run("--env", "NOT_SET_ANYWHERE", tool, "env")
    assert "NOT_SET_ANYWHERE" not in result.out if result.status == 0 else result.status in (1, 2)


def test_last_env_wins(enarx, tool):
    out = enarx.run("--env", "A=1", "--env", "A=2", tool, "env").ok().out
    assert [line for line in out.splitlines() if line.startswith("A=")] == ["A=2"]


# ---- how it ends ----


@pytest.mark.parametrize("code", [0, 1, 2, 7, 42, 124, 134, 255])
def test_exit_status_is_the_programs_own(enarx, tool, code):
    result = enarx.run(tool, "exit", code)
    assert result.status == code and result.lines == [], repr(result)


def test_return_value_of_the_empty_export_is_ignored(enarx, wasm):
    enarx.run(wasm("quiet")).ok("")


def test_reactor_is_initialised_first(enarx, wasm):
    enarx.run(wasm("reactor")).ok("ready 1\n")


def test_no_entry_point(enarx, wasm):
    enarx.run(wasm("library")).refused("_start")


def test_module_from_before_preview_1(enarx, wasm):
    result = enarx.run(wasm("preview0"))
    assert (result.status, result.out, result.err) == (5, "before preview 1\n", "")


TRAPS = {
    "unreachable": "unreachable",
    "bounds": "out of bounds",
    "divide": "divide by zero|division by zero",
    "stack": "call stack exhausted|stack overflow",
    "indirect": "indirect call type mismatch|signature",
    "abort": "unreachable",
}


@pytest.mark.parametrize("compiler", ["cranelift", "winch"])
@pytest.mark.parametrize("kind", TRAPS)
def test_trap(enarx, wasm, kind, compiler):
    result = enarx.run("--compiler", compiler, wasm("trap"), kind)
    assert result.status == 134, repr(result)
    assert re.search(TRAPS[kind], result.err), repr(result)
    frames = ["dive"] if kind == "stack" else ["innermost", "outermost", "_start"]
    places = [result.err.find(name) for name in frames]
    assert -1 not in places and places == sorted(places), repr(result)
    assert "panicked" not in result.err and "rust" not in result.err.lower()


@pytest.mark.parametrize("compiler", ["cranelift", "winch"])
def test_vectors(enarx, wasm, compiler):
    """SIMD. Winch has it where a keep's processor is known to have AVX."""
    enarx("run", "--compiler", compiler, wasm("vectors"), "abcdefghijklmnop").ok("ABCDEFGHIJKLMNOP\n")


def test_backtrace_of_a_deep_stack_is_short(enarx, wasm):
    assert len(enarx.run(wasm("trap"), "stack").lines) < 100


def test_timeout_of_a_busy_program(enarx, tool):
    start = time.monotonic()
    limit = amount("seconds of a time limit")
    result = enarx.run("--timeout", f"{limit}s", tool, "spin")
    assert result.status == 124, repr(result)
    assert 0.9 < time.monotonic() - start < 20
    assert len(result.lines) == 1 and f"{limit}s" in result.err.replace(" ", ""), repr(result)


def test_timeout_of_a_waiting_program(enarx, tool):
    result = enarx.run("--timeout", f"{amount('seconds of a time limit')}s", tool, "wait")
    assert result.status == 124 and result.out == "ready\n", repr(result)


def test_program_that_ends_before_its_timeout(enarx, tool):
    enarx.run("--timeout", "1m", tool, "exit", 0).ok("")


@pytest.mark.parametrize("command", ["wait", "spin"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal(enarx, tool, command, number):
    process = enarx.popen("run", "--quiet", tool, command)
    assert process.stdout.readline() == b"ready\n"
    keep = children(process.pid)
    assert keep, "no keep is running"
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert status(process.returncode) == 128 + number, err
    assert not any(alive(pid) for pid in keep)
    assert len(err.splitlines()) <= 1


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_keep_dies_with_the_command(enarx, tool):
    process = enarx.popen("run", "--quiet", tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    keep = children(process.pid)
    process.kill()
    process.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in keep) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(alive(pid) for pid in keep)
    for pid in keep & children(os.getpid()):  # orphans come to us: see conftest.py
        os.waitpid(pid, 0)


def test_killed_keep_is_told_apart(enarx, tool):
    process = enarx.popen("run", "--quiet", "--json", tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    (keep,) = children(process.pid)
    os.kill(keep, signal.SIGKILL)
    _, err = process.communicate(timeout=20)
    assert status(process.returncode) == 128 + signal.SIGKILL
    assert json.loads(err.splitlines()[-1])["ending"] == "signal"


# ---- --json ----


def ending(result):
    return json.loads(result.err.splitlines()[-1])


def test_json_exit(enarx, tool):
    result = enarx("run", "--json", tool, "exit", 134)
    told = ending(result)
    assert (told["ending"], told["status"], told["backend"]) == ("exit", 134, enarx.backend), told
    assert result.status == 134


def test_json_counters(enarx, tool):
    """An enclave was entered once more than it was left to be served, and as often left; a
    machine of KVM's was left by calls of the port and for exec's file alone, and by few."""
    told = ending(enarx("run", "--json", tool, "exit", 0))
    counted = told.get("counters")
    if enarx.backend == "kvm":
        exits = [counted[f"kvm_exit_{kind}"] for kind in ("port", "exec", "again")]
        assert sum(exits) == counted["kvm_run"] < 120
        assert counted["ports"] <= counted["kvm_exit_port"]
        assert 0 < counted["kvm_started_us"] < counted["kvm_exec_us"] <= counted["kvm_module_us"]
        assert counted["copied"] < counted["pages"] <= counted["pages_most"]
        return
    if enarx.backend != "sgx-sim":
        assert counted is None
        return
    exceptions = sum(counted[f"exception_{kind}"] for kind in ("ud", "pf", "other"))
    assert counted["enter"] == counted["exit_port"] + counted["exit_resume"]
    assert counted["resume"] == counted["exit_resume"] == exceptions
    assert counted["eenter"] == counted["enter"] and counted["exit_port"] > 0
    assert counted["exception_ud"] == counted["aex_syscall"] > 0
    assert counted["eadd"] * 4096 == counted["eextend_bytes"] > 0


def test_stats(enarx, tool):
    """The same in words, on standard error."""
    result = enarx("run", "--quiet", "--stats", tool, "args")
    told = "nothing is counted on nil" if enarx.backend == "nil" else "counted: [1-9]"
    assert result.status == 0 and len(result.lines) == 1, repr(result)
    assert re.match(f"enarx: {told}", result.lines[0]), repr(result)


def test_json_trap(enarx, wasm):
    result = enarx.run("--json", wasm("trap"), "unreachable")
    assert ending(result)["ending"] == "trap" and result.status == 134


def test_json_timeout(enarx, tool):
    result = enarx.run("--json", "--timeout", "200ms", tool, "spin")
    assert ending(result)["ending"] == "timeout" and result.status == 124


def test_json_failed(enarx, wasm):
    result = enarx.run("--json", wasm("import"))
    assert ending(result)["ending"] == "failed" and result.status == 1


def test_json_signal(enarx, tool):
    process = enarx.popen("run", "--json", tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    told = json.loads(err.splitlines()[-1])
    assert told["ending"] == "signal" and status(process.returncode) == 143


# ---- streams ----


def test_standard_input(enarx, tool):
    enarx.run(tool, "cat", input="one\ntwo").ok("one\ntwo")


def test_empty_standard_input(enarx, tool):
    enarx.run(tool, "cat", input="").ok("")


def test_closed_standard_input(enarx, tool):
    shell = f"exec {enarx.path} run --quiet {tool} cat <&-"
    result = shell_run(enarx, shell)
    assert result.status in (0, 2) and result.out == "", repr(result)


def shell_run(enarx, script):
    return Result(
        subprocess.run(["bash", "-c", script], capture_output=True, env=enarx.env, timeout=60)
    )


def test_closed_standard_output(enarx, tool):
    result = shell_run(enarx, f"exec {enarx.path} run --quiet {tool} yes >&-")
    assert result.status == 3 and "Bad file descriptor" in result.err, repr(result)


def test_closed_standard_error(enarx, tool):
    result = shell_run(enarx, f"exec {enarx.path} run {tool} args 2>&-")
    assert result.status == 0 and "1=args" in result.out, repr(result)


def test_full_standard_output(enarx, tool):
    result = shell_run(enarx, f"exec {enarx.path} run --quiet {tool} yes >/dev/full")
    assert result.status == 3 and "No space left" in result.err, repr(result)


def test_reader_that_leaves(enarx, tool):
    result = shell_run(
        enarx, f"{enarx.path} run --quiet {tool} yes | head -1; exit ${{PIPESTATUS[0]}}"
    )
    assert result.out == "y\n" and result.status == 3, repr(result)
    assert "pipe" in result.err.lower(), repr(result)


def test_waiting_for_input(enarx, tool):
    process = enarx.popen("run", "--quiet", tool, "await", "100", stdin=subprocess.PIPE)
    out, _ = process.communicate(timeout=20)  # closes it: the end of a stream is ready
    assert out in (b"ready\n", b"timeout\n")
    process = enarx.popen("run", "--quiet", tool, "await", "100", stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"timeout\n"
    process.communicate(timeout=20)
    process = enarx.popen("run", "--quiet", tool, "await", "20000", stdin=subprocess.PIPE)
    process.stdin.write(b"x")
    process.stdin.flush()
    assert process.stdout.readline() == b"ready\n"
    process.communicate(timeout=20)


def test_clocks(enarx, tool):
    seconds, waited = enarx.run(tool, "clocks").ok().out.split(maxsplit=1)
    assert abs(int(seconds) - time.time()) < 60 and waited == "waited\n"


def test_randomness_differs(enarx, tool):
    assert enarx.run(tool, "random").ok().out != enarx.run(tool, "random").ok().out


def test_memory_limit(enarx, tool):
    enarx.run("--max-memory", "64M", tool, "take", "16").ok(f"took {16 << 20}\n")
    result = enarx.run("--max-memory", "64M", tool, "take", "128")
    assert (result.status, result.out) == (4, "no memory\n"), repr(result)


def test_memory_limit_below_what_the_module_needs(enarx, wasm):
    enarx.run("--max-memory", "64K", wasm("tool"), "args").refused("memory")


def test_progress_on_a_terminal_only(fresh, go_wasm):
    """Compiling on one CPU takes a while: a terminal hears of it, a pipe does not."""
    program = go_wasm("listener")
    once = ["taskset", "-c", "0", fresh.path, "run", "--quiet", program]
    silent = subprocess.run(once, env=fresh.env, capture_output=True, timeout=300)
    assert b"compil" not in silent.stderr
    fresh("cache", "--clear").ok()
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*once[:5], program], env=fresh.env, stderr=theirs, stdout=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    process.wait(60)
    assert b"compil" in shown, shown


def test_one_gibibyte_from_standard_input_to_standard_output(enarx, tool):
    """A stream far larger than any buffer arrives whole and in order."""
    block = hashlib.shake_256(b"stream").digest(1 << 20)
    count = amount("MiB through a stream")
    process = enarx.popen("run", "--quiet", tool, "cat", stdin=subprocess.PIPE)
    sent = hashlib.sha256()

    def feed():
        for i in range(count):
            part = i.to_bytes(8, "little") + block[8:]
            sent.update(part)
            process.stdin.write(part)
        process.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    received, size = hashlib.sha256(), 0
    while part := process.stdout.read1(1 << 20):
        received.update(part)
        size += len(part)
    feeder.join()
    assert process.wait(60) == 0 and process.stderr.read() == b""
    process.stdout.close()
    process.stderr.close()
    assert size == count << 20 and received.digest() == sent.digest()
