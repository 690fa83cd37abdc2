/* SPDX-License-Identifier: Apache-2.0 */
/* Stepping mode: what the processor at hand executes in spite of its being illegal in
 * an enclave is found before it runs [SDM 3D 36.6.1, 36.6.2]. EFLAGS.TF is the
 * model's; the enclave neither sees nor loses it. */
#include "sim/sgx/entry.h"

#include <string.h>

#define INSTRUCTION_MAX 15u
#define RFLAGS_TF       0x100u
#define PUSHF           0x9cu
#define POPF            0x9du

static size_t skip_prefixes(const uint8_t *code, size_t size)
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

bool step_is_illegal(const uint8_t *code, size_t size)
{
    size_t i = skip_prefixes(code, size);
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

/* The bytes at RIP that the enclave may fetch. */
static size_t fetch(uint64_t rip, uint8_t code[static INSTRUCTION_MAX])
{
    size_t size = 0;
    while (size < INSTRUCTION_MAX && in_elrange(rip + size) &&
           (epcm_permissions(*entry_of(rip + size)) & SGX_X) != 0) {
        size_t part = SGX_PAGE - (rip + size) % SGX_PAGE;
        part = part < INSTRUCTION_MAX - size ? part : INSTRUCTION_MAX - size;
        memory_read(rip + size, code + size, part);
        size += part;
    }
    return size;
}

/* A fetch from outside is #GP. One that the EPCM forbids faults by itself. */
static bool step_look(uint64_t rip, struct exception *e)
{
    uint8_t code[INSTRUCTION_MAX];
    if (!in_elrange(rip)) {
        raise_general_protection(e);
        return false;
    }
    if (step_is_illegal(code, fetch(rip, code))) {
        *e = (struct exception){.vector = VECTOR_UD};
        return false;
    }
    return true;
}

static bool comes_next(uint64_t rip, uint8_t opcode)
{
    uint8_t code[INSTRUCTION_MAX];
    size_t size = fetch(rip, code);
    size_t i = skip_prefixes(code, size);
    return i < size && code[i] == opcode;
}

static void change_top(uint64_t rsp, bool trap)
{
    uint16_t flags;
    if (!in_elrange(rsp) || rsp % SGX_PAGE > SGX_PAGE - sizeof(flags) ||
        (epcm_permissions(*entry_of(rsp)) & SGX_W) == 0)
        return;
    memory_read(rsp, &flags, sizeof(flags));
    flags = (uint16_t)(trap ? flags | RFLAGS_TF : flags & ~RFLAGS_TF);
    memory_write(rsp, &flags, sizeof(flags));
}

bool step_prepare(uint64_t rip, uint64_t rsp, struct exception *e)
{
    if (machine.step_pushf != 0 && machine.step_pushf != rip)
        change_top(rsp, false);
    machine.step_pushf = 0;
    if (!step_look(rip, e))
        return false;
    if (comes_next(rip, PUSHF))
        machine.step_pushf = rip;
    if (comes_next(rip, POPF))
        change_top(rsp, true);
    return true;
}
