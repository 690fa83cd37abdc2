# SPDX-License-Identifier: Apache-2.0
"""Runs every program of tests/wasi in a keep: each checks a part of WASI from
the inside and says on standard error what did not hold."""

import pytest

from conftest import BUILT, ROOT, build_c

SOURCES = sorted((ROOT / "tests/wasi").glob("*.c"))


@pytest.mark.parametrize("compiler", ["cranelift", "winch"])
@pytest.mark.parametrize("source", SOURCES, ids=[s.stem for s in SOURCES])
def test_program(enarx, tmp_path, source, compiler):
    program = build_c(source, BUILT / f"wasi_{source.stem}.wasm")
    result = enarx.run(
        "--compiler", compiler, "--dir", f"{tmp_path}::/", "--dir-out", f"/::{tmp_path}", program
    )
    assert result.status == 0, repr(result)
