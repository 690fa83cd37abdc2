# SPDX-License-Identifier: Apache-2.0
"""Evidence from real hardware, and how the command is asked about it. What is true of each set
comes from its expected.json, computed by other software; see tests/data/evidence/INDEX.md."""

import json

import pytest

from conftest import ROOT

EVIDENCE = ROOT / "tests/data/evidence"
TURIN = EVIDENCE / "snp/ms-tee-attestation-verification/turin"
TDX = EVIDENCE / "tdx/dcap-qvl/quote-v4-uptodate"
DEBUG = EVIDENCE / "sgx/azure-samples/intel-sdk-debug"
STEWARD = EVIDENCE / "snp/enarx-steward"
CSR = STEWARD / "milan.signed.crl.csr"


def name(path):
    return "/".join(path.relative_to(EVIDENCE).parts)


def expected(folder):
    return json.loads((folder / "expected.json").read_text())


def evidence(folder):
    report = folder / "report.bin"
    return report if report.exists() else folder / "quote.bin"


@pytest.fixture(scope="module")
def verify(enarx):
    """verify(FILE, OPTION...) is the JSON object and the exit status."""

    def run(file, *options, **more):
        result = enarx("attest", "verify", "--json", file, *options, **more)
        assert result.err == "" and result.out.count("\n") == 1, repr(result)
        return json.loads(result.out), result.status

    return run
