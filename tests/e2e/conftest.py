# SPDX-License-Identifier: Apache-2.0
"""Drives the built command as a user would: real processes, real files, real
sockets. Every test ends with a look for processes left behind."""

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from backends import BACKENDS, ON_EVERY_BACKEND, PROVE_NOTHING, excepted

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests/e2e/programs"
BUILT = ROOT / "build/tests/e2e"
ENARX = Path(os.environ.get("ENARX", ROOT / "build/enarx")).resolve()
NOTICE = "not confidential"  # what nil and kvm say unless told --quiet
MAKING = "enarx: making a key to sign enclaves with, once"  # what the first enclave of a home says

# Root may do everything: what others may not do is tried as nobody.
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
if os.geteuid() != 0:
    AS_NOBODY = []

PR_SET_CHILD_SUBREAPER = 36


def pytest_sessionstart(session):
    """Orphans of the command become children of ours, so that they show."""
    if not ENARX.exists():
        pytest.exit(f"{ENARX} is missing: run make", 1)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid):
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that has ended
            found.update(int(p) for p in (task / "children").read_text().split())
    return found


def fields(pid):
    """/proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


MACHINES = Path("/sys/kernel/debug/kvm")


def machines():
    """Those that KVM has: a folder for each, named after its process."""
    try:
        return {path.name for path in MACHINES.iterdir() if "-" in path.name}
    except OSError:  # only root sees them
        return set()


def status(returncode):
    """What a shell would see."""
    return returncode if returncode >= 0 else 128 - returncode


class Result:
    def __init__(self, completed):
        self.status = status(completed.returncode)
        self.bytes = completed.stdout or b""
        self.out = self.bytes.decode(errors="backslashreplace")
        self.err = (completed.stderr or b"").decode(errors="backslashreplace")
        self.lines = [line for line in self.err.splitlines() if NOTICE not in line and line != MAKING]

    def __repr__(self):
        return f"status {self.status}\nout: {self.out[:2000]}\nerr: {self.err[:4000]}"

    def ok(self, out=None):
        """It worked, and said nothing that was not asked for."""
        assert self.status == 0 and self.lines == [], repr(self)
        if out is not None:
            assert self.out == out
        return self

    def refused(self, *said, status=1):
        """One clear line with everything in `said`, and nothing else."""
        assert self.status == status, repr(self)
        assert len(self.lines) == 1, repr(self)
        assert self.lines[0].startswith("enarx: "), repr(self)
        for part in said:
            assert re.search(part, self.lines[0], re.IGNORECASE), f"no {part!r}: {self!r}"
        assert self.out == "", repr(self)
        return self


def finish(process, timeout=60):
    """The result of what was begun with Enarx.popen."""
    out, err = process.communicate(timeout=timeout)
    return Result(subprocess.CompletedProcess([], process.returncode, out, err))


class Enarx:
    """The command, with a home of its own and none of the caller's settings."""

    def __init__(self, path, home, backend=None):
        self.path = path
        self.home = home
        self.backend = backend
        self.tmp = home / "tmp"
        self.tmp.mkdir(parents=True)
        keep = ("PATH", "LANG", "CI")
        self.env = {k: v for k, v in os.environ.items() if k in keep}
        self.env.update(
            HOME=str(home),
            TMPDIR=str(self.tmp),
            XDG_CACHE_HOME=str(home / "cache"),
            XDG_STATE_HOME=str(home / "state"),
        )
        if backend is not None:
            self.env["ENARX_BACKEND"] = backend

    def popen(self, *args, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(
            [str(self.path), *map(str, args)], env={**self.env, **(env or {})}, **options
        )

    def __call__(self, *args, input=None, timeout=60, **options):
        if isinstance(input, str):
            input = input.encode()
        if input is not None:
            options["stdin"] = subprocess.PIPE
        process = self.popen(*args, **options)
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"no end after {timeout} s: {args}\nout: {out[-2000:]}\nerr: {err[-2000:]}")
        return Result(subprocess.CompletedProcess(args, process.returncode, out, err))

    def run(self, *args, **options):
        """`enarx run`, without the line about confidentiality."""
        return self("run", "--quiet", *args, **options)


@pytest.fixture(scope="session")
def backend(request):
    """The backend that ENARX_BACKEND names; None: what the command chooses by itself."""
    return getattr(request, "param", None)


@pytest.fixture(scope="session")
def enarx(backend, tmp_path_factory):
    return Enarx(ENARX, tmp_path_factory.mktemp("home"), backend)


@pytest.fixture
def fresh(backend, tmp_path):
    """The command as on a machine where it never ran."""
    return Enarx(ENARX, tmp_path / "home", backend)


@pytest.fixture(autouse=True)
def nothing_left():
    """The command waits for what it starts: an orphan of it is a failure."""
    before = children(os.getpid())
    yield
    left = []
    for pid in children(os.getpid()) - before:
        if Path(f"/proc/{pid}/comm").read_text().strip() == ENARX.name:
            left.append(pid)
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert not left, f"{len(left)} processes left behind"


# ---- backends ----


def platform():
    """What `enarx platform info` says, by the backends' names."""
    shown = subprocess.run([ENARX, "platform", "info", "--json"], capture_output=True, check=True)
    return {b["name"]: b for b in json.loads(shown.stdout)["backends"]}


def why_not(backend, found):
    """Why nothing can be run on a backend here; None when it can."""
    if backend not in found:
        return "this build has no such backend"
    return next((f"{p['what']}: {p['why']}" for p in found[backend]["probes"] if not p["ok"]), None)


def pytest_configure(config):
    config.addinivalue_line("markers", "once: starts no keep, so one backend will do")
    config.why_not = {b: why_not(b, platform()) for b in BACKENDS} if ENARX.exists() else {}


def on_every_backend(metafunc):
    return (
        metafunc.module.__name__ in ON_EVERY_BACKEND
        and "backend" in metafunc.fixturenames
        and metafunc.definition.get_closest_marker("once") is None
    )


def pytest_generate_tests(metafunc):
    if on_every_backend(metafunc):
        here = [b for b in BACKENDS if metafunc.config.why_not[b] is None]
        metafunc.parametrize("backend", here, indirect=True, scope="session")


def pytest_collection_modifyitems(items):
    """Marks what backends.py excepts as skipped, with its reason."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        backend = parameters.get("backend")
        if backend is not None:
            reason = excepted(backend, item.originalname, parameters)
            if reason:
                item.add_marker(pytest.mark.skip(reason=f"{backend}: {reason}"))


@pytest.fixture(scope="session")
def simulated(request):
    """For tests of what the simulation can prove."""
    why = request.config.why_not.get("sgx-sim", "not among ENARX_TEST_BACKENDS")
    if why is not None:
        pytest.skip(f"sgx-sim: {why}")
    return "sgx-sim"


@pytest.fixture(scope="session")
def simulation(enarx, simulated, tmp_path_factory):
    """A folder with root and collateral of this user's simulation, as of an evidence."""
    out = tmp_path_factory.mktemp("simulation") / "ev"
    enarx("attest", "evidence", "--backend", simulated, "-o", out, env={"ENARX_LOG": "warn"}).ok()
    return out


@pytest.fixture(scope="session")
def root(backend, request):
    """What the owner of a keep of this backend names as its root, where that proves anything."""
    return None if backend in PROVE_NOTHING else request.getfixturevalue("simulation") / "root.pem"


# ---- programs ----


def compile_once(source, target, command):
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        subprocess.run([*map(str, command), "-o", str(part)], check=True, cwd=source.parent)
        part.replace(target)
    return target


# How to link programs that are not ordinary commands.
BARE = ("-nostdlib", "-Wl,--no-entry")
FLAGS = {
    "reactor": ("-mexec-model=reactor",),
    "vectors": ("-msimd128",),
    "busy_server": ("-Wl,-z,stack-size=1048576",),  # libc polls on the stack
    **dict.fromkeys(("import", "library", "mistyped", "preview0", "quiet", "signature"), BARE),
}


def build_c(source, target, *flags):
    command = [
        "clang",
        "--target=wasm32-wasi",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        *flags,
        source,
    ]
    return compile_once(source, target, command)


@pytest.fixture(scope="session")
def wasm():
    """wasm("tool") is the module made from programs/tool.c."""

    def build(name):
        return build_c(PROGRAMS / f"{name}.c", BUILT / f"{name}.wasm", *FLAGS.get(name, ()))

    return build


@pytest.fixture(scope="session")
def tool(wasm):
    return wasm("tool")


@pytest.fixture(scope="session")
def go_wasm(tmp_path_factory):
    def build(name):
        environment = {**os.environ, "GOOS": "wasip1", "GOARCH": "wasm", "GO111MODULE": "off"}
        environment.setdefault("GOCACHE", str(BUILT / "go"))
        target = BUILT / f"{name}_go.wasm"
        source = PROGRAMS / f"{name}.go"
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            if shutil.which("go") is None:
                absent("Go 1.21 or newer is not installed")
            BUILT.mkdir(parents=True, exist_ok=True)
            subprocess.run(["go", "build", "-o", target, source], check=True, env=environment)
        return target

    return build


@pytest.fixture(scope="session")
def rust_wasm():
    """With Debian's compiler: a rustc from elsewhere may lack the target."""
    rustc = Path("/usr/bin/rustc")

    def build(name):
        if not rustc.exists() and not (BUILT / f"{name}_rs.wasm").exists():
            absent("Debian's rustc is not installed")
        command = [rustc, "--target=wasm32-wasi", "-O", "--edition=2021", PROGRAMS / f"{name}.rs"]
        return compile_once(PROGRAMS / f"{name}.rs", BUILT / f"{name}_rs.wasm", command)

    return build


def absent(what):
    """Skipped for a user who lacks it; a failure where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


# ---- network ----


@pytest.fixture
def port():
    """A TCP port that nobody listens on."""
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::", 0))
        return s.getsockname()[1]
