# SPDX-License-Identifier: Apache-2.0
"""What a host gets to see of a workload: nothing. The workload is full of markers, and
all that an agent and the processes of its keeps have is searched for them: memory, but
the enclave's own, files, logs, answers, traffic. The same search finds them where a keep
leaks them."""

import json
import os
import re
import subprocess

import pytest

from agent import Agent
from conftest import ENARX, ROOT, Enarx
from hostile_agent import HostileAgent
from markers import ENCLAVE, MARKERS, START, found, in_files, in_memory

LEAKY = ROOT / "build/tests/deploy/enarx"
PAGES = ("/v1/keeps", "/v1/platform", "/metrics", "/", "/healthz", "/readyz")


class Host:
    """A machine: its agent, and what `enarx attest evidence` says of its simulation."""

    def __init__(self, path, folder):
        self.enarx = Enarx(path, folder / "home")
        out = folder / "evidence"
        quiet = {"ENARX_LOG": "warn"}
        self.enarx("attest", "evidence", "--backend", "sgx-sim", "-o", out, env=quiet).ok()
        self.root = out / "root.pem"
        self.agent = Agent(self.enarx).ready()

    def keep(self):
        """The one that runs."""
        (keep,) = (k for k in self.agent.list() if k["state"] != "ended")
        return keep

    def told(self):
        """All that the agent tells who asks."""
        told = b""
        for path in (*PAGES, *(f"/v1/keeps/{k['id']}" for k in self.agent.list())):
            body = self.agent.get(path)
            told += body if isinstance(body, bytes) else json.dumps(body).encode()
        return told

    def processes(self):
        return {self.agent.pid} | self.agent.descendants()

    def everywhere(self):
        """Markers by where they are."""
        seen = {f"memory of {pid}": in_memory(pid) for pid in self.processes()}
        seen["files"] = in_files(self.enarx.home) | in_files(self.agent.state)
        seen["log"] = found(self.agent.err.encode())
        seen["answers"] = found(self.told())
        return {where: what for where, what in seen.items() if what}


@pytest.fixture(scope="module")
def may_look(simulated):
    if os.geteuid() != 0:
        pytest.skip("needs root, to look into the memory of others")


def machine(path, tmp_path_factory):
    host = Host(path, tmp_path_factory.mktemp("host"))
    yield host
    host.agent.stop()


@pytest.fixture(scope="module")
def host(may_look, tmp_path_factory):
    yield from machine(ENARX, tmp_path_factory)


@pytest.fixture(scope="module")
def leaky(may_look, tmp_path_factory):
    yield from machine(LEAKY, tmp_path_factory)


@pytest.fixture
def proxy(host, tmp_path):
    """Between the owner and the agent: sees what goes to the keep and comes from it."""
    made = HostileAgent(host.agent, tmp_path)
    yield made
    made.stop()


@pytest.fixture
def start(enarx, tmp_path):
    """start(HOST, MODULE, WORD...): a deployment that is under way; its words and all else
    are marked."""
    files = tmp_path / "files"
    files.mkdir()
    (files / MARKERS["file-name"]).write_text(MARKERS["file"])
    secret = tmp_path / "secret"
    secret.write_text(MARKERS["secret-file"])

    def run(host, module, *words, to=None):
        return enarx.popen(
            *("deploy", "--to", (to or host.agent).address, "--backend", "sgx-sim"),
            *(f"--allow-simulated={host.root}", "--dir", f"{files}::/files"),
            *("--env", f"MARKED={MARKERS['variable']}"),
            *("--secret", f"HIDDEN={MARKERS['secret-variable']}"),
            *("--secret", f"{secret}::/files/secret"),
            *(module, *words, MARKERS["argument"]),
            stdin=subprocess.PIPE,
        )

    return run


def feed(process, text):
    """Says something to it, and waits until it has said that back."""
    process.stdin.write(f"{text}\n".encode())
    process.stdin.flush()
    assert process.stdout.readline().decode() == f"{text}\n"


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


ECHO = """
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    static char line[256], file[256];
    snprintf(file, sizeof(file), "/files/%s", "NAME");
    FILE *f = fopen(file, "r"), *s = fopen("/files/secret", "r");
    if (argc < 2 || !f || !s || !getenv("HIDDEN") || !getenv("MARKED"))
        return 9;
    while (fgets(line, sizeof(line), stdin)) {
        fputs(line, stdout);
        fflush(stdout);
    }
    fprintf(stderr, "%s\\n", "ERROR");
    return 0;
}
"""
TRAP = """
__attribute__((noinline)) void FUNCTION(int n) { if (n > 0) __builtin_trap(); }
int main(int argc, char **argv) { (void)argv; FUNCTION(argc); return 0; }
"""
ABORT = """
#include <stdio.h>
#include <stdlib.h>
int main(void) { fprintf(stderr, "assertion failed: %s\\n", "PANIC"); abort(); }
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """program(NAME, SOURCE): a module with markers in place of the words in capitals."""
    folder = tmp_path_factory.mktemp("programs")

    def build(name, source):
        words = {"NAME": "file-name", "ERROR": "error", "PANIC": "panic"}
        for word, kind in words.items():
            source = source.replace(f'"{word}"', f'"{MARKERS[kind]}"')
        source = source.replace("FUNCTION", MARKERS["function"].replace("-", "_"))
        path, target = folder / f"{name}.c", folder / f"{name}.wasm"
        path.write_text(source)
        command = ["clang", "--target=wasm32-wasi", "-O1", "-o", target, path]
        subprocess.run(command, check=True)
        return target

    return build


# ---- nothing is there ----


def test_a_running_workload(host, start, program, proxy):
    process = start(host, program("echo", ECHO), to=proxy)
    feed(process, MARKERS["input"])
    keep = host.keep()
    assert host.everywhere() == {}
    # It runs, and the search is not blind: the enclave is full of them.
    inside = set().union(*(in_memory(pid, ENCLAVE) for pid in host.agent.descendants()))
    kinds = ("argument", "variable", "secret-variable", "secret-file", "file", "file-name", "input")
    for kind in kinds:
        assert MARKERS[kind].encode() in inside, (kind, inside)
    status, out, err = finish(process)
    assert status == 0 and MARKERS["error"] in err.decode(), err
    assert host.agent.ended(keep)
    assert host.everywhere() == {}
    assert found(bytes(proxy.seen)) == set() and len(proxy.seen) > 10000


@pytest.mark.parametrize("name, source", [("trap", TRAP), ("abort", ABORT)], ids=["trap", "abort"])
def test_one_that_fails(host, start, program, proxy, name, source):
    """Its owner is told of the function and the message; nobody else is."""
    status, _, err = finish(start(host, program(name, source), to=proxy))
    kind = {"trap": MARKERS["function"].replace("-", "_"), "abort": MARKERS["panic"]}[name]
    assert status not in (0, 1, 3) and kind in err.decode(), err
    assert host.everywhere() == {}
    log = host.agent.err.encode() + host.told() + bytes(proxy.seen)
    assert b"unreachable" not in log and START.replace("-", "_").encode() not in log


def test_a_panic_of_rust(host, start, rust_wasm, proxy):
    status, _, err = finish(start(host, rust_wasm("panic"), to=proxy))
    assert status not in (0, 1, 3) and MARKERS["panic"] in err.decode(), err
    assert host.everywhere() == {} and found(bytes(proxy.seen)) == set()


# ---- the same search, where there is something ----


def test_a_keep_that_leaks(leaky, start, program):
    process = start(leaky, program("echo", ECHO))
    feed(process, MARKERS["input"])
    seen = leaky.everywhere()
    finish(process)
    assert any(where.startswith("memory of") for where in seen), seen
    assert "answers" in seen, seen


def test_a_keep_that_is_no_enclave(host, enarx, start, program, tmp_path):
    """On nil the workload lies in the memory of an ordinary process."""
    process = enarx.popen(
        *("deploy", "--to", host.agent.address, "--backend", "nil", "--allow-insecure"),
        *("--dir", f"{tmp_path}::/files", "--env", f"MARKED={MARKERS['variable']}"),
        *(program("cat", ECHO.replace("return 9", "(void)0")), MARKERS["argument"]),
        stdin=subprocess.PIPE,
    )
    feed(process, MARKERS["input"])
    seen = host.everywhere()
    finish(process)
    assert any(where.startswith("memory of") for where in seen), seen


def test_what_an_owner_tells_the_agent_is_found(host):
    """Files, logs, answers: the search looks at them."""
    (host.agent.state / MARKERS["file"]).touch()
    try:
        assert "files" in host.everywhere()
    finally:
        (host.agent.state / MARKERS["file"]).unlink()
    assert found(json.dumps(MARKERS).encode()) and found(START.encode().hex().encode())


# ---- how it ended ----


def told_of(keep):
    """What an agent says of a keep that has ended, but for names, times and sizes."""
    changing = ("id", "created", "ended", "uptime_seconds", "received_bytes", "sent_bytes")
    return {name: value for name, value in keep.items() if name not in changing}


def log_of(host, before):
    """What was added to the log, but for what this test asked, names and times."""
    text = host.agent.err[before:]
    text = "\n".join(line for line in text.splitlines() if " GET " not in line)
    text = re.sub(r"\bk[0-9a-f]{16}\b", "KEEP", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "CLIENT", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\S*|\b\d+(\.\d+)? ?m?s\b|pid \d+", "", text)


def test_the_status_is_the_owners_alone(host, enarx, tool):
    """Two programs that differ in nothing but that."""
    views, received, sent = [], [], []
    for wanted in (0, 7, 0, 1):
        before = len(host.agent.err)
        known = {keep["id"] for keep in host.agent.list()}
        words = ("--backend", "sgx-sim", f"--allow-simulated={host.root}", tool, "exit", wanted)
        assert enarx("deploy", "--to", host.agent.address, *words).status == wanted
        (keep,) = (k for k in host.agent.list() if k["id"] not in known)
        keep = host.agent.ended(keep)
        views.append((told_of(keep), log_of(host, before)))
        received.append(keep["received_bytes"])
        sent.append(keep["sent_bytes"])
    for view in views[1:]:
        assert view == views[0]
    # Signatures have 70 to 72 bytes; a keep may be gone before its owner's last words.
    for sizes in (received, sent):
        assert max(sizes) - min(sizes) < 100, sizes
