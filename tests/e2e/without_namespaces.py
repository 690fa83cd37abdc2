# SPDX-License-Identifier: Apache-2.0
"""Runs a command that may make no namespace, as in a container that forbids it: a filter
for clone(2) and unshare(2), in the kernel's own terms."""

import ctypes
import os
import struct
import sys

UNSHARE, CLONE, EPERM = 272, 56, 1
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2
LOAD, JUMP_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NAMESPACES = 0x7E020000  # CLONE_NEW*

PROGRAM = [
    (LOAD, 0, 0, 0),  # the call's number
    (JUMP_EQUAL, 4, 0, UNSHARE),
    (JUMP_EQUAL, 0, 2, CLONE),
    (LOAD, 0, 0, 16),  # its first argument
    (JUMP_SET, 1, 0, NAMESPACES),
    (RETURN, 0, 0, ALLOW),
    (RETURN, 0, 0, ERRNO | EPERM),
]


def main():
    code = b"".join(struct.pack("HBBI", *row) for row in PROGRAM)
    memory = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxQ", len(PROGRAM), ctypes.addressof(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, MODE_FILTER, program, 0, 0
    ):
        raise OSError(ctypes.get_errno(), "no filter")
    os.execv(sys.argv[1], sys.argv[1:])


main()
