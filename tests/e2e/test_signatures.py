# SPDX-License-Identifier: Apache-2.0
"""Who signs the enclave that a module runs in: the user's own key, or a file."""

import json
import shutil

import pytest

from conftest import MAKING, NOTICE


@pytest.fixture(scope="module")
def works(request):
    why = request.config.why_not["sgx-sim"]
    if why is not None:
        pytest.skip(f"sgx-sim: {why}")


pytestmark = pytest.mark.usefixtures("works")


def run(enarx, tool, *options):
    return enarx("run", "--backend", "sgx-sim", *options, tool, "args")


def lines(result):
    assert result.status == 0, repr(result)
    return [line for line in result.err.splitlines() if NOTICE not in line]


def test_the_first_run_makes_a_key(fresh, tool):
    assert lines(run(fresh, tool)) == [MAKING]
    state = fresh.home / "state/enarx"
    key = state / "sgx.key"
    assert key.stat().st_mode & 0o777 == 0o600
    mrenclave = json.loads(fresh("measure", "--json").out)["mrenclave"]
    kept = state / f"sgx-{mrenclave}.sig"
    assert kept.stat().st_size == 1808
    before = kept.read_bytes()
    assert lines(run(fresh, tool)) == []
    assert kept.read_bytes() == before and key.exists()

    signer = fresh("key", "sgx", "digest", key).out
    told = json.loads(fresh("measure", "--json", "--key", key).out)
    assert told["mrsigner"] == signer


def test_quiet_makes_it_silently(fresh, tool):
    assert lines(run(fresh, tool, "--quiet")) == []


def test_a_damaged_signature_is_made_again(fresh, tool):
    run(fresh, tool, "--quiet")
    (kept,) = (fresh.home / "state/enarx").glob("sgx-*.sig")
    before = kept.read_bytes()
    kept.write_bytes(before[:100] + bytes([before[100] ^ 1]) + before[101:])
    assert lines(run(fresh, tool)) == []
    assert kept.read_bytes() == before


def test_a_signature_by_nobody_does_not_start(fresh, tool):
    """What the loader does not look at, EINIT does."""
    run(fresh, tool, "--quiet")
    (kept,) = (fresh.home / "state/enarx").glob("sgx-*.sig")
    before = kept.read_bytes()
    kept.write_bytes(before[:600] + bytes([before[600] ^ 1]) + before[601:])
    result = run(fresh, tool, "--quiet")
    result.refused("signature", "EINIT")


def test_a_key_that_is_none(fresh, tool):
    state = fresh.home / "state/enarx"
    state.mkdir(parents=True, mode=0o700)
    state.parent.chmod(0o700)
    (state / "sgx.key").write_text("hello")
    (state / "sgx.key").chmod(0o600)
    run(fresh, tool, "--quiet").refused("sgx.key", "remove it")


@pytest.fixture
def signatures(fresh, tmp_path):
    key = tmp_path / "key.pem"
    path = tmp_path / "enarx.sig"
    fresh("key", "sgx", "create", "--out", key).ok()
    fresh("sign", "--sgx-key", key, "--out", path).ok()
    return path


def test_a_file_of_signatures(fresh, tool, signatures):
    assert lines(run(fresh, tool, "--signatures", signatures)) == []
    assert not list((fresh.home / "state/enarx").glob("sgx*")), "no key of one's own is needed"


def test_signatures_of_another_build(fresh, tool, signatures):
    content = json.loads(signatures.read_text())
    content["sgx"][960] ^= 1
    signatures.write_text(json.dumps(content))
    run(fresh, tool, "--signatures", signatures).refused("another build", "enarx measure")
    content["version"] = "0.0.9"
    signatures.write_text(json.dumps(content))
    run(fresh, tool, "--signatures", signatures).refused(r"0\.0\.9", "use the file of this build")


def test_unsigned_is_signed_by_oneself(fresh, tool):
    assert lines(run(fresh, tool, "--unsigned")) == [MAKING]


def test_backends_without_signatures_pass_them_over(fresh, tool, tmp_path):
    assert fresh.run("--backend", "nil", "--signatures", tmp_path / "none", tool, "args").status == 0


def test_no_place_for_a_key(fresh, tool):
    """Then a key signs that is gone afterwards."""
    shutil.rmtree(fresh.home / "state", ignore_errors=True)
    (fresh.home / "state").write_text("a file")
    assert lines(run(fresh, tool)) == [MAKING]
    assert lines(run(fresh, tool)) == [MAKING]
    assert (fresh.home / "state").read_text() == "a file"
