# SPDX-License-Identifier: Apache-2.0
"""Clients of `enarx host` that send too much, too slowly, too often, or nonsense."""

import concurrent.futures
import os
import signal
import socket
import time

import pytest

from agent import *
from conftest import fields

pytestmark = needs_rogue


# ---- clients that misbehave ----


# Before the handshake, within it, and requests that no answer comes to: their client leaves.
RUDE = [
    b"\x16\x03\x01" + bytes(200),
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /v1/keeps HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nx",
]
WRONG = [
    b"GET /%00%ff" + bytes(50) + b" HTTP/1.1\r\n\r\n",
    b"BREW /\r\n\r\n" * 10,
    b"POST /v1/keeps HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nxxxxx",
    b"POST /v1/keeps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n{}}",
    b"GET /v1/keeps/" + b"k" * 3000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /v1/keeps/\x1b[2J%1b[2J HTTP/1.1\r\nHost: localhost\r\n\r\n",
]


def throw(agent, count):
    """`count` requests that are wrong, each over a connection of its own."""
    context = agent.context()
    for i in range(count):
        rude = i % 10 < len(RUDE)
        text = RUDE[i % 10] if rude else WRONG[i % 10 - len(RUDE)]
        try:
            with socket.create_connection((agent.host, agent.port), timeout=10) as tcp:
                if text[0] == 0x16 or b"Host: a\r" in text:
                    tcp.sendall(text)
                    continue
                with context.wrap_socket(tcp) as tls:
                    tls.sendall(text)
                    if not rude:
                        tls.recv(1000)
        except OSError:
            pass


def test_ten_thousand_bad_requests(agent):
    open_before = descriptors(agent.pid)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: throw(agent, 200), range(8)))
        before = resident(agent.pid)
        list(pool.map(lambda _: throw(agent, 1250), range(8)))
    until(lambda: descriptors(agent.pid) <= open_before + 2)
    until(lambda: resident(agent.pid) < before + MIB)
    agent.alive()
    assert not agent.keeps()
    assert "\x1b" not in agent.err


def test_a_flood_of_requests_is_no_flood_of_lines(agent):
    count, began = 1000, time.monotonic()
    tls = agent.context().wrap_socket(socket.create_connection((agent.host, agent.port)))
    tls.settimeout(20)
    tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * count)
    answers = b""
    while answers.count(b'{"alive":true}') < count:
        answers += tls.recv(1 << 16)
    seconds = int(time.monotonic() - began) + 2
    time.sleep(1)
    agent.alive()
    lines = agent.err.splitlines()
    missing = sum(int(line.split()[1]) for line in lines if "lines are missing here" in line)
    assert len(lines) <= 100 * seconds + 10 and missing > 0 and missing + len(lines) >= count


def test_headers_and_bodies_that_are_too_large(agent):
    before = resident(agent.pid)
    for size, expected in ((10_000, 200), (20_000, 431)):
        status, _ = agent.request("GET", "/healthz", headers={"X": "x" * size})
        assert status == expected
    assert agent.request("POST", "/v1/keeps", "x" * 4097)[0] == 413
    chunks = (b"x" * 1000 for _ in range(20))
    assert agent.request("POST", "/v1/keeps", chunks)[0] == 413
    tls = agent.context().wrap_socket(socket.create_connection((agent.host, agent.port)))
    tls.settimeout(10)
    with pytest.raises(OSError):
        tls.sendall(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(100_000):
            tls.sendall(b"X: " + b"x" * 1000 + b"\r\n")
    assert resident(agent.pid) < before + MIB
    agent.alive()


def test_clients_that_take_their_time(agent):
    """Handshakes that never end, requests a byte at a time, answers that nobody reads."""
    context = agent.context()
    keep = agent.create()

    def connect():
        return socket.create_connection((agent.host, agent.port), timeout=60)

    def secure():
        return context.wrap_socket(connect())

    silent = [connect() for _ in range(20)]
    half = [connect() for _ in range(20)]
    for tcp in half:
        tcp.sendall(b"\x16\x03\x01\x02\x00\x01")
    idle = [secure() for _ in range(20)]
    slow = [secure() for _ in range(20)]
    body = [secure() for _ in range(20)]
    for tls in body:
        tls.sendall(b"POST /v1/keeps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
    kept = agent.ask(keep, "echo")
    end = time.monotonic() + 32
    while time.monotonic() < end:
        for tls in (*slow, *body):
            try:
                tls.sendall(b"G" if tls in slow else b" ")
            except OSError:
                pass
        agent.alive()
        time.sleep(1)
    until(lambda: int(agent.metrics()["enarx_agent_connections"]) <= 3, 10)
    assert int(agent.metrics()["enarx_agent_connections_late_total"]) >= 80
    assert int(agent.metrics()["enarx_agent_handshakes_failed_total"]) >= 40
    # A channel may be silent for as long as it likes.
    kept.send("x")
    assert kept.receive(1) == b"x"
    for connection in (*silent, *half, *idle, *slow, *body):
        connection.close()


def test_more_connections_than_there_may_be(agent):
    """Of one address 768; the rest is turned away, and nobody else is."""
    before = resident(agent.pid)
    crowd = []
    for _ in range(900):
        crowd.append(socket.create_connection((agent.host, agent.port), timeout=10))
    until(lambda: descriptors(agent.pid) > 700)
    agent.source = ("127.0.0.2", 0)
    agent.alive()
    assert int(agent.metrics()["enarx_agent_connections_refused_total"]) >= 900 - 768
    assert resident(agent.pid) < before + 64 * MIB
    for connection in crowd:
        connection.close()
    until(lambda: descriptors(agent.pid) < 50)
    agent.source = None
    agent.alive()


def test_a_hundred_keeps_at_once(agent):
    def deploy(i):
        keep = agent.create()
        with agent.ask(keep, "echo") as channel:
            channel.send(keep["id"])
            assert channel.receive(len(keep["id"])).decode() == keep["id"]
        return keep

    before = resident(agent.pid)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        keeps = list(pool.map(deploy, range(100)))
    assert len({k["id"] for k in keeps}) == 100 == len(agent.keeps())
    if os.geteuid() == 0:
        assert len({fields(pid)["Uid"] for pid in agent.keeps()}) == 100
    assert resident(agent.pid) < before + 32 * MIB
    for keep in keeps:
        agent.request("DELETE", f"/v1/keeps/{keep['id']}")
    until(lambda: not agent.keeps())
    until(lambda: descriptors(agent.pid) < 40)


def test_hundreds_of_keeps_leave_nothing(agent):
    def one():
        keep = agent.create()
        with agent.ask(keep, "echo") as channel:
            channel.send("x")
            assert channel.receive(1) == b"x"
        agent.request("DELETE", f"/v1/keeps/{keep['id']}")

    for _ in range(50):
        one()
    until(lambda: not agent.keeps())
    before, open_before = resident(agent.pid), descriptors(agent.pid)
    for _ in range(10_000 if os.environ.get("CHECK_LONG") else 250):
        one()
    until(lambda: not agent.keeps())
    until(lambda: descriptors(agent.pid) <= open_before)
    assert resident(agent.pid) < before + MIB
    assert len(agent.get("/v1/keeps")["keeps"]) <= 257
    assert sorted(p.name for p in agent.state.iterdir()) == ["dev.crt", "dev.key"]


def test_without_descriptors_it_refuses_and_recovers(start):
    agent = start("--backends", "nil", prefix=["prlimit", "--nofile=64"])
    keeps = []
    for _ in range(40):
        try:
            status, answer = agent.request("POST", "/v1/keeps", "{}", timeout=3)
        except OSError:
            break
        if status != 201:
            assert status == 503 and "Too many open files" in answer["error"]
            break
        keeps.append(answer)
    else:
        pytest.fail("descriptors did not run out")
    assert len(keeps) >= 5
    os.kill(agent.keep_pid(keeps[0]), signal.SIGKILL)
    os.kill(agent.keep_pid(keeps[1]), signal.SIGKILL)
    until(lambda: len(agent.keeps()) <= len(keeps) - 2)
    agent.alive()
    assert sorted(p.name for p in agent.state.iterdir()) == ["dev.crt", "dev.key"]
    agent.ask(agent.create(), "echo")
