# SPDX-License-Identifier: Apache-2.0
"""What deployed programs serve and connect to, by way of a real agent: who reaches them does
so over ordinary TCP and TLS, and the agent's operator says what may be."""

import re
import signal
import socket
import subprocess
import time

import pytest

from agent import Agent, until
from backends import allowing
from conftest import finish
from deployment import agent  # noqa: F401
from tls import STDIO, Authority, Server, both_ways, connect, connect_plain, read_all

DATA = bytes(range(256)) * 2000


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


class Deployer:
    """`enarx deploy` of programs with one network stream, at descriptor 3."""

    def __init__(self, enarx, root, folder):
        self.enarx, self.folder = enarx, folder
        self.words = ["--backend", enarx.backend, allowing(enarx.backend, root)]

    def config(self, stream, more=""):
        path = self.folder / "Enarx.toml"
        path.write_text(f"files = [{STDIO}, {{{stream}}}]\n{more}")
        return path

    def popen(self, agent, stream, *args, more="", **options):
        words = ["--to", f"127.0.0.1:{agent.port}", *self.words]
        config = self.config(stream, more)
        return self.enarx.popen("deploy", "--quiet", *words, "--config", config, *args, **options)

    def __call__(self, *args, **options):
        return finish(self.popen(*args, **options))


def listening(port, host="127.0.0.1", prot="tcp", keys=""):
    return f'kind = "listen", name = "web", prot = "{prot}", addr = "{host}", port = {port}{keys}'


def connecting(port, host="127.0.0.1", prot="tcp", keys=""):
    return f'kind = "connect", name = "out", prot = "{prot}", host = "{host}", port = {port}{keys}'


@pytest.fixture
def deploy(enarx, root, tmp_path):
    return Deployer(enarx, root, tmp_path)


@pytest.fixture
def strict(enarx, tmp_path):
    """strict("--allow-listen", ...) is an agent of its own with those rules."""
    agents = []

    def begin(*args):
        agents.append(Agent(enarx, "--state-dir", tmp_path / f"state{len(agents)}", *args))
        return agents[-1].ready()

    yield begin
    for agent in agents:
        agent.stop()


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# ---- servers ----


def test_a_tcp_server(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port), wasm("busy_server"), "2")
    for _ in range(2):
        with connect_plain(port) as s:
            assert both_ways(s, DATA) == DATA
    finish(server).ok("served 2\n")
    until(lambda: is_free(port))


def test_a_tls_server(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port, prot="tls"), wasm("busy_server"), "2")
    with connect(port) as s:
        assert s.version() == "TLSv1.3" and both_ways(s, DATA) == DATA
    command = ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        process.stdin.write(b"echo\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"echo\n"
        process.terminate()
    finish(server).ok("served 2\n")


def test_every_address(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port, host="::"), wasm("busy_server"))
    with connect_plain(port) as s:
        assert both_ways(s, b"over IPv4") == b"over IPv4"
    finish(server).ok("served 1\n")


@pytest.mark.parametrize("prot", ["tcp", "tls"])
def test_a_hundred_connections_at_once(deploy, agent, wasm, port, prot):
    server = deploy.popen(agent, listening(port, prot=prot), wasm("busy_server"), "100")
    meet = connect if prot == "tls" else connect_plain
    open_ = [meet(port) for _ in range(100)]
    for i, s in enumerate(open_):
        s.sendall(b"%03d" % i)
    for i, s in enumerate(open_):
        assert s.recv(3) == b"%03d" % i
        s.close()
    finish(server).ok("served 100\n")


def test_half_close(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port), wasm("tls_tool"), "answer")
    with connect_plain(port) as s:
        s.sendall(DATA)
        s.shutdown(socket.SHUT_WR)
        assert read_all(s) == b"heard %d" % len(DATA)
    finish(server).ok("")


def test_half_close_of_tls(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port, prot="tls"), wasm("tls_tool"), "half-close")
    with connect(port) as s:
        assert (s.recv(100), s.recv(100)) == (b"question", b"")  # close_notify
        s.sendall(DATA)
        s.unwrap()
    finish(server).ok(f"heard {len(DATA)}\n")


def test_the_program_ends_with_connections_open(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port, prot="tls"), wasm("busy_server"), "1")
    with connect(port) as first, connect(port) as second:
        first.sendall(b"x")
        assert first.recv(1) == b"x"
        first.close()
        assert second.recv(1) == b""
    finish(server).ok("served 1\n")
    until(lambda: is_free(port))


def test_a_signal_ends_a_server(deploy, agent, wasm, port):
    server = deploy.popen(agent, listening(port), wasm("busy_server"), "9")
    with connect_plain(port) as s:
        assert both_ways(s, b"ping") == b"ping"
        server.send_signal(signal.SIGTERM)
        assert finish(server).status == 128 + signal.SIGTERM
    until(lambda: is_free(port))


def test_detached(enarx, deploy, agent, wasm, port):
    """It serves while nobody is attached, and while somebody is."""
    made = deploy(agent, listening(port, prot="tls"), "--detach", wasm("busy_server"), "3").ok()
    keep = made.out.strip()
    with connect(port) as s:
        assert both_ways(s, b"alone") == b"alone"
    attached = enarx.popen("keep", "attach", keep)
    with connect(port) as s:
        assert both_ways(s, DATA) == DATA
    with connect(port) as s:
        assert both_ways(s, b"last") == b"last"
    assert finish(attached).out == "served 3\n"
    until(lambda: is_free(port))


def test_stopped(enarx, deploy, agent, wasm, port):
    """The port is free again when the keep has ended, however it did."""
    made = deploy(agent, listening(port), "--detach", wasm("busy_server"), "9").ok()
    with connect_plain(port) as s:
        assert both_ways(s, b"x") == b"x"
        enarx("keep", "stop", made.out.strip()).ok()
    until(lambda: is_free(port))


# ---- clients ----


def test_a_client_of_tls(deploy, agent, wasm, ca):
    keys = f', verify = "ca", ca = "{ca.cert}", server_name = "localhost"'

    def serve(s):
        question = s.recv(100)
        s.sendall(b"answer\n")
        return question

    with Server(ca.issue("server", "DNS:localhost"), serve) as server:
        stream = connecting(server.port, prot="tls", keys=keys)
        deploy(agent, stream, wasm("tls_tool")).ok("answer\n")
    assert server.result == b"hello\n"


def test_a_client_of_tls_that_is_deceived(deploy, agent, wasm, ca):
    """The host connects it to somebody else."""
    keys = f', verify = "ca", ca = "{ca.cert}", server_name = "localhost"'
    with Server(ca.issue("other", "DNS:elsewhere"), lambda s: s.recv(1)) as server:
        stream = connecting(server.port, prot="tls", keys=keys)
        deploy(agent, stream, wasm("tls_tool")).refused("stream out", "no TLS")


def test_a_client_by_name(deploy, agent, wasm):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = deploy.popen(
            agent, connecting(listener.getsockname()[1], "localhost"), wasm("tls_tool"), "half-close"
        )
        listener.settimeout(30)
        with listener.accept()[0] as s:
            assert read_all(s) == b"question"
            s.sendall(DATA)
        finish(client).ok(f"heard {len(DATA)}\n")


# ---- what cannot be ----


def test_a_port_that_is_taken(deploy, agent, wasm):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        deploy(agent, listening(number), wasm("busy_server")).refused(
            f"stream web: cannot listen on 127.0.0.1:{number}: another program"
        )
    until(lambda: f"cannot listen on 127.0.0.1:{number}: Address already in use" in agent.err)


def test_an_address_of_others(deploy, agent, wasm, port):
    stream = listening(port, host="192.0.2.1")
    deploy(agent, stream, wasm("busy_server")).refused("the host has no such address")


def test_nobody_listens(deploy, agent, wasm, port):
    deploy(agent, connecting(port), wasm("tls_tool")).refused(
        f"cannot connect to 127.0.0.1:{port}: nothing listens there"
    )


def test_no_such_host(deploy, agent, wasm):
    stream = connecting(80, host="no-such-host.invalid")
    deploy(agent, stream, wasm("tls_tool")).refused("no such address, or no way to it")


@pytest.fixture
def deaf():
    """A port that takes no connection, and does not refuse one either."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        queued = [socket.socket() for _ in range(4)]
        for s in queued:
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for s in queued:
            s.close()


def test_a_host_that_does_not_answer(deploy, agent, wasm, deaf):
    began = time.monotonic()
    deploy(agent, connecting(deaf), wasm("tls_tool")).refused("nobody answered in time")
    assert 9 < time.monotonic() - began < 30


def test_ended_while_it_connects(deploy, agent, wasm, deaf):
    """The owner need not wait, nor does the agent; nothing is left of it."""
    before = threads(agent)
    client = deploy.popen(agent, connecting(deaf), wasm("tls_tool"))
    keep = until(lambda: next((k for k in agent.list() if k["state"] == "attached"), None))
    time.sleep(0.5)
    client.send_signal(signal.SIGTERM)
    assert finish(client, timeout=5).status == 128 + signal.SIGTERM
    agent.ended(keep)
    agent.alive()
    until(lambda: threads(agent) <= before, seconds=15)


def threads(agent):
    with open(f"/proc/{agent.pid}/status") as status:
        return int(re.search(r"Threads:\s+(\d+)", status.read())[1])


# ---- what may not be ----


def audit(agent, text):
    until(lambda: text in agent.err)


def test_listening_by_rule(deploy, strict, wasm, port):
    agent = strict("--allow-listen", f"{port + 1}-{port + 2},127.0.0.2:{port}")
    deploy(agent, listening(port), wasm("busy_server")).refused(
        f"the host does not let keeps listen on 127.0.0.1:{port}",
        f"'enarx host --allow-listen {port}'",
    )
    audit(agent, f"may not listen on 127.0.0.1:{port}: no rule of --allow-listen covers that")
    metrics = agent.metrics()
    assert metrics['enarx_agent_streams_total{kind="listen",result="refused"}'] == "1"
    until(lambda: is_free(port))
    server = deploy.popen(agent, listening(port, host="127.0.0.2"), wasm("busy_server"))

    def there():
        try:
            return socket.create_connection(("127.0.0.2", port), timeout=10)
        except ConnectionRefusedError:
            return None

    with until(there, 30) as s:
        assert both_ways(s, b"x") == b"x"
    finish(server).ok("served 1\n")
    audit(agent, f"listens on 127.0.0.2:{port}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::ffff:127.0.0.1"])
def test_wildcards_lead_nowhere_near(deploy, strict, wasm, host):
    """Nor does a name that leads there: 'localhost' is one."""
    agent = strict("--allow-connect", "*")
    with socket.create_server(("", 0)) as listener:
        number = listener.getsockname()[1]
        stream = connecting(number, host=host)
        deploy(agent, stream, wasm("tls_tool")).refused(
            "the host does not let keeps connect to", "--allow-connect"
        )
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()
    audit(agent, "may not connect to")


def test_connecting_by_rule(deploy, strict, wasm):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        number = listener.getsockname()[1]
        agent = strict("--allow-connect", f"*.example.org:443,localhost:{number}")
        client = deploy.popen(agent, connecting(number, "localhost"), wasm("tls_tool"))
        with listener.accept()[0] as s:
            assert s.recv(100) == b"hello\n"
            s.sendall(b"there\n")
        finish(client).ok("there\n")
        deploy(agent, connecting(number, "127.0.0.1"), wasm("tls_tool")).refused("does not let")
        deploy(agent, connecting(number, "other.invalid"), wasm("tls_tool")).refused("does not let")


@pytest.mark.once
@pytest.mark.parametrize("rule", ["", "0", "65536", "80-79", "x", "1:2:3", "host:80", "80,", "[::1]"])
def test_rules_that_are_none(enarx, rule):
    enarx("host", "--dev", "--allow-listen", rule).refused("--allow-listen", "no such rule", status=2)


# ---- the agent's end ----


def test_drained(deploy, strict, wasm, port):
    """What runs goes on; then it is ended with the agent."""
    agent = strict("--drain", "1s")
    server = deploy.popen(agent, listening(port), wasm("busy_server"), "9")
    with connect_plain(port) as s:
        assert both_ways(s, b"before") == b"before"
        agent.process.send_signal(signal.SIGTERM)
        assert both_ways(s, b"still") == b"still"
        agent.process.wait(timeout=20)
        assert s.recv(1) == b""
    assert finish(server).status != 0
    until(lambda: is_free(port))
