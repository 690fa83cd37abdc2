# SPDX-License-Identifier: Apache-2.0
"""tools/check-binaries notices: each of its checks of a shim and of exec, on a copy that
was spoilt for it."""

import importlib.machinery
import importlib.util
import shutil
import struct
import subprocess

import pytest

from conftest import ROOT


def load(path):
    loader = importlib.machinery.SourceFileLoader("check_binaries", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


CHECKS = load(ROOT / "tools/check-binaries")
SHIM = ROOT / "build/shim-sgx"
needs_shim = pytest.mark.skipif(not SHIM.exists(), reason="this build has no shim-sgx")


def symbols(elf):
    return {s.name: s for s in elf.symbols()}


def text(elf):
    return next(s for s in elf.loads if s.flags & CHECKS.PF_X)


def put(elf, offset, content):
    with elf.path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def put_code(elf, code):
    """At the start of the text: of a function that is not the entry point's."""
    put(elf, text(elf).offset, code)


def program_header(elf, segment):
    return struct.unpack_from("<Q", elf.bytes, 32)[0] + 56 * elf.segments.index(segment)


def writable_text(elf):
    put(elf, program_header(elf, text(elf)) + 4, struct.pack("<I", 7))


def no_lfence(elf):
    assert b"\x0f\xae\xe8" in elf.bytes
    elf.path.write_bytes(elf.bytes.replace(b"\x0f\xae\xe8", b"\x0f\x1f\x00"))


def pointer(elf):
    data = next(s for s in elf.loads if s.flags & CHECKS.PF_W)
    functions = [s for s in elf.symbols() if s.type == "FUNC" and s.address & 4095]
    put(elf, data.offset + 64, struct.pack("<Q", functions[0].address))


def named(name):
    return lambda elf: objcopy(elf, "--add-symbol", f"{name}=.text:0x10,function")


def objcopy(elf, *options):
    subprocess.run(["objcopy", *options, elf.path], check=True)


def large(elf):
    size, end = 68 << 10, len(elf.bytes)
    put(elf, end, b"x" * size)
    put(elf, program_header(elf, text(elf)) + 8, struct.pack("<QQQQQ", end, 0, 0, size, size))


SPOILT = {
    "writable text": (writable_text, "no_segment_is_writable_and_executable", "both"),
    "cpuid": (lambda e: put_code(e, b"\x0f\xa2"), "no_instruction_is_illegal", "cpuid in"),
    "syscall": (lambda e: put_code(e, b"\x0f\x05"), "no_instruction_is_illegal", "syscall in"),
    "int": (lambda e: put_code(e, b"\xcd\x80"), "no_instruction_is_illegal", "int in"),
    "segment": (lambda e: put_code(e, b"\x8e\xe0"), "no_instruction_is_illegal", "mov"),
    "SSE": (lambda e: put_code(e, b"\x0f\x28\xc1"), "only_general_registers", "xmm"),
    "x87": (lambda e: put_code(e, b"\xd9\xe8"), "only_general_registers", "fld1"),
    "no barrier": (no_lfence, "entry_has_a_barrier", "none"),
    "pointer": (pointer, "has_no_pointer_to_code_in_writable_memory", "0x"),
    "debugger": (named("gdb_stub"), "nothing_is_for_debugging", "gdb_stub"),
    "size": (large, "is_small", "more than"),
}


@needs_shim
@pytest.mark.parametrize("how", SPOILT)
def test_spoilt_shim(tmp_path, how):
    spoil, check, said = SPOILT[how]
    path = tmp_path / "shim-sgx"
    shutil.copy(SHIM, path)
    getattr(CHECKS, check)(CHECKS.Elf(path))
    spoil(CHECKS.Elf(path))
    with pytest.raises(CHECKS.Failed, match=said):
        getattr(CHECKS, check)(CHECKS.Elf(path))


PAGE_TABLES = {  # entries that are changed: which, and what becomes of them
    "writable-text": (6, 0, lambda e: e | 2),
    "executable-data": (6, 0x24, lambda e: e & ~(1 << 63)),
    "gate-writable": (3, 0, lambda e: e | 2),
    "gate-elsewhere": (3, 0, lambda e: e + 0x1000),
    "text-for-exec": (3, 1, lambda e: 0x100065),
    "text-elsewhere": (6, 1, lambda e: e + 0x1000),
}


@pytest.mark.parametrize("how", PAGE_TABLES)
def test_spoilt_page_tables(tmp_path, how):
    """An entry of the table with that number among those the kvm shim starts with."""
    path = tmp_path / "shim-kvm"
    shutil.copy(ROOT / "build/shim-kvm", path)
    elf = CHECKS.Elf(path)
    CHECKS.page_tables_keep_apart(elf)
    table, index, change = PAGE_TABLES[how]
    here = CHECKS.IMAGE_LINKED + CHECKS.TABLES + table * 4096 + index * 8
    segment = next(s for s in elf.loads if s.vaddr <= here < s.vaddr + s.filesz)
    offset = segment.offset + here - segment.vaddr
    (entry,) = struct.unpack_from("<Q", elf.bytes, offset)
    put(elf, offset, struct.pack("<Q", change(entry)))
    with pytest.raises(CHECKS.Failed):
        CHECKS.page_tables_keep_apart(CHECKS.Elf(path))


def test_undefined_symbol(tmp_path):
    path = tmp_path / "undefined.o"
    compile_c("void other(void); void f(void) { other(); }", path)
    with pytest.raises(CHECKS.Failed, match="other"):
        CHECKS.no_symbol_is_undefined(CHECKS.Elf(path))


def compile_c(source, path, *options):
    command = ["gcc", "-O2", "-xc", "-", "-o", path, *(options or ["-c"])]
    subprocess.run(command, input=source.encode(), check=True)


def test_what_needs_a_loader(tmp_path):
    path = tmp_path / "program"
    compile_c("int main(void) { return 0; }", path, "-no-pie", "-Wl,-z,norelro,-z,execstack")
    elf = CHECKS.Elf(path)
    for check, said in (
        ("stands_alone", "interpreter"),
        ("needs_nothing", "interpreter"),
        ("stack_is_not_executable", "PF_X"),
        ("is_relocatable_and_read_only_afterwards", "pie"),
    ):
        with pytest.raises(CHECKS.Failed, match=said):
            getattr(CHECKS, check)(elf)


def test_new_instruction_in_exec(monkeypatch):
    """exec with a cpuid, a bind and a far return that nobody accounted for."""
    instruction = CHECKS.Instruction
    code = [
        instruction(0, "cpuid"),
        instruction(2, "mov $0x31,%eax"),
        instruction(7, "syscall"),
        instruction(9, "lretq"),
    ]
    monkeypatch.setattr(CHECKS.Elf, "functions", lambda elf: iter([("newcomer", code, 100)]))
    with pytest.raises(CHECKS.Failed) as failed:
        CHECKS.every_illegal_instruction_is_accounted_for(CHECKS.Elf(ROOT / "build/exec"))
    rows = str(failed.value).splitlines()[-4:]
    assert [row.split() for row in rows] == [
        ["cpuid", "table", "newcomer"],
        ["data", "after", "newcomer"],
        ["lretq", "unknown", "newcomer"],
        ["syscall", "enosys", "newcomer"],
    ]
