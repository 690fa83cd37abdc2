# SPDX-License-Identifier: Apache-2.0
"""Every example, built by its script and run by the lines in examples/README.md,
which must print what stands there; and the servers, as their clients see them."""

import os
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from conftest import ROOT, absent, status
from tls import client_context

EXAMPLES = ROOT / "examples"
BUILT = ROOT / "build/examples"
TOOL_MISSING = 77
FOLDERS = {"C++": "cpp"}
REQUIRED = ("c", "cpp", "rust", "go", "python", "java")
LONG = ("haskell",)
PATIENCE = 300  # seconds: CPython and CRuby are compiled on their first run


@pytest.fixture(scope="session")
def build():
    """build("go") compiles the examples of a language, once."""
    done = {}

    def run(language):
        if language not in done:
            command = [EXAMPLES / "build.sh", language, BUILT]
            done[language] = subprocess.run(command, capture_output=True, text=True)
        result = done[language]
        if result.returncode == TOOL_MISSING:
            (absent if language in REQUIRED else pytest.skip)(result.stderr.strip())
        assert result.returncode == 0, result.stderr

    return run


# ---- what README shows ----


HEADING_OR_SESSION = re.compile(r"^## ([^\n]*)$|^```console\n(.*?)^```$", re.M | re.S)


def sessions():
    """(language, what a console shows) for each console block."""
    found, language, number = [], None, 0
    for heading, shown in HEADING_OR_SESSION.findall((EXAMPLES / "README.md").read_text()):
        if heading:
            language, number = FOLDERS.get(heading, heading.lower()), 0
            continue
        number += 1
        found.append(pytest.param(language, shown, id=f"{language}-{number}"))
    return found


def test_readme_shows_every_language():
    named = re.search(r'^languages="(.*)"$', (EXAMPLES / "build.sh").read_text(), re.M)
    assert {case.values[0] for case in sessions()} == set(named[1].split())


@pytest.mark.parametrize("language, shown", sessions())
def test_readme(enarx, build, language, shown):
    if language in LONG and not os.environ.get("CHECK_LONG"):
        pytest.skip("its first run compiles for minutes: set CHECK_LONG=1")
    build(language)
    lines = shown.splitlines(keepends=True)
    script = "set -e\n" + "".join(line[2:] for line in lines if line.startswith("$ "))
    wanted = "".join(line for line in lines if not line.startswith("$ "))
    env = {**enarx.env, "PATH": f"{enarx.path.parent}:{os.environ['PATH']}"}
    limit = 3 * PATIENCE if language in LONG else PATIENCE
    result = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, timeout=limit
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == wanted


def test_a_wrong_line_of_sql_fails(enarx, build):
    build("c")
    result = enarx.run(BUILT / "c-sqlite.wasm", ":memory:", "select * from nowhere")
    assert result.status == 1
    assert result.err == "sqlite: no such table: nowhere\n"


def test_an_unknown_language_is_refused(tmp_path):
    result = subprocess.run(
        [EXAMPLES / "build.sh", "cobol", tmp_path], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "no examples in cobol" in result.stderr


def test_nothing_is_built_twice(build):
    build("c")
    before = (BUILT / "c-sqlite.wasm").stat().st_mtime_ns
    subprocess.run([EXAMPLES / "build.sh", "c", BUILT], check=True)
    assert (BUILT / "c-sqlite.wasm").stat().st_mtime_ns == before


# ---- servers ----


@contextmanager
def until_terminated(process):
    """SIGTERM ends it at the end of the block, without a word."""
    try:
        yield process
        process.terminate()
        out, err = process.communicate(timeout=30)
        assert (status(process.returncode), out, err) == (143, b"", b"")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@contextmanager
def serving(enarx, tmp_path, config, module, port):
    """Runs a server on `port` instead of the one in its Enarx.toml."""
    text, count = re.subn(r"^port = \d+$", f"port = {port}", config.read_text(), flags=re.M)
    assert count == 1
    changed = tmp_path / "Enarx.toml"
    changed.write_text(text)
    with until_terminated(enarx.popen("run", "--quiet", "--config", changed, module)) as process:
        yield process


def connect(process, port):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("localhost", port), timeout=PATIENCE)
        except ConnectionRefusedError:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, f"the end after {len(data)} of {size} bytes"
        data += part
    return data


@pytest.mark.parametrize("language", ["c", "go"])
def test_echo(enarx, build, tmp_path, port, language):
    build(language)
    config, module = EXAMPLES / language / "Enarx.toml", BUILT / f"{language}-echo.wasm"
    with serving(enarx, tmp_path, config, module, port) as server:
        peers = [connect(server, port) for _ in range(20)]
        for i, peer in enumerate(peers):
            peer.sendall(b"from %d" % i)
        for i, peer in reversed(list(enumerate(peers))):
            assert receive(peer, len(b"from %d" % i)) == b"from %d" % i
        echo_much(peers[0])
        for peer in peers:
            peer.shutdown(socket.SHUT_WR)
            assert peer.recv(1) == b""
            peer.close()


# ---- over TLS ----


def certificate_of(process, port, path):
    """What the keep shows, in a file for curl."""
    with client_context().wrap_socket(connect(process, port), server_hostname="localhost") as s:
        path.write_text(ssl.DER_cert_to_PEM_cert(s.getpeercert(binary_form=True)))
    return path


def curl(pem, port, *args):
    url = f"https://localhost:{port}/"
    return subprocess.run(
        ["curl", "-sS", "--cacert", pem, "--connect-to", f"localhost:{port}:127.0.0.1:{port}"]
        + [*args, url],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("language, module", [("c", "c-web"), ("go", "go-http")])
def test_web_server_over_tls(enarx, build, tmp_path, port, language, module):
    build(language)
    config = EXAMPLES / "tls/Enarx.toml"
    with serving(enarx, tmp_path, config, BUILT / f"{module}.wasm", port) as server:
        pem = certificate_of(server, port, tmp_path / "keep.pem")
        for version in ("--tlsv1.3", "--http1.1"):
            answer = curl(pem, port, version)
            assert answer.stdout == "Hello, Enarx!\n", answer
        assert curl(pem, port, "--tls-max", "1.2").returncode == 35


def policy_of(simulation, folder, *lines):
    """Of the simulation's root, and what else it says."""
    root = (simulation / "root.pem").read_text()
    text = "\n".join(['tees = ["sgx"]', f'simulated_roots = ["""\n{root}"""]', *lines])
    (folder / "policy.toml").write_text(text + "\n")


def ask(enarx, tmp_path, port, **options):
    text = (EXAMPLES / "tls/client.toml").read_text()
    config = tmp_path / "client.toml"
    config.write_text(text.replace("8444", str(port)).replace('"localhost"', '"127.0.0.1"'))
    module = BUILT / "c-ask.wasm"
    return enarx("run", "--quiet", "--config", config, module, input="hello\n", **options)


def test_two_keeps_that_know_each_other(enarx, build, tmp_path, port, simulation):
    """A keep of no evidence gets nowhere, and neither does one of another policy."""
    build("c")
    policy_of(simulation, tmp_path, 'measurement = "self"')
    if enarx.env.get("ENARX_BACKEND") != "sgx-sim":
        result = ask(enarx, tmp_path, port)
        result.refused("nothing listens there")
        return
    config = EXAMPLES / "tls/server.toml"
    with serving(enarx, tmp_path, config, BUILT / "c-echo.wasm", port) as server:
        connect(server, port).close()
        assert ask(enarx, tmp_path, port).out == "hello\n"
        nil = {"env": {"ENARX_BACKEND": "nil"}}
        ask(enarx, tmp_path, port, **nil).refused("measurement = .self.*nothing|none|proved")
        policy_of(simulation, tmp_path, "[sgx]", f'mrenclaves = ["{"5" * 64}"]')
        refused = ask(enarx, tmp_path, port)
        refused.refused("its evidence was refused: sgx_mrenclave: expected 5555", "policy")
        measured = enarx("measure").out.split()[1]
        policy_of(simulation, tmp_path, "[sgx]", f'mrenclaves = ["{measured}"]')
        answer = ask(enarx, tmp_path, port, **nil)  # takes the server, who does not take it
        assert answer.status == 1 and "reset" in answer.err, repr(answer)
        with client_context().wrap_socket(connect(server, port)) as s:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                s.sendall(b"x")
                s.recv(1)


def echo_much(peer):
    """More than any buffer on the way, so that sender and echo wait in turn."""
    sent = os.urandom(8 << 20)
    sender = threading.Thread(target=peer.sendall, args=(sent,))
    sender.start()
    received = receive(peer, len(sent))
    sender.join()
    assert received == sent


def test_echo_of_one_does_not_wait_for_another(enarx, build, tmp_path, port):
    build("c")
    config = EXAMPLES / "c/Enarx.toml"
    with serving(enarx, tmp_path, config, BUILT / "c-echo.wasm", port) as server:
        with connect(server, port) as deaf, connect(server, port) as other:
            deaf.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    deaf.send(bytes(1 << 16))
            other.sendall(b"still there?")
            assert receive(other, 12) == b"still there?"


def test_echo_serves_those_beyond_its_room_when_others_have_gone(enarx, build, tmp_path, port):
    build("c")
    config = EXAMPLES / "c/Enarx.toml"
    with serving(enarx, tmp_path, config, BUILT / "c-echo.wasm", port) as server:
        peers = [connect(server, port) for _ in range(150)]  # it has room for 128
        for i, peer in enumerate(peers):
            peer.sendall(b"from %d" % i)
        for some in (peers[:128], peers[128:]):
            for i, peer in enumerate(some, peers.index(some[0])):
                assert receive(peer, len(b"from %d" % i)) == b"from %d" % i
            for peer in some:
                peer.close()


def test_http(enarx, build, tmp_path, port):
    build("go")

    def ask(path, method="GET", body=None):
        request = urllib.request.Request(f"http://localhost:{port}{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()

    config = EXAMPLES / "go/Enarx.toml"
    with serving(enarx, tmp_path, config, BUILT / "go-http.wasm", port) as server:
        connect(server, port).close()
        assert ask("/") == (200, b"Hello, Enarx!\n")
        note = os.urandom(500_000)
        assert ask("/notes/a", "PUT", note) == (201, b"")
        assert ask("/notes/a") == (200, note)
        assert ask("/notes") == (200, b'["a"]\n')
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask("/notes/b")
        with pytest.raises(urllib.error.HTTPError, match="413"):
            ask("/notes/c", "PUT", bytes((1 << 20) + 1))
