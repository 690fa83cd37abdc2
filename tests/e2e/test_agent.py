# SPDX-License-Identifier: Apache-2.0
"""`enarx host`: its API, who may use it, how much, and what it tells. The keeps here do
what their visitor says (tests/agent/rogue.c)."""

import contextlib
import fcntl
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from agent import *
from conftest import ENARX, fields
from tls import both_ways

pytestmark = needs_rogue


# ---- the start ----


def test_needs_to_know_who_may_and_what_to_show(home, pki, tokens):
    home("host").refused("--cert FILE and --key FILE", "--dev", status=2)
    home("host", "--cert", pki / "server.crt").refused("--key", status=2)
    home("host", *identity(pki)).refused("--tokens", "--client-ca", status=2)
    home("host", "--dev", "--tokens", tokens).refused("leave out", status=2)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:7443"])
def test_dev_is_for_this_machine(home, address):
    home("host", "--dev", "--listen", address).refused("this machine alone", status=2)


@pytest.mark.parametrize(
    "option, value",
    [
        ("--listen", "localhost:1"), ("--listen", "127.0.0.1"), ("--listen", "127.0.0.1:x"),
        ("--listen", "::1"), ("--listen", ":7443"), ("--max-keeps", "0"), ("--max-keeps", "-1"),
        ("--max-keeps", "5000"), ("--max-keeps", "1x"), ("--max-memory", "4"" G"),
        ("--idle", "7"), ("--drain", "soon"), ("--backends", "nil,nil"), ("--backends", "vax"),
        ("--backends", ""), ("--uid-range", "0-9"), ("--uid-range", "9"),
        ("--uid-range", "9-8"), ("--uid-range", "10000-10003"),
    ],
)
def test_refuses_what_it_does_not_understand(home, option, value):
    home("host", "--dev", option, value).refused(option, status=2)


def test_listens_on_ipv6_as_well(start):
    agent = start("--listen", "[::1]:0")
    agent.host = "::1"
    agent.alive()


def test_port_that_is_taken(home, agent):
    address = f"127.0.0.1:{agent.port}"
    home("host", "--dev", "--listen", address, "--state-dir", home.home / "b").refused(re.escape(address), "taken")


def test_one_agent_for_a_state_folder(home, agent):
    home("host", "--dev", "--listen", "127.0.0.1:0", "--state-dir", agent.state).refused(
        "another agent")


def test_state_folder_must_be_private(home, tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    home("host", "--dev", "--listen", "127.0.0.1:0", "--state-dir", tmp_path / "open").refused(
        "chmod 700")


def test_says_which_package_is_missing(home, tmp_path):
    (tmp_path / "libmicrohttpd.so.12").write_bytes(b"")
    home("host", "--dev", "--listen", "127.0.0.1:0", env={"LD_LIBRARY_PATH": str(tmp_path)}
         ).refused("libmicrohttpd12")


def test_other_commands_do_without_the_library(home, tmp_path):
    (tmp_path / "libmicrohttpd.so.12").write_bytes(b"")
    home("--version", env={"LD_LIBRARY_PATH": str(tmp_path)}).ok()
    libraries = subprocess.run(["ldd", ENARX], capture_output=True, check=True).stdout
    assert b"microhttpd" not in libraries and b"gnutls" not in libraries


@pytest.mark.parametrize(
    "text, said",
    [
        ("alice", "line 1 is not NAME"),
        ("alice " + "0" * 63, "line 1 is not NAME"),
        ("alice " + "g" * 64, "line 1 is not NAME"),
        (f"alice {digest('a')} more", "line 1 is not NAME"),
        (f"ali/ce {digest('a')}", "line 1 begins with no name"),
        (f"{'a' * 65} {digest('a')}", "line 1 begins with no name"),
        (f"\na {digest('a')}\na {digest('b')}", "line 3 has a name or a token"),
        (f"a {digest('a')}\nb {digest('a')}", "line 2 has a name or a token"),
    ],
)
def test_files_of_tokens_that_are_wrong(home, pki, tmp_path, text, said):
    path = tmp_path / "bad"
    path.write_text(text)
    path.chmod(0o600)
    home("host", *identity(pki), "--tokens", path, "--listen", "127.0.0.1:0").refused(
        re.escape(str(path)), said)


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o602, 0o777])
def test_secrets_that_others_can_touch(home, pki, tokens, mode):
    tokens.chmod(mode)
    home("host", *identity(pki), "--tokens", tokens, "--listen", "127.0.0.1:0").refused("chmod 600")
    tokens.chmod(0o600)
    (pki / "server.key").chmod(mode)
    home("host", *identity(pki), "--tokens", tokens, "--listen", "127.0.0.1:0").refused("chmod 600")


def test_certificates_that_are_none(home, pki, tokens, tmp_path):
    rest = ["--tokens", tokens, "--listen", "127.0.0.1:0"]
    home("host", "--cert", tokens, "--key", pki / "server.key", *rest).refused("no certificate")
    home("host", "--cert", pki / "server.crt", "--key", pki / "people.key", *rest).refused(
        "no private key", "belongs to")
    home("host", "--cert", tmp_path / "none", "--key", pki / "server.key", *rest).refused(
        "cannot read")
    home("host", *identity(pki), "--client-ca", tokens, *rest[2:]).refused("no certificates")


# ---- the API ----


def test_a_keep_from_beginning_to_end(agent):
    keep = agent.create()
    assert re.fullmatch("k[0-9a-f]{16}", keep["id"])
    assert keep["backend"] == "nil" and not keep["confidential"] and keep["measurement"] is None
    assert keep["collateral"] == {}
    until(lambda: agent.show(keep)["state"] == "ready")
    with agent.ask(keep, "echo") as channel:
        channel.send("hello")
        assert channel.receive(5) == b"hello"
        shown = agent.show(keep)
        assert shown["state"] == "attached" and shown["sessions"] == 1
        assert shown["received_bytes"] == 10 and shown["sent_bytes"] == 5
    until(lambda: agent.show(keep)["sessions"] == 0)
    assert [k["id"] for k in agent.get("/v1/keeps")["keeps"]] == [keep["id"]]
    status, gone = agent.request("DELETE", f"/v1/keeps/{keep['id']}")
    assert status == 200 and gone["state"] == "ended" and gone["failure"] is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", gone["ended"])
    until(lambda: not agent.keeps())
    assert agent.request("DELETE", f"/v1/keeps/{keep['id']}")[0] == 200
    assert agent.channel(keep).status == 410


def test_the_backend_may_be_left_out(agent):
    for body in (None, "", "{}"):
        status, keep = agent.request("POST", "/v1/keeps", body)
        assert status == 201 and keep["backend"] == "nil"


@pytest.mark.parametrize(
    "body", ["x", "[]", "1", '{"backend": 1}', '{"backend": "nil", "x": 1}',
             '{"backend": "nil", "backend": "nil"}', '{"Backend": "nil"}', '{"backend": null}',
             '{"backend": "nil", "attached": 1}', '{"attached": null}'])
def test_bodies_that_ask_for_nothing(agent, body):
    status, answer = agent.request("POST", "/v1/keeps", body)
    assert status == 400 and "JSON" in answer["error"]


def test_backends(start):
    agent = start("--backends", "sgx,nil")
    assert agent.request("POST", "/v1/keeps", '{"backend":"vax"}')[0] == 400
    assert agent.request("POST", "/v1/keeps", '{"backend":"sgx-sim"}')[0] == 400
    status, answer = agent.request("POST", "/v1/keeps", '{"backend":"sgx"}')
    assert status == 503 and "does not work on this host" in answer["error"]
    platform = agent.get("/v1/platform")
    assert [b["name"] for b in platform["backends"]] == ["sgx", "nil"]
    assert re.fullmatch("[0-9a-f]{64}", platform["backends"][0]["measurement"])
    assert {"what", "ok", "why"} == set(platform["backends"][0]["probes"][0])


def test_paths_and_methods(agent):
    keep = agent.create()
    for path in ("/v1", "/v1/", "/v1/keeps/", "//", "/v1/keeps//channel", "/v1/keeps/x/y",
                 "/v1/keeps/%2e%2e/channel2", "/healthz/"):
        assert agent.request("GET", path)[0] == 404, path
    for path in ("/v1/keeps/nosuch", "/v1/keeps/nosuch/channel", f"/v1/keeps/{keep['id']}x"):
        status, answer = agent.request("GET", path)
        assert status == 404 and answer["error"] == "you have no such keep here"
    status, answer = agent.request("PATCH", f"/v1/keeps/{keep['id']}")
    assert status == 405 and agent.headers["Allow"] == "GET, DELETE"
    assert agent.request("HEAD", "/healthz") == (200, b"")
    status, answer = agent.request("GET", f"/v1/keeps/{keep['id']}/channel")
    assert status == 426 and agent.headers["Upgrade"] == PROTOCOL and PROTOCOL in answer["error"]
    asked = {"Upgrade": PROTOCOL, "Connection": "Upgrade"}
    assert agent.request("HEAD", f"/v1/keeps/{keep['id']}/channel", headers=asked)[0] == 426


def test_many_requests_over_one_connection(agent):
    tls = agent.context().wrap_socket(socket.create_connection((agent.host, agent.port)))
    tls.settimeout(10)
    for path in ("/healthz", "/nothing", "/readyz") * 20:
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n{" not in answer or not answer.endswith(b"}"):
            answer += (part := tls.recv(4096))
            assert part
        assert answer.startswith(b"HTTP/1.1 404" if path == "/nothing" else b"HTTP/1.1 200")
    assert agent.metrics()["enarx_agent_connections_total"] == "2"


def test_health_and_readiness(start):
    agent = start("--max-keeps", "1")
    assert agent.get("/healthz") == {"alive": True} and agent.get("/readyz") == {"ready": True}
    agent.create()
    status, answer = agent.request("GET", "/readyz")
    assert status == 503 and "as many keeps" in answer["error"]
    agent.alive()


def test_tls_is_1_3_alone(agent):
    context = agent.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        agent.request("GET", "/healthz", context=context)
    with pytest.raises((ConnectionError, TimeoutError, ssl.SSLError)), socket.create_connection(
        (agent.host, agent.port), timeout=5
    ) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert b"HTTP" not in plain.recv(1000)
        raise ConnectionError
    agent.alive()


def test_the_certificate_for_trying_out(start, agent, home):
    path = agent.state / "dev.crt"
    assert (agent.state / "dev.key").stat().st_mode & 0o777 == 0o600
    context = ssl.create_default_context(cafile=str(path))
    for name in ("localhost", "127.0.0.1"):
        with context.wrap_socket(socket.create_connection((agent.host, agent.port)),
                                 server_hostname=name):
            pass
    before = path.read_bytes()
    agent.stop()
    start()
    assert path.read_bytes() == before


# ---- who asks ----


def test_nobody_gets_in_without_a_token(guarded):
    for path in ("/v1/keeps", "/v1/platform", "/metrics", "/v1/keeps/x", "/v1/keeps/x/channel"):
        for token in (None, "wrong", "secret-of-alice ", digest("secret-of-alice"), "a" * 8000):
            status, answer = guarded.request("GET", path, token=token)
            assert status == 401 and guarded.headers["WWW-Authenticate"] == "Bearer", path
            assert "Authorization" in answer["error"]
    assert guarded.request("POST", "/v1/keeps", "{}")[0] == 401
    assert guarded.request("GET", "/v1/keeps", headers={"Authorization": "Basic c2VjcmV0"})[0] == 401
    for path in ("/healthz", "/readyz", "/"):
        guarded.get(path)


def test_keeps_belong_to_who_made_them(guarded):
    alice, bob = "secret-of-alice", "secret-of-bob"
    keep = guarded.create(token=alice)
    assert guarded.get("/v1/keeps", token=bob) == {"keeps": []}
    assert len(guarded.get("/v1/keeps", token=alice)["keeps"]) == 1
    for method in ("GET", "DELETE"):
        assert guarded.request(method, f"/v1/keeps/{keep['id']}", token=bob) == (
            404, {"error": "you have no such keep here"})
    assert guarded.channel(keep, token=bob).status == 404
    assert guarded.channel(keep).status == 401
    with guarded.ask(keep, "echo", token=alice) as channel:
        channel.send("x")
        assert channel.receive(1) == b"x"
    assert guarded.show(keep, token=alice)["state"] != "ended"


def test_tokens_are_read_again(guarded, tokens):
    alice = "secret-of-alice"
    keep = guarded.create(token=alice)
    write_tokens(tokens, carol="secret-of-carol", alice="another-of-alice")
    guarded.process.send_signal(signal.SIGHUP)
    until(lambda: "read its files again: 2 tokens" in guarded.err)
    assert guarded.request("GET", "/v1/keeps", token=alice)[0] == 401
    assert guarded.get("/v1/keeps", token="secret-of-carol") == {"keeps": []}
    assert guarded.show(keep, token="another-of-alice")["id"] == keep["id"]
    tokens.write_text("nonsense")
    guarded.process.send_signal(signal.SIGHUP)
    until(lambda: "cannot be done" in guarded.err)
    guarded.get("/v1/keeps", token="secret-of-carol")


def test_the_certificate_is_read_again(guarded, pki):
    def shown():
        return ssl.get_server_certificate((guarded.host, guarded.port))

    before = shown()
    make_ca(pki, "server")
    (pki / "server.key").chmod(0o600)
    guarded.process.send_signal(signal.SIGHUP)
    until(lambda: shown() != before)
    assert shown().split() == (pki / "server.crt").read_text().split()


def client(agent, pki, name):
    context = agent.context()
    context.load_cert_chain(pki / f"{name}.crt", pki / f"{name}.key")
    return context


def test_client_certificates(start, pki):
    agent = start(*identity(pki), "--client-ca", pki / "people.crt", dev=False)
    for name, ca in (("ann", "people"), ("ben", "people"), ("eve", "strangers")):
        make_cert(pki, name, ca)
    make_cert(pki, "renewed", "people", key="ann")
    (pki / "renewed.key").write_bytes((pki / "ann.key").read_bytes())
    keep = agent.create(context=client(agent, pki, "ann"))
    agent.show(keep, context=client(agent, pki, "renewed"))
    path = f"/v1/keeps/{keep['id']}"
    assert agent.request("GET", path, context=client(agent, pki, "ben"))[0] == 404
    assert agent.request("GET", path)[0] == 401
    with pytest.raises((ssl.SSLError, ConnectionError)):
        agent.request("GET", path, context=client(agent, pki, "eve"))
    with agent.channel(keep, context=client(agent, pki, "ann")) as channel:
        channel.send("echo\nx")
        assert channel.receive(1) == b"x"
    assert re.search(r"key:[0-9a-f]{64} GET /v1/keeps/k", agent.err)


def test_tokens_beside_certificates(start, pki, tokens):
    agent = start(*identity(pki), "--client-ca", pki / "people.crt", "--tokens", tokens, dev=False)
    make_cert(pki, "ann", "people")
    ann = client(agent, pki, "ann")
    keep = agent.create(token="secret-of-bob")
    assert agent.get("/v1/keeps", context=ann) == {"keeps": []}
    # A token that is shown counts, and no certificate makes up for a wrong one.
    agent.show(keep, token="secret-of-bob", context=ann)
    assert agent.request("GET", "/v1/keeps", token="wrong", context=ann)[0] == 401


def test_pages_of_others_get_nothing(agent):
    host = f"localhost:{agent.port}"
    agent.get("/v1/keeps", headers={"Origin": f"https://{host}"})
    for origin in ("https://evil.example", "null", f"http://{host}", "https://localhost:1"):
        status, _ = agent.request("POST", "/v1/keeps", "{}", headers={"Origin": origin})
        assert status == 403
    for other in ("evil.example", f"localhost.evil.example:{agent.port}", "127.0.0.1.evil.example"):
        assert agent.request("GET", "/v1/keeps", headers={"Host": other})[0] == 403
    assert agent.get("/v1/keeps") == {"keeps": []}


# ---- quotas ----


def test_so_many_keeps_and_no_more(start):
    agent = start("--max-keeps", "2")
    keeps = [agent.create(), agent.create()]
    status, answer = agent.request("POST", "/v1/keeps", "{}")
    assert status == 429 and "2 keeps" in answer["error"]
    agent.request("DELETE", f"/v1/keeps/{keeps[0]['id']}")
    until(lambda: agent.request("POST", "/v1/keeps", "{}")[0] == 201)


def test_so_many_of_one_owner(start, pki, tokens):
    agent = start(*identity(pki), "--tokens", tokens, "--max-keeps", "3",
                  "--max-keeps-per-owner", "2", dev=False)
    for _ in range(2):
        agent.create(token="secret-of-alice")
    assert agent.request("POST", "/v1/keeps", "{}", token="secret-of-alice")[0] == 429
    agent.create(token="secret-of-bob")
    status, answer = agent.request("POST", "/v1/keeps", "{}", token="secret-of-bob")
    assert status == 503 and "as many keeps" in answer["error"]


def test_enclaves_share_what_memory_there_is(start):
    """No control group counts their pages: each has what it may take, 3 * 64M + 1G here."""
    agent = start("--backends", "nil,sgx-sim", "--max-memory", "64M", "--max-enclave-memory", "2432M")
    wish = json.dumps({"backend": "sgx-sim"})
    first = agent.request("POST", "/v1/keeps", wish)[1]
    assert agent.request("POST", "/v1/keeps", wish)[0] == 201
    status, answer = agent.request("POST", "/v1/keeps", wish)
    assert status == 503 and "enclave memory" in answer["error"], answer
    assert agent.request("POST", "/v1/keeps", json.dumps({"backend": "nil"}))[0] == 201
    agent.end(first)
    until(lambda: agent.request("POST", "/v1/keeps", wish)[0] == 201)  # its process has gone then


def test_one_enclave_has_all_there_is(start):
    agent = start("--backends", "sgx-sim", "--max-memory", "64M", "--max-enclave-memory", "1M")
    wish = json.dumps({"backend": "sgx-sim"})
    assert agent.request("POST", "/v1/keeps", wish)[0] == 201
    assert agent.request("POST", "/v1/keeps", wish)[0] == 503


def unanswered(listener):
    """How many connect to it and have no answer [proc(5)]: SYN_SENT is 2."""
    place = ":%04X 02 " % listener.getsockname()[1]
    return Path("/proc/net/tcp").read_text().count(place)


def test_who_ends_while_connecting_counts(start, pki, tokens):
    """Else keeps that come and go would take from others what opens their streams."""
    agent = start(*identity(pki), "--tokens", tokens, "--max-keeps-per-owner", "1",
                  "--allow-connect", "127.0.0.1", dev=False)
    alice = {"token": "secret-of-alice"}
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # its queue is full: who connects now is not answered
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        before = unanswered(deaf)
        keep = agent.create(**alice)
        agent.ask(keep, "connect 127.0.0.1:%u" % deaf.getsockname()[1], **alice)
        until(lambda: unanswered(deaf) > before)
        agent.end(keep, **alice)
        agent.ended(keep, **alice)
        status, answer = agent.request("POST", "/v1/keeps", "{}", **alice)
        assert status == 429 and "1 keeps" in answer["error"], answer
    assert agent.create(token="secret-of-bob")
    until(lambda: agent.request("POST", "/v1/keeps", "{}", **alice)[0] == 201, 30)


def test_keeps_that_nobody_wants(start):
    agent = start("--unclaimed", "3s", "--idle", "1s")
    unclaimed = agent.create()
    keep = agent.create()
    with agent.ask(keep, "echo") as channel:
        assert "nobody opened" in agent.ended(unclaimed)["failure"]
        time.sleep(1.2)
        channel.send("x")
        assert channel.receive(1) == b"x"
    assert "nobody was attached" in agent.ended(keep)["failure"]


def test_a_keep_that_is_attached_ends_with_its_channel(start):
    agent = start()
    status, keep = agent.request("POST", "/v1/keeps", '{"backend": "nil", "attached": true}')
    assert status == 201
    left = agent.create()
    for one in (keep, left):
        agent.channel(one).close()
    assert "owner has left" in agent.ended(keep, 20)["failure"]
    assert agent.show(left)["state"] == "ready"


def test_lifetime(start):
    agent = start("--max-lifetime", "1s")
    keep = agent.create()
    channel = agent.ask(keep, "echo")
    assert "as long as a keep may" in agent.ended(keep)["failure"]
    assert channel.rest() == b""


def test_so_much_is_sent_to_a_keep_and_no_more(start):
    agent = start("--max-upload", "1M")
    keep = agent.create()
    channel = agent.ask(keep, "echo")
    with pytest.raises(OSError):
        both_ways(channel.tls, bytes(4 * MIB))
    assert "more was sent" in agent.ended(keep)["failure"]
    assert agent.show(keep)["received_bytes"] <= MIB


def test_so_many_channels_at_once(agent):
    keep = agent.create()
    channels = [agent.ask(keep, "echo") for _ in range(8)]
    status, answer = agent.request(
        "GET", f"/v1/keeps/{keep['id']}/channel", headers={"Upgrade": PROTOCOL,
                                                          "Connection": "Upgrade"})
    assert status == 409 and "8 channels" in answer["error"]
    for i, channel in enumerate(channels):
        channel.send(str(i))
    assert [c.receive(1) for c in channels] == [str(i).encode() for i in range(8)]
    channels.pop().close()
    until(lambda: agent.show(keep)["sessions"] == 7)
    assert agent.channel(keep).status == 101


# ---- the end ----


def test_it_lets_keeps_end(start):
    agent = start("--drain", "20s")
    keep = agent.create()
    channel = agent.ask(keep, "echo")
    agent.process.send_signal(signal.SIGTERM)
    until(lambda: "asked to end" in agent.err)
    status, answer = agent.request("POST", "/v1/keeps", "{}")
    assert status == 503 and "about to end" in answer["error"]
    assert agent.request("GET", "/readyz")[0] == 503
    channel.send("x")
    assert channel.receive(1) == b"x"
    agent.ask(keep, "exit 0")
    assert agent.process.wait(timeout=5) == 0


def test_it_does_not_wait_for_ever(start):
    agent = start("--drain", "1s")
    agent.ask(agent.create(), "echo")
    keeps = agent.keeps()
    agent.process.send_signal(signal.SIGTERM)
    assert agent.process.wait(timeout=10) == 0
    assert not [pid for pid in keeps if Path(f"/proc/{pid}").exists()]


def test_it_does_not_wait_when_told_twice(start):
    agent = start("--drain", "1h")
    agent.ask(agent.create(), "echo")
    agent.process.send_signal(signal.SIGINT)
    until(lambda: "asked to end" in agent.err)
    agent.process.send_signal(signal.SIGINT)
    assert agent.process.wait(timeout=5) == 0


def test_keeps_die_with_it(start):
    agent = start()
    keeps = [agent.create() for _ in range(3)]
    busy = agent.ask(keeps[0], "burn")
    begun(agent)
    pids = agent.keeps()
    assert len(pids) == 4
    agent.stop(signal.SIGKILL)
    try:
        until(lambda: not [p for p in pids if Path(f"/proc/{p}").exists() and
                           "Z" not in fields(p)["State"]])
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert busy.rest() == b""
    again = start()
    assert again.get("/v1/keeps") == {"keeps": []}
    assert sorted(p.name for p in again.state.iterdir()) == ["dev.crt", "dev.key"]


# ---- what it tells ----


def test_metrics(agent):
    keep = agent.create()
    with agent.ask(keep, "echo") as channel:
        channel.send("12345")
        channel.receive(5)
        told = agent.metrics()
        assert told['enarx_agent_keeps{backend="nil",state="attached"}'] == "1"
        assert told["enarx_agent_sessions"] == "1"
    agent.request("GET", "/nothing")
    agent.request("DELETE", f"/v1/keeps/{keep['id']}")
    until(lambda: not agent.keeps())
    told = agent.metrics()
    assert told["enarx_agent_keeps_created_total"] == "1" == told["enarx_agent_keeps_ended_total"]
    assert told["enarx_agent_sessions_total"] == "1" and told["enarx_agent_sessions"] == "0"
    assert told["enarx_agent_received_bytes_total"] == "10"
    assert told["enarx_agent_sent_bytes_total"] == "5"
    assert told['enarx_agent_requests_total{status="4xx"}'] == "1"
    assert int(told['enarx_agent_requests_total{status="2xx"}']) >= 3
    assert int(told["process_resident_memory_bytes"]) > MIB
    text = agent.get("/metrics").decode()
    names = {re.match(r"[a-z_]+", line)[0] for line in text.splitlines() if line[0] != "#"}
    for name in names:
        assert f"# HELP {name} " in text and re.search(rf"# TYPE {name} (gauge|counter)\n", text)
    assert agent.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_metrics_for_anybody(start, pki, tokens):
    agent = start(*identity(pki), "--tokens", tokens, "--metrics-open", dev=False)
    assert b"enarx_agent_keeps" in agent.get("/metrics")
    assert agent.request("GET", "/v1/keeps")[0] == 401


def test_it_says_who_asked_for_what(guarded):
    guarded.request("GET", "/v1/keeps", token="secret-of-alice")
    guarded.request("GET", "/v1/keeps", token="secret-of-nobody")
    guarded.request("GET", "/a%1b[2Jb%0aenarx:%20forged")
    lines = guarded.err.splitlines()
    assert re.search(r"^\S+Z 127.0.0.1:\d+ token:alice GET /v1/keeps 200$", guarded.err, re.M)
    assert re.search(r"^\S+Z 127.0.0.1:\d+ - GET /v1/keeps 401$", guarded.err, re.M)
    assert lines[-1].endswith(r"- GET /a\x1b[2Jb\x0aenarx: forged 404")
    assert "secret-of" not in guarded.err


def test_it_does_not_wait_for_who_reads_what_it_says(home):
    """Standard error is a pipe that nobody reads."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(
        [str(ROGUE), "host", "--dev", "--listen", "127.0.0.1:0", "--state-dir",
         str(home.home / "agent")], env=home.env, stderr=write)
    os.close(write)
    agent = Agent.__new__(Agent)
    agent.host, agent.source, agent.process = "127.0.0.1", None, process
    text = b""
    while not (found := re.search(rb"https://127.0.0.1:(\d+)\n", text)):
        text += os.read(read, 1000)
    agent.port = int(found[1])
    for _ in range(120):
        agent.get("/healthz")
    agent.alive()
    os.close(read)
    agent.alive()
    process.terminate()
    assert process.wait(timeout=10) == 0
