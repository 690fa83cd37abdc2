# SPDX-License-Identifier: Apache-2.0
"""Who deploys, and to whom: tokens and certificates of owners, those of agents, and what lies
between the two."""

import contextlib
import socket
import threading

import pytest

from agent import Agent, digest
from deployment import agent, deploy, pki, target  # noqa: F401

CONTENT = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def guarded(enarx, pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    tokens = folder / "tokens"
    tokens.write_text(f"alice {digest('secret-of-alice')}\n")
    tokens.chmod(0o600)
    words = ("--cert", pki / "server.crt", "--key", pki / "server.key", "--tokens", tokens,
             "--client-ca", pki / "person.crt", "--state-dir", folder / "state")
    with Agent(enarx, *words, dev=False) as agent:
        yield agent


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text("secret-of-alice\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def login(enarx, guarded, target):
    def run(*words):
        place = ["--to", f"127.0.0.1:{guarded.port}", *target[2:]]
        return enarx("deploy", "--quiet", *place, *words)

    return run


def test_hosts_that_want_to_know_who_asks(login, tool):
    login(tool, "exit", 0).refused("401", "--token-file")


def test_tokens(login, token, pki, tool):
    ca = ("--agent-ca", pki / "server.crt")
    login("--token-file", token, *ca, tool, "exit", 0).ok()
    login("--token-file", token, tool, "exit", 0).refused("certificate", "--agent-ca")
    login("--token-file", token, "--agent-ca", tool, tool, "exit", 0).refused(
        "cannot ask", "certificate", tool.name
    )
    login("--token-file", token, "--agent-ca", pki / "person.crt", tool, "exit", 0).refused(
        "certificate")
    token.write_text("another-token\n")
    login("--token-file", token, *ca, tool, "exit", 0).refused("401")


def test_tokens_are_the_user_s_alone(login, token, tool):
    token.chmod(0o644)
    login("--token-file", token, tool).refused("closed to others")
    token.chmod(0o600)
    token.write_text("two words\n")
    login("--token-file", token, tool).refused("does not begin with a token")
    token.write_text("")
    login("--token-file", token, tool).refused("does not begin with a token")
    token.unlink()
    login("--token-file", token, tool).refused("cannot read")


def test_certificates(login, pki, tool):
    own = ("--client-cert", pki / "person.crt", "--client-key", pki / "person.key")
    login(*own, "--agent-ca", pki / "server.crt", tool, "exit", 0).ok()
    login(*own, tool, "exit", 0).refused("certificate", "--agent-ca")


def proxy(server, seen):
    """One that takes CONNECT, for as many connections as come."""
    def carry(a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)

    def serve(client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        seen.append(head.split(b"\r\n")[0].decode())
        host, port = head.split()[1].decode().rsplit(":", 1)
        other = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=carry, args=(other, client), daemon=True).start()
        carry(client, other)

    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def test_proxies(deploy, agent, tool):
    seen = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=proxy, args=(server, seen), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        deploy(tool, "cat", input=CONTENT, env={"https_proxy": url}).ok()
    assert set(seen) == {f"CONNECT 127.0.0.1:{agent.port} HTTP/1.1"} and len(seen) >= 2
