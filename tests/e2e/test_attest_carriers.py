# SPDX-License-Identifier: Apache-2.0
"""`enarx attest` on what carries evidence: requests of the original for certificates, and
certificates of RA-TLS. Who made them is not who made the evidence."""

import base64
import subprocess

import pytest

from evidence_sets import (  # noqa: F401
    CSR,
    DEBUG,
    EVIDENCE,
    STEWARD,
    TDX,
    evidence,
    expected,
    verify,
)

AT_CSR = ("--at", "2022-12-01")
SGX_CSRS = sorted((EVIDENCE / "sgx/enarx-steward").glob("*.csr"))


def pem(der, label):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def test_show_is_fit_for_a_terminal(enarx, tmp_path):
    """Names in certificates are the sender's, and nothing has verified them."""
    quote = evidence(DEBUG).read_bytes()
    end = b"-----END CERTIFICATE-----\n"
    first = quote[quote.index(b"-----BEGIN") : quote.index(end)] + end
    der = base64.b64decode(b"".join(first.splitlines()[1:-1]))
    evil = b"\x1b[2J\x1b]0;owned\x07\x7f\xc2\x9b31mX\n".ljust(25)
    other = pem(der.replace(b"Intel SGX PCK Certificate", evil), "CERTIFICATE").encode()
    assert der.count(b"Intel SGX PCK Certificate") == 1 and len(other) == len(first)
    file = tmp_path / "quote.bin"
    file.write_bytes(quote.replace(first, other))
    out = enarx("attest", "show", file).ok().out
    assert r"\x1b[2J\x1b]0;owned\x07\x7f\xc2\x9b31mX\x0a" in out
    assert all(c.isprintable() or c == "\n" for c in out)


@pytest.fixture
def milan(tmp_path):
    policy = tmp_path / "milan.toml"
    policy.write_text('[snp]\nproduct_lines = ["milan"]\nplatform_require = []\n')
    return ("--collateral", STEWARD / "milan-v2-idblock", "--policy", policy)


def test_request_of_the_original_snp(verify, milan, tmp_path):
    got, status = verify(CSR, *AT_CSR, *milan)
    assert (got["verdict"], status) == ("accepted", 0)
    assert (got["signature"], got["collateral"]) == ("valid", "fresh")
    fields = expected(STEWARD / "milan-v2-idblock")["fields"]
    assert got["claims"]["measurement"] == fields["measurement"]
    for label in ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"):
        file = tmp_path / "csr.pem"
        file.write_text(pem(CSR.read_bytes(), label))
        assert verify(file, *AT_CSR, *milan)[1] == 0
    got, status = verify(CSR, *AT_CSR, *milan[2:])  # without the ASK
    assert (got["signature"], status) == ("unchecked", 3)


def test_request_with_another_key(verify, milan, tmp_path):
    """The evidence is genuine, but speaks for the key it was made for."""
    der = bytearray(CSR.read_bytes())
    file = tmp_path / "csr"
    key = subprocess.run(
        ["openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout", "-outform", "DER"],
        capture_output=True, check=True,
    ).stdout
    public = subprocess.run(
        ["openssl", "ec", "-inform", "DER", "-pubout", "-outform", "DER"],
        input=key, capture_output=True, check=True,
    ).stdout
    at = bytes(der).index(public[:20])
    der[at : at + len(public)] = public
    file.write_bytes(der)
    got, status = verify(file, *AT_CSR, *milan)
    assert (got["reason"], status) == ("binding", 3)


def test_request_not_signed_by_its_key(verify, milan, tmp_path):
    der = bytearray(CSR.read_bytes())
    der[-1] ^= 1
    file = tmp_path / "csr"
    file.write_bytes(der)
    got, status = verify(file, *AT_CSR, *milan)
    assert (got["reason"], got["signature"], status) == ("possession", "invalid", 3)


@pytest.mark.parametrize("csr", SGX_CSRS, ids=lambda p: p.name)
def test_request_of_the_original_sgx(verify, csr):
    """They lack a QE identity, so that only so much can be said."""
    got, status = verify(csr, "--at", "2023-01-27", "--explain")
    assert (got["kind"], got["signature"], status) == ("sgx", "unchecked", 3)
    assert got["reason"] == "qe_identity_present"
    checks = {check["check"]: check["outcome"] for check in got["checks"]}
    for passed in ("binding", "possession", "quote_signature", "tcb_info_signature", "crl_present"):
        assert checks[passed] == "passed"


def ra_tls(folder, extensions):
    """A self-signed certificate with those extensions."""
    config = folder / "cert.conf"
    config.write_text(
        "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=keep\n[ext]\n"
        + "".join(f"{oid}=DER:{value.hex(':')}\n" for oid, value in extensions.items())
    )
    out = folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-keyout", folder / "key.pem", "-out", out, "-config", config],
        check=True, capture_output=True,
    )
    return out


def cbor_bytes(value):
    return b"\x59" + len(value).to_bytes(2, "big") + value


def test_ra_tls_certificate(verify, tmp_path):
    """A genuine quote in a certificate that it was not made for, with its collateral."""
    quote = evidence(TDX).read_bytes()[: expected(TDX)["quote_length"]]
    parts = ["tcb_info.json", "tcb_signing_chain.pem", "pck_crl.der", "root_ca_crl.der"]
    parts += ["pck_crl_issuer_chain.pem", "qe_identity.json", "tcb_signing_chain.pem"]
    endorsements = b"\xd9\xea\x60\x88" + cbor_bytes(b"\0" * 256)[:3] + b"\0" * 256
    for i, part in enumerate(parts):
        ended = i % 2 == 0 and not part.endswith("der")  # some senders end text with a NUL
        endorsements += cbor_bytes((TDX / part).read_bytes() + b"\0" * ended)
    claims = cbor_bytes(b"\xa0" + b"\0" * 256)  # malformed, too
    extensions = {
        "2.23.133.5.4.9": b"\xd9\xea\x60\x82" + cbor_bytes(quote) + claims,
        "2.23.133.5.4.2": endorsements,
    }
    cert = ra_tls(tmp_path, extensions)
    got, status = verify(cert, "--at", expected(TDX)["verify_at"], "--explain")
    assert (got["reason"], got["signature"], status) == ("binding", "valid", 3)
    assert (got["collateral"], got["tcb_status"]) == ("fresh", "UpToDate")
    checks = {check["check"]: check["outcome"] for check in got["checks"]}
    assert checks["possession"] == "passed" and checks["claims_key"] != "passed"


def test_ra_tls_certificate_not_signed_by_its_key(verify, tmp_path):
    """Also where the key is not meant to sign certificates."""
    quote = evidence(TDX).read_bytes()[: expected(TDX)["quote_length"]]
    extensions = {
        "2.23.133.5.4.9": b"\xd9\xea\x60\x82" + cbor_bytes(quote) + cbor_bytes(b"\xa0" * 256),
        "2.5.29.15": b"\x03\x02\x07\x80",  # digitalSignature
    }
    lines = ra_tls(tmp_path, extensions).read_text().splitlines()
    der = bytearray(base64.b64decode("".join(lines[1:-1])))
    for flip, outcome in ((0, "passed"), (1, "failed")):
        der[-1] ^= flip
        (tmp_path / "cert.der").write_bytes(der)
        got, _ = verify(tmp_path / "cert.der", "--explain")
        checks = {check["check"]: check["outcome"] for check in got["checks"]}
        assert checks["possession"] == outcome
