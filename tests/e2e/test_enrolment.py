# SPDX-License-Identifier: Apache-2.0
"""Keeps that have a steward: true ones of the simulation, a true steward, and clients of
Python's that know nothing but the steward's authority. And stewards that are down, refuse, or
answer with something else."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent import Agent
from conftest import finish
from steward import Steward
from steward import policy as steward_policy
from tls import STDIO, Authority, client_context, connect, connect_plain, openssl

NAME = "api.example.org"
SAN = f"subjectAltName=DNS:{NAME}"

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def machine(enarx, tmp_path_factory):
    """Collateral and root of the simulated machine."""
    folder = tmp_path_factory.mktemp("machine") / "evidence"
    enarx("attest", "evidence", "--backend", "sgx-sim", "-o", folder, env={"ENARX_LOG": "warn"})
    return folder


@pytest.fixture
def ca(tmp_path):
    """The authority of stewards."""
    folder = tmp_path / "ca"
    folder.mkdir()
    ca = Authority(folder)
    os.chmod(folder / "ca.key", 0o600)
    return ca


class Service:
    """A program behind a TLS listener, and what its keep's certificate is to say."""

    def __init__(self, enarx, wasm, folder, port, url, ca, names=(NAME,), program="busy_server"):
        self.enarx, self.folder, self.port, self.ca = enarx, folder, port, ca
        self.wasm = wasm(program)
        self.config = folder / "Enarx.toml"
        shutil.copy(ca, folder / "steward.pem")
        wanted = f"names = {list(names)}\n" if names else ""
        self.config.write_text(
            f'steward = "{url}"\n'
            f'files = [{STDIO}, {{kind = "listen", name = "web", addr = "127.0.0.1", '
            f'port = {port}}}]\n[certificate]\n{wanted}ca = "steward.pem"\n'
        )

    def words(self, args):
        return ["--config", self.config, self.wasm, *args]

    def run(self, *args, backend="sgx-sim", **options):
        return self.enarx.popen("run", "--backend", backend, *self.words(args), **options)

    def measured(self, *args):
        """{"mrenclave": ..., "workload": ...}"""
        shown = self.enarx("measure", "--backend", "sgx-sim", *self.words(args)).ok().out
        return dict(re.findall(r"^(\w+): *([0-9a-f]{64})$", shown, re.M))

    def client(self, name=NAME):
        return connect(self.port, client_context(ca=self.ca), name=name)


def policy(machine, measured, names=(NAME,)):
    return steward_policy(machine, names, measured["mrenclave"], measured["workload"])


@pytest.fixture
def start(tmp_path, machine, ca):
    """start(port, policy text, more arguments): a steward."""
    started = []

    def begin(port, text, *args, own=True):
        folder = tmp_path / f"steward{len(started)}"
        folder.mkdir()
        (folder / "policy.toml").write_text(text)
        keys = ["--key", ca.folder / "ca.key", "--cert", ca.cert] if own else ["--dev"]
        started.append(
            Steward(folder, *keys, "--policy", folder / "policy.toml", "--collateral", machine,
                    *args, listen=f"127.0.0.1:{port}", state=tmp_path / "state")
        )
        return started[-1]

    yield begin
    for steward in started:
        steward.stop()


@pytest.fixture
def steward_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def service(enarx, wasm, tmp_path, port, steward_port, ca):
    return Service(enarx, wasm, tmp_path, port, f"http://127.0.0.1:{steward_port}", ca.cert)


def echoes(s, data=b"hello"):
    s.sendall(data)
    assert s.recv(len(data)) == data


# ---- certified ----


def test_a_service_for_people_who_never_heard_of_keeps(service, start, machine, steward_port):
    steward = start(steward_port, policy(machine, service.measured("1")))
    keep = service.run("1")
    with pytest.raises(ssl.SSLCertVerificationError):
        service.client(name="www.example.org")
    with service.client() as s:
        shown = s.getpeercert()
        assert shown["subjectAltName"] == (("DNS", NAME),)
        ends = ssl.cert_time_to_seconds(shown["notAfter"])
        assert 23 * 3600 < ends - time.time() < 24 * 3600
        echoes(s)
    finish(keep).ok("served 1\n")
    (line,) = steward.decisions()
    assert line["verdict"] == "issued" and line["names"] == [NAME]
    assert line["workload"] == service.measured("1")["workload"]


def test_attest_connect_shows_the_steward(enarx, service, start, machine, steward_port):
    start(steward_port, policy(machine, service.measured("9")))
    keep = service.run("9")
    with connect_plain(service.port):
        pass  # it listens
    shown = enarx("attest", "connect", f"127.0.0.1:{service.port}")
    assert shown.status == 3, shown
    assert service.measured("9")["workload"] in shown.out and NAME in shown.out
    trusting = ["attest", "connect", "--ca-bundle", service.ca, f"localhost:{service.port}"]
    shown = enarx(*trusting, "--server-name", NAME).ok()
    assert f"accepted: by the word of its issuer, since the certificate leads to {service.ca}" in shown.out
    wrong = enarx(*trusting)
    assert wrong.status == 3 and "ostname mismatch" in wrong.out
    other = enarx("attest", "connect", "--json", "--ca-bundle", machine / "root.pem",
                  "--server-name", NAME, f"127.0.0.1:{service.port}")
    assert other.status == 3 and json.loads(other.out)["authority"]["trusted"] is False
    enarx("attest", "connect", "--ca-bundle", service.config, f"127.0.0.1:{service.port}").refused(
        "no file of certificates")
    keep.terminate()
    keep.wait(30)


def test_the_authority_for_trying_out(enarx, wasm, tmp_path, port, start, machine, steward_port):
    """As docs/steward.md has it: the authority, then the workload, then the policy."""
    nothing = {"mrenclave": "00" * 32, "workload": "00" * 32}
    first = start(steward_port, policy(machine, nothing), own=False)
    ca = tmp_path / "dev.pem"
    ca.write_bytes(first.ask("/ca").body)
    assert first.stop() == 0
    url = f"http://127.0.0.1:{steward_port}"
    service = Service(enarx, wasm, tmp_path, port, url, ca, names=())
    measured = service.measured("1")
    start(steward_port, policy(machine, measured, [NAME, "b.example"]), own=False)
    keep = service.run("1")
    with service.client(name="b.example") as s:
        assert {n for _, n in s.getpeercert()["subjectAltName"]} == {NAME, "b.example"}
        echoes(s)
    assert finish(keep).ok("served 1\n")


def test_a_certificate_ends_and_connections_do_not(service, start, machine, steward_port):
    """The shortest that a steward issues: of six minutes five are before now."""
    steward = start(steward_port, policy(machine, service.measured("3")), "--lifetime", "6m")
    keep = service.run("3")
    with service.client() as early:
        first = early.getpeercert()["serialNumber"]
        echoes(early)
        deadline = time.monotonic() + 55
        while len(steward.decisions()) < 2 and time.monotonic() < deadline:
            time.sleep(0.5)
            echoes(early)
        time.sleep(1)
        with service.client() as late:
            assert late.getpeercert()["serialNumber"] != first
            echoes(late)
            echoes(early, b"still here")
    with service.client() as s:
        echoes(s)
    finish(keep).ok("served 3\n")
    assert [d["verdict"] for d in steward.decisions()] == ["issued"] * 2


def test_deployed(enarx, service, start, machine, steward_port):
    steward = start(steward_port, policy(machine, service.measured("1")))
    with Agent(enarx) as agent:
        words = ("--to", agent.address, "--backend", "sgx-sim",
                 f"--allow-simulated={machine / 'root.pem'}", *service.words("1"))
        keep = enarx.popen("deploy", "--quiet", *words)
        try:
            with service.client() as s:
                assert s.getpeercert()["subjectAltName"] == (("DNS", NAME),)
                echoes(s)
            finish(keep).ok("served 1\n")
        finally:
            keep.kill()
    assert [d["verdict"] for d in steward.decisions()] == ["issued"]


def test_a_keep_that_proves_nothing(enarx, service):
    """One line, and a certificate of its own."""
    keep = service.run("1", backend="nil")
    with connect(service.port) as s:
        echoes(s)
    done = finish(keep)
    assert done.status == 0 and done.out == "served 1\n"
    (line,) = done.lines
    assert "can prove nothing to the steward" in line and "signed itself" in line


# ---- not certified ----


def refuses_to_start(keep, *said):
    done = finish(keep)
    assert done.status == 1 and done.out == "", done
    for part in said:
        assert re.search(part, done.err), done
    return done


def test_a_steward_that_is_down(service, steward_port):
    begun = time.monotonic()
    done = refuses_to_start(service.run("1"), "Connection refused; trying again",
                            f"no certificate from the steward http://127.0.0.1:{steward_port}: "
                            "Connection refused$")
    assert 3 < time.monotonic() - begun < 40
    assert f"http://127.0.0.1:{steward_port}/nonce" in done.err


def test_a_steward_that_comes_up_late(service, start, machine, steward_port):
    text = policy(machine, service.measured("1"))
    keep = service.run("1")
    time.sleep(1)
    start(steward_port, text)
    with service.client() as s:
        echoes(s)
    done = finish(keep)
    assert done.status == 0 and done.out == "served 1\n"


def test_a_steward_that_refuses(service, start, machine, steward_port):
    """It says why to the host, whose user reads it."""
    other = {**service.measured("1"), "workload": "77" * 32}
    steward = start(steward_port, policy(machine, other))
    refuses_to_start(service.run("1"), "no entry of \\[\\[names\\]\\] in the policy",
                     "no certificate from the steward .*: it refuses")
    assert [d["check"] for d in steward.decisions()] == ["names_entry"]


def test_a_deployment_that_is_refused(enarx, service, start, machine, steward_port):
    """The owner hears that it is, the host's operator why."""
    other = {**service.measured("1"), "workload": "77" * 32}
    start(steward_port, policy(machine, other))
    with Agent(enarx) as agent:
        done = enarx("deploy", "--quiet", "--to", agent.address, "--backend", "sgx-sim",
                     f"--allow-simulated={machine / 'root.pem'}", *service.words("1"))
    assert done.status != 0 and "it refuses" in done.err, done


def test_a_name_that_is_another_workloads(enarx, wasm, tmp_path, port, start, machine, ca,
                                          steward_port):
    url = f"http://127.0.0.1:{steward_port}"
    service = Service(enarx, wasm, tmp_path, port, url, ca.cert, names=["www.example.org"])
    start(steward_port, policy(machine, service.measured("1")))
    refuses_to_start(service.run("1"), "asks for a name that the policy does not give",
                     "it refuses")


# ---- hostile stewards ----


class Hostile:
    """Answers `make(request)`, a path or (status, type, body)."""

    def __init__(self, port, make):
        class Handler(BaseHTTPRequestHandler):
            def say(self, status, type, body):
                self.send_response(status)
                self.send_header("Content-Type", type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.say(200, "application/octet-stream", os.urandom(56))

            def do_POST(self):
                request = self.rfile.read(int(self.headers["Content-Length"]))
                self.say(*make(request))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def der_sequence(*parts):
    body = b"".join(parts)
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def der(path):
    return subprocess.run(["openssl", "x509", "-in", path, "-outform", "DER"], check=True,
                          capture_output=True).stdout


USAGE = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
LEAF = f"basicConstraints=critical,CA:FALSE\n{USAGE}"


def certify(ca, request, extensions=LEAF + SAN, key=None, days=1):
    """What an authority makes of a request: a path."""
    work = ca.folder
    (work / "csr").write_bytes(request)
    (work / "ext").write_text(extensions)
    forced = [] if key is None else ["-force_pubkey", key]
    openssl("x509", "-req", "-inform", "DER", "-in", "csr", "-CA", ca.cert, "-CAkey",
            f"{ca.name}.key", "-CAcreateserial", "-days", str(days), "-extfile", "ext", "-out",
            "leaf.pem", *forced, cwd=work)
    return der_sequence(der(ca.cert), der(work / "leaf.pem"))


def path(body):
    return 200, "application/pkix-pkipath", body


@pytest.fixture
def other_ca(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def other_key(tmp_path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k", cwd=tmp_path)
    openssl("pkey", "-in", "k", "-pubout", "-out", "k.pub", cwd=tmp_path)
    return tmp_path / "k.pub"


def test_what_a_hostile_steward_could_do_right(service, ca, steward_port):
    with Hostile(steward_port, lambda r: path(certify(ca, r))):
        keep = service.run("1")
        with service.client() as s:
            echoes(s)
        finish(keep).ok("served 1\n")


def answers(ca, other_ca, other_key):
    return {
        "another key": lambda r: path(certify(ca, r, key=other_key)),
        "does not lead to what 'ca' of .certificate. pins": lambda r: path(certify(other_ca, r)),
        "a name that was not asked for": lambda r: path(certify(ca, r, LEAF + f"{SAN},DNS:c.example")),
        "certificate of an authority": lambda r: path(certify(
            ca, r, f"basicConstraints=critical,CA:TRUE\n{USAGE}{SAN}")),
        "no certificate for TLS servers and clients": lambda r: path(certify(
            ca, r, f"basicConstraints=critical,CA:FALSE\n{SAN}")),
        "longer than a day": lambda r: path(certify(ca, r, days=3)),
        "no path of certificates": lambda r: path(certify(ca, r) + b"\0"),
        "is of type text/html": lambda r: (200, "text/html", b"<html>"),
        "what answers there is no steward": lambda r: path(b"\0" * 70000),
    }


@pytest.mark.parametrize("said", answers(None, None, None))
def test_hostile_stewards(service, ca, other_ca, other_key, steward_port, said):
    with Hostile(steward_port, answers(ca, other_ca, other_key)[said]):
        refuses_to_start(service.run("1"), said, "no certificate from the steward")
