# SPDX-License-Identifier: Apache-2.0
"""A steward for tests, applicants with true quotes of a simulated machine
(tests/steward/applicant.c), and fixtures: a module that imports them has them."""

import json
import os
import re
import signal
import subprocess
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
needs_applicant = pytest.mark.skipif(
    not APPLICANT.exists(), reason=f"{APPLICANT} is not built: make tests"
)


def policy(machine, names=("a.example", "b.example"), measurement=ENCLAVE, workload=WORKLOAD):
    """Those names for that program and workload, on the machine of that simulation."""
    root = (machine / "root.pem").read_text()
    dns = ", ".join(f'"{name}"' for name in names)
    return f'''tees = ["sgx"]
simulated_roots = ["""
{root}"""]
[sgx]
mrenclaves = ["{measurement}"]
[[names]]
measurement = "{measurement}"
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
    def __init__(self, folder, *args, listen="127.0.0.1:0", state=None, program=ENARX, log=None):
        state = state or folder / "state"
        state.mkdir(exist_ok=True)
        self.audit = folder / "audit.log"
        self.said = folder / "said.log"
        with open(self.audit, "ab") as out, open(self.said, "wb") as err:
            self.process = subprocess.Popen(
                [program, "steward", "--listen", listen, *map(str, args)],
                stdin=subprocess.DEVNULL, stdout=out if log is None else log, stderr=err,
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


# ---- what stewards say ----


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


class TlsServer:
    """openssl s_server with such a certificate."""

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
