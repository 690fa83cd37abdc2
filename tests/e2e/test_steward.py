# SPDX-License-Identifier: Apache-2.0
"""`enarx steward` as those who want certificates meet it: curl, openssl(1), and requests with
true quotes of a simulated machine."""

import json
import os
import re
import subprocess
import time

import pytest

from conftest import ENARX
from steward import *

pytestmark = [pytest.mark.once, needs_applicant]


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


def ca(folder, name, by=None,
       more="basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"):
    """(key, certificate), made by openssl alone."""
    key, crt = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    os.chmod(key, 0o600)
    openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", folder / "csr")
    (folder / "ext").write_text(more)
    sign = ["-signkey", key] if by is None else [
        "-CA", folder / f"{by}.pem", "-CAkey", folder / f"{by}.key", "-CAcreateserial"]
    made = openssl("x509", "-req", "-in", folder / "csr", *sign, "-days", "30", "-extfile",
                   folder / "ext", "-out", crt)
    assert made.returncode == 0, made.stderr
    return key, crt


def test_with_curl_and_https(start, applicant, tmp_path):
    """The authority's key and chain from files, served by HTTPS, used with curl alone."""
    _, root = ca(tmp_path, "root")
    key, crt = ca(tmp_path, "issuing", "root")
    tls_key, tls_crt = ca(tmp_path, "tls", "root", "subjectAltName=IP:127.0.0.1")
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
    with TlsServer(tmp_path / "leaf.crt", f"{out}.key", "-cert_chain", crt, "-www") as address:
        host, port = address.split(":")
        got = subprocess.run([*curl, "--resolve", f"a.example:{port}:{host}", "-o", "/dev/null",
                              f"https://a.example:{port}/"], capture_output=True)
    assert got.returncode == 0, got.stderr


# ---- the original ----


def test_the_originals_request_from_a_real_machine(start, tmp_path):
    """With --legacy alone, and with no name; its CRLs of 2023 have expired, so the policy
    has to do without them."""
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
