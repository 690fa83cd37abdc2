# SPDX-License-Identifier: Apache-2.0
"""What a keep's process may do, seen from outside while it runs."""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from agent import until
from backends import amount
from conftest import AS_NOBODY, Result, children, machines


@contextlib.contextmanager
def waiting(enarx, tool):
    """The process that runs the module."""
    process = enarx.popen("run", "--quiet", tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    (pid,) = children(process.pid)
    yield pid
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def keep(enarx, tool):
    with waiting(enarx, tool) as pid:
        yield pid


def fields(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def test_no_new_privileges(keep):
    assert fields(keep)["NoNewPrivs"].strip() == "1"


def test_seccomp_filter(keep):
    assert fields(keep)["Seccomp"].strip() == "2"


def test_every_thread_is_filtered(fresh, tool):
    """Those that have compiled among them, which wait for more."""
    with waiting(fresh, tool) as keep:
        tasks = [(task / "status").read_text() for task in Path(f"/proc/{keep}/task").iterdir()]
    assert (len(tasks) > 1) == (fresh.backend == "nil" and len(os.sched_getaffinity(0)) > 1)
    for text in tasks:
        assert "NoNewPrivs:\t1" in text and "Seccomp:\t2" in text


def limits(pid):
    rows = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {row[:26].strip(): row[26:].split()[:2] for row in rows}


def test_no_core_dump(keep):
    assert limits(keep)["Max core file size"] == ["0", "0"]


only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a keep")


def test_not_readable_by_its_owners_other_processes(enarx, tool):
    """An undumpable process's memory and descriptors belong to root alone."""
    with (
        open(enarx.path, "rb") as command,
        open(tool, "rb") as module,
        tempfile.TemporaryDirectory() as home,
    ):
        if AS_NOBODY:
            os.chown(home, 65534, 65534)
        paths = [f"/proc/self/fd/{f.fileno()}" for f in (command, module)]
        process = subprocess.Popen(
            [*AS_NOBODY, paths[0], "run", "--quiet", paths[1], "wait"],
            env={**enarx.env, "HOME": home, "XDG_STATE_HOME": home, "XDG_CACHE_HOME": home},
            pass_fds=[command.fileno(), module.fileno()],
            stdout=subprocess.PIPE,
        )
        assert process.stdout.readline() == b"ready\n"
        (keep,) = children(process.pid)
        for entry in ("exe", "fd", "mem", "environ"):
            look = [*AS_NOBODY, "head", "-c", "1", f"/proc/{keep}/{entry}"]
            seen = subprocess.run(look, capture_output=True)
            assert b"Permission denied" in seen.stderr, entry
        process.terminate()
        process.communicate(timeout=20)


def test_limits_on_what_it_may_open_and_start(keep):
    rows = limits(keep)
    assert rows["Max open files"][0] != "unlimited" and int(rows["Max open files"][0]) <= 65536


@only_root
def test_descriptors_are_closed(enarx, tool, tmp_path):
    """What the caller had open is not the program's business."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with open(secret) as inherited, open(secret) as other:
        process = enarx.popen(
            "run", "--quiet", tool, "wait", pass_fds=[inherited.fileno(), other.fileno()]
        )
        assert process.stdout.readline() == b"ready\n"
        (keep,) = children(process.pid)
        targets = [os.readlink(fd) for fd in Path(f"/proc/{keep}/fd").iterdir()]
        process.terminate()
        process.communicate(timeout=20)
    assert str(secret) not in targets
    assert not any(t.endswith(".wasm") for t in targets), targets
    most = 10 if enarx.backend == "kvm" else 8  # its processor and what that counts
    assert len(targets) <= most, targets


@only_root
def test_memory_is_never_writable_and_executable(keep):
    maps = Path(f"/proc/{keep}/maps").read_text()
    assert not re.search(r"^\S+ .wx", maps, re.MULTILINE)


def trace(enarx, *args, prefix=(), calls="clone,clone3,fork,vfork"):
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: run tools/setup check")
    command = [*prefix, "strace", "-f", "-qq", "-e", f"trace={calls}", "-o"]
    log = enarx.tmp / "strace"
    done = subprocess.run(
        [*command, str(log), str(enarx.path), *map(str, args)],
        capture_output=True,
        env=enarx.env,
        timeout=300,
    )
    text = log.read_text()
    log.unlink()
    if "PTRACE" in done.stderr.decode():
        pytest.skip("this machine lets nobody trace a process")
    return Result(done), text


def threads(text):
    return [line for line in text.splitlines() if "CLONE_THREAD" in line]


def test_one_cpu_means_no_thread(fresh, tool):
    result, text = trace(fresh, "run", "--quiet", tool, "exit", 0, prefix=["taskset", "-c", "0"])
    assert result.status == 0 and text.count("clone") >= 1, text
    assert threads(text) == []


def test_one_cpu_compiles_all_the_same(fresh, wasm):
    """Without a tracer: a thread would end the keep, as the filter has none."""
    command = ["taskset", "-c", "0", fresh.path, "run", "--quiet", wasm("tool"), "exit", "9"]
    assert subprocess.run(command, env=fresh.env, timeout=120).returncode == 9


def test_more_cpus_compile_together(fresh, tool):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("only one CPU here")
    result, text = trace(fresh, "run", "--quiet", tool, "exit", 0)
    assert result.status == 0 and threads(text), text
    result, text = trace(fresh, "run", "--quiet", tool, "exit", 0)
    assert result.status == 0 and threads(text) == [], "the second run compiles nothing"


def test_keep_starts_nothing_and_opens_nothing(enarx, tool):
    """After the filter is in place, only calls of the shim's own table are made."""
    enarx.run(tool, "exit", 0).ok("")
    result, text = trace(
        enarx,
        "run",
        "--quiet",
        tool,
        "cat",
        calls="seccomp,prctl,execve,open,openat,socket,connect",
    )
    assert result.status == 0
    first = text.split()[0]
    keep = [line for line in text.splitlines() if not line.startswith(first)]
    filtered = max(i for i, line in enumerate(keep) if "SECCOMP_SET_MODE_FILTER" in line)
    assert [line for line in keep[filtered + 1 :] if not re.search(r" (\+\+\+|---) ", line)] == []


def test_filtered_before_the_machine_runs(enarx, tool):
    """Another process of the command's has run one to see whether KVM works."""
    result, text = trace(enarx, "run", "--quiet", tool, "exit", 0, calls="seccomp,ioctl")
    assert result.status == 0
    (filtered,) = (x for x in text.splitlines() if "(SECCOMP_SET_MODE_FILTER, 0, {" in x)
    keep = [x for x in text.splitlines() if x.split()[0] == filtered.split()[0]]
    runs = [i for i, line in enumerate(keep) if "KVM_RUN" in line]
    assert runs and keep.index(filtered) < runs[0]


def test_a_thousand_runs_leave_nothing(fresh, wasm):
    command = ("run", "--quiet", "--compiler", "winch", wasm("quiet"))
    fresh(*command).ok("")
    shared = named_after_us()
    files = sorted(fresh.home.rglob("*"))
    processes = children(os.getpid())
    descriptors = len(os.listdir("/proc/self/fd"))
    before = machines()
    for _ in range(amount("runs one after the other")):
        status = subprocess.run(
            [fresh.path, *command], env=fresh.env, timeout=60
        ).returncode
        assert status == 0
    assert children(os.getpid()) == processes
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert sorted(fresh.home.rglob("*")) == files
    assert list(fresh.tmp.iterdir()) == []
    assert named_after_us() == shared
    until(lambda: machines() <= before)


def named_after_us():
    return list(Path("/dev/shm").glob("*enarx*"))


def test_no_progress_when_piped(fresh, tool):
    """A first run compiles, but says nothing about it where nobody looks."""
    fresh.run(tool, "exit", 0).ok("")


def test_open_files_do_not_run_out(enarx, tool):
    """A caller with few descriptors still gets its program run."""
    process = enarx.popen(
        "run",
        "--quiet",
        tool,
        "args",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)),
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and b"1=args" in out, err
