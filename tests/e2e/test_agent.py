# SPDX-License-Identifier: Apache-2.0
"""`enarx host`: its API, who may use it, what keeps cost, and what it stands. The keeps
here do what their visitor says (tests/agent/rogue.c)."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from agent import PROTOCOL, ROGUE, Agent, descriptors, digest, resident, until
from browser import Browser
from conftest import AS_NOBODY, ENARX, Enarx, absent

MIB = 1 << 20
MARKER = "marker-7f3a9c41"

pytestmark = pytest.mark.skipif(not ROGUE.exists(), reason=f"{ROGUE} is not built: make tests")


@pytest.fixture
def home(tmp_path):
    home = Enarx(ROGUE, tmp_path / "home")
    home.env["ENARX_LOG"] = "error"  # nothing of keys that are made once
    return home


@pytest.fixture
def start(home):
    """start("--idle", "1s") is an agent with those options."""
    agents = []

    def begin(*args, **options):
        agents.append(Agent(home, *args, **options))
        return agents[-1].ready()

    yield begin
    for agent in agents:
        agent.stop()
        assert agent.process.returncode in (0, -signal.SIGKILL), agent.err


@pytest.fixture
def agent(start):
    return start()


# ---- certificates and tokens ----


def openssl(*args, cwd):
    subprocess.run(["openssl", *map(str, args)], cwd=cwd, check=True, capture_output=True)


def make_ca(folder, name):
    openssl(*"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(),
            "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}", cwd=folder)


def make_cert(folder, name, ca, key=None):
    """A certificate of that name by that authority, of a new key or of another's."""
    if key is None:
        key = name
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{key}.key",
                cwd=folder)
    openssl("req", "-new", "-key", f"{key}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
            cwd=folder)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-out", f"{name}.crt", cwd=folder)


@pytest.fixture
def pki(tmp_path):
    folder = tmp_path / "pki"
    folder.mkdir()
    make_ca(folder, "server")
    make_ca(folder, "people")
    make_ca(folder, "strangers")
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder


def identity(pki):
    return ["--cert", pki / "server.crt", "--key", pki / "server.key"]


def write_tokens(path, **tokens):
    path.write_text("# who may\n\n" + "".join(f"{n} {digest(t)}\n" for n, t in tokens.items()))
    path.chmod(0o600)
    return path


@pytest.fixture
def tokens(tmp_path):
    return write_tokens(tmp_path / "tokens", alice="secret-of-alice", bob="secret-of-bob")


@pytest.fixture
def guarded(start, pki, tokens):
    return start(*identity(pki), "--tokens", tokens, dev=False)


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
             '{"backend": "nil", "backend": "nil"}', '{"Backend": "nil"}', '{"backend": null}'])
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


# ---- what a keep's process is ----

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a keep")


def fields(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def begun(agent, **options):
    """A keep behind its sandbox, and its process."""
    keep = agent.create(**options)
    until(lambda: agent.show(keep, **{k: v for k, v in options.items() if k == "token"})["state"]
          == "ready")
    return keep, agent.keep_pid(keep)


def test_it_gave_up_all_privileges(agent):
    _, pid = begun(agent)
    status = fields(pid)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and status["Threads"] == "1"
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[name], 16) == 0


def test_what_it_may_not_do_it_cannot(agent):
    keep = agent.create()
    answer = agent.ask(keep, "attempt").receive(24)
    assert answer == b"no " * 8
    assert agent.show(keep)["isolation_missing"] == [] or os.geteuid() != 0


@only_root
def test_it_is_alone(agent):
    _, one = begun(agent)
    _, two = begun(agent)
    for name in ("pid", "net", "ipc", "uts", "mnt", "user"):
        spaces = {os.readlink(f"/proc/{pid}/ns/{name}") for pid in (one, two, os.getpid())}
        assert len(spaces) == 3, name
    assert os.readlink(f"/proc/{one}/ns/pid_for_children") != os.readlink("/proc/self/ns/pid")
    users = {fields(pid)["Uid"].split()[0] for pid in (one, two)}
    assert len(users) == 2 and all(int(u) >= 1900000000 for u in users)
    assert fields(one)["Groups"].strip() == ""
    assert fields(one)["NSpid"].split()[-1] == "1"


@only_root
def test_it_has_nothing(agent):
    keep, pid = begun(agent)
    mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    assert len(mounts) == 1 and " / / ro,nosuid,nodev,noexec" in mounts[0], mounts
    assert os.listdir(f"/proc/{pid}/root/") == []
    links = {fd: os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    kinds = sorted(re.sub(r"\[\d+\]", "", link) for link in links.values())
    # Standard streams that lead nowhere, its log, its socket, and the file it is loaded from.
    assert kinds.count("/dev/null") == 3 and kinds.count("pipe:") == 1, links
    assert kinds.count("socket:") == 1 and len(kinds) <= 6, links
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert environment.strip(b"\0") == b"", environment
    assert Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:3] == [
        b"keep-process", keep["id"].encode()]


def memory_of(pid):
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            first, last = (int(x, 16) for x in line.split()[0].split("-"))
            try:
                memory.seek(first)
                yield memory.read(last - first)
            except (OSError, ValueError, OverflowError):
                pass


@only_root
def test_no_secret_of_the_agent_is_in_it(guarded, pki):
    _, pid = begun(guarded, token="secret-of-alice")
    key = (pki / "server.key").read_text().splitlines()[1].encode()
    secrets = (b"secret-of-alice", bytes.fromhex(digest("secret-of-alice")), key,
               str(pki).encode())
    content = b"".join(memory_of(pid))
    assert len(content) > MIB
    assert not [s for s in secrets if s in content]
    # The search finds what is there.
    assert bytes.fromhex(digest("secret-of-alice")) in b"".join(memory_of(guarded.pid))


def test_as_a_user_without_rights(home, start):
    if not AS_NOBODY:
        pytest.skip("this is one")
    for path in (home.home, *home.home.parents):
        if path == Path("/tmp"):
            break
        path.chmod(0o755)
    for path in (home.home, home.tmp):
        os.chown(path, 65534, 65534)
    agent = start("--backends", "nil", prefix=AS_NOBODY)
    keep, pid = begun(agent)
    assert keep["isolation_missing"] == ["own user id"]
    assert "keeps go without: own user id" in agent.err
    assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    assert os.listdir(f"/proc/{pid}/root/") == []
    assert fields(pid)["Uid"].split()[0] == "65534"
    with agent.ask(keep, "echo") as channel:
        channel.send("x")
        assert channel.receive(1) == b"x"


def test_without_namespaces_it_says_so(home, start):
    """As in a container that forbids them: a filter for clone(2) and unshare(2)."""
    agent = start("--backends", "nil", prefix=[os.environ.get("PYTHON", "/usr/bin/python3"),
                                               Path(__file__).with_name("without_namespaces.py")])
    keep, pid = begun(agent)
    assert "own process ids" in keep["isolation_missing"] and "no network" in keep["isolation_missing"]
    assert "warning: keeps go without" in agent.err
    assert fields(pid)["Seccomp"] == "2"


# ---- keeps that misbehave ----


def test_a_keep_that_crashes(agent):
    other = agent.create()
    neighbour = agent.ask(other, "echo")
    keep = agent.create()
    channel = agent.ask(keep, "crash")
    assert channel.rest() == b""
    ended = agent.ended(keep)
    assert "crashed: signal 4" in ended["failure"] and ended["ended"]
    assert agent.channel(keep).status == 410
    neighbour.send("x")
    assert neighbour.receive(1) == b"x"
    assert len(agent.keeps()) == 1, "a zombie"


@pytest.mark.parametrize("status, said", [(0, "without a word"), (3, "it stopped")])
def test_a_keep_that_leaves(agent, status, said):
    keep = agent.create()
    agent.ask(keep, f"exit {status}")
    assert said in agent.ended(keep)["failure"]


def test_a_keep_that_talks_without_end(agent):
    other = agent.ask(agent.create(), "echo")
    keep, _ = begun(agent)
    before, used = resident(agent.pid), os.times()
    agent.ask(keep, "flood")
    for _ in range(30):
        other.send("x")
        assert other.receive(1) == b"x"
        time.sleep(0.1)
    shown = agent.show(keep)
    assert 1 <= len(shown["log"]) <= 16 and max(map(len, shown["log"])) <= 200
    assert "\x1b" not in "".join(shown["log"]) and "xxx" in shown["log"][-1]
    assert resident(agent.pid) < before + MIB
    assert "xxxx" not in agent.err
    cpu = sum(map(int, Path(f"/proc/{agent.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    assert cpu / os.sysconf("SC_CLK_TCK") < 1.5, used
    agent.request("DELETE", f"/v1/keeps/{keep['id']}")
    until(lambda: len(agent.keeps()) == 1)


def test_a_keep_that_takes_all_processor_time(start):
    agent = start("--max-cpu", "1s")
    keep = agent.create()
    agent.ask(keep, "burn")
    agent.alive()
    assert "time on the processor" in agent.ended(keep, 20)["failure"]


def test_memory_of_its_own_is_bounded_by_the_kernel(start):
    agent = start("--max-memory", "100M")
    keep, pid = begun(agent)
    channel = agent.ask(keep, f"eat {1 << 30}")
    channel.send("echo\nx")
    assert channel.receive(1) == b"x", "it was told no, and lives"
    assert 50 * MIB < resident(pid) < 110 * MIB


def test_memory_that_the_kernel_does_not_count_so(start):
    agent = start("--max-memory", "100M")
    keep, _ = begun(agent)
    agent.ask(keep, f"share {1 << 40}")
    assert "more memory" in agent.ended(keep)["failure"]
    agent.alive()


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


def test_keeps_that_nobody_wants(start):
    agent = start("--unclaimed", "500ms", "--idle", "1s")
    unclaimed = agent.create()
    keep = agent.create()
    with agent.ask(keep, "echo") as channel:
        assert "nobody opened" in agent.ended(unclaimed)["failure"]
        time.sleep(1.2)
        channel.send("x")
        assert channel.receive(1) == b"x"
    assert "nobody was attached" in agent.ended(keep)["failure"]


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
    threading.Thread(target=channel.rest, daemon=True).start()
    with pytest.raises(OSError):
        for _ in range(64):
            channel.send(bytes(65536))
            time.sleep(0.001)
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


# ---- the relay ----


def test_bytes_arrive_as_they_are(agent):
    keep = agent.create()
    sent = os.urandom(24 * MIB)
    channel = agent.ask(keep, "echo")
    received = []
    reader = threading.Thread(target=lambda: received.append(channel.receive(len(sent))))
    reader.start()
    for at in range(0, len(sent), 100_003):
        channel.send(sent[at : at + 100_003])
    reader.join(60)
    assert received == [sent]
    shown = agent.show(keep)
    assert shown["received_bytes"] == len(sent) + 5 and shown["sent_bytes"] == len(sent)


def half_closing(agent, keep, lines):
    """Sends the upgrade and `lines`, then close_notify, and reads on to the end."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = agent.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    tcp = socket.create_connection((agent.host, agent.port), timeout=20)

    def until_done(act):
        while True:
            try:
                result = act()
                tcp.sendall(outgoing.read())
                return result
            except ssl.SSLWantReadError:
                tcp.sendall(outgoing.read())
                data = tcp.recv(65536)
                incoming.write(data) if data else incoming.write_eof()

    until_done(tls.do_handshake)
    head = (f"GET /v1/keeps/{keep['id']}/channel HTTP/1.1\r\nHost: localhost\r\n"
            f"Connection: Upgrade\r\nUpgrade: {PROTOCOL}\r\n\r\n")
    tls.write(head.encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += until_done(lambda: tls.read(1))
    tls.write(lines)
    tcp.sendall(outgoing.read())
    with pytest.raises(ssl.SSLWantReadError):
        tls.unwrap()
    tcp.sendall(outgoing.read())
    rest = b""
    with pytest.raises(ssl.SSLZeroReturnError):
        while part := until_done(lambda: tls.read(65536)):
            rest += part
    tcp.close()
    return rest


def test_an_owner_may_end_its_direction_first(agent):
    keep = agent.create()
    assert half_closing(agent, keep, b"sink\n" + bytes(300_000)) == b"300000\n"
    until(lambda: agent.show(keep)["sessions"] == 0)


def test_a_keep_may_end_its_direction_first(agent):
    keep = agent.create()
    channel = agent.ask(keep, "leave")
    assert channel.rest() == b""
    channel.send("take 100000\n")
    channel.send(bytes(100_000))
    until(lambda: agent.show(keep)["received_bytes"] == 6 + 12 + 100_000)
    channel.close()
    until(lambda: agent.show(keep)["sessions"] == 0)


def test_what_a_keep_said_last_arrives(agent):
    keep = agent.create()
    channel = agent.ask(keep, f"source {5 * MIB}")
    assert len(channel.rest()) == 5 * MIB


def test_an_owner_that_is_gone_without_a_word(agent):
    keep = agent.create()
    channel = agent.ask(keep, "echo")
    until(lambda: agent.show(keep)["sessions"] == 1)
    channel.reset()
    until(lambda: agent.show(keep)["sessions"] == 0)
    with agent.ask(keep, "echo") as again:
        again.send("x")
        assert again.receive(1) == b"x"


def push(channel):
    """Sends until nothing more is taken for a second."""
    channel.tls.settimeout(1)
    with pytest.raises((TimeoutError, ssl.SSLError)):
        while True:
            channel.send(bytes(MIB))


def test_who_does_not_read_makes_the_other_wait(agent):
    keep, _ = begun(agent)
    other = agent.create()
    before = resident(agent.pid)
    deaf = agent.ask(keep, "burn")
    push(deaf)
    mute = agent.ask(other, f"source {1 << 30}")
    time.sleep(1)
    assert resident(agent.pid) < before + 2 * MIB
    assert agent.show(other)["sent_bytes"] < 32 * MIB
    with agent.ask(other, "echo"):
        pass
    agent.alive()
    mute.reset()
    deaf.reset()


def test_nothing_is_sent_before_the_answer(agent):
    keep = agent.create()
    assert agent.channel(keep, early=b"echo\nx").status in (0, 101)
    until(lambda: agent.show(keep)["sessions"] == 0)
    assert agent.show(keep)["received_bytes"] == 0


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
    throw(agent, 200)
    before, open_before = resident(agent.pid), descriptors(agent.pid)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: throw(agent, 1250), range(8)))
    until(lambda: descriptors(agent.pid) <= open_before + 2)
    assert resident(agent.pid) < before + 2 * MIB
    agent.alive()
    assert not agent.keeps()
    # What it said of them is bounded as well, fit for a terminal, and counted.
    lines = agent.err.splitlines()
    assert "\x1b" not in agent.err
    assert any("lines are missing here" in line for line in lines)
    assert len(lines) < 10_000


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

    for _ in range(100):
        one()
    until(lambda: not agent.keeps())
    before, open_before = resident(agent.pid), descriptors(agent.pid)
    for _ in range(10_000 if os.environ.get("CHECK_LONG") else 400):
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
    until(lambda: not [p for p in pids if Path(f"/proc/{p}").exists() and
                       "Z" not in fields(p)["State"]])
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
    for _ in range(1500):
        agent.get("/healthz")
    agent.alive()
    os.close(read)
    agent.alive()
    process.terminate()
    assert process.wait(timeout=10) == 0


# ---- the page ----


@pytest.fixture(scope="module")
def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.strip()
    return absent("Chromium is not installed")


@pytest.fixture
def browser(chromium, tmp_path):
    browser = Browser(chromium, tmp_path / "browser")
    yield browser
    browser.close()


def row(browser, keep):
    """What the page says of a keep; "" when it shows none."""
    return browser.ask(f"document.getElementById('{keep['id']}')?.innerText ?? ''")


def test_the_page_shows_keeps_as_they_come_and_go(agent, browser):
    browser.open(f"https://localhost:{agent.port}/")
    until(lambda: "You have none here." in browser.text(), 30)
    assert browser.ask("document.title") == "Enarx host"
    keep = agent.create()
    with agent.ask(keep, "echo") as channel:
        channel.send("x" * 5000)
        channel.receive(5000)
        until(lambda: "attached" in row(browser, keep) and "4.9 KiB" in row(browser, keep), 20)
        assert "nil" in row(browser, keep)
    agent.ask(keep, "crash")
    until(lambda: "ended: it crashed" in row(browser, keep), 20)
    assert "sgx-sim" in browser.text() and re.search("[0-9a-f]{64}", browser.text())
    assert int(browser.ask("document.body.dataset.rounds")) >= 2
    assert browser.said == []


def test_the_page_asks_for_a_token(guarded, browser):
    keep = guarded.create(token="secret-of-alice")
    browser.open(f"https://localhost:{guarded.port}/")
    until(lambda: "Token:" in browser.text(), 30)
    fill = "document.getElementById('token').value = '{}'; " \
           "document.querySelector('#ask button').click()"
    browser.ask(fill.format("wrong"))
    until(lambda: "401" in guarded.err.splitlines()[-1])
    assert row(browser, keep) == "" and not browser.ask("document.getElementById('ask').hidden")
    browser.ask(fill.format("secret-of-alice"))
    until(lambda: keep["id"] in row(browser, keep), 20)
    assert browser.ask("document.getElementById('ask').hidden")
    assert browser.ask("JSON.stringify([localStorage.length, sessionStorage.length])") == "[0,0]"


def test_nothing_foreign_runs_in_the_page(agent, browser):
    agent.get("/")
    policy = agent.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and agent.headers["X-Content-Type-Options"] == "nosniff"
    browser.open(f"https://localhost:{agent.port}/")
    until(lambda: "Backends" in browser.text(), 30)
    browser.ask("document.body.insertAdjacentHTML('beforeend', "
                "'<img src=x onerror=\"document.title = 1\"><b style=\"color: red\">b</b>');"
                "const s = document.createElement('script'); s.textContent = 'document.title = 2';"
                "document.body.append(s); 0")
    time.sleep(0.5)
    assert browser.ask("document.title") == "Enarx host"
    assert len([s for s in browser.said if "Content Security Policy" in str(s)]) >= 3
