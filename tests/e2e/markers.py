# SPDX-License-Identifier: Apache-2.0
"""Strings that must not be found where a host can look, and the looking."""

import base64
import re

# tests/deploy/leaky.c knows the beginning.
START = "enarx-marker-"
KINDS = (
    *("argument", "variable", "secret-variable", "secret-file", "file", "file-name"),
    *("input", "output", "error", "function", "panic"),
)
# The model's enclave: docs/sgx.md, "What the keep is".
ENCLAVE = range(1 << 20, 64 << 30)
CHUNK = 1 << 22

ENDING = "-5d7c1f0e"
FORMS = (  # but the plain one
    START.encode("utf-16-le"),
    START.encode().hex().encode(),
    *(base64.b64encode(bytes(i) + START.encode())[4:16] for i in range(3)),
)
MARKERS = {kind: START + kind + ENDING for kind in KINDS}
PLAIN = f"{START}[-a-z]+{ENDING}".encode()
PATTERN = re.compile(b"|".join((PLAIN, *map(re.escape, FORMS))))


def found(data):
    return {match.group() for match in PATTERN.finditer(data)}


def regions(pid):
    """(start, end) of each mapping that has memory."""
    with open(f"/proc/{pid}/smaps") as maps:
        for line in maps:
            if addresses := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
                start, end = (int(part, 16) for part in addresses.groups())
            elif line.startswith("Rss:") and line.split()[1] != "0":
                yield start, end


def in_memory(pid, within=None):
    """Markers in a process's memory: in the enclave, or outside of it."""
    seen = set()
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for start, end in list(regions(pid)):
                if (start in ENCLAVE) == (within is ENCLAVE):
                    seen |= in_region(memory, start, end)
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has ended
    return seen


def in_region(memory, start, end):
    seen, tail = set(), b""
    for at in range(start, end, CHUNK):
        try:
            memory.seek(at)
            data = memory.read(min(CHUNK, end - at))
        except (OSError, OverflowError, ValueError):
            return seen  # nothing there, or nobody may look: the kernel's own pages
        seen |= found(tail + data)
        tail = data[-64:]
    return seen


def in_files(folder):
    """Markers in what is below a folder: contents and names."""
    seen = set()
    for path in folder.rglob("*"):
        seen |= found(str(path.relative_to(folder)).encode())
        if path.is_file():
            seen |= found(path.read_bytes())
    return seen
