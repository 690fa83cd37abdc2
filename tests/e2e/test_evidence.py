# SPDX-License-Identifier: Apache-2.0
"""`enarx attest evidence`: a keep proves what it is, and `enarx attest verify` believes
it only as far as the policy says."""

import hashlib
import json
import os
import re
import shutil
import ssl
import stat
import struct
import subprocess
import time
from pathlib import Path

import pytest

from conftest import ROOT

NONCE = "00112233445566778899aabbccddeeff"
COLLATERAL = {
    *("tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem"),
    *("pck_crl.der", "root_ca_crl.der", "pck_crl_issuer_chain.pem"),
}
FILES = COLLATERAL | {"quote.bin", "claims.cbor", "root.pem", "policy.toml"}
BODY = slice(48, 432)  # of a quote: the report body
MRENCLAVE, REPORT_DATA = slice(64, 96), slice(320, 384)  # of the body
DAY = 86400


@pytest.fixture(scope="module")
def make(enarx, simulated):
    def run(out, *options, command=enarx):
        quiet = {"ENARX_LOG": "warn"}  # no word of a key that is made on first use
        options = ("--backend", simulated, "-o", out, *options)
        return command("attest", "evidence", *options, env=quiet)

    return run


@pytest.fixture(scope="module")
def folder(make, tmp_path_factory):
    out = tmp_path_factory.mktemp("evidence") / "ev"
    make(out, "--nonce", NONCE).ok()
    return out


@pytest.fixture(scope="module")
def verify(enarx):
    def run(folder, *options, policy=None):
        policy = policy or folder / "policy.toml"
        result = enarx(
            *("attest", "verify", "--json", "--policy", policy, "--collateral", folder),
            *(folder / "quote.bin", *options),
        )
        return json.loads(result.out), result.status

    return run


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def refused(got, *reasons):
    verdict, status = got
    assert (verdict["verdict"], status) == ("refused", 3)
    assert verdict["reason"] in reasons, verdict["reason"]


# ---- a small reader of CBOR, to know what the claims say without our code ----


def item(data):
    """The first item of `data`, and the rest."""
    major, low = data[0] >> 5, data[0] & 31
    size = {24: 1, 25: 2}.get(low, 0)
    count = int.from_bytes(data[1 : 1 + size], "big") if size else low
    rest = data[1 + size :]
    if major == 0:
        return count, rest
    if major in (2, 3):
        value = rest[:count]
        return (value if major == 2 else value.decode()), rest[count:]
    values = []
    for _ in range(count * (2 if major == 5 else 1)):
        value, rest = item(rest)
        values.append(value)
    return (dict(zip(values[::2], values[1::2])) if major == 5 else values), rest


# ---- as it should be ----


def test_it_is_accepted(folder, verify):
    got, status = verify(folder)
    assert (got["verdict"], status) == ("accepted", 0), got["reason"]
    assert got["kind"] == "sgx" and got["identity"] == "named"
    assert got["signature"] == "valid" and got["collateral"] == "fresh"
    assert got["tcb_status"] == "UpToDate"


def test_the_folder_is_whole(folder):
    assert {p.name for p in folder.iterdir()} == FILES
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_claims_are_bound(folder):
    claims, rest = item((folder / "claims.cbor").read_bytes())
    body = (folder / "quote.bin").read_bytes()[BODY]
    digest = hashlib.sha256((folder / "claims.cbor").read_bytes()).digest()
    assert rest == b"" and body[REPORT_DATA] == digest + bytes(32)
    assert list(claims) == ["nonce", "purpose", "eat-profile", "pubkey-hash"]
    assert claims["nonce"].hex() == NONCE and claims["purpose"] == "inspect"
    (algorithm, key_hash), rest = item(claims["pubkey-hash"])
    assert algorithm == 1 and len(key_hash) == 32 and rest == b""


def test_mrenclave_is_what_is_measured(enarx, folder, verify):
    claims = verify(folder)[0]["claims"]
    assert claims["mrenclave"] == (folder / "quote.bin").read_bytes()[BODY][MRENCLAVE].hex()
    measured = json.loads(enarx("measure", "--backend", "sgx", "--json").ok().out)
    assert claims["mrenclave"] == measured["mrenclave"]


SIMULATED = "the root is simulated: the policy trusts it, the hardware's maker does not"


def test_it_says_that_it_is_simulated(folder, verify):
    got = verify(folder)[0]
    claims = got["claims"]
    assert got["verdict"] == "accepted" and SIMULATED in got["notes"]
    assert got["simulated"] is True and got["accepted_by"] == "simulated_roots"
    ear = got["ear"]  # [AR4SI 2.3.4]: nothing is affirmed of what is no hardware
    assert (ear["instance-identity"], ear["hardware"], ear["runtime-opaque"]) == (96, 97, 96)
    assert not any(2 <= value < 32 for value in ear.values())
    plain = b"Enarx simulation, not Intel"
    assert bytes.fromhex(claims["fmspc"]) == b"enxsim"
    assert bytes.fromhex(claims["qe_mrsigner"]).startswith(plain)
    assert plain.decode() in claims["pck_subject"] and plain.decode() in claims["pck_issuer"]


def test_json_and_text(make, tmp_path):
    told = json.loads(make(tmp_path / "json", "--nonce", "0x0a", "--json").ok().out)
    assert told.keys() == {
        *("kind", "backend", "folder", "purpose", "nonce", "mrenclave", "simulated")
    }
    assert (told["kind"], told["backend"], told["simulated"]) == ("sgx", "sgx-sim", True)
    assert (told["purpose"], told["nonce"]) == ("inspect", "0a")
    out = make(f"{tmp_path}/text/").ok().out
    assert told["mrenclave"] in out
    command = re.search(r"verify it: enarx (.*)", out).group(1).split()
    assert f"{tmp_path}/text/quote.bin" in command


def test_every_keep_has_its_own_nonce_and_key(make, tmp_path):
    claims = []
    for name in ("a", "b"):
        make(tmp_path / name).ok()
        claims.append(item((tmp_path / name / "claims.cbor").read_bytes())[0])
    assert len(claims[0]["nonce"]) == 32
    assert claims[0]["nonce"] != claims[1]["nonce"]
    assert claims[0]["pubkey-hash"] != claims[1]["pubkey-hash"]


def test_one_root_for_keeps_that_start_at_once(fresh, simulated, tmp_path):
    command = ("attest", "evidence", "--backend", simulated, "-o")
    processes = [fresh.popen(*command, tmp_path / f"{i}") for i in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert len({(tmp_path / f"{i}/root.pem").read_bytes() for i in range(4)}) == 1
    sim = fresh.home / "state/enarx/sim"
    assert stat.S_IMODE(sim.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in sim.iterdir()} == {0o600}


def test_openssl_agrees(folder, tmp_path):
    """Chains, CRLs and the signature over TCB info, by another implementation."""

    def openssl(*args, **options):
        command = ["openssl", *map(str, args)]
        return subprocess.run(command, check=True, capture_output=True, **options).stdout

    crls = []
    for name in ("pck_crl", "root_ca_crl"):
        out = tmp_path / f"{name}.pem"
        openssl("crl", "-inform", "DER", "-in", folder / f"{name}.der", "-out", out)
        crls += ["-CRLfile", out]
    quote = (folder / "quote.bin").read_bytes()
    pck = tmp_path / "pck.pem"
    pck.write_bytes(quote[quote.index(b"-----BEGIN") :])
    strict = ("verify", "-x509_strict", "-crl_check_all", "-CAfile", folder / "root.pem", *crls)
    openssl(*strict, folder / "tcb_signing_chain.pem")
    openssl(*strict, "-untrusted", folder / "pck_crl_issuer_chain.pem", pck)
    text = (folder / "tcb_info.json").read_text()
    signed, signature = re.fullmatch(r'{"tcbInfo":(.*),"signature":"([0-9a-f]{128})"}', text).groups()
    halves = [int(signature[i : i + 64], 16).to_bytes(33, "big") for i in (0, 64)]
    numbers = [h.lstrip(b"\0") for h in halves]
    numbers = [b"\0" + n if n[0] > 127 else n for n in numbers]
    inner = b"".join(b"\x02" + bytes([len(n)]) + n for n in numbers)
    (tmp_path / "signature").write_bytes(b"\x30" + bytes([len(inner)]) + inner)
    key = openssl("x509", "-in", folder / "tcb_signing_chain.pem", "-noout", "-pubkey")
    (tmp_path / "key").write_bytes(key)
    verified = ("dgst", "-sha256", "-verify", tmp_path / "key", "-signature", tmp_path / "signature")
    openssl(*verified, input=signed.encode())


@pytest.fixture(scope="module")
def peer():
    """peer(FOLDER, TIME): what dcap-qvl makes of a folder under its root."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    program, source = cache / "enarx/peers/release/peers", ROOT / "tests/differential/src/main.rs"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        pytest.skip("dcap-qvl is not built: make check-differential builds it")
    names = ("quote.bin", "tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem")
    names += ("pck_crl.der", "root_ca_crl.der", "pck_crl_issuer_chain.pem")

    def run(folder, at):
        root = ssl.PEM_cert_to_DER_cert((folder / "root.pem").read_text())
        parts = [*((folder / name).read_bytes() for name in names), root]
        request = b"q" + struct.pack("<QIB", int(at), 1, len(parts))
        request += b"".join(struct.pack("<I", len(p)) + p for p in parts)
        out = subprocess.run([program], input=request, capture_output=True, check=True).stdout
        accepted, _, size = struct.unpack("<BQI", out[:13])
        return bool(accepted), out[13 : 13 + size].decode()

    return run


def test_dcap_qvl_agrees(peer, folder, copy):
    """An independent verifier, told of the root, finds nothing amiss either."""
    assert peer(folder, time.time()) == (True, "UpToDate")
    assert not peer(folder, time.time() + 31 * DAY)[0]
    quote = bytearray((copy / "quote.bin").read_bytes())
    quote[BODY.start + MRENCLAVE.start] ^= 1
    (copy / "quote.bin").write_bytes(quote)
    assert not peer(copy, time.time())[0]


# ---- what is refused ----


def edit(folder, old, new):
    policy = folder / "policy.toml"
    text = policy.read_text()
    assert re.search(old, text, re.DOTALL)
    policy.write_text(re.sub(old, new, text, flags=re.DOTALL))


def test_a_root_that_is_not_named(copy, verify):
    edit(copy, r"simulated_roots = .*\"\"\"\]", "")
    refused(verify(copy), "cert_anchor")
    (copy / "policy.toml").write_text("")
    refused(verify(copy), "cert_anchor")


def test_the_root_of_another_machine(copy, fresh, make, verify, tmp_path):
    make(tmp_path / "other", command=fresh).ok()
    root = (tmp_path / "other/root.pem").read_text()
    edit(copy, r"-----BEGIN.*END CERTIFICATE-----\n", root)
    refused(verify(copy), "cert_anchor", "cert_issuer", "cert_signature")


def test_another_nonce(folder, copy, verify):
    refused(verify(folder, "--nonce", NONCE[:-2] + "fe"), "claims_nonce")
    edit(copy, NONCE, NONCE[:-2])
    refused(verify(copy), "claims_nonce")


@pytest.mark.parametrize("purpose", ["deploy-empty", "deploy-ready", "certificate", "workload"])
def test_another_purpose(copy, verify, purpose):
    """The operator's evidence passes for nothing that a protocol expects."""
    edit(copy, 'purpose = "inspect"', f'purpose = "{purpose}"')
    refused(verify(copy), "claims_purpose")


def test_another_program(copy, verify):
    edit(copy, r'mrenclaves = \["..', 'mrenclaves = ["ff')
    refused(verify(copy), "sgx_mrenclave")


def test_another_claims_buffer(copy, make, verify, tmp_path):
    make(tmp_path / "next", "--nonce", NONCE).ok()
    shutil.copy(tmp_path / "next/claims.cbor", copy)
    refused(verify(copy), "binding")


def test_without_its_claims_buffer(copy, verify):
    (copy / "claims.cbor").unlink()
    got, status = verify(copy, "--explain")
    refused((got, status), "claims_nonce")
    purpose = next(c for c in got["checks"] if c["check"] == "claims_purpose")
    assert (purpose["outcome"], purpose["found"]) == ("undecided", "no claims buffer")
    assert got["policy"] == []  # no line says what a claims buffer would have


def test_flipped_bits(copy, verify):
    """The fuller tests, of every bit, are tests/attest and the unit tests."""
    for name in ("quote.bin", "claims.cbor", *sorted(COLLATERAL)):
        whole = (copy / name).read_bytes()
        for at in range(5, len(whole), len(whole) // 8):
            flipped = bytearray(whole)
            flipped[at] ^= 0x04
            (copy / name).write_bytes(flipped)
            verdict, status = verify(copy)
            assert (verdict["verdict"], status) == ("refused", 3), (name, at)
        (copy / name).write_bytes(whole)
    assert verify(copy)[1] == 0


@pytest.mark.parametrize("name", sorted(COLLATERAL))
def test_missing_collateral(copy, verify, name):
    (copy / name).unlink()
    got, status = verify(copy)
    if name == "pck_crl_issuer_chain.pem":  # the quote brings these certificates, too
        assert status == 0
        return
    assert (got["verdict"], status) == ("refused", 3)
    assert got["signature"] == "unchecked" or got["collateral"] == "missing"


def test_old_collateral(folder, verify):
    made = (folder / "quote.bin").stat().st_mtime
    assert verify(folder, "--at", str(int(made + 29 * DAY)))[1] == 0
    got = verify(folder, "--at", str(int(made + 31 * DAY)))
    refused(got, "crl_validity", "tcb_info_validity", "qe_identity_validity")
    assert got[0]["collateral"] == "expired"
    refused(verify(folder, "--at", str(int(made - 2 * DAY))), "cert_validity", "crl_validity")


def test_collateral_is_new_each_time(make, tmp_path):
    make(tmp_path / "ev").ok()
    info = json.loads((tmp_path / "ev/tcb_info.json").read_text())["tcbInfo"]
    due = time.mktime(time.strptime(info["nextUpdate"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 29 * DAY < due - time.time() <= 30 * DAY


# ---- the command ----


def test_nil_makes_none(enarx, tmp_path):
    result = enarx("attest", "evidence", "--backend", "nil", "-o", tmp_path / "ev")
    result.refused("nil makes no evidence", "--backend")
    assert list(tmp_path.iterdir()) == []


def test_usage(enarx, tmp_path):
    enarx("attest", "evidence").refused("-o DIR", status=2)
    for nonce in ("", "0", "xy", "00" * 65):
        command = ("attest", "evidence", "-o", tmp_path / "ev", "--nonce", nonce)
        enarx(*command).refused("--nonce", "2 to 128", status=2)
    enarx("attest", "evidence", "-o", "x", "y").refused("y", status=2)


def test_what_is_there_stays(make, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("mine")
    make(tmp_path / "mine").refused("not empty")
    assert (tmp_path / "mine/file").read_text() == "mine"
    make(tmp_path / "mine/file").refused("cannot write to")
    make(tmp_path / "no/where").refused("no/where", "no such file")
    assert [p.name for p in tmp_path.rglob("*")] == ["mine", "file"]
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty").ok()


def test_a_state_folder_of_no_use(fresh, make, tmp_path):
    (fresh.home / "state/enarx/sim").mkdir(parents=True, mode=0o755)
    (fresh.home / "state/enarx/sim").chmod(0o755)
    result = make(tmp_path / "ev", command=fresh)
    assert result.status == 1 and "enarx/sim" in result.err and not (tmp_path / "ev").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["home"]
