# SPDX-License-Identifier: Apache-2.0
"""`enarx steward` and `enarx attest connect` as their users meet them: real servers, curl,
openssl(1), and requests with true quotes of a simulated machine (tests/steward/applicant.c)."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from conftest import ENARX, ROOT

APPLICANT = ROOT / "build/tests/steward/applicant"
ENCLAVE = "0102030000000000000000000000000000000000000000000000000000000000"
WORKLOAD = "770f000000000000000000000000000000000000000000000000000000000000"
EVIDENCE = ROOT / "tests/data/evidence/snp"
MILAN = EVIDENCE / "enarx-steward/milan.signed.crl.csr"
PKCS10 = "application/pkcs10"
BUNDLE = "application/vnd.steward.pkcs10-bundle.v1"

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not APPLICANT.exists(), reason=f"{APPLICANT} is not built: make tests"),
]


def policy(machine, dns='"a.example", "b.example"', workload=WORKLOAD):
    root = (machine / "root.pem").read_text()
    return f'''tees = ["sgx"]
simulated_roots = ["""
{root}"""]
[sgx]
mrenclaves = ["{ENCLAVE}"]
[[names]]
measurement = "{ENCLAVE}"
workload = "{workload}"
dns = [{dns}]
'''


class Applicant:
    """Requests of one simulated machine, whose collateral is in `machine`."""

    def __init__(self, folder):
        self.folder = folder
        self.machine = folder / "machine"
        self.env = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        (folder / "state").mkdir()
        self.run("machine", self.machine)
        self.count = 0

    def run(self, *args):
        subprocess.run([APPLICANT, *map(str, args)], env=self.env, check=True)

    def make(self, what="request", names=(), **claims):
        self.count += 1
        out = self.folder / f"{what}{self.count}"
        self.run(what, out, *[f"name={n}" for n in names], *[f"{k}={v}" for k, v in claims.items()])
        return out

    def request(self, nonce, **claims):
        return self.make(nonce=nonce.hex(), **claims).read_bytes()


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Steward:
    def __init__(self, folder, *args, listen="127.0.0.1:0", state=None):
        state = state or folder / "state"
        state.mkdir(exist_ok=True)
        self.audit = folder / "audit.log"
        self.said = folder / "said.log"
        with open(self.audit, "ab") as out, open(self.said, "wb") as err:
            self.process = subprocess.Popen(
                [ENARX, "steward", "--listen", listen, *map(str, args)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={**os.environ, "XDG_STATE_HOME": str(state)},
            )
        self.url = self.wait_for_address()

    def wait_for_address(self):
        for _ in range(600):
            found = re.search(r"listening on (\S+)", self.said.read_text())
            if found:
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(self.said.read_text())

    def ask(self, path, body=None, type=PKCS10, context=None):
        request = urllib.request.Request(self.url + path, data=body)
        if body is not None and type is not None:
            request.add_header("Content-Type", type)
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as got:
                return Answer(got.status, got.headers, got.read())
        except HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def nonce(self):
        return self.ask("/nonce").body

    def decisions(self):
        return [json.loads(line) for line in self.audit.read_text().splitlines()]

    def metrics(self):
        lines = self.ask("/metrics").body.decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    def signer(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def applicant(tmp_path):
    return Applicant(tmp_path)


@pytest.fixture
def start(tmp_path, applicant):
    """Starts stewards: with an authority for trying out, unless --key is given."""
    started = []
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))

    def start_one(*args, dev=True, policy=tmp_path / "policy.toml"):
        folder = tmp_path / f"steward{len(started)}"
        folder.mkdir()
        usual = ["--policy", policy, "--collateral", applicant.machine]
        started.append(Steward(folder, *(["--dev"] if dev else []), *usual, *args))
        return started[-1]

    yield start_one
    for steward in started:
        assert steward.stop() == 0


# ---- the authority for trying things out ----


@pytest.fixture
def authority(tmp_path, applicant):
    """The certificate of the one that a steward with --dev has, started and ended here."""
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))
    folder = tmp_path / "dev"
    folder.mkdir()

    def read():
        steward = Steward(folder, "--dev", "--policy", tmp_path / "policy.toml")
        pem = steward.ask("/ca").body
        assert steward.stop() == 0
        return pem

    read.file = folder / "state/enarx/steward/dev.pem"
    return read


def test_the_authority_for_trying_out_is_kept(authority):
    """A workload names it, and a policy the workload."""
    first = authority()
    assert authority() == first
    assert authority.file.stat().st_mode & 0o77 == 0
    authority.file.unlink()
    assert authority() != first


def test_trying_out_begins_without_names(start, applicant, tmp_path):
    """They are for workloads, which name the authority that is made now."""
    none = tmp_path / "none.toml"
    none.write_text(policy(applicant.machine).partition("[[names]]")[0])
    steward = start(policy=none)
    assert f"{none} has no [[names]]: nobody gets a certificate" in steward.said.read_text()
    assert steward.ask("/ca").body.startswith(b"-----BEGIN CERTIFICATE-----")
    got = steward.ask("/", applicant.request(steward.nonce()))
    assert (got.status, got.json()["check"]) == (403, "names_entry")


def test_the_authority_for_trying_out_expires(authority, tmp_path):
    """One that is good for less than a certificate is makes room for another."""
    first = authority()
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    words += f" -subj /CN=old -keyout {tmp_path}/key.pem -out {tmp_path}/cert.pem"
    subprocess.run(words.split(), check=True, capture_output=True)
    key = subprocess.run(["openssl", "ec", "-in", tmp_path / "key.pem"], check=True,
                         capture_output=True).stdout
    authority.file.write_bytes(key + (tmp_path / "cert.pem").read_bytes())
    now = authority()
    assert now != first and now != (tmp_path / "cert.pem").read_bytes()
    assert authority() == now


@pytest.mark.parametrize("how", ["spoiled", "open", "another key"])
def test_an_authority_that_is_not_ours_is_not_used(authority, how):
    authority()
    text = authority.file.read_bytes()
    if how == "spoiled":
        authority.file.write_bytes(text.replace(b"A", b"B", 1))
    elif how == "open":
        authority.file.chmod(0o644)
    else:
        authority.file.unlink()
        authority()
        key, _, rest = authority.file.read_bytes().partition(b"-----BEGIN CERTIFICATE-----")
        authority.file.write_bytes(key + text[text.index(b"-----BEGIN CERTIFICATE-----"):])
    with pytest.raises(AssertionError, match="dev.pem cannot be used; remove it"):
        authority()


# ---- certificates ----


def elements(der):
    """The elements of a SEQUENCE."""
    def head(at):
        size = der[at + 1]
        if size < 0x80:
            return at + 2, size
        width = size & 0x7F
        return at + 2 + width, int.from_bytes(der[at + 2 : at + 2 + width], "big")

    at, size = head(0)
    assert der[0] == 0x30 and at + size == len(der)
    found = []
    while at < len(der):
        inner, size = head(at)
        found.append(der[at : inner + size])
        at = inner + size
    return found


def openssl(*args, input=None):
    return subprocess.run(["openssl", *map(str, args)], input=input, capture_output=True)


def pem(der):
    return openssl("x509", "-inform", "DER", input=der).stdout


def text(der):
    return openssl("x509", "-inform", "DER", "-noout", "-text", input=der).stdout.decode()


def verifies(tmp_path, chain, leaf, *more):
    """By openssl verify, in its strict mode; `chain` is from the root down."""
    (tmp_path / "root.crt").write_bytes(pem(chain[0]))
    (tmp_path / "above.crt").write_bytes(b"".join(map(pem, chain[1:])) or pem(chain[0]))
    (tmp_path / "leaf.crt").write_bytes(pem(leaf))
    return openssl("verify", "-x509_strict", "-CAfile", tmp_path / "root.crt", "-untrusted",
                   tmp_path / "above.crt", *more, tmp_path / "leaf.crt").returncode == 0


def test_a_keep_gets_a_certificate(start, applicant, tmp_path):
    steward = start()
    got = steward.ask("/", applicant.request(steward.nonce()))
    assert got.status == 200, got.body
    assert got.headers["Content-Type"] == "application/pkix-pkipath"
    *chain, leaf = elements(got.body)
    assert pem(chain[0]) in steward.ask("/ca").body.replace(b"\r", b"")
    for host in ("a.example", "b.example"):
        assert verifies(tmp_path, chain, leaf, "-purpose", "sslserver", "-verify_hostname", host)
    assert not verifies(tmp_path, chain, leaf, "-verify_hostname", "c.example")
    assert verifies(tmp_path, chain, leaf, "-purpose", "sslclient")
    # SV5: a day, of which five minutes are before now; clocks five minutes off are served
    now = int(time.time())
    assert verifies(tmp_path, chain, leaf, "-attime", now - 290)
    assert verifies(tmp_path, chain, leaf, "-attime", now + 86400 - 330)
    assert not verifies(tmp_path, chain, leaf, "-attime", now + 86400 - 290)
    shown = text(leaf)
    assert "CA:FALSE" in shown and "Digital Signature" in shown
    assert "2.25.243729772745770050111524027220042009250" in shown


def test_names_are_those_of_the_policy(start, applicant):
    steward = start()
    got = steward.ask("/", applicant.request(steward.nonce(), names=["b.example"]))
    names = re.findall(r"DNS:([a-z.]+)", text(elements(got.body)[-1]))
    assert names == ["b.example"]
    for asked in (["c.example"], ["a.example", "c.example"], ["*.example"], ["A.example"]):
        got = steward.ask("/", applicant.request(steward.nonce(), names=asked))
        assert (got.status, got.json()["check"]) == (403, "names_listed")


REFUSED = [
    ({"workload": "77" * 32}, 403, "names_entry", None),
    ({"enclave": "01" * 32}, 403, "evidence_accepted", "sgx_mrenclave"),
    ({"purpose": "deploy-ready"}, 403, "evidence_accepted", "claims_purpose"),
    ({"nonce": ""}, 403, "nonce_genuine", None),
    ({"nonce": "00" * 56}, 403, "nonce_genuine", None),
    ({"original": 1}, 403, "evidence_binding", None),
]


@pytest.mark.parametrize("claims, status, check, evidence", REFUSED, ids=lambda v: str(v)[:40])
def test_refusals_say_why(start, applicant, claims, status, check, evidence):
    steward = start()
    claims = {"nonce": steward.nonce().hex(), **claims}
    got = steward.ask("/", applicant.make(**claims).read_bytes())
    assert (got.status, got.json()["check"]) == (status, check)
    assert got.json().get("evidence") == evidence
    assert got.json()["error"]
    (line,) = steward.decisions()
    assert (line["verdict"], line["check"]) == ("refused", check)
    assert line["certificate_sha256"] is None and line["names"] == []
    assert (line["evidence"] or {}).get("check") == evidence
    assert steward.metrics()[f'enarx_steward_applications_refused_total{{check="{check}"}}'] == "1"


def test_a_nonce_serves_once(start, applicant):
    steward = start()
    request = applicant.request(steward.nonce())
    assert steward.ask("/", request).status == 200
    again = steward.ask("/", request)
    assert (again.status, again.json()["check"]) == (403, "nonce_unused")


def test_what_is_no_request(start):
    steward = start()
    assert steward.ask("/", b"x", type=None).status == 415
    assert steward.ask("/", b"x", type="text/plain").status == 415
    assert steward.ask("/", b"x", type=BUNDLE).status == 415  # of the original, not asked for
    for body in (b"", b"x", b"\x30\x00", b"\x30\x82\xff\xff", os.urandom(3000)):
        assert steward.ask("/", body).status == 400
    csr = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", "/dev/null", "-subj", "/CN=x", "-outform", "DER").stdout
    assert steward.ask("/", csr).status == 401
    assert steward.ask("/", b"\x30" * 70000).status == 413
    assert steward.ask("/nowhere").status == 404
    assert steward.ask("/nonce", b"x").status == 405


def test_with_curl_and_https(start, applicant, tmp_path):
    """The authority's key and chain from files, served by HTTPS, used with curl alone."""
    def ca(name, by=None, more="basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"):
        key, crt = tmp_path / f"{name}.key", tmp_path / f"{name}.pem"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        os.chmod(key, 0o600)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", tmp_path / "csr")
        (tmp_path / "ext").write_text(more)
        sign = ["-signkey", key] if by is None else [
            "-CA", tmp_path / f"{by}.pem", "-CAkey", tmp_path / f"{by}.key", "-CAcreateserial"]
        made = openssl("x509", "-req", "-in", tmp_path / "csr", *sign, "-days", "30", "-extfile",
                       tmp_path / "ext", "-out", crt)
        assert made.returncode == 0, made.stderr
        return key, crt

    _, root = ca("root")
    key, crt = ca("issuing", "root")
    tls_key, tls_crt = ca("tls", "root", "subjectAltName=IP:127.0.0.1")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(crt.read_bytes() + root.read_bytes())
    steward = start("--key", key, "--cert", chain, "--tls-key", tls_key, "--tls-cert", tls_crt,
                    dev=False)
    assert steward.url.startswith("https://")
    curl = ["curl", "-sS", "--fail", "--cacert", root]
    nonce = subprocess.run([*curl, steward.url + "/nonce"], capture_output=True, check=True).stdout
    out = applicant.make(nonce=nonce.hex())
    path = subprocess.run(
        [*curl, "-H", f"Content-Type: {PKCS10}", "--data-binary", f"@{out}", steward.url + "/"],
        capture_output=True, check=True).stdout
    *above, leaf = elements(path)
    assert len(above) == 2 and pem(above[0]) == pem(openssl(
        "x509", "-in", root, "-outform", "DER").stdout)
    assert verifies(tmp_path, above, leaf, "-verify_hostname", "a.example")
    # and the keep serves by it
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", tmp_path / "leaf.crt",
         "-cert_chain", crt, "-key", f"{out}.key", "-www"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        port = None
        for line in server.stdout:
            found = re.search(rb"ACCEPT \S+:(\d+)", line)
            if found:
                port = int(found[1])
                break
        got = subprocess.run([*curl, "--resolve", f"a.example:{port}:127.0.0.1", "-o", "/dev/null",
                              f"https://a.example:{port}/"], capture_output=True)
        assert got.returncode == 0, got.stderr
    finally:
        server.kill()
        server.wait()


# ---- replicas ----


class Balancer(threading.Thread):
    """Connections in turn to one and the other, as any load balancer does."""

    def __init__(self, urls):
        super().__init__(daemon=True)
        self.to = [url.removeprefix("http://").rsplit(":", 1) for url in urls]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.start()

    def run(self):
        for turn in range(1 << 30):
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            host, port = self.to[turn % len(self.to)]
            server = socket.create_connection((host, int(port)))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_two_replicas_behind_a_load_balancer(start, applicant, tmp_path):
    key = tmp_path / "nonce.key"
    key.write_bytes(os.urandom(32))
    os.chmod(key, 0o600)
    one, other = start("--nonce-key", key), start("--nonce-key", key)
    balancer = Balancer([one.url, other.url])
    both = Steward.__new__(Steward)
    both.url = balancer.url
    for _ in range(6):  # the nonce of one, the certificate of the other
        assert both.ask("/", applicant.request(both.nonce())).status == 200
    # each issued some, and each nonce came from where its request did not go
    counts = [s.metrics()["enarx_steward_certificates_issued_total"] for s in (one, other)]
    assert sum(map(int, counts)) == 6 and "6" in counts  # turns alternate: nonce, request
    # what one has used, the other may take once more: no memory is shared
    request = applicant.request(one.nonce())
    assert [s.ask("/", request).status for s in (one, other, one, other)] == [200, 200, 403, 403]
    # without a key in common there is nothing in common
    alone = start()
    got = alone.ask("/", applicant.request(one.nonce()))
    assert got.json()["check"] == "nonce_genuine"
    balancer.listener.close()


# ---- the log ----


def test_each_decision_is_recorded(start, applicant):
    steward = start()
    nonce = steward.nonce()
    request = applicant.request(nonce, names=["a.example"])
    got = steward.ask("/", request)
    (line,) = steward.decisions()
    leaf = elements(got.body)[-1]

    assert line["certificate_sha256"] == hashlib.sha256(leaf).hexdigest()
    assert line["verdict"] == "issued" and line["tee"] == "sgx"
    assert line["measurement"] == ENCLAVE and line["workload"] == WORKLOAD
    assert line["names"] == ["a.example"] and line["original"] is False
    assert line["from"].startswith("127.0.0.1:")
    assert abs(time.time() - time.mktime(time.strptime(line["time"], "%Y-%m-%dT%H:%M:%SZ"))
               + time.timezone) < 60
    assert nonce.hex() not in steward.audit.read_text()


def test_what_cannot_be_recorded_is_not_done(applicant, tmp_path):
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "audit.log").symlink_to("/dev/full")
    steward = Steward(folder, "--dev", "--policy", tmp_path / "policy.toml", "--collateral",
                      applicant.machine)
    got = steward.ask("/", applicant.request(steward.nonce()))
    assert got.status == 503 and b"CERT" not in got.body
    assert steward.process.wait(20) == 1
    assert "audit log" in steward.said.read_text()


# ---- collateral ----


def test_collateral_is_read_again_when_it_changes(start, applicant, tmp_path):
    away = tmp_path / "away.json"
    shutil.move(applicant.machine / "tcb_info.json", away)
    steward = start()
    got = steward.ask("/", applicant.request(steward.nonce()))
    assert got.status == 403 and got.json()["check"] == "evidence_accepted"
    shutil.move(away, applicant.machine / "tcb_info.json")
    for _ in range(40):
        if steward.metrics()["enarx_steward_collateral_reloads_total"] != "0":
            break
        time.sleep(0.5)
    assert steward.ask("/", applicant.request(steward.nonce())).status == 200


def test_readiness_is_that_of_collateral(start, applicant):
    steward = start()
    assert steward.ask("/healthz").status == 200
    ready = steward.ask("/readyz")
    assert ready.status == 200 and ready.json()["collateral_alarm"] is False
    metrics = steward.metrics()
    assert metrics["enarx_steward_collateral_alarm"] == "0"
    assert metrics["enarx_steward_ready"] == "1"
    expired = EVIDENCE / "enarx-steward/crl/milan_ark_crl.der"
    shutil.copy(expired, applicant.machine / "vcek-Milan-crl")
    for _ in range(40):
        if steward.ask("/readyz").status == 503:
            break
        time.sleep(0.5)
    refused = steward.ask("/readyz")
    assert refused.status == 503 and "collateral has expired" in refused.json()["error"]
    assert steward.metrics()["enarx_steward_collateral_alarm"] == "1"
    assert steward.ask("/healthz").status == 200


# ---- the processes ----


def status_of(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text()
                .splitlines() if ":\t" in line)


def test_the_key_is_in_a_process_of_its_own(start):
    steward = start()
    front, signer = status_of(steward.process.pid), status_of(steward.signer())
    assert signer["Seccomp"] == "2" and signer["NoNewPrivs"] == "1"
    for found in (front, signer):
        assert int(found["CapEff"], 16) == 0 and found["NoNewPrivs"] == "1"
    fds = [os.readlink(f) for f in Path(f"/proc/{steward.signer()}/fd").iterdir()]
    assert len(fds) == 1 and fds[0].startswith("socket:")


def test_without_the_signer_there_is_no_steward(applicant, tmp_path):
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))
    folder = tmp_path / "one"
    folder.mkdir()
    steward = Steward(folder, "--dev", "--policy", tmp_path / "policy.toml", "--collateral",
                      applicant.machine)
    request = applicant.request(steward.nonce())
    os.kill(steward.signer(), signal.SIGKILL)
    assert steward.ask("/", request).status == 503
    assert steward.process.wait(20) == 1


# ---- limits ----


def rss(pid):
    return int(status_of(pid)["VmRSS"].split()[0])


def test_ten_thousand_bad_requests_leave_nothing(start, applicant):
    """SV6: memory stays flat, and who is right is served afterwards."""
    steward = start("--rate", 1000000)
    good = applicant.request(b"\0" * 56)
    host, port = steward.url.removeprefix("http://").split(":")
    bodies = [b"", b"\x30", b"\x30\x82\x10\x00" + b"x" * 4096, good, good[:-1],
              good[:100] + b"\0" + good[101:], os.urandom(2000), MILAN.read_bytes()]

    def send(count):
        with socket.create_connection((host, int(port))) as s, s.makefile("rb") as answers:
            for i in range(count):
                body = bodies[i % len(bodies)]
                s.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                          b"Content-Length: %d\r\n\r\n" % len(body) + body)
                line = answers.readline()
                assert line.split()[1] in (b"400", b"401", b"403"), line
                size = 0
                while (header := answers.readline()) != b"\r\n":
                    if header.lower().startswith(b"content-length:"):
                        size = int(header.split(b":")[1])
                answers.read(size)

    send(1000)
    before = [rss(p) for p in (steward.process.pid, steward.signer())]
    send(10000)
    after = [rss(p) for p in (steward.process.pid, steward.signer())]
    assert all(b - a < 1024 for a, b in zip(before, after)), (before, after)
    assert steward.ask("/", applicant.request(steward.nonce())).status == 200
    assert len(steward.decisions()) == 11001


def test_the_rate_is_limited(start, applicant):
    steward = start("--rate", 5)
    request = applicant.request(b"\0" * 56)
    got = [steward.ask("/", request) for _ in range(30)]
    assert {g.status for g in got} == {403, 429}
    late = next(g for g in got if g.status == 429)
    assert late.headers["Retry-After"] == "1"
    time.sleep(1.2)
    assert steward.ask("/", applicant.request(steward.nonce())).status == 200


def test_slow_and_large_clients_are_cut_off(start):
    steward = start()
    host, port = steward.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as s:
        s.sendall(b"GET /healthz HTTP/1.1\r\n" + b"X: " + b"y" * 40000 + b"\r\n\r\n")
        s.settimeout(20)
        head = s.recv(64)
        assert head == b"" or b" 431 " in head or b" 413 " in head
    with socket.create_connection((host, int(port))) as s:  # refused unseen
        s.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                  b"Content-Length: 65537\r\n\r\n")
        s.settimeout(20)
        assert b" 413 " in s.recv(64)
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        assert steward.ask("/healthz").status == 200  # others do not wait
        slow.settimeout(60)
        assert slow.recv(64) == b""  # ended by the server: 30 s for a request
    assert steward.metrics()["enarx_steward_connections_late_total"] == "1"


# ---- the original ----


def test_the_originals_request_from_a_real_machine(start, tmp_path):
    """With --legacy alone, and with no name; its CRLs of 2023 have expired, so the policy
    has to do without them."""
    from test_attest import evidence  # the same sets
    report = EVIDENCE / "enarx-steward/milan-v2-idblock"
    shown = subprocess.run([ENARX, "attest", "show", "--json", MILAN], capture_output=True,
                           check=True).stdout
    measurement = json.loads(shown)["claims"]["measurement"]
    toml = tmp_path / "milan.toml"
    toml.write_text(f'''tees = ["snp"]
crls = false
[snp]
product_lines = ["milan"]
platform_require = []
measurements = ["{measurement}"]
''')
    assert evidence(report).exists()
    steward = start("--legacy", "--collateral", report, policy=toml)
    got = steward.ask("/", MILAN.read_bytes())
    assert got.status == 200, got.body
    leaf = elements(got.body)[-1]
    assert "DNS:" not in text(leaf) and "secp384r1" in text(leaf)
    # one bit of it, and it is another's
    bent = bytearray(MILAN.read_bytes())
    bent[-1] ^= 1
    assert steward.ask("/", bytes(bent)).json()["check"] == "request_possession"
    # a bundle: all or none
    two = MILAN.read_bytes() * 2
    bundle = b"\x30\x82" + len(two).to_bytes(2, "big") + two
    got = steward.ask("/", bundle, type=BUNDLE)
    assert got.status == 200
    chain, issued = elements(got.body)
    assert len(elements(chain)) == 1 and len(elements(issued)) == 2
    assert all(verifies(tmp_path, elements(chain), leaf) for leaf in elements(issued))
    half = MILAN.read_bytes() + bytes(bent)
    bundle = b"\x30\x82" + len(half).to_bytes(2, "big") + half
    assert steward.ask("/", bundle, type=BUNDLE).status == 403
    lines = steward.decisions()
    assert lines[0]["original"] is True and lines[0]["workload"] is None


def test_the_original_in_sgx(start, applicant):
    steward = start("--legacy")
    request = applicant.make(original=1).read_bytes()
    assert steward.ask("/", request).status == 200
    named = applicant.make(original=1, names=["a.example"]).read_bytes()
    assert steward.ask("/", named).json()["check"] == "names_of_original"
    # beside it, the others go on as before
    assert steward.ask("/", applicant.request(steward.nonce())).status == 200


# ---- the command line ----

BAD = [
    (["--dev"], 2, "--policy"),
    (["--policy", "P"], 2, "--key FILE"),
    (["--policy", "P", "--dev", "--key", "K"], 2, "--dev makes"),
    (["--policy", "P", "--dev", "--listen", "0.0.0.0:0"], 2, "this machine alone"),
    (["--policy", "P", "--dev", "--listen", "localhost"], 2, "is no address"),
    (["--policy", "P", "--dev", "--lifetime", "25h"], 2, "6m to 24h"),
    (["--policy", "P", "--dev", "--lifetime", "5m"], 2, "6m to 24h"),
    (["--policy", "P", "--dev", "--rate", "0"], 2, "no number"),
    (["--policy", "P", "--dev", "--tls-key", "K"], 2, "go together"),
    (["--policy", "missing", "--dev"], 1, "missing"),
    (["--policy", "P", "--dev", "--collateral", "missing"], 1, "missing"),
    (["--policy", "P", "--dev", "--nonce-key", "P"], 1, "is no file of at most 32"),
    (["--policy", "P", "--key", "missing", "--cert", "P"], 1, "missing"),
    (["--policy", "P", "--key", "P", "--cert", "P"], 1, "no private key of P-256"),
    (["--policy", "EMPTY", "--dev"], 1, "names no measurement"),
]


@pytest.mark.parametrize("args, status, said", BAD, ids=lambda v: " ".join(v)[:40] if isinstance(v, list) else "")
def test_wrong_lines(enarx, applicant, tmp_path, args, status, said):
    (tmp_path / "P").write_text(policy(applicant.machine))
    os.chmod(tmp_path / "P", 0o600)
    (tmp_path / "EMPTY").write_text("")
    enarx("steward", "--listen", "127.0.0.1:0", *args, cwd=tmp_path).refused(said, status=status)


def test_keys_are_closed_to_others(enarx, applicant, tmp_path):
    (tmp_path / "P").write_text(policy(applicant.machine))
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", tmp_path / "K")
    os.chmod(tmp_path / "K", 0o644)
    enarx("steward", "--policy", "P", "--key", "K", "--cert", "P", cwd=tmp_path).refused(
        "can be read or changed by others")


# ---- who answers ----


class TlsServer:
    """openssl s_server with a certificate of a keep's."""

    def __init__(self, cert, key, *args):
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in self.process.stdout:
            found = re.search(rb"ACCEPT (\S+:\d+)", line)
            if found:
                self.address = found[1].decode()
                break

    def __enter__(self):
        return self.address

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def certificate(applicant, tmp_path, **claims):
    made = applicant.make("certificate", **claims)
    crt = tmp_path / "keep.crt"
    crt.write_bytes(pem(made.read_bytes()))
    return crt, f"{made}.key"


@pytest.fixture
def known(applicant, tmp_path):
    """Options that let the simulated machine pass."""
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))
    return ["--policy", tmp_path / "policy.toml", "--collateral", applicant.machine]


def test_connect_shows_who_is_there(enarx, applicant, known, tmp_path):
    crt, key = certificate(applicant, tmp_path)
    out = tmp_path / "got.pem"
    with TlsServer(crt, key, "-alpn", "h2") as address:
        shown = enarx("attest", "connect", *known, "--out", out, "--alpn", "h2", address).ok()
        got = json.loads(enarx("attest", "connect", *known, "--json", address).ok().out)
    assert "TLSv1.3" in shown.out and "h2" in shown.out
    assert f"workload: {WORKLOAD}" in shown.out and "accepted: sgx evidence" in shown.out
    assert got["version"] == "TLSv1.3" and got["verdict"]["verdict"] == "accepted"
    assert got["certificate"]["subject"] == "keep"
    assert out.read_bytes() == crt.read_bytes()
    enarx("attest", "verify", *known, out).ok()


def test_connect_refuses(enarx, applicant, known, tmp_path):
    crt, key = certificate(applicant, tmp_path, purpose="deploy-empty")
    with TlsServer(crt, key) as address:
        refused = enarx("attest", "connect", *known, address)
        assert refused.status == 3 and "purpose" in refused.out
        assert enarx("attest", "connect", address).status == 3  # a simulated root, not named
    crt, key = certificate(applicant, tmp_path, enclave="05" * 32)
    with TlsServer(crt, key) as address:
        assert enarx("attest", "connect", *known, address).status == 3


def test_connect_to_others(enarx, known, tmp_path):
    """A server as there are many, and of TLS 1.2: shown as what it is, and refused."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", tmp_path / "o.key", "-out", tmp_path / "o.crt", "-subj", "/CN=other")
    with TlsServer(tmp_path / "o.crt", tmp_path / "o.key", "-tls1_2") as address:
        got = enarx("attest", "connect", *known, address)
        assert got.status == 3 and "TLSv1.2" in got.out and "no evidence" in got.out
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        threading.Thread(target=lambda: silent.accept()[0].close(), daemon=True).start()
        enarx("attest", "connect", f"127.0.0.1:{port}").refused("no TLS session")
    enarx("attest", "connect", "127.0.0.1:1").refused("cannot connect")
    enarx("attest", "connect", "nowhere.invalid:1").refused("cannot find")
    enarx("attest", "connect", "localhost").refused("is no HOST:PORT", status=2)


def test_connect_to_who_would_write_on_the_terminal(enarx, tmp_path):
    """Names are whatever the other side put into its certificate."""
    config = tmp_path / "odd.cnf"
    config.write_bytes(b"[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=MASK:0x04\n"
                       b"[dn]\nCN=M\xfcller\x1b[31m\n")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-config", config, "-keyout", tmp_path / "o.key", "-out", tmp_path / "o.crt",
            "-addext", "subjectAltName=DNS:a\x1b]0;owned\x07.example")
    with TlsServer(tmp_path / "o.crt", tmp_path / "o.key") as address:
        got = enarx("attest", "connect", address)
        told = json.loads(enarx("attest", "connect", "--json", address).out)["certificate"]
    assert got.status == 3 and "\x1b" not in got.out and "\x07" not in got.out, repr(got)
    assert r"certificate: M?ller\x1b[31m, by M?ller\x1b[31m, until" in got.out, repr(got)
    assert told["subject"] == r"M?ller\x1b[31m"
    assert told["names"] == [r"a\x1b]0;owned\x07.example"]


def test_connect_to_a_keep_certified_by_a_steward(enarx, start, applicant, known, tmp_path):
    steward = start()
    out = applicant.make(nonce=steward.nonce().hex())
    leaf = elements(steward.ask("/", out.read_bytes()).body)[-1]
    crt = tmp_path / "certified.crt"
    crt.write_bytes(pem(leaf))
    with TlsServer(crt, f"{out}.key") as address:
        got = enarx("attest", "connect", *known, "--json", address)
    assert got.status == 3
    shown = json.loads(got.out)["certificate"]
    assert shown["names"] == ["a.example", "b.example"]
    assert shown["statement"]["measurement"] == ENCLAVE
    assert shown["statement"]["workload"] == WORKLOAD
