# SPDX-License-Identifier: Apache-2.0
"""The whole keep on the model of SGX, with the switches that only tests have: memory that
the host cannot touch, instructions looked at one by one, interrupts, a kernel that lies."""

import re
import subprocess

import pytest
from conftest import ENARX, ROOT, Enarx

MODEL = ROOT / "build/tests/model/enarx"


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    if not MODEL.exists():
        pytest.exit(f"{MODEL} is missing: run make tests", 1)
    command = Enarx(MODEL, tmp_path_factory.mktemp("model"), "sgx-sim")

    def run(switches, *args, **options):
        result = command.run(*args, env={"ENARX_MODEL": f"counters,{switches}"}, **options)
        counters = [line for line in result.lines if line.startswith("model: ")]
        assert len(counters) == 1, repr(result)
        result.lines.remove(counters[0])
        found = re.findall(r"(\w+)=(\d+)", counters[0])
        result.count = {name: int(value) for name, value in found}
        return result

    return run


def test_counters(model, tool):
    count = model("", tool, "args", "x").ok("0=main.wasm\n1=args\n2=x\n").count
    assert count["eexit"] == count["eenter"] > 0
    assert count["eresume"] == sum(n for name, n in count.items() if name.startswith("aex_"))
    assert count["aex_touch"] + count["aex_syscall"] > 0
    assert count["eextend_bytes"] == 4096 * count["eadd"]


def test_memory_is_hidden_while_outside(model, tool):
    model("strict", tool, "args").ok("0=main.wasm\n1=args\n")


def test_illegal_instructions_at_start(model, tool):
    """All that exec runs before its first call of the port: CPUID is #UD, and answered."""
    result = model("stepping-start", tool, "args", timeout=300).ok("0=main.wasm\n1=args\n")
    assert result.count["aex_other"] >= 15 and result.count["traps"] > 100_000


def test_interrupted_at_start(model, tool):
    """AEX and ERESUME at every third instruction of exec until then."""
    result = model("stepping-start,interrupt=3", tool, "args", timeout=300)
    assert result.ok("0=main.wasm\n1=args\n").count["aex_interrupt"] > 30_000


LIES = ("skip", "wrong-page", "wrong-permission", "duplicate")


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("nth", [1, 2, 7, 20, 60, 140, 400, 1200])
def test_a_kernel_that_lies(model, tool, lie, nth):
    """The keep stops; or it did not come to the lie, or the lie to it: a page that was
    taken away and never used again."""
    result = model(f"{lie}={nth}", tool, "args")
    if result.count["lied"] == 0 or (lie == "duplicate" and result.status == 0):
        result.ok("0=main.wasm\n1=args\n")
        return
    result.refused("the keep stopped")


def test_what_is_installed_has_no_switches():
    assert b"ENARX_MODEL" in MODEL.read_bytes()
    assert b"ENARX_MODEL" not in ENARX.read_bytes()
    symbols = subprocess.run(["nm", ENARX], capture_output=True, text=True, check=True).stdout
    assert "read_switches" not in symbols
