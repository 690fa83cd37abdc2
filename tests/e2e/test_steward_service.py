# SPDX-License-Identifier: Apache-2.0
"""`enarx steward` as who runs it meets it: its processes, replicas, log and limits, what it says
of its collateral, and its command line."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from agent import MIB, resident
from conftest import fields
from one_rule import ONE_RULE, check_each, needs_one_rule
from steward import *

pytestmark = [pytest.mark.once, needs_applicant]


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
    assert line["verdict"] == "issued" and line["tee"] == "simulated sgx"
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


def test_who_does_not_read_the_log_freezes_nobody(applicant, tmp_path):
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))
    reader, log = os.pipe()
    fcntl.fcntl(log, fcntl.F_SETPIPE_SZ, 4096)
    steward = Steward(tmp_path, "--dev", "--policy", tmp_path / "policy.toml", "--collateral",
                      applicant.machine, log=log)
    os.close(log)
    answers = [steward.ask("/", applicant.request(steward.nonce())) for _ in range(6)]
    issued = [a for a in answers if a.status == 200]
    put_off = [a for a in answers if a.status == 503]
    assert issued and put_off and len(issued) + len(put_off) == 6
    assert all(a.headers["Retry-After"] and b"record" in a.body for a in put_off)

    start = time.monotonic()
    assert steward.ask("/healthz").status == 200 and len(steward.nonce()) > 0
    assert steward.ask("/readyz").status == 503 and b"audit log" in steward.ask("/readyz").body
    assert steward.metrics()["enarx_steward_applications_unrecorded_total"] == str(len(put_off))
    assert time.monotonic() - start < 5

    said = os.read(reader, 65536)
    assert steward.ask("/readyz").status == 200
    issued.append(steward.ask("/", applicant.request(steward.nonce())))
    assert issued[-1].status == 200
    said += os.read(reader, 65536)
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["certificate_sha256"] for line in lines] == [
        hashlib.sha256(elements(a.body)[-1]).hexdigest() for a in issued]
    steward.stop()
    os.close(reader)


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


def test_the_key_is_in_a_process_of_its_own(start):
    steward = start()
    front, signer = fields(steward.process.pid), fields(steward.signer())
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


CLOCK = "a system call only where the kernel's clock is not in the vDSO"
NOT_SEEN = {
    "brk": "the C library's, when a request takes more memory than all before",
    "clock_gettime": CLOCK,
    "exit_group": "its end, which nobody waits for",
    "getrandom": "OpenSSL takes new seed an hour after the last",
    "gettimeofday": CLOCK,
}


@needs_one_rule
def test_every_rule_of_the_signer_is_needed(applicant, tmp_path, monkeypatch):
    """Of its filter: with any one of them ending it there is no certificate."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "policy.toml").write_text(policy(applicant.machine))
    usual = ["--dev", "--policy", tmp_path / "policy.toml", "--collateral", applicant.machine]

    status = None

    def signs():
        nonlocal status
        status = 1  # of one that does not come to its start
        steward = Steward(tmp_path, *usual, program=ONE_RULE)
        status = None
        try:
            assert steward.ask("/", applicant.request(steward.nonce())).status == 200
        except Exception:
            status = steward.process.wait(20)  # without its signer it ends by itself
            raise
        finally:
            steward.stop()

    check_each(tmp_path, [signs], NOT_SEEN, lambda: status == 1)


# ---- limits ----


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
    before = [resident(p) for p in (steward.process.pid, steward.signer())]
    send(10000)
    after = [resident(p) for p in (steward.process.pid, steward.signer())]
    assert all(b - a < MIB for a, b in zip(before, after)), (before, after)
    assert steward.ask("/", applicant.request(steward.nonce())).status == 200
    assert len(steward.decisions()) == 11001


def test_the_rate_is_limited(start, applicant):
    steward = start("--rate", 1)
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
