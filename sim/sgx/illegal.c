/* SPDX-License-Identifier: Apache-2.0 */
/* Illegal instructions; see illegal.h. Prefixes and opcode say it: lengths do not
 * matter. */
#include "sim/sgx/illegal.h"

#include <string.h>

size_t instruction_skip_prefixes(const uint8_t *code, size_t size)
{
    size_t i = 0;
    while (i < size && code[i] != 0 &&
           memchr("\x66\x67\xf2\xf3\xf0\x2e\x36\x3e\x26\x64\x65", code[i], 11) != NULL)
        i++;
    return i < size && (code[i] & 0xf0) == 0x40 ? i + 1 : i; /* REX */
}

/* 0F 01: by ModRM. */
static bool is_illegal_group7(uint8_t modrm)
{
    if (modrm < 0xc0)
        return (modrm >> 3 & 7) <= 3; /* SGDT SIDT LGDT LIDT */
    /* VMCALL VMLAUNCH VMRESUME VMXOFF, VMFUNC, VMMCALL */
    return (modrm >= 0xc1 && modrm <= 0xc4) || modrm == 0xd4 || modrm == 0xd9;
}

static bool is_illegal_two_byte(const uint8_t *code, size_t size)
{
    if (size < 1)
        return false;
    switch (code[0]) {
    case 0x00: /* SLDT STR */
        return size > 1 && (code[1] >> 3 & 7) <= 1;
    case 0x01:
        return size > 1 && is_illegal_group7(code[1]);
    case 0x05: /* SYSCALL */
    case 0x33: /* RDPMC */
    case 0x34: /* SYSENTER */
    case 0x37: /* GETSEC */
    case 0xa1: /* POP FS */
    case 0xa2: /* CPUID */
    case 0xa9: /* POP GS */
    case 0xb2: /* LSS */
    case 0xb4: /* LFS */
    case 0xb5: /* LGS */
        return true;
    default:
        return false;
    }
}

bool instruction_is_illegal(const uint8_t *code, size_t size)
{
    size_t i = instruction_skip_prefixes(code, size);
    if (i >= size)
        return false;
    uint8_t opcode = code[i];
    uint8_t modrm = i + 1 < size ? code[i + 1] : 0;
    switch (opcode) {
    case 0x0f:
        return is_illegal_two_byte(code + i + 1, size - i - 1);
    case 0x6c: /* INS OUTS */
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0x8e: /* MOV to a segment register */
    case 0xca: /* far RET */
    case 0xcb:
    case 0xcd: /* INT n; INT3 is legal */
    case 0xcf: /* IRET */
    case 0xe4: /* IN OUT */
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
        return true;
    case 0xff: /* far CALL, far JMP */
        return modrm < 0xc0 && ((modrm >> 3 & 7) == 3 || (modrm >> 3 & 7) == 5);
    default:
        return false;
    }
}
