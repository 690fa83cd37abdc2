# SPDX-License-Identifier: Apache-2.0
"""`enarx attest fetch` against a server of ours with the paths, headers and throttling of
AMD's KDS and Intel's PCS. It knows the machines whose evidence is in tests/data/evidence."""

import json
import os
import time
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

import pytest

from collateral_service import Service, intel_answers
from evidence_sets import CSR, EVIDENCE, STEWARD, TDX, TURIN, evidence, expected

GENOA = EVIDENCE / "snp/ms-tee-attestation-verification/genoa"
MILAN_V2 = EVIDENCE / "snp/virtee-sev/milan-v2"
VLEK = EVIDENCE / "snp/trustee/milan-v3-vlek-aws"
SGX = EVIDENCE / "sgx/dcap-qvl/quote-v3-cfg-and-swhardening"
MILAN_CRL = STEWARD / "crl/milan_ark_crl.der"
INTEL_FILES = ("tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem", "pck_crl.der")
INTEL_FILES += ("pck_crl_issuer_chain.pem", "root_ca_crl.der")


def spl(leaf):
    """The versions of a VCEK as KDS takes them; the order matters to it."""
    names = {"fmc": "fmcSPL", "bl": "blSPL", "tee": "teeSPL", "snp": "snpSPL", "ucode": "ucodeSPL"}
    tcb = leaf["tcb"]
    return {long: [str(tcb[short])] for short, long in names.items() if short in tcb}


def amd_answers(folder, product):
    leaf = expected(folder)["leaf"]
    key = leaf["type"].lower()
    base = f"/{key}/v1/{product}"
    answers = {
        (f"{base}/cert_chain", ""): (folder / "cert_chain.pem", None),
        (f"{base}/crl", ""): (MILAN_CRL, None),
    }
    if key == "vcek":
        query = "&".join(f"{k}={v[0]}" for k, v in spl(leaf).items())
        answers[f"{base}/{leaf['hwid']}", query] = (folder / "vcek.der", None)
    return answers


def fmspc(folder):
    return expected(folder)["pck"]["fmspc"]


@pytest.fixture
def service():
    s = Service()
    s.answers.update(amd_answers(TURIN, "Turin"))
    s.answers.update(amd_answers(GENOA, "Genoa"))
    s.answers.update(amd_answers(MILAN_V2, "Milan"))
    s.answers.update(amd_answers(VLEK, "Milan"))
    s.answers.update(intel_answers(SGX, "sgx", "processor", fmspc(SGX)))
    s.answers.update(intel_answers(TDX, "tdx", "platform", fmspc(TDX)))
    yield s
    s.close()


@pytest.fixture
def fetch(fresh, service):
    def run(file, out, *options, **more):
        urls = {"ENARX_KDS_URL": service.url, "ENARX_PCS_URL": service.url}
        return fresh("attest", "fetch", file, "-o", out, *options, env=urls, **more)

    return run


def same(out, folder, *names):
    for name in names:
        assert (out / name).read_bytes() == (folder / name).read_bytes(), name


# ---- AMD ----


@pytest.mark.parametrize("folder", [TURIN, GENOA, MILAN_V2], ids=lambda p: p.name)
def test_snp(fetch, service, folder, tmp_path):
    """Turin: 16 digits of chip id, fmcSPL first. A version 2 report does not say its product."""
    out = tmp_path / "out"
    fetch(evidence(folder), out).ok("")
    same(out, folder, "vcek.der", "cert_chain.pem")
    assert (out / "crl.der").read_bytes() == MILAN_CRL.read_bytes()
    query = parse_qs(urlsplit(service.asked[0]).query)
    assert query == spl(expected(folder)["leaf"])
    assert list(query) == list(spl(expected(folder)["leaf"]))


def test_what_is_fetched_verifies(fetch, fresh, tmp_path):
    out = tmp_path / "out"
    fetch(evidence(TDX), out).ok("")
    at = expected(TDX)["verify_at"]
    result = fresh("attest", "verify", evidence(TDX), "--collateral", out, "--at", at)
    assert result.status == 0, repr(result)


@pytest.mark.parametrize(
    ("folder", "tee", "ca"), [(TDX, "tdx", "platform"), (SGX, "sgx", "processor")]
)
def test_intel(fetch, service, folder, tee, ca, tmp_path):
    service.answers = intel_answers(folder, tee, ca, fmspc(folder))
    fetch(evidence(folder), tmp_path / "out").ok("")
    same(tmp_path / "out", folder, *INTEL_FILES)


def test_crls_in_other_forms(fetch, service, tmp_path):
    """A PCCS sends hexadecimal; the file has DER."""
    service.encode = lambda der: der.hex().upper().encode()
    fetch(evidence(TDX), tmp_path / "out").ok("")
    same(tmp_path / "out", TDX, *INTEL_FILES)


def test_request(fetch, service, tmp_path):
    """What the request already has need not be asked for twice to learn the product."""
    service.answers.update(amd_answers(STEWARD / "milan-v2-idblock", "Milan"))
    fetch(CSR, tmp_path / "out").ok("")
    same(tmp_path / "out", STEWARD / "milan-v2-idblock", "vcek.der", "cert_chain.pem")


def test_vlek_comes_from_the_provider(fetch, service, tmp_path):
    result = fetch(evidence(VLEK), tmp_path / "out")
    assert result.status == 0 and "vlek.der" in result.err
    same(tmp_path / "out", VLEK, "cert_chain.pem")
    assert all(path.startswith("/vlek/v1/Milan/") for path in service.asked)


# ---- cache ----


def test_cache_and_offline(fetch, service, tmp_path):
    fetch(evidence(TURIN), tmp_path / "a").ok()
    asked = len(service.asked)
    fetch(evidence(TURIN), tmp_path / "b").ok()
    fetch(evidence(TURIN), tmp_path / "c", "--offline").ok()
    assert len(service.asked) == asked == 3
    same(tmp_path / "c", tmp_path / "a", "vcek.der", "cert_chain.pem", "crl.der")
    fetch(evidence(TURIN), tmp_path / "d", "--refresh").ok()
    assert len(service.asked) == 2 * asked
    fetch(evidence(GENOA), tmp_path / "e", "--offline").refused("cache does not have vcek-Genoa-")


def test_every_version_counts(fetch, service, tmp_path):
    """The same chip after an update of its firmware has another VCEK."""
    report = bytearray(evidence(TURIN).read_bytes())
    fetch(evidence(TURIN), tmp_path / "a").ok()
    for byte in (0x180, 0x181, 0x182, 0x183, 0x187):  # fmc, bootloader, TEE, SNP, microcode
        changed = bytearray(report)
        changed[byte] += 1
        (tmp_path / "report").write_bytes(changed)
        asked = len(service.asked)
        fetch(tmp_path / "report", tmp_path / "b").refused("404")
        assert len(service.asked) == asked + 1


def age(fresh, seconds):
    for file in (fresh.home / "cache/enarx/collateral").iterdir():
        then = time.time() - seconds
        os.utime(file, (then, then))


def test_what_changes_is_asked_for_again(fetch, fresh, service, tmp_path):
    fetch(evidence(TURIN), tmp_path / "a").ok()
    age(fresh, 25 * 3600)
    service.asked.clear()
    fetch(evidence(TURIN), tmp_path / "b").ok()
    assert service.asked == ["/vcek/v1/Turin/crl"]


def test_stale_is_better_than_nothing(fetch, fresh, service, tmp_path):
    fetch(evidence(TDX), tmp_path / "a").ok()
    age(fresh, 25 * 3600)
    service.close()
    fetch(evidence(TDX), tmp_path / "b").ok()
    same(tmp_path / "b", TDX, *INTEL_FILES)


def test_a_poisoned_cache_only_refuses(fetch, fresh, tmp_path):
    """Accepted is only what is right without the file: the quote has the PCK's issuers, too,
    and the QE identity is signed by those of the TCB info."""
    fetch(evidence(TDX), tmp_path / "a").ok()
    cache = fresh.home / "cache/enarx/collateral"
    files = [f for f in cache.iterdir() if not f.name.endswith(".lock")]
    assert len(files) >= 7
    accepted = set()
    for file in files:
        good = file.read_bytes()
        changed = good[:99] + bytes([good[99] ^ 1]) + good[100:]
        for i, bad in enumerate((b"", good[:-9], changed, b"\0" * 5000)):
            file.write_bytes(bad)
            out = tmp_path / f"{file.name}-{i}"
            assert fetch(evidence(TDX), out, "--offline").status == 0
            options = ("--collateral", out, "--at", expected(TDX)["verify_at"])
            result = fresh("attest", "verify", "--json", evidence(TDX), *options)
            if result.status == 0:
                accepted.add((file.name, i))
            else:
                assert result.status == 3 and json.loads(result.out)["verdict"] == "refused"
        file.write_bytes(good)
    chain = {("tdx-qe_identity.chain", i) for i in range(4)}
    assert accepted == chain | {("intel-platform-pck_crl.chain", 0)}


def test_concurrent_misses_ask_once(fresh, service, tmp_path):
    service.delay = 0.5
    urls = {"ENARX_KDS_URL": service.url}
    all = [
        fresh.popen("attest", "fetch", evidence(TURIN), "-o", tmp_path / str(i), env=urls)
        for i in range(6)
    ]
    for process in all:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert len(service.asked) == 3, service.asked
    for i in range(6):
        same(tmp_path / str(i), TURIN, "vcek.der", "cert_chain.pem")


# ---- throttling ----


def test_retry_after(fetch, service, tmp_path):
    service.throttle = [(429, {"Retry-After": "2"}), (503, {"Retry-After": "1"})]
    fetch(evidence(TURIN), tmp_path / "out").ok()
    assert len(service.asked) == 5
    assert service.times[1] - service.times[0] >= 1.9
    assert service.times[2] - service.times[1] >= 0.9


def test_retry_after_a_date(fetch, service, tmp_path):
    service.throttle = [(429, {"Retry-After": formatdate(time.time() + 3, usegmt=True)})]
    fetch(evidence(TURIN), tmp_path / "out").ok()
    assert 1 <= service.times[1] - service.times[0] <= 5


def test_without_retry_after_it_waits_longer_each_time(fetch, service, tmp_path):
    service.throttle = [(429, {})] * 2
    fetch(evidence(TURIN), tmp_path / "out").ok()
    assert service.times[1] - service.times[0] >= 0.9
    assert service.times[2] - service.times[1] >= 1.9


def test_no_waiting_without_end(fetch, service, tmp_path):
    service.throttle = [(429, {"Retry-After": "3600"})]
    started = time.monotonic()
    fetch(evidence(TURIN), tmp_path / "out").refused("no more requests", "3600 seconds")
    assert time.monotonic() - started < 10 and len(service.asked) == 1


# ---- what cannot be had ----


def test_unknown_chip(fetch, service, tmp_path):
    service.answers.clear()
    fetch(evidence(MILAN_V2), tmp_path / "out").refused("404")
    assert [path.split("/")[3] for path in service.asked] == ["Milan", "Genoa"]


def test_server_errors_and_silence(fetch, service, tmp_path):
    service.throttle = [(500, {})]
    fetch(evidence(TURIN), tmp_path / "out").refused("the service answered 500")
    service.throttle = [(302, {"Location": service.url + "/vcek/v1/Turin/crl"})]
    fetch(evidence(TURIN), tmp_path / "out").refused("the service answered 302")
    service.close()
    fetch(evidence(TURIN), tmp_path / "out").refused("127.0.0.1")


def test_quote_without_its_certificates(fetch, tmp_path):
    folder = EVIDENCE / "sgx/oasis-core/quote-v3-certtype3-no-chain"
    fetch(evidence(folder), tmp_path / "out").refused("no PCK certificate", "type 3")


def test_bad_output_and_usage(fetch, tmp_path):
    (tmp_path / "file").write_text("")
    fetch(evidence(TURIN), tmp_path / "file").refused("cannot open .*file")
    fetch(evidence(TURIN), tmp_path / "no/such").refused("cannot make .*no/such")
    fetch(evidence(TURIN), tmp_path, "--offline", "--refresh").refused("exclude", status=2)


def test_without_libcurl_the_package_is_named(fresh, tmp_path):
    """An empty library of that name stands for none."""
    for name in ("libcurl.so.4", "libcurl-gnutls.so.4"):
        (tmp_path / name).write_text("")
    path = {"LD_LIBRARY_PATH": str(tmp_path)}
    result = fresh("attest", "fetch", evidence(TURIN), "-o", tmp_path / "out", env=path)
    result.refused("libcurl is not installed", "libcurl4")
