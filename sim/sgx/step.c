/* SPDX-License-Identifier: Apache-2.0 */
/* Stepping mode: what the processor at hand executes in spite of its being illegal in
 * an enclave is found before it runs [SDM 3D 36.6.1, 36.6.2]. EFLAGS.TF is the
 * model's; the enclave neither sees nor loses it. */
#include "sim/sgx/entry.h"
#include "sim/sgx/illegal.h"

#define INSTRUCTION_MAX 15u
#define PUSHF           0x9cu
#define POPF            0x9du

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

/* Measured pages are known to hold nothing illegal. While they run at full speed all
 * other code is not executable: coming to it is a fault. */
static bool runs_freely(uint64_t rip)
{
    bool free =
        machine.step_measured == false && in_elrange(rip) && page_of(rip) < machine.measured_end;
    if (free != machine.veiled)
        memory_veil(free);
    return free;
}

bool step_prepare(uint64_t rip, uint64_t rsp, bool *trap, struct exception *e)
{
    uint8_t code[INSTRUCTION_MAX];
    if (machine.step_pushf != 0 && machine.step_pushf != rip)
        change_top(rsp, false);
    machine.step_pushf = 0;
    *trap = !runs_freely(rip);
    if (!*trap)
        return true;
    if (!in_elrange(rip)) {
        raise_general_protection(e);
        return false;
    }
    size_t size = fetch(rip, code); /* none: the fetch faults by itself */
    if (instruction_is_illegal(code, size)) {
        *e = (struct exception){.vector = VECTOR_UD};
        return false;
    }
    size_t opcode = instruction_skip_prefixes(code, size);
    if (opcode < size && code[opcode] == PUSHF)
        machine.step_pushf = rip;
    if (opcode < size && code[opcode] == POPF)
        change_top(rsp, true);
    return true;
}
