# SPDX-License-Identifier: Apache-2.0
"""TLS streams: what others say to a keep, and a keep to others. The program sees plain
bytes; what fails says why."""

import contextlib
import os
import resource
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from conftest import absent
from tls import STDIO, Authority, Server, both_ways, client_context, connect, connect_plain
from tls import read_all


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def other_ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other"), "other")


@pytest.fixture
def listen(enarx, wasm, tmp_path, port):
    """listen(program, args, keys) runs it behind a TLS listener on `port`."""

    def run(*args, program="tls_tool", keys="", more="", **options):
        config = tmp_path / "Enarx.toml"
        config.write_text(
            f'files = [{STDIO}, {{kind = "listen", name = "web", addr = "127.0.0.1", '
            f"port = {port}{keys}}}]\n{more}"
        )
        return enarx.popen("run", "--quiet", "--config", config, wasm(program), *args, **options)

    return run


@pytest.fixture
def call(enarx, wasm, tmp_path):
    """call(port, args, keys) runs a client of the server there."""

    def run(port, *args, keys="", host="127.0.0.1"):
        config = tmp_path / "Enarx.toml"
        config.write_text(
            f'files = [{STDIO}, {{kind = "connect", host = "{host}", port = {port}{keys}}}]\n'
        )
        return enarx.run("--config", config, wasm("tls_tool"), *args)

    return run


def ended(process, status=0):
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, (process.returncode, out, err)
    return out.decode(), err.decode()


# ---- clients of all kinds ----


def test_curl_by_the_name_in_the_certificate(listen, port, tmp_path):
    """Self-signed: who has it from elsewhere may pin it."""
    more = '[certificate]\nnames = ["localhost"]\n'
    server = listen("2", program="https_server", keys=', alpn = ["http/1.1"]', more=more)
    with connect(port) as s:
        assert s.version() == "TLSv1.3" and s.selected_alpn_protocol() is None
        der = s.getpeercert(binary_form=True)
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"hello from a keep" in s.recv(1000)
    pem = tmp_path / "keep.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(der))
    result = subprocess.run(
        ["curl", "-sS", "--cacert", pem, f"https://localhost:{port}/", "--resolve"]
        + [f"localhost:{port}:127.0.0.1"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0 and "hello from a keep" in result.stdout, result
    ended(server)


def echoed(listen, port, *command):
    """A command of others, to which the keep says back what it says."""
    server = listen("2", program="busy_server")
    with connect(port):
        pass  # it listens
    with subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        process.stdin.write(b"echo\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"echo\n"
        process.terminate()
    ended(server)


def test_openssl(listen, port):
    echoed(listen, port, "openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}")


def test_gnutls(listen, port):
    if shutil.which("gnutls-cli") is None:
        absent("gnutls-bin is not installed")
    echoed(
        listen, port, "gnutls-cli", "--insecure", "--logfile=/dev/null", "-p", port, "127.0.0.1"
    )


def test_tls_1_2_is_refused(listen, port):
    server = listen("1", program="busy_server")
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version|handshake failure"):
        connect(port, client_context(version=ssl.TLSVersion.TLSv1_2))
    with connect(port) as s:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
    ended(server)


def test_protocols(listen, port):
    """By the server's order; who offers nothing that it has is refused."""
    server = listen("1", program="busy_server", keys=', alpn = ["b", "a"]')
    context = client_context()
    context.set_alpn_protocols(["c"])
    with pytest.raises(ssl.SSLError, match="(?i)application.protocol"):
        connect(port, context)
    context.set_alpn_protocols(["a", "b"])
    with connect(port, context) as s:
        assert s.selected_alpn_protocol() == "b"
        s.sendall(b"x")
        assert s.recv(1) == b"x"
    ended(server)


def test_garbage(listen, port):
    server = listen("1", program="busy_server")
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff", os.urandom(5000), b"\0" * 9):
        with connect_plain(port) as s:
            with contextlib.suppress(OSError):  # it may have been cut already
                s.sendall(said)
                s.shutdown(socket.SHUT_WR)
            is_cut(s)
    with connect(port) as s:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
    ended(server)


# ---- many, and some that stall ----


def test_a_thousand_that_stall(listen, port):
    """Those that say nothing, or half of something, hold up nobody."""
    server = listen("20", program="busy_server")
    stalled = [connect_plain(port)]
    for i in range(20):
        for _ in range(50):
            s = connect_plain(port)
            if len(stalled) % 2:
                s.sendall(b"\x16\x03\x01\x00\xf0\x01\x00")
            stalled.append(s)
        start = time.monotonic()
        with connect(port) as s:
            s.sendall(b"%d" % i)
            assert s.recv(10) == b"%d" % i
        assert time.monotonic() - start < 9, "it waited for one that stalls"
    assert len(stalled) > 1000
    ended(server)
    for s in stalled:
        s.close()


def test_a_hundred_at_once(listen, port):
    server = listen("100", program="busy_server")
    connections = [connect(port) for _ in range(100)]
    for i, s in enumerate(connections):
        s.sendall(b"%05d" % i * 200)
    for i, s in enumerate(connections):
        received = b""
        while len(received) < 1000:
            received += s.recv(1000 - len(received))
        assert received == b"%05d" % i * 200
        s.close()
    out, _ = ended(server)
    assert out == "served 100\n"


def answers(s, text):
    """The keep still says back what it hears."""
    s.sendall(text)
    assert s.recv(100) == text


def is_cut(raw, seconds=30):
    """No more comes of it but, at most, an alert."""
    raw.settimeout(seconds)
    with contextlib.suppress(ConnectionResetError):
        while raw.recv(1000):
            pass


def test_slow_handshakes_beside_good_ones(listen, port):
    """A byte at a time keeps no handshake alive: each has 10 s, whatever came of it."""
    server = listen("21", program="busy_server")
    slow = [connect_plain(port) for _ in range(20)]
    start = time.monotonic()
    hello = b"\x16\x03\x01\x00\xf0\x01" + bytes(200)
    for i in range(20):
        for s in slow:
            with contextlib.suppress(ConnectionError):
                s.sendall(hello[i : i + 1])
        with connect(port) as s:
            answers(s, b"%d" % i)
        time.sleep(0.1)
    for s in slow:
        is_cut(s)
    assert 9 < time.monotonic() - start < 40
    with connect(port) as s:
        answers(s, b"last")
    ended(server)


def drip(raw, data):
    for i in range(len(data)):
        raw.sendall(data[i : i + 1])


def test_records_in_single_bytes(listen, port):
    server = listen("1", program="busy_server")
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = client_context().wrap_bio(into, out)
    with connect_plain(port) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def carried(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    drip(raw, out.read())
                    into.write(raw.recv(1))
                finally:
                    drip(raw, out.read())

        carried(session.do_handshake)
        for text in (b"one", b"two" * 100):
            carried(lambda: session.write(text))
            heard = b""
            while len(heard) < len(text):
                heard += carried(lambda: session.read(1000))
            assert heard == text
    ended(server)


# After the handshake, behind the session's back.
INTRUSIONS = {
    "oversize record": b"\x17\x03\x03\xff\xff" + bytes(70000),
    "one byte too long": b"\x17\x03\x03\x41\x01" + bytes(16641),
    "made up record": b"\x17\x03\x03\x00\x40" + bytes(64),
    "renegotiation": b"\x16\x03\x03\x00\x2a\x01\x00\x00\x26\x03\x03" + bytes(36),
    "change of cipher": b"\x14\x03\x03\x00\x01\x01",
    "plain alert": b"\x15\x03\x03\x00\x02\x01\x00",
    "TLS 1.2 data": b"\x17\x03\x01\x00\x02xx",
    "other kind": b"\x18\x03\x03\x00\x03\x01\x40\x00",
}


def test_intruders_on_the_wire(listen, port):
    """What is not of the session ends it, and no other."""
    server = listen(str(1 + len(INTRUSIONS)), program="busy_server")
    with connect(port) as neighbour:
        for what, said in INTRUSIONS.items():
            s = connect(port)
            answers(s, b"before")
            with socket.socket(fileno=s.detach()) as raw:
                with contextlib.suppress(ConnectionError):
                    raw.sendall(said)
                is_cut(raw)
            answers(neighbour, what.encode())
    out, err = ended(server)
    assert out == f"served {1 + len(INTRUSIONS)}\n" and err == ""


def test_keys_may_be_updated(listen, port):
    """By openssl's commands: of one side, k, and of both, K."""
    server = listen("1", program="busy_server")
    with connect_plain(port):
        pass
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:

        def hears(text):
            for line in process.stdout:
                if line == text:
                    return
            raise AssertionError(f"no {text}")

        for said in (b"before\n", b"K\n", b"after\n", b"k\n", b"and after\n"):
            process.stdin.write(said)
            process.stdin.flush()
            hears(said if len(said) > 2 else b"KEYUPDATE\n")
            time.sleep(0.2)  # a command is one only at the begin of what is read
        process.kill()
    ended(server)


def limit_files(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousands(listen, port):
    """Also where a program is given few descriptors unless it asks for more, and while others
    stall. A hundred at a time, all are still there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2500:
        absent("2,500 descriptors for a process: see ulimit -Hn")
    server = listen("2000", program="busy_server", preexec_fn=limit_files(256, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections, stalled = [], []
    for i in range(2000):
        connections.append(connect(port))
        if i % 20 == 0:
            stalled.append(connect_plain(port))
    for turn in range(20):
        some = connections[turn::20]
        for i, s in enumerate(some):
            s.sendall(b"%d of %d" % (i, turn))
        for i, s in enumerate(some):
            assert s.recv(100) == b"%d of %d" % (i, turn)
    for s in connections + stalled:
        s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ended(server)[0] == "served 2000\n"


def test_too_few_descriptors(listen, port):
    """Says so, once; who is there goes on, and who waits gets in when others leave."""
    server = listen("2", program="busy_server", preexec_fn=limit_files(40, 40))
    with connect(port) as first:
        waiting = [connect_plain(port) for _ in range(60)]
        told = server.stderr.readline().decode()
        assert "connections wait" in told and "40 open files (ulimit -Hn)" in told, told
        first.sendall(b"still here")
        assert first.recv(100) == b"still here"
        for s in waiting:
            s.close()
        with connect(port) as second:
            second.sendall(b"now")
            assert second.recv(100) == b"now"
    assert ended(server) == ("served 2\n", "")


# ---- bytes, ends ----


def test_poll_knows_what_is_buffered(listen, port):
    server = listen("poll")
    with connect(port) as s:
        s.sendall(b"onlyonerecrd")
        assert s.recv(4) == b"done"
    assert ended(server)[0] == "only\noner\necrd\n"


def test_much_both_ways(listen, port):
    server = listen("1", program="busy_server")
    data = os.urandom(16 << 20)
    with connect(port) as s:
        assert both_ways(s, data) == data
    ended(server)


def test_the_keep_may_end_first(listen, port):
    server = listen("half-close")
    with connect(port) as s:
        assert s.recv(100) == b"question"
        assert s.recv(100) == b""  # close_notify
        s.sendall(b"x" * 1000)
        s.unwrap()
    assert ended(server)[0] == "heard 1000\n"


def cut(s):
    """The socket's end, without the session's."""
    raw = socket.socket(fileno=s.detach())
    raw.shutdown(socket.SHUT_RDWR)
    raw.close()


def test_a_cut_connection_is_an_error(listen, port):
    server = listen("sink")
    s = connect(port)
    s.sendall(b"half of")
    cut(s)
    assert ended(server)[0] == "read: Connection reset by peer\n"


def test_a_reset_connection_is_an_error(listen, port):
    server = listen("sink")
    s = connect(port)
    s.sendall(b"half of")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    socket.socket(fileno=s.detach()).close()
    assert ended(server)[0] == "read: Connection reset by peer\n"


def test_an_ended_connection_is_none(listen, port):
    server = listen("sink")
    with connect(port) as s:
        s.sendall(b"all of")
        s.unwrap()
    assert ended(server)[0] == "heard an end\n"


def test_what_is_written_last_arrives(listen, port):
    """More than all buffers hold, from a program that has ended since."""
    server = listen("flood", str(8 << 20))
    with connect(port) as s:
        time.sleep(1)
        assert len(read_all(s)) == 8 << 20
    ended(server)


def test_a_trap_is_no_end(listen, port):
    """An answer that was not finished does not look finished."""
    server = listen("trap")
    with connect(port) as s:
        assert s.recv(4) == b"half"
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            s.recv(1)
    server.communicate(timeout=60)
    assert server.returncode == 134


# ---- clients' certificates ----


def test_clients_are_required(listen, port, ca, other_ca):
    keys = f', clients = "required", ca = "{ca.cert}"'
    server = listen("1", program="busy_server", keys=keys)
    good = ca.issue("good", "DNS:good", usage="clientAuth")
    bad = other_ca.issue("bad", "DNS:bad", usage="clientAuth")
    serves = ca.issue("serves", "DNS:serves", usage="serverAuth")
    for cert in (None, bad, serves):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with connect(port, client_context(cert=cert)) as s:
                s.sendall(b"x")
                assert s.recv(1) == b"", "taken"
                raise ConnectionResetError
    with connect(port, client_context(cert=good)) as s:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
    ended(server)


def test_clients_are_optional(listen, port, ca, other_ca):
    keys = f', clients = "optional", verify = "ca", ca = "{ca.cert}"'
    server = listen("2", program="busy_server", keys=keys)
    bad = other_ca.issue("bad2", "DNS:bad")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with connect(port, client_context(cert=bad)) as s:
            s.sendall(b"x")
            s.recv(1)
    for cert in (None, ca.issue("good2", "DNS:good")):
        with connect(port, client_context(cert=cert)) as s:
            s.sendall(b"x")
            assert s.recv(1) == b"x"
    ended(server)


# ---- a keep that connects ----


def say_back(s):
    heard = s.recv(100)
    s.sendall(b"you said " + heard)
    return heard


def test_connects_by_its_ca(call, ca):
    with Server(ca.issue("local", "IP:127.0.0.1,DNS:local.example"), say_back) as server:
        call(server.port, keys=f', ca = "{ca.cert}"').ok("you said hello\n")
    assert server.result == b"hello\n"


def test_connects_by_name(call, ca):
    with Server(ca.issue("named", "DNS:*.example.org"), say_back) as server:
        keys = f', ca = "{ca.cert}", server_name = "www.example.org", alpn = ["x"]'
        result = call(server.port, keys=keys)
        result.refused("127.0.0.1", "application protocol|ALPN|another protocol")
    with Server(ca.issue("named", "DNS:*.example.org"), say_back, alpn=["y", "x"]) as server:
        call(server.port, keys=keys).ok("you said hello\n")


NOT_TAKEN = {
    "name": ("DNS:other.example", "ca", 10, "IP address mismatch"),
    "address": ("IP:127.0.0.2", "ca", 10, "IP address mismatch"),
    "CA": ("IP:127.0.0.1", "other", 10, "unable to get local issuer|self-signed"),
    "expired": ("IP:127.0.0.1", "ca", -1, "expired"),
    "client's": ("IP:127.0.0.1", "ca", 10, "purpose"),
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_does_not_connect_to(call, ca, other_ca, case):
    san, issuer, days, said = NOT_TAKEN[case]
    usage = "clientAuth" if case == "client's" else None
    cert = {"ca": ca, "other": other_ca}[issuer].issue(f"bad-{days}", san, days, usage)
    with Server(cert, say_back) as server:
        result = call(server.port, keys=f', ca = "{ca.cert}"')
        result.refused(f"127.0.0.1, port {server.port}", said, "set its CA")
    assert isinstance(server.result, (ssl.SSLError, OSError))


def test_the_systems_cas_by_default(call, ca, monkeypatch, enarx):
    """SSL_CERT_FILE stands for the system's, as elsewhere."""
    with Server(ca.issue("system", "IP:127.0.0.1"), say_back) as server:
        monkeypatch.setitem(enarx.env, "SSL_CERT_FILE", str(ca.cert))
        call(server.port).ok("you said hello\n")


def test_no_tls_there(call, ca):
    """Its message says what to look for, and comes in time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def hang_up():
            s, _ = listener.accept()
            s.recv(1000)
            s.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        call(port, keys=f', ca = "{ca.cert}"').refused("no TLS", "TLS 1.3 listen there")
        thread.join()


def test_nobody_answers(call, ca):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        start = time.monotonic()
        result = call(listener.getsockname()[1], keys=f', ca = "{ca.cert}"')
        result.refused("within 10 s", "TLS 1.3 listen there")
        assert 9 < time.monotonic() - start < 30


def test_an_answer_cut_short(call, ca):
    def hear_and_cut(s):
        s.recv(100)
        cut(s)

    with Server(ca.issue("cuts", "IP:127.0.0.1"), hear_and_cut) as server:
        result = call(server.port, "talk", keys=f', ca = "{ca.cert}"')
        assert result.status == 1 and "Connection reset" in result.out, repr(result)


def test_shows_its_certificate(call, ca):
    """A server that asks gets the keep's own, which no CA issued."""
    cert = ca.issue("asks", "IP:127.0.0.1")
    with Server(cert, say_back, client_ca=ca.cert) as server:
        result = call(server.port, keys=f', ca = "{ca.cert}"')
        assert result.status == 1, repr(result)
    assert isinstance(server.result, ssl.SSLError)
    assert "self-signed" in str(server.result).replace(" ", "-")
