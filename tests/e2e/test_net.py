# SPDX-License-Identifier: Apache-2.0
"""Preopened listeners: many connections, many at once, in several languages."""

import os
import socket

import pytest

from backends import amount
from tls import STDIO, both_ways, connect_plain, read_all


@pytest.fixture
def config(tmp_path, port):
    path = tmp_path / "Enarx.toml"
    path.write_text(f"""
files = [
    {STDIO},
    {{kind = "listen", prot = "tcp", name = "web", addr = "127.0.0.1", port = {port}}},
]
""")
    return path


def ended(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == b"", (process.returncode, out, err)
    return out


def test_a_thousand_connections(enarx, wasm, config, port):
    count = amount("connections one after the other")
    server = enarx.popen("run", "--quiet", "--config", config, wasm("busy_server"), count)
    for i in range(count):
        with connect_plain(port) as s:
            assert both_ways(s, b"connection %d" % i) == b"connection %d" % i
    assert ended(server) == b"served %d\n" % count


def test_a_hundred_at_once(enarx, wasm, config, port):
    """All are open together, each gets its own bytes back, in every round."""
    server = enarx.popen("run", "--quiet", "--config", config, wasm("busy_server"), "100")
    connections = [connect_plain(port) for _ in range(100)]
    for round_ in range(5):
        for i, s in enumerate(connections):
            s.sendall(b"%05d" % (i * 100 + round_) * 200)
        for i, s in enumerate(connections):
            received = b""
            while len(received) < 1000:
                received += s.recv(1000 - len(received))
            assert received == b"%05d" % (i * 100 + round_) * 200
    for s in connections:
        s.close()
    assert ended(server) == b"served 100\n"


def test_megabytes_through_one_connection(enarx, wasm, config, port):
    server = enarx.popen("run", "--quiet", "--config", config, wasm("busy_server"), "1")
    data = os.urandom(8 << 20)
    with connect_plain(port) as s:
        assert both_ways(s, data, seconds=20) == data
    ended(server)


def test_clients_that_vanish(enarx, wasm, config, port):
    """A reset connection costs the server that connection and no more."""
    server = enarx.popen("run", "--quiet", "--config", config, wasm("busy_server"), "21")
    for _ in range(20):
        s = connect_plain(port)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.sendall(b"x" * 100)
        s.close()
    with connect_plain(port) as s:
        assert both_ways(s, b"still here") == b"still here"
    ended(server)


def test_port_is_free_again(enarx, wasm, config, port):
    for _ in range(3):
        server = enarx.popen("run", "--quiet", "--config", config, wasm("busy_server"), "1")
        with connect_plain(port) as s:
            assert both_ways(s, b"again") == b"again"
        ended(server)


@pytest.mark.parametrize("language", ["c", "rust", "go"])
def test_listener_beside_a_directory(enarx, request, tmp_path, config, port, language):
    """C libraries look for directories from descriptor 3 on, past the listener."""
    if language == "c":
        program = request.getfixturevalue("wasm")("listener")
    else:
        program = request.getfixturevalue(f"{language}_wasm")("listener")
    data = tmp_path / "data"
    data.mkdir()
    (data / "greeting").write_text(f"hello from {language}\n")
    server = enarx.popen("run", "--quiet", "--config", config, "--dir", f"{data}::/data", program)
    with connect_plain(port) as s:
        s.settimeout(60)
        answer = read_all(s)
    ended(server)
    assert answer == f"hello from {language}\n".encode()


def test_gaps_below_a_directory(enarx, tool, tmp_path):
    """With one stream the directory still stands at 3, and 1 and 2 are there."""
    config = tmp_path / "Enarx.toml"
    config.write_text('files = [{kind = "null"}, {kind = "stdout"}]\n')
    out = enarx.run("--config", config, "--dir", f"{tmp_path}::/d", tool, "fds").ok().out
    assert out.startswith("0 open\n1 open\n2 open\n3 directory\n4 closed\n")


def test_directory_after_many_streams(enarx, tool, tmp_path):
    config = tmp_path / "Enarx.toml"
    nulls = ", ".join(f'{{kind = "null", name = "n{i}"}}' for i in range(3))
    config.write_text(f"files = [{STDIO}, {nulls}]\n")
    options = ["--config", config, "--dir", f"{tmp_path}::/d"]
    out = enarx.run(*options, tool, "fds").ok().out
    assert out.splitlines()[5:] == ["5 open", "6 directory", "7 closed"]
    assert "stdin" in enarx.run(*options, tool, "show", "/d/Enarx.toml").ok().out
