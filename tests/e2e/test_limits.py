# SPDX-License-Identifier: Apache-2.0
"""What a program may take, in every way that it can ask for it. Most modules
are put together here: no compiler makes such."""

import resource

import pytest


def leb(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def signed(n):
    """i32.const, signed LEB128."""
    out = bytearray()
    while not -64 <= n < 64:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n & 0x7F)
    return b"\x41" + bytes(out)


def vector(items):
    return leb(len(items)) + b"".join(items)


def section(identity, content):
    return bytes([identity]) + leb(len(content)) + content


# [WebAssembly 5.4.1, 5.4.5, 5.4.6]
TRAP_UNLESS = {True: b"\x46\x04\x40\x00\x0b", False: b"\x47\x04\x40\x00\x0b"}


def grow_memory(index, pages, works):
    """Traps when growing does not end as `works` says."""
    return signed(pages) + b"\x40" + leb(index) + signed(-1) + TRAP_UNLESS[works]


def grow_table(elements, works):
    return b"\xd0\x70" + signed(elements) + b"\xfc\x0f\x00" + signed(-1) + TRAP_UNLESS[works]


def module(code, memories=1, tables=1):
    """A program: tables of one element, memories of one page each."""
    body = b"\x00" + code + b"\x0b"
    return b"\0asm\1\0\0\0" + b"".join(
        (
            section(1, vector([b"\x60\x00\x00"])),
            section(3, vector([b"\x00"])),
            section(4, vector([b"\x70\x00\x01"] * tables)),
            section(5, vector([b"\x00\x01"] * memories)),
            section(7, vector([b"\x06_start\x00\x00"])),
            section(10, vector([leb(len(body)) + body])),
        )
    )


@pytest.fixture
def build(tmp_path):
    def write(code, **how):
        path = tmp_path / "limits.wasm"
        path.write_bytes(module(code, **how))
        return path

    return write


def test_memory_is_what_was_asked_for(enarx, build):
    code = grow_memory(0, 1024, False) + grow_memory(0, 1023, True)
    enarx.run("--max-memory", "64M", build(code)).ok("")


def test_memories_share_it(enarx, build):
    code = b"".join(grow_memory(i, 256, False) + grow_memory(i, 255, True) for i in range(4))
    enarx.run("--max-memory", "64M", build(code, memories=4)).ok("")
    code = grow_memory(0, 1023, False)
    enarx.run("--max-memory", "64M", build(code, memories=2)).ok("")


def test_tables_are_bounded_too(enarx, build):
    code = grow_table(1_000_000, False) + grow_table(999_999, True)
    enarx.run(build(code)).ok("")


def test_tables_share_it(enarx, build):
    code = grow_table(250_000, False) + grow_table(249_999, True)
    enarx.run(build(code, tables=4)).ok("")


def test_so_many_memories_fit(enarx, build):
    """Each reserves 4 GiB of addresses, of which an enclave has 64 [docs/sgx.md]."""
    enarx.run(build(b"", memories=15)).ok("")
    result = enarx.run(build(b"", memories=16))
    if enarx.backend == "sgx-sim":
        result.refused("an enclave has 64 GiB: 15 memories fit")
    else:
        result.ok("")


def test_a_keep_without_memory_says_so(enarx, build):
    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (8 << 20, 8 << 20))

    enarx.run(build(b""), preexec_fn=limit).refused("cannot start the keep", "cannot allocate")


def test_paths_that_no_host_has(enarx, wasm, tmp_path):
    result = enarx.run("--dir-out", f"/out::{tmp_path}/out", wasm("deep"))
    assert result.status == 1 and result.out == "", repr(result)
    assert "cannot send the output directories back: File name too long" in result.err
    assert "incomplete" in result.err and len(result.lines) == 2, repr(result)
