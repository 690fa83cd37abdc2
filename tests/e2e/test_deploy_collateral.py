# SPDX-License-Identifier: Apache-2.0
"""What an owner needs to verify a keep, from where there is some: its host, its manufacturer, its
cache or a folder. And kinds of keeps that could prove themselves and do not."""

import contextlib
import json
import re
import select
import socket
import ssl
import threading

import pytest

from backends import PROVE_NOTHING
from collateral_service import Service, intel_answers
from deployment import agent, only_simulated, pki, target  # noqa: F401


class Claimant:
    """A host before a real one, that calls its keeps "sgx" and has nothing to vouch for them."""

    def __init__(self, agent, certificate, key):
        self.agent = agent
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.server.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), self.context.wrap_socket(client, server_side=True) as tls:
            while head := self.read_head(tls):
                method, path = head.split()[:2]
                if path.endswith("/channel"):
                    return self.relay(tls, head)
                length = re.search(r"Content-Length: (\d+)", head)
                if length:
                    tls.recv(int(length[1]))
                self.answer(tls, method, path)

    @staticmethod
    def read_head(tls):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = tls.recv(1)
            if not byte:
                return None
            head += byte
        return head.decode()

    def answer(self, tls, method, path):
        body = json.dumps({"backend": "sgx-sim"}) if method == "POST" else None
        status, keep = self.agent.request(method, path, body)
        keep = {**keep, "backend": "sgx"}
        keep.pop("collateral", None)
        text = json.dumps(keep)
        tls.sendall(f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    def relay(self, tls, head):
        """In one thread: a TLS connection of Python's is not for two."""
        tcp = socket.create_connection((self.agent.host, self.agent.port))
        with self.agent.context().wrap_socket(tcp) as other:
            other.sendall(head.encode())
            ends = {tls: other, other: tls}
            while True:
                ready = [x for x in ends if x.pending()] or select.select([*ends], [], [])[0]
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)


@pytest.fixture
def claimant(agent, pki):
    host = Claimant(agent, pki / "server.crt", pki / "server.key")
    yield host
    host.server.close()


@pytest.fixture
def manufacturer(enarx, simulation):
    """Publishes what there is of the simulated machine."""
    command = ("attest", "show", "--json", simulation / "quote.bin")
    fmspc = json.loads(enarx(*command).ok().out)["claims"]["fmspc"]
    service = Service()
    service.answers = intel_answers(simulation, "sgx", "platform", fmspc)
    yield service
    service.close()


def test_collateral_is_fetched_where_the_host_has_none(
    enarx, claimant, manufacturer, simulation, tool, tmp_path
):
    only_simulated(enarx)
    words = ["--quiet", "--to", claimant.address, "--backend", "sgx", f"--allow-simulated={simulation / 'root.pem'}"]
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    pcs = ["--pcs", manufacturer.url]
    assert enarx("deploy", *words, *pcs, tool, "exit", 3, env=cache).status == 3
    asked = len(manufacturer.asked)
    assert asked == 4
    assert enarx("deploy", *words, *pcs, tool, "exit", 3, env=cache).status == 3
    assert len(manufacturer.asked) == asked  # the cache has it
    given = ["--collateral", simulation, "--pcs", "http://127.0.0.1:1"]
    assert enarx("deploy", *words, *given, tool, "exit", 3).status == 3
    nowhere = ["--pcs", "http://127.0.0.1:1"]
    result = enarx("deploy", *words, *nowhere, tool, env={"XDG_CACHE_HOME": str(tmp_path / "new")})
    result.refused("127.0.0.1:1")


def test_a_kind_that_could_prove_itself_has_to(enarx, claimant, target, tool):
    """Whoever allows insecure keeps allows those that cannot."""
    if enarx.backend not in PROVE_NOTHING:
        pytest.skip(f"{enarx.backend}: proves itself")
    claimant.answer = lambda tls, method, path: Claimant.answer(
        Renamed(claimant), tls, method, path)
    words = ["--to", claimant.address, "--backend", "sgx", "--allow-insecure", tool]
    result = enarx("deploy", *words)
    assert result.status == 3 and "proves nothing" in result.err, repr(result)


class Renamed:
    """The same, with keeps of nil."""

    def __init__(self, host):
        self.agent = self
        self.real = host.agent

    def request(self, method, path, body):
        return self.real.request(method, path, body and json.dumps({"backend": "nil"}))
