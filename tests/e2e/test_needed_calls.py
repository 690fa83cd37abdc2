# SPDX-License-Identifier: Apache-2.0
"""Each rule of a keep's filter of system calls is needed: with any one of them ending the process
in place of letting it go on, something that keeps do does not work. A rule that nobody misses has
to go, or to be excepted here with a reason."""

import contextlib
import functools
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
from subprocess import PIPE

import pytest

from agent import Agent, until
from backends import PROVE_NOTHING, allowing
from conftest import Enarx, children, fields
from one_rule import ONE_RULE, check_each, needs_one_rule
from tls import STDIO, client_context

DATA = bytes(range(256)) * 1200
ENDED = f"signal {signal.SIGSYS:d} "
CPUS = len(os.sched_getaffinity(0))

CLOCK = "a system call only where the kernel's clock is not in the vDSO"
# {backend: {rule: reason}}
EXCEPTED = {
    "nil": {"clock_gettime": CLOCK},
    "sgx-sim": {
        "arch_prctl": "only where the processor can make CPUID fault, outside of the enclave",
        "clock_gettime": CLOCK,
        "getrandom": "OpenSSL takes new seed an hour after the last, for quotes of keeps so old",
    },
    "kvm": {"clock_gettime": CLOCK},
}
if CPUS == 1:
    EXCEPTED["nil"]["madvise"] = "where threads compile, which takes two CPUs"


class Scene:
    """What keeps are made to do."""

    def __init__(self, enarx, wasm, folder):
        self.enarx, self.wasm, self.folder = enarx, wasm, folder
        self.said = ""
        self.large = folder / "large.wasm"
        self.large.write_bytes(large_module())
        evidence = folder / "evidence"
        if enarx.backend not in PROVE_NOTHING:
            enarx("attest", "evidence", "-o", evidence, env={"ENARX_LOG": "warn"}).ok()
        self.allow = allowing(enarx.backend, evidence / "root.pem")

    @contextlib.contextmanager
    def running(self, *words, **options):
        process = self.enarx.popen(*words, **options)
        try:
            yield process
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)  # it is to say what has ended its keep
            if process.poll() is None:
                process.terminate()  # what it has started is its to end
            self.said += process.communicate(timeout=20)[1].decode(errors="replace")

    def run(self, *words, **options):
        return self.running("run", "--quiet", *words, **options)

    @contextlib.contextmanager
    def deploy(self, *words, **options):
        with Agent(self.enarx) as agent:
            at = ["--to", agent.address, "--backend", self.enarx.backend, self.allow]
            try:
                with self.running("deploy", "--quiet", *at, *words, **options) as process:
                    yield process
            finally:
                until(lambda: re.search(r" keep \S+ of \S+ ended", agent.err), 60)
                self.said += agent.err

    def begin(self):
        self.said = ""

    def was_ended(self):
        return ENDED in self.said

    def config(self, stream, prot="tcp"):
        path = self.folder / "Enarx.toml"
        path.write_text(f"files = [{STDIO}, {{{stream}, prot = \"{prot}\"}}]\n")
        return path

    def listen(self, port, prot="tcp"):
        address = f'addr = "127.0.0.1", port = {port}'
        return self.config(f'kind = "listen", name = "web", {address}', prot)


def ended(process, status, out=None, input=None):
    said, err = process.communicate(input, timeout=60)
    assert process.returncode == status, (process.returncode, said, err)
    assert out is None or said == out


def connect(process, port):
    while process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        time.sleep(0.02)
    raise AssertionError("it has ended")


def ask(s):
    s.sendall(b"question")
    answer = b""
    while len(answer) < len(b"question"):
        part = s.recv(100)
        assert part
        answer += part
    assert answer == b"question"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


# ---- what they do, the cheapest first ----


def streams(scene):
    with scene.run(scene.wasm("tool"), "cat", stdin=PIPE) as process:
        ended(process, 0, DATA, input=DATA)


def traps(scene):
    with scene.run(scene.wasm("trap"), "bounds") as process:
        ended(process, 134)


def is_terminated(scene):
    with scene.run(scene.wasm("tool"), "spin") as process:
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        ended(process, 128 + signal.SIGTERM)


def is_broken_off(scene):
    """By a signal that tells of a fault, which none was."""
    with scene.run(scene.wasm("tool"), "spin") as process:
        assert process.stdout.readline() == b"ready\n"
        (keep,) = children(process.pid)
        os.kill(keep, signal.SIGSEGV)
        ended(process, 128 + signal.SIGSEGV)


def state(pid):
    """Sleeping, stopped or ended: S, T or Z [proc(5)]."""
    try:
        return fields(pid)["State"][0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def is_stopped_and_goes_on(scene):
    with scene.run(scene.wasm("tool"), "wait") as process:
        assert process.stdout.readline() == b"ready\n"
        (keep,) = children(process.pid)
        for number in (signal.SIGSTOP, signal.SIGCONT):
            os.kill(keep, number)
            until(lambda: state(keep) in ("T" if number == signal.SIGSTOP else "SZ"))
        assert state(keep) == "S"
        process.terminate()
        ended(process, 128 + signal.SIGTERM)


def serves(scene):
    port = free_port()
    config = scene.listen(port)
    with scene.run("--config", config, scene.wasm("busy_server"), "2") as process:
        for _ in range(2):
            with connect(process, port) as s:
                ask(s)
        ended(process, 0, b"served 2\n")


def serves_many(scene):
    """More than fit into one look at each."""
    port, count = free_port(), 40
    with scene.run("--config", scene.listen(port), scene.wasm("busy_server"), count) as process:
        with contextlib.ExitStack() as stack:
            many = [stack.enter_context(connect(process, port)) for _ in range(count)]
            for s in many:
                ask(s)
        ended(process, 0, b"served %d\n" % count)


def ends_one_side(scene):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        port = server.getsockname()[1]
        config = scene.config(f'kind = "connect", host = "127.0.0.1", port = {port}')
        with scene.run("--config", config, scene.wasm("tls_tool"), "half-close") as process:
            with server.accept()[0] as s:
                s.settimeout(20)
                assert s.recv(100) + s.recv(100) == b"question"
                s.sendall(b"answer")
            ended(process, 0, b"heard 6\n")


def serves_tls(scene):
    port = free_port()
    config = scene.listen(port, "tls")
    with scene.run("--config", config, scene.wasm("busy_server"), "1") as process:
        with client_context().wrap_socket(connect(process, port)) as s:
            ask(s)
        ended(process, 0, b"served 1\n")


def gives_files(scene):
    out = scene.folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    words = ["--dir-out", f"/out::{out}", scene.wasm("tool"), "fill", "/out/file", 3 << 20]
    with scene.run(*words) as process:
        ended(process, 0)
    assert (out / "file").stat().st_size == 3 << 20


def is_deployed(scene):
    """Its sockets come from its host when it asks for them."""
    port = free_port()
    words = ["--config", scene.listen(port), scene.wasm("busy_server"), "1"]
    with scene.deploy(*words) as process:
        with connect(process, port) as s:
            ask(s)
        ended(process, 0, b"served 1\n")


def number(value):
    """LEB128 [WebAssembly 5.2.2]"""
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + number(rest) if rest else bytes([low])


def vector(items):
    return number(len(items)) + b"".join(items)


def section(which, *items):
    content = vector(items)
    return bytes([which]) + number(len(content)) + content


def large_module():
    """Functions that take megabytes each to compile: x = x * 3 + 1, and a store of it."""
    step = bytes.fromhex("2000 4103 6c 4101 6a 2100 4100 2000 360200")
    body = bytes.fromhex("01 01 7f") + step * 8000 + b"\x0b"
    exports = b"\6_start\0\0", b"\6memory\2\0"
    return b"".join((
        b"\0asm\1\0\0\0",
        section(1, b"\x60\0\0"),
        section(3, *[b"\0"] * 6),
        section(5, b"\0\1"),
        section(7, *exports),
        section(10, *[number(len(body)) + body] * 6),
    ))  # fmt: skip


def compiles(scene, *words):
    """What was never compiled before."""
    cache = scene.folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    with scene.run(*words, scene.large, env={"XDG_CACHE_HOME": str(cache)}) as process:
        ended(process, 0)


def compiles_fast(scene):
    compiles(scene, "--compiler", "winch")


def has_too_little_memory(scene):
    """The C library's last words, and its end by a signal."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))

    cache = {"XDG_CACHE_HOME": str(scene.folder / "none")}
    with scene.run(scene.large, env=cache, preexec_fn=limit) as process:
        ended(process, 128 + signal.SIGABRT)


SCENES = {
    "nil": (
        *(streams, traps, serves, serves_many, ends_one_side, serves_tls, gives_files, compiles),
        *(has_too_little_memory, is_stopped_and_goes_on, is_deployed),
    ),
    "sgx-sim": (
        *(streams, is_broken_off, serves, serves_many, ends_one_side, compiles_fast, serves_tls),
        *(is_stopped_and_goes_on, is_deployed),
    ),
    "kvm": (
        *(streams, is_terminated, serves, serves_many, ends_one_side, is_stopped_and_goes_on),
        is_deployed,
    ),
}


# ---- what is missed ----


@pytest.fixture
def scene(backend, wasm, tmp_path):
    return Scene(Enarx(ONE_RULE, tmp_path / "home", backend), wasm, tmp_path)


@needs_one_rule
def test_every_rule_is_needed(scene, backend):
    def began(act):
        @functools.wraps(act)
        def play():
            scene.begin()
            act(scene)

        return play

    check_each(scene.enarx.home, map(began, SCENES[backend]), EXCEPTED[backend], scene.was_ended)
