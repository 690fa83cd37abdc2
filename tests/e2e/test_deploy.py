# SPDX-License-Identifier: Apache-2.0
"""`enarx deploy` before a real agent, as a user sees it: a program on another machine is like
one on this, and what goes wrong is told. What hostile hosts try is in other files."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from agent import Agent, digest, until
from backends import PROVE_NOTHING, allowing, amount
from conftest import finish, platform
from test_attest_fetch import Service

REMARK = re.compile(r"enarx: backend [a-z-]+ (proves nothing|is a simulation): ")
CONTENT = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def agent(enarx):
    enarx.env["ENARX_LOG"] = "info"
    with Agent(enarx) as agent:
        yield agent


@pytest.fixture(scope="module")
def target(enarx, agent, root):
    """How to get at a keep of the backend that is looked at."""
    address = f"127.0.0.1:{agent.port}"
    return ["--to", address, "--backend", enarx.backend, allowing(enarx.backend, root)]


@pytest.fixture
def deploy(enarx, target):
    def run(*words, **options):
        return enarx("deploy", "--quiet", *target, *words, **options)

    return run


@pytest.fixture
def begin(enarx, target):
    """A deployment under way."""

    def run(*words, **options):
        return enarx.popen("deploy", "--quiet", *target, *words, **options)

    return run


def events(result):
    return [json.loads(line) for line in result.err.splitlines() if line.startswith("{")]


def newest(agent):
    return agent.get("/v1/keeps")["keeps"][0]


# ---- like a program of this machine ----


def test_arguments(deploy, tool):
    deploy(tool, "args", "--not-ours", "ä b", "").ok("0=main.wasm\n1=args\n2=--not-ours\n3=ä b\n4=\n")


@pytest.mark.parametrize("status", [0, 1, 3, 42, 134, 255])
def test_its_status_is_the_program_s(deploy, tool, status):
    result = deploy(tool, "exit", status)
    assert (result.status, result.out, result.err) == (status, "", "")


def test_streams_carry_any_bytes(deploy, tool):
    result = deploy(tool, "cat", input=CONTENT)
    assert result.status == 0 and result.bytes == CONTENT and result.err == "", result.err


def test_the_end_of_input_arrives(deploy, tool):
    deploy(tool, "cat").ok("")
    deploy(tool, "await", "20000").ok("ready\n")


def test_output_and_errors_are_apart(deploy, tool):
    result = deploy(tool, "no-such-command")
    assert (result.status, result.out, result.err) == (99, "", "tool: no such command\n")


def test_environment(deploy, tool):
    lines = deploy("--env", "A=1", "--env", "B=ü=2", tool, "env").ok().out.splitlines()
    assert "A=1" in lines and "B=ü=2" in lines and not any(x.startswith("HOME") for x in lines)


def test_configuration(deploy, tool, tmp_path):
    config = tmp_path / "Enarx.toml"
    config.write_text('args = ["args", "from the file"]\n')
    deploy("--config", config, tool).ok("0=main.wasm\n1=args\n2=from the file\n")


def test_folders_go_and_come(deploy, tool, tmp_path):
    there, back = tmp_path / "there", tmp_path / "back"
    (there / "sub").mkdir(parents=True)
    (there / "sub/file").write_bytes(CONTENT)
    result = deploy("--dir", f"{there}::/data:ro", tool, "show", "/data/sub/file")
    assert result.bytes == CONTENT
    deploy("--dir-out", f"/out::{back}", tool, "write", "/out/file", "text").ok("")
    assert (back / "file").read_text() == "text"


def test_secrets(deploy, tool, tmp_path):
    file = tmp_path / "file"
    file.write_text("of the file")
    words = ("--secret", "NAME", "--secret", "GIVEN=value", tool, "env")
    lines = deploy(*words, env={"NAME": "of the environment"}).ok().out.splitlines()
    assert "NAME=of the environment" in lines and "GIVEN=value" in lines
    deploy("--secret", f"{file}::/run/secret", tool, "show", "/run/secret").ok("of the file")


def test_traps(deploy, wasm):
    result = deploy(wasm("trap"), "unreachable")
    assert result.status == 134 and result.out == ""
    assert "trapped" in result.err and "innermost" in result.err, result.err


def test_compilers_and_limits(deploy, tool):
    deploy("--compiler", "winch", "--max-memory", "16M", tool, "take", "1").ok("took 1048576\n")
    result = deploy("--max-memory", "2M", tool, "take", "64")
    assert (result.status, result.out) == (4, "no memory\n")


@pytest.mark.parametrize("what", ["empty", "other"])
def test_programs_that_are_none(deploy, tmp_path, what):
    file = tmp_path / "app.wasm"
    file.write_bytes(b"" if what == "empty" else b"\x7fELF" * 100)
    deploy(file).refused("app.wasm")


# ---- ends ----


def test_a_time_limit(deploy, agent, tool):
    limit = amount("seconds of a time limit")
    result = deploy("--timeout", f"{limit}s", tool, "spin")
    assert (result.status, result.out) == (124, "ready\n")
    assert f"was ended after {limit}s" in result.err
    assert newest(agent)["state"] == "ended"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_reach_the_program(begin, agent, tool, number):
    process = begin(tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    process.send_signal(number)
    result = finish(process)
    assert result.status == 128 + number and result.err == "", repr(result)
    assert time.monotonic() - began < 4
    until(lambda: newest(agent)["state"] == "ended")


@pytest.mark.parametrize("what", ["program", "token"])
def test_signals_end_what_only_reads(begin, tool, tmp_path, what):
    """Files that never come to an end, before there is a keep."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    words = [pipe] if what == "program" else ["--token-file", pipe, tool]
    process = begin(*words)
    with open(pipe, "wb"):
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_a_busy_program_does_not_outlive_its_user(begin, agent, tool):
    process = begin(tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.wait()
    assert "owner has left" in agent.ended(newest(agent), 40)["failure"]


def test_a_program_that_heeds_no_signal_is_stopped(begin, agent, tool):
    process = begin(tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert finish(process).status == 128 + signal.SIGTERM
    assert 4 < time.monotonic() - began < 15
    assert newest(agent)["state"] == "ended"


def test_the_third_signal_stops_at_once(begin, agent, tool):
    process = begin(tool, "spin")
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert finish(process).status == 128 + signal.SIGINT
    assert time.monotonic() - began < 4
    assert newest(agent)["state"] == "ended"


def test_output_that_nobody_takes_ends_the_program(begin, agent, tool):
    process = begin(tool, "yes")
    assert process.stdout.read(1000) == b"y\n" * 500
    process.stdout.close()
    assert process.wait(20) == 128 + signal.SIGPIPE
    process.stderr.close()
    until(lambda: newest(agent)["state"] == "ended")


def test_output_that_does_not_fit_is_told(begin, tool):
    with open("/dev/full", "wb") as full:
        process = begin(tool, "yes", stdout=full)
        result = finish(process)
    assert result.status == 128 + signal.SIGPIPE
    assert "standard output: No space left on device" in result.err


def test_the_end_of_output_may_not_fit_either(begin, tool):
    """The program has ended well by then, and its user has nothing of it."""
    with open("/dev/full", "wb") as full:
        process = begin(tool, "args", stdout=full)
        result = finish(process)
    assert result.status == 1
    assert "standard output: No space left on device" in result.err


def test_output_that_is_closed_is_told(enarx, target, tool):
    words = [enarx.path, "deploy", *target, tool, "args"]
    command = ["bash", "-c", 'exec "$@" >&-', "bash", *map(str, words)]
    result = subprocess.run(command, capture_output=True, env=enarx.env, timeout=30)
    assert result.returncode == 0 and b"standard output is closed" in result.stderr


def test_a_reader_that_takes_its_time_loses_nothing(begin, tool):
    process = begin(tool, "cat", stdin=subprocess.PIPE)
    feeder = threading.Thread(target=lambda: (process.stdin.write(CONTENT), process.stdin.close()))
    feeder.start()
    time.sleep(1)
    got = b""
    while part := process.stdout.read(50000):
        got += part
        time.sleep(0.01)
    feeder.join()
    assert got == CONTENT and process.wait(20) == 0
    process.stdout.close()
    process.stderr.close()


def test_descriptors_of_others_stay_as_they_are(begin, tool):
    """Neither end of a pipe that others have, too, becomes one that does not wait."""
    reading, writing = os.pipe()
    process = begin(tool, "args", stdout=writing)
    process.wait(30)
    assert fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK == 0
    os.close(reading)
    os.close(writing)
    process.stderr.close()


# ---- what is said ----


def test_events(enarx, deploy, tool):
    result = deploy("--json", tool, "exit", 5)
    assert result.status == 5
    attested, packaged, provisioned, ended = events(result)
    assert attested["event"] == "attested" and attested["backend"] == enarx.backend
    assert packaged["event"] == "packaged" and packaged["size"] > tool.stat().st_size
    assert len(packaged["workload_digest"]) == 64
    assert provisioned["event"] == "provisioned" and provisioned["keep"] == attested["keep"]
    assert (ended["event"], ended["ending"], ended["status"]) == ("exit", "exit", 5)
    times = [e["elapsed_ms"] for e in events(result)]
    assert times == sorted(times)
    assert attested["proven"] is False  # hardware alone proves anything
    simulated = enarx.backend not in PROVE_NOTHING
    assert attested["simulated"] is simulated and (attested["tee"] == "sgx") is simulated
    assert attested["accepted_by"] == ("simulated_roots" if simulated else "allow_insecure")
    assert attested["ear"]["hardware"] == 97 and attested["ear"]["runtime-opaque"] == 96
    if simulated:
        measured = json.loads(enarx("measure", "--json").ok().out)["mrenclave"]
        assert attested["measurement"] == measured and attested["tcb_status"] == "UpToDate"


def test_the_workload_is_that_of_a_local_run(enarx, deploy, tool):
    there = events(deploy("--json", tool, "args", "x"))[1]["workload_digest"]
    local = enarx.run("--json", "--backend", "nil", tool, "args", "x")
    assert json.loads(local.err.splitlines()[-1])["workload_digest"] == there


def on_terminal(enarx, *words):
    """What a terminal on standard error shows."""
    ours, its = pty.openpty()
    process = enarx.popen(*words, stderr=its)
    os.close(its)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    process.stdout.close()
    return process.wait(30), shown.decode()


def test_steps_show_on_a_terminal_alone(enarx, target, tool):
    status, shown = on_terminal(enarx, "deploy", *target, tool, "exit", 2)
    assert status == 2
    steps = re.findall(r"^enarx: (attested|packaged|provisioned): ", shown, re.M)
    assert list(dict.fromkeys(steps)) == ["attested", "packaged", "provisioned"], shown
    quiet = enarx("deploy", *target, tool, "exit", 2)
    assert [x for x in quiet.err.splitlines() if not REMARK.match(x)] == []
    assert len(quiet.err.splitlines()) == 1, quiet.err
    verbose = enarx("deploy", "-v", *target, tool, "exit", 2)
    assert "enarx: provisioned: " in verbose.err and "whatever certificate" in verbose.err


# ---- what is refused ----


def test_what_proves_nothing_is_refused_before_there_is_a_keep(enarx, agent, tool):
    before = agent.get("/v1/keeps")["keeps"]
    address = f"127.0.0.1:{agent.port}"
    refused = allowing(enarx.backend, "").rstrip("=")
    words = ("--to", address, "--backend", enarx.backend, tool)
    enarx("deploy", *words).refused(refused, "nothing was sent", status=3)
    event = events(enarx("deploy", "--json", *words))
    assert [(e["event"], e["sent"], e["status"]) for e in event] == [("refused", False, 3)]
    both = enarx("deploy", "--to", address, tool)
    both.refused("--allow-insecure", "--allow-simulated", "no keep was made", status=3)
    assert {k["id"] for k in agent.get("/v1/keeps")["keeps"]} == {k["id"] for k in before}


def test_the_best_backend_is_chosen(enarx, agent, tool):
    """Of those that prove nothing, what keeps more apart."""
    words = ("--json", "--to", f"127.0.0.1:{agent.port}", "--allow-insecure")
    best = "kvm" if platform()["kvm"]["available"] else "nil"
    assert events(enarx("deploy", *words, tool, "exit", 0))[0]["backend"] == best


def test_what_proves_something_is_preferred(enarx, agent, simulation, tool):
    words = ("--json", "--to", f"127.0.0.1:{agent.port}", "--allow-insecure")
    allow = f"--allow-simulated={simulation / 'root.pem'}"
    assert events(enarx("deploy", *words, allow, tool, "exit", 0))[0]["backend"] == "sgx-sim"


@pytest.fixture
def policy(tmp_path):
    def write(text):
        path = tmp_path / "policy.toml"
        path.write_text(text)
        return path

    return write


def only_simulated(enarx):
    if enarx.backend in PROVE_NOTHING:
        pytest.skip(f"{enarx.backend}: proves nothing that a policy could look at")


def test_a_policy_refuses_and_tells_what_would_accept(enarx, deploy, agent, tool, policy):
    only_simulated(enarx)
    other = "00" * 31 + "aa"
    path = policy(f'tees = ["sgx"]\n[sgx]\nmrenclaves = ["{other}"]\n')
    result = deploy("--policy", path, tool, "exit", 0)
    assert result.status == 3 and result.out == ""
    measured = json.loads(enarx("measure", "--json").ok().out)["mrenclave"]
    for part in ("sgx_mrenclave", f"expected {other}", f"found {measured}", "what that gives up",
                 "under [sgx]", "nothing of the workload was sent"):
        assert part in result.err, result.err
    assert newest(agent)["state"] == "ended" and newest(agent)["received_bytes"] < 2000
    line = re.search(r"^ +(mrenclaves = .*)$", result.err, re.M)[1]
    deploy("--policy", policy(f'tees = ["sgx"]\n[sgx]\n{line}\n'), tool, "exit", 0).ok()
    (event,) = events(deploy("--json", "--policy", policy(path.read_text().replace(
        measured, other)), tool))
    assert (event["check"], event["expected"], event["found"], event["sent"]) == (
        "sgx_mrenclave", other, measured, False)
    assert event["policy"][0]["line"] == line


BAD_POLICIES = {
    "any program": ('tees = ["sgx"]\n', "names no program"),
    "a kind without one": (f'tees = ["snp"]\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "names no"),
    "nonce": (f'nonce = "aa"\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "nonce"),
    "report data": (f'report_data = "{"aa" * 64}"\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "nonce"),
    "purpose": (f'purpose = "inspect"\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "purpose"),
    "unknown key": ("tee = 1\n", r"policy.toml:1:1: .*tee"),
}


@pytest.mark.once
@pytest.mark.parametrize("which", BAD_POLICIES)
def test_policies_that_say_too_little_or_what_cannot_be(enarx, tool, policy, which):
    text, said = BAD_POLICIES[which]
    enarx("deploy", "--to", "127.0.0.1:1", "--policy", policy(text), tool).refused(said)


def test_a_policy_may_name_the_workload(enarx, deploy, tool, policy):
    measured = json.loads(enarx("measure", "--json").ok().out)["mrenclave"]
    rest = f'tees = ["sgx"]\n[sgx]\nmrenclaves = ["{measured}"]\n'
    wanted = events(deploy("--json", tool, "exit", 0))[1]["workload_digest"]
    path = policy(f'workload = "{wanted}"\n{rest}')
    deploy("--policy", path, tool, "exit", 0).ok()
    deploy("--policy", path, tool, "exit", 1).refused("not the workload", status=3)


@pytest.mark.once
@pytest.mark.parametrize("host", ["", "https://host", "host:0", "a/b", "host:port", "user@host"])
def test_hosts_that_are_none(enarx, tool, host):
    enarx("deploy", "--to", host, tool).refused("--to", status=2)


@pytest.mark.once
def test_usage(enarx, tool, tmp_path):
    enarx("deploy", tool).refused("needs --to HOST", status=2)
    enarx("deploy", "--to", "h").refused("APP.wasm", status=2)
    words = ("deploy", "--to", "127.0.0.1:1", "--detach")
    enarx(*words, "--timeout", "1s", tool).refused("--timeout", status=2)
    enarx(*words, "--dir-out", f"/x::{tmp_path / 'x'}", tool).refused("--dir-out", status=2)
    enarx(*words, "--client-key", tool, tool).refused("--client-cert", status=2)
    enarx(*words, "--allow-simulated", tool, tool).refused("no certificate")
    enarx(*words, "--allow-simulated", tmp_path / "none", tool).refused("cannot read")


@pytest.mark.once
def test_nobody_there(enarx, tool):
    enarx("deploy", "--to", "127.0.0.1:1", tool).refused("127.0.0.1:1", "enarx host")
    enarx("deploy", "--to", "no-such-host.invalid", tool).refused("no host no-such-host.invalid")
    event = events(enarx("deploy", "--json", "--to", "127.0.0.1:1", tool))
    assert [(e["event"], e["status"]) for e in event] == [("failed", 1)]


@pytest.mark.once
def test_something_else_there(enarx, tool):
    """A host that speaks TLS and HTTP, and no agent's."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=lambda: server.accept()[0].sendall(b"220 hello\r\n" * 100)).start()
        result = enarx("deploy", "--to", f"127.0.0.1:{server.getsockname()[1]}", tool)
    result.refused("cannot ask 127.0.0.1")


# ---- who is who ----


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A server's certificate, for its address, and a person's; each its own authority."""
    folder = tmp_path_factory.mktemp("pki")
    for name, extra in ("server", ["-addext", "subjectAltName=IP:127.0.0.1"]), ("person", []):
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj",
                f"/CN={name}", *extra)
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder


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


# ---- collateral ----


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
    folder = simulation
    claims = json.loads(enarx("attest", "show", "--json", folder / "quote.bin").ok().out)["claims"]
    chain, issuers = folder / "tcb_signing_chain.pem", folder / "pck_crl_issuer_chain.pem"
    service = Service()
    v4 = "/sgx/certification/v4"
    service.answers = {
        (f"{v4}/tcb", f"fmspc={claims['fmspc']}"): (
            folder / "tcb_info.json", ("TCB-Info-Issuer-Chain", chain)),
        (f"{v4}/qe/identity", ""): (
            folder / "qe_identity.json", ("SGX-Enclave-Identity-Issuer-Chain", chain)),
        (f"{v4}/pckcrl", "ca=platform&encoding=der"): (
            folder / "pck_crl.der", ("SGX-PCK-CRL-Issuer-Chain", issuers)),
        (f"{v4}/rootcacrl", ""): (folder / "root_ca_crl.der", None),
    }
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


# ---- what breaks ----


def test_a_keep_that_is_gone(begin, agent, tool):
    """What a session without its end has said is never a success."""
    process = begin(tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    os.kill(agent.keep_pid(newest(agent)), signal.SIGKILL)
    result = finish(process)
    assert result.status == 1 and "cut short" in result.err, repr(result)


def test_a_host_that_is_gone(enarx, root, tool, tmp_path):
    agent = Agent(enarx, "--state-dir", tmp_path / "state").ready()
    allow = allowing(enarx.backend, root)
    words = ("--to", f"127.0.0.1:{agent.port}", "--backend", enarx.backend, allow)
    process = enarx.popen("deploy", "--quiet", *words, tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    agent.stop(signal.SIGKILL)
    result = finish(process)
    assert result.status == 1 and "cut short" in result.err, repr(result)


def test_an_owner_that_is_gone_takes_the_program_along(begin, agent, tool):
    process = begin(tool, "wait")
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    finish(process)
    until(lambda: newest(agent)["state"] == "ended")


def test_many_at_once(begin, tool):
    statuses = list(range(amount("deployments at once")))
    processes = [begin(tool, "exit", i) for i in statuses]
    assert [finish(p, 60).status for p in processes] == statuses


def test_large_workloads_take_little_memory(begin, tool, tmp_path):
    """What is sent lies in memory once."""
    data = tmp_path / "data"
    data.mkdir()
    with open(data / "big", "wb") as big:
        for _ in range(96):
            big.write(os.urandom(1 << 20))
    process = begin("--dir", f"{data}::/data:ro", tool, "exit", 0)
    most = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        most = max(most, *map(int, re.findall(r"VmHWM:\s+(\d+)", status)), 0)
        time.sleep(0.01)
    assert finish(process).status == 0
    assert 96 * 1024 < most < 160 * 1024, most
