# SPDX-License-Identifier: Apache-2.0
"""`enarx attest` on evidence from real hardware. What it must say comes from the
expected.json of each set, computed by other software; see tests/data/evidence/INDEX.md."""

import hashlib
import json
import re
import shutil
from datetime import datetime

import pytest

from conftest import ROOT
from evidence_sets import DEBUG, EVIDENCE, TDX, TURIN, evidence, expected, name, verify  # noqa: F401

SETS = sorted(p.parent for p in EVIDENCE.glob("*/*/*/expected.json"))
SNP = [s for s in SETS if s.parts[-3] == "snp"]
INTEL = [s for s in SETS if s.parts[-3] != "snp"]


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.fixture(scope="module")
def golden(verify):
    """golden(SET): verified with its collateral, at its time."""
    known = {}

    def run(folder):
        if folder not in known:
            at = expected(folder).get("verify_at")
            options = ("--at", at) if at else ()
            known[folder] = verify(evidence(folder), "--collateral", folder, *options)
        return known[folder]

    return run


# ---- golden ----

# reason, signature, collateral. A set without TCB info has nothing that links its platform to
# a level, so its signature stays unchecked; none of the SNP sets comes with a CRL.
VERDICTS = {
    "sgx/azure-samples/intel-sdk-debug": ("tcb_status", "valid", "fresh"),
    "sgx/azure-samples/intel-sdk-release": ("tcb_status", "valid", "fresh"),
    "sgx/dcap-qvl/quote-v3-cfg-and-swhardening": ("tcb_status", "valid", "fresh"),
    "sgx/mobilecoin/quote-v3-swhardening-2023": ("crl_validity", "valid", "expired"),
    "sgx/oasis-core/quote-v3-certtype3-no-chain": ("quote_cert_data", "unchecked", "missing"),
    "sgx/oasis-core/quote-v3-swhardening-2022": ("crl_present", "valid", "missing"),
    "sgx/rust-sgx-MPL/negative-quote-corrupted": ("crl_present", "invalid", "missing"),
    "sgx/rust-sgx-MPL/quote-v3-chain-order": ("crl_present", "unchecked", "missing"),
    "tdx/dcap-qvl/quote-v4-uptodate": (None, "valid", "fresh"),
    "tdx/go-tdx-guest/quote-v4-no-matching-level-2023": ("quote_trailing", "valid", "fresh"),
    "tdx/go-tdx-guest/quote-v5-uptodate-2026": (None, "valid", "fresh"),
    "tdx/oasis-core/quote-v4-trailing-bytes": ("crl_present", "unchecked", "missing"),
    "tdx/oasis-core/quote-v4-uptodate-2024": ("crl_present", "valid", "missing"),
    "tdx/trustee+attestation-rs/quote-v4-outofdate-2026": ("tcb_status", "valid", "fresh"),
    "tdx/trustee+attestation-rs/quote-v5-2026": ("tcb_level", "valid", "fresh"),
}


@pytest.mark.parametrize("folder", SETS, ids=name)
def test_verdict(golden, folder):
    got, status = golden(folder)
    reason, signature, collateral = VERDICTS.get(name(folder), ("crl_present", "valid", "missing"))
    assert (got["reason"], got["signature"], got["collateral"]) == (reason, signature, collateral)
    assert got["verdict"] == ("accepted" if reason is None else "refused")
    assert status == (0 if reason is None else 3)
    assert got["kind"] == folder.parts[-3]
    assert got["identity"] == "any"
    assert any("names no measurement" in note for note in got["notes"])
    assert not any("simulated" in note for note in got["notes"])
    tcb = expected(folder).get("tcb") or {}
    assert got["tcb_status"] == ("met" if folder in SNP else tcb.get("converged_status"))


def test_top_level(golden):
    got, _ = golden(TDX)
    assert set(got) == {
        *("kind", "verdict", "accepted_by", "simulated", "reason", "detail", "signature", "collateral", "tcb_status"),
        *("identity", "claims", "notes", "ear", "policy"),
    }
    assert got["detail"] is None and got["policy"] == []
    assert got["accepted_by"] == "evidence" and got["simulated"] is False
    assert got["ear"] == {
        "instance-identity": 2,
        "configuration": 2,
        "executables": 0,
        "file-system": 0,
        "hardware": 2,
        "runtime-opaque": 2,
        "storage-opaque": 0,
        "sourced-data": 0,
    }
    debug, _ = golden(DEBUG)
    assert debug["ear"]["runtime-opaque"] >= 96 and debug["ear"]["hardware"] >= 32
    assert debug["accepted_by"] is None


@pytest.mark.parametrize("folder", SNP, ids=name)
def test_snp_claims(golden, folder):
    claims = golden(folder)[0]["claims"]
    want = expected(folder)
    fields, leaf = want["fields"], want["leaf"]
    same = (
        *("version", "guest_svn", "policy", "family_id", "image_id", "vmpl", "signature_algo"),
        *("current_tcb", "platform_info", "key_info", "signing_key", "report_data", "measurement"),
        *("host_data", "id_key_digest", "author_key_digest", "report_id", "report_id_ma"),
        *("reported_tcb", "chip_id", "committed_tcb", "launch_tcb"),
    )
    for key in same:
        assert claims[key] == fields[key], key
    for key in ("author_key_en", "mask_chip_key"):
        assert claims[key] is bool(fields[key])
    family, model, stepping = bytes.fromhex(fields["cpuid_fam_mod_step"])
    assert claims["cpuid_family"] == family
    assert claims["cpuid_model"] == model and claims["cpuid_stepping"] == stepping
    for which in ("current", "committed"):
        build, minor, major = bytes.fromhex(fields[f"{which}_build_minor_major"])
        assert claims[f"{which}_version"] == f"{major}.{minor}.{build}"
    assert claims["product"] == leaf["product"].split("-")[0]
    assert claims["certificate_product"] == leaf["product"]
    assert claims["certificate_hwid"] == (leaf["hwid"] or "").ljust(128, "0")
    assert seconds(claims["certificate_not_before"]) == seconds(leaf["not_before"])
    assert seconds(claims["certificate_not_after"]) == seconds(leaf["not_after"])
    names = {"fmc": "fmc", "bl": "bootloader", "tee": "tee", "snp": "snp", "ucode": "microcode"}
    for key, value in leaf["tcb"].items():
        assert claims["certificate_tcb"][names[key]] == value


def little(text):
    return hex(int.from_bytes(bytes.fromhex(text), "little"))


SGX_NAMES = {
    "mrenclave": "mrenclave",
    "mrsigner": "mrsigner",
    "isvprod": "isv_prod_id",
    "isvsvn": "isv_svn",
    "cpusvn": "cpu_svn",
}
TDX_NAMES = {
    "teetcb": "tee_tcb_svn",
    "teetcb2": "tee_tcb_svn_2",
    "mrseam": "mrseam",
    "mrsignerseam": "mrsignerseam",
    "mrtd": "mrtd",
    "rtmr": "rtmr",
    "mrservicetd": "mr_service_td",
    "bt": "body_type",
}
QUOTE_NAMES = {
    "ct": "cert_data_type",
    "report_data": "report_data",
    "qe_isvsvn": "qe_isv_svn",
    "qe_mrsigner": "qe_mrsigner",
}
LITTLE_NAMES = {"seamattr": "seam_attributes", "tdattr": "td_attributes", "xfam": "xfam"}


@pytest.mark.parametrize("folder", INTEL, ids=name)
def test_intel_claims(golden, folder):
    claims = golden(folder)[0]["claims"]
    fields = expected(folder)["fields"]
    names = {**(TDX_NAMES if folder.parts[-3] == "tdx" else SGX_NAMES), **QUOTE_NAMES}
    for key, value in fields.items():
        if key in names:
            assert claims[names[key]] == value, key
        elif key in LITTLE_NAMES:
            assert claims[LITTLE_NAMES[key]] == little(value), key
        elif key == "attr":
            assert claims["attributes"] == little(value[:16])
            assert claims["xfrm"] == little(value[16:])
        elif key == "debug":
            flags = int(claims.get("attributes") or claims["td_attributes"], 16)
            assert bool(flags & (2 if "attributes" in claims else 1)) is value
        else:
            pytest.fail(f"{key} is not compared")


@pytest.mark.parametrize("folder", [f for f in INTEL if "pck" in expected(f)], ids=name)
def test_pck_and_tcb(golden, folder):
    claims = golden(folder)[0]["claims"]
    want = expected(folder)
    pck, tcb = want["pck"], want.get("tcb")
    assert claims["fmspc"] == pck["fmspc"] and claims["pce_id"] == pck["pceid"]
    assert claims["pck_pce_svn"] == pck["pcesvn"]
    assert claims["tcb_components"] == bytes(pck["sgx_tcb_comp"]).hex()
    assert claims["pck_issuer"] == pck["issuer"]
    assert claims["pck_serial"].lstrip("0") == pck["serial"].lstrip("0")
    assert seconds(claims["pck_not_before"]) == seconds(pck["not_before"])
    assert seconds(claims["pck_not_after"]) == seconds(pck["not_after"])
    if tcb is None:
        return
    assert claims["qe_status"] == tcb["qe_status"]
    assert claims["module_status"] == tcb["tdx_module_status"]
    if tcb["platform_tcb_date"]:
        assert claims["platform_status"] == tcb["platform_tcb_status"]
        assert seconds(claims["platform_tcb_date"]) == seconds(tcb["platform_tcb_date"])
        assert set(claims["advisories"]) >= set(tcb["platform_advisories"])


# ---- padding and other trailing bytes ----


def test_zero_padding_is_cut_and_noted(golden):
    got, _ = golden(EVIDENCE / "tdx/oasis-core/quote-v4-trailing-bytes")
    assert "70 zero bytes after the quote were cut off: quoting services pad" in got["notes"]


def test_other_trailing_bytes_refuse(verify, tmp_path):
    quote = evidence(TDX).read_bytes()[: expected(TDX)["quote_length"]]
    file = tmp_path / "quote"
    at = ("--collateral", TDX, "--at", expected(TDX)["verify_at"])
    for tail, reason in (
        (b"", None),
        (b"\0" * 9, None),
        (b"\0\1", "quote_trailing"),
        (b"x", "quote_trailing"),
    ):
        file.write_bytes(quote + tail)
        got, status = verify(file, *at)
        assert got["reason"] == reason and status == (0 if reason is None else 3)
        assert got["signature"] == "valid" and got["tcb_status"] == "UpToDate"
        assert got["claims"]["mrtd"] == expected(TDX)["fields"]["mrtd"]


def test_reports_are_never_padded(verify, tmp_path):
    file = tmp_path / "report"
    file.write_bytes(evidence(TURIN).read_bytes() + b"\0")
    got, status = verify(file, "--collateral", TURIN)
    assert status == 3 and got["reason"] == "snp_size"


# ---- policies ----


def test_a_refusal_names_the_lines_that_would_accept(verify, tmp_path):
    """Follows what the hints say until the evidence passes."""
    for folder in [*SNP, *INTEL]:
        at = expected(folder).get("verify_at")
        reason = VERDICTS.get(name(folder), ("crl_present",))[0]
        if not at or reason in (None, "tcb_level", "quote_trailing", "crl_validity"):
            continue
        if {"unchecked", "invalid"} & set(VERDICTS.get(name(folder), ())):
            continue
        options = ("--collateral", folder, "--at", at)
        got, _ = verify(evidence(folder), *options)
        lines = {}
        for hint in got["policy"]:
            assert hint["gives_up"].endswith(".")
            lines.setdefault(hint["section"], {})[hint["line"]] = True
        assert lines, name(folder)
        policy = tmp_path / "policy.toml"
        text = "".join(f"{line}\n" for line in lines.pop("", {}))
        for section, each in lines.items():
            text += f"[{section}]\n" + "".join(f"{line}\n" for line in each)
        policy.write_text(text)
        got, status = verify(evidence(folder), *options, "--policy", policy)
        assert (got["verdict"], got["reason"], status) == ("accepted", None, 0), text


def test_no_line_is_named_for_what_is_not_there(verify):
    folder = EVIDENCE / "tdx/trustee+attestation-rs/quote-v5-2026"
    options = ("--collateral", folder, "--at", expected(folder)["verify_at"])
    got, status = verify(evidence(folder), *options)
    assert (got["reason"], got["claims"]["platform_tcb_date"], status) == ("tcb_level", None, 3)
    assert "tcb_date" not in {hint["check"] for hint in got["policy"]}


def test_measurements_are_compared(verify, tmp_path):
    policy = tmp_path / "policy.toml"
    mrtd = expected(TDX)["fields"]["mrtd"]
    options = ("--collateral", TDX, "--at", expected(TDX)["verify_at"], "--policy", policy)
    policy.write_text(f'[tdx]\nmrtds = ["{mrtd}"]\n')
    got, status = verify(evidence(TDX), *options)
    assert (got["verdict"], got["identity"], status) == ("accepted", "named", 0)
    assert got["ear"]["executables"] == 3  # when it began; no workload is named
    assert not any("names no measurement" in note for note in got["notes"])
    policy.write_text(f'[tdx]\nmrtds = ["{mrtd[::-1]}"]\n')
    got, status = verify(evidence(TDX), *options)
    assert (got["reason"], got["identity"], status) == ("tdx_mrtd", "named", 3)


def test_report_data_and_nonce(verify):
    data = expected(TDX)["fields"]["report_data"]
    options = ("--collateral", TDX, "--at", expected(TDX)["verify_at"])
    assert verify(evidence(TDX), *options, "--report-data", data)[1] == 0
    assert verify(evidence(TDX), *options, "--nonce", "0x" + data)[1] == 0
    wrong = data[:-2] + f"{int(data[-2:], 16) ^ 1:02x}"
    got, status = verify(evidence(TDX), *options, "--report-data", wrong)
    assert (got["reason"], status) == ("report_data", 3)
    got, status = verify(evidence(TDX), *options, "--nonce", data[:64])
    assert (got["reason"], status) == ("claims_nonce", 3)


def test_time(verify):
    at = expected(TDX)["verify_at_unix"]
    assert verify(evidence(TDX), "--collateral", TDX, "--at", at)[1] == 0
    got, status = verify(evidence(TDX), "--collateral", TDX, "--at", "2026-01-01")
    assert (got["collateral"], got["signature"], status) == ("expired", "valid", 3)
    got, status = verify(evidence(TDX), "--collateral", TDX)
    assert (got["collateral"], status) == ("expired", 3)


def test_explain_lists_every_check(verify):
    at = expected(TDX)["verify_at"]
    got, _ = verify(evidence(TDX), "--collateral", TDX, "--at", at, "--explain")
    assert len(got["checks"]) > 50
    for check in got["checks"]:
        assert check["outcome"] == "passed" and check["expected"] and "found" in check
    assert {"VX2", "VX3", "VX5", "VX6", "VX8"} <= {check["item"] for check in got["checks"]}


def test_for_people(enarx):
    result = enarx("attest", "verify", evidence(DEBUG), "--collateral", DEBUG, "--at", "2025-06-11")
    assert result.status == 3 and result.err == ""
    assert result.out.startswith("refused: sgx evidence\n  signature valid, collateral fresh, ")
    assert "\n    debug = true\n  what that gives up: With true, enclaves pass whose" in result.out
    at = expected(TDX)["verify_at"]
    result = enarx(
        "attest", "verify", evidence(TDX), "--collateral", TDX, "--explain", "--at", at
    )
    assert result.status == 0 and result.out.startswith("accepted: tdx evidence\n")
    assert "\n  passed    quote_signature " in result.out


# ---- show ----


@pytest.mark.parametrize("folder", SETS, ids=name)
def test_show(enarx, golden, folder):
    result = enarx("attest", "show", "--json", evidence(folder)).ok()
    shown = json.loads(result.out)
    assert shown["kind"] == folder.parts[-3]
    assert shown["claims"]["report_data"] == golden(folder)[0]["claims"]["report_data"]
    text = enarx("attest", "show", evidence(folder)).ok().out
    assert text.startswith(f"kind                         {shown['kind']}\n")
    assert len(text.splitlines()) > len(shown["claims"])


# ---- bad input ----


def test_not_evidence(enarx, tmp_path):
    file = tmp_path / "file"
    for content, said in (
        (b"", "no evidence"),
        (b"\x7fELF" + b"\0" * 2000, "no evidence"),
        (b"\x30\x03abc", "neither a whole certificate"),
        ((TURIN / "cert_chain.pem").read_bytes(), "carries no evidence"),
    ):
        file.write_bytes(content)
        for command in ("show", "verify"):
            enarx("attest", command, file).refused(said)
    enarx("attest", "verify", tmp_path).refused("is a directory")
    enarx("attest", "show", tmp_path / "none").refused("cannot read", "No such file")
    enarx("attest", "verify", evidence(TDX), "--collateral", file).refused("is no directory")
    absent = tmp_path / "none"
    enarx("attest", "verify", evidence(TDX), "--collateral", absent).refused("cannot read")


def test_malformed_evidence(enarx, verify):
    files = [*(EVIDENCE / "snp/lit-sev-snp-utils/negative").iterdir()]
    assert files
    for file in files:
        got, status = verify(file)
        assert (got["reason"], status) == ("snp_size", 3)
    short = EVIDENCE / "snp/lit-sev-snp-utils/negative/guest_report_corrupt.bin"
    enarx("attest", "show", short).refused("snp evidence is malformed")


def test_forged_vceks(verify, tmp_path):
    real = EVIDENCE / "snp/trustee/milan-v2-azure"
    certificates = [*(EVIDENCE / "snp/trustee/negative").glob("*.der")]
    assert certificates
    for forged in certificates:
        folder = tmp_path / forged.stem
        shutil.copytree(real, folder)
        (folder / "vcek.der").chmod(0o600)
        (folder / "vcek.der").write_bytes(forged.read_bytes())
        at = expected(real)["verify_at"]
        got, status = verify(evidence(real), "--collateral", folder, "--at", at)
        assert (got["signature"], status) == ("invalid", 3)


def test_usage(enarx):
    file = evidence(TDX)
    for options, said in (
        (("--at", "yesterday"), "'yesterday' is no time"),
        (("--nonce", "xyz"), "2 to 128 hexadecimal digits"),
        (("--report-data", "00"), "128 hexadecimal digits"),
        (("--nonce", "00", "--report-data", "00" * 64), "exclude each other"),
        (("--polcy", "x"), "--policy"),
    ):
        enarx("attest", "verify", file, *options).refused(said, status=2)
    enarx("attest", "verify").refused(status=2)


def test_policy_errors_have_a_place(enarx, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text("[tdx]\n\n  mrtd = []\n")
    enarx("attest", "verify", evidence(TDX), "--policy", policy).refused(
        r"policy.toml:3:3: unknown key \"mrtd\"; did you mean \"mrtds\"\?"
    )
    enarx("attest", "verify", evidence(TDX), "--policy", tmp_path / "none").refused("cannot read")


def test_the_policy_of_the_manual_is_good(verify, tmp_path):
    text = (ROOT / "docs/policy.md").read_text()
    policy = tmp_path / "policy.toml"
    policy.write_text(text.split("```toml\n")[1].split("```")[0])
    got, status = verify(evidence(DEBUG), "--policy", policy)
    assert (got["identity"], status) == ("named", 3)


# ---- what nobody has signed ----


@pytest.fixture
def statement(tmp_path):
    """Of a virtual machine [include/kvm_keep.h], bound to claims.cbor beside it."""
    claims = b"\xa0"
    path = tmp_path / "statement.bin"
    head = b"ENARXKVM" + (1).to_bytes(4, "little") + bytes(4)
    path.write_bytes(head + b"\x5a" * 32 + hashlib.sha256(claims).digest() + bytes(32))
    (tmp_path / "claims.cbor").write_bytes(claims)
    return path


def test_statement_is_shown_with_what_it_is_worth(enarx, statement):
    out = enarx("attest", "show", statement).ok().out
    assert "kind                         kvm\n" in out and "5a" * 32 in out
    assert re.search(r"^proves +nothing: nobody has signed it", out, re.M)
    told = json.loads(enarx("attest", "show", "--json", statement).ok().out)
    assert told["kind"] == "kvm" and told["proves"].startswith("nothing")
    assert told["claims"]["measurement"] == "5a" * 32


def test_statement_is_refused_under_any_policy(enarx, statement, tmp_path):
    result = enarx("attest", "verify", "--json", "--explain", statement)
    told = json.loads(result.out)
    assert (result.status, told["kind"], told["verdict"]) == (3, "kvm", "refused")
    assert (told["signature"], told["collateral"]) == ("unchecked", "missing")
    assert [c["check"] for c in told["checks"] if c["outcome"] != "passed"] == ["kvm_signature"]
    said = enarx("attest", "verify", statement)
    assert "proves nothing" in said.out and "in policy.toml" not in said.out
    policy = tmp_path / "policy.toml"
    policy.write_text('tees = ["kvm"]\n')
    enarx("attest", "verify", "--policy", policy, statement).refused("policy.toml:1", "kvm")


def test_statement_has_no_collateral(enarx, statement, tmp_path):
    result = enarx("attest", "fetch", "-o", tmp_path / "collateral", statement)
    result.refused("nobody has signed this kvm evidence")


def test_statement_that_is_cut_is_malformed(enarx, statement):
    statement.write_bytes(statement.read_bytes()[:-1])
    enarx("attest", "show", statement).refused("kvm evidence is malformed")
