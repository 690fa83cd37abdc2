# SPDX-License-Identifier: Apache-2.0
"""`enarx attest connect`: who answers, as certificates of keeps and stewards say it."""

import json
import socket
import threading

import pytest

from steward import *

pytestmark = [pytest.mark.once, needs_applicant]


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
    assert f"workload: {WORKLOAD}" in shown.out and "accepted: simulated sgx evidence" in shown.out
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
