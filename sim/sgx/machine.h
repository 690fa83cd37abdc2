/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the model is: one processor, one enclave, one kernel. */
#ifndef SIM_SGX_MACHINE_H
#define SIM_SGX_MACHINE_H

#include "base/attr.h"
#include "sim/sgx/epcm.h"
#include "sim/sgx/measure.h"
#include "sim/sgx/model.h"
#include "sim/sgx/secs.h"
#include "sim/sgx/test.h"

#include <stdbool.h>
#include <stddef.h>

#define THREADS_MAX 16u

/* Exceptions [SDM 3A 6.3.1]. */
enum vector {
    VECTOR_DE = 0,
    VECTOR_DB = 1,
    VECTOR_BP = 3,
    VECTOR_BR = 5,
    VECTOR_UD = 6,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    VECTOR_MF = 16,
    VECTOR_AC = 17,
    VECTOR_XM = 19,
    VECTOR_INTERRUPT = 32, /* the first that is no exception */
};

struct exception {
    uint32_t vector;
    uint32_t error;
    uint64_t address; /* #PF */
};

/* What a TCS page holds; nobody can read the page itself. */
struct thread {
    uint64_t address;
    struct sgx_tcs tcs;
    bool active;
    uint8_t *outside; /* NSSA areas; see aex.c */
};

/* What the kernel, hostile, is to do. */
struct lie {
    enum model_lie kind;
    unsigned left; /* operations until then */
    bool told;
    uint64_t page;        /* of which it lied */
    uint64_t permissions; /* EMODPR to repeat */
    bool again;           /* at the page's EACCEPT */
    bool is_augment;
};

struct machine {
    int owner; /* process that opened it, 0: none */
    struct sgx_secs secs;
    bool created;
    bool initialised;
    struct measure measure;
    uint8_t isv_ext_prod_id[16];
    uint8_t report_key_id[32];

    struct epcm_entry *epcm; /* by page of the enclave */
    uint64_t lowest_page;    /* below, the kernel lets no process map anything */
    struct thread threads[THREADS_MAX];
    size_t thread_count;
    struct thread *current; /* in enclave mode, or null */

    bool strict;
    bool stepping;
    bool step_measured;    /* EADDed pages, too */
    bool veiled;           /* now what is not measured is not executable */
    uint64_t measured_end; /* page behind those EADDed */
    bool interrupts;
    bool own_aep;
    uint64_t entry_stack;
    uint64_t left[18];       /* registers at the last EEXIT, by REG_ of <sys/ucontext.h> */
    unsigned step_interrupt; /* one every so many instructions */
    unsigned step_count;
    uint64_t step_pushf;             /* where a PUSHF is to run, 0: none is */
    uint64_t step_target;            /* what did not run at once */
    struct exception step_exception; /* why */
    bool cpuid_faults;
    struct lie lie;
    struct model_counters count;
};

extern struct machine machine;

/* ---- addresses ---- */

static inline bool in_elrange(uint64_t address)
{
    return machine.created && address - machine.secs.base < machine.secs.size;
}

/* The page of an address of the enclave. */
static inline uint64_t page_of(uint64_t address)
{
    return (address - machine.secs.base) / SGX_PAGE;
}

static inline struct epcm_entry *entry_of(uint64_t address)
{
    return &machine.epcm[page_of(address)];
}

struct thread *thread_at(uint64_t address);

/* ---- memory.c: the enclave's memory ---- */

/* The addresses of machine.secs. */
must_use int memory_reserve(void);

/* Gives pages the protection that EPCM and page tables make; `want` decides for
 * those both writable and executable, which never are both at once. */
void memory_sync(uint64_t page, uint64_t count, unsigned want);

/* The same for all pages around with the same permissions. */
void memory_sync_around(uint64_t page, unsigned want);

/* Makes the content of pages zero. */
void memory_clear(uint64_t page, uint64_t count);

/* Copies within one page, whatever its protection. */
void memory_read(uint64_t address, void *to, size_t size);
void memory_write(uint64_t address, const void *from, size_t size);

/* A page whose EPCM entry has just changed. */
void memory_replace(uint64_t address, const uint8_t content[static SGX_PAGE]);

/* Whether code that was not measured may run; see step.c. */
void memory_veil(bool on);

/* In strict mode: nothing of the enclave is accessible any more. */
void memory_hide(void);

/* ---- kernel.c: the driver's part, honest or not ---- */

/* EAUG at a touch. False: the touch is a fault. */
bool kernel_augment(uint64_t page);
must_use int kernel_restrict(uint64_t page, uint64_t permissions);
must_use int kernel_trim(uint64_t page);
must_use int kernel_remove(uint64_t page);

/* The enclave has accepted the page. */
void kernel_accepted(uint64_t page);

/* ---- leaf.c ---- */

struct leaf_registers {
    uint64_t rbx;
    uint64_t rcx;
    uint64_t rdx;
};

/* Carries out EREPORT, EGETKEY, EACCEPT, EMODPE or EACCEPTCOPY, with what the
 * kernel does at their faults. An enum sgx_error, or -EFAULT: `e` was raised. */
must_use int leaf_run(enum sgx_leaf leaf, const struct leaf_registers *r, struct exception *e);

/* An operand that the enclave may read, or write. False: `e`. */
bool leaf_operand(uint64_t address, uint64_t alignment, unsigned access, struct exception *e);

bool leaf_is_placed(uint64_t address, uint64_t alignment, struct exception *e);
bool leaf_is_present(uint64_t address, unsigned access, struct exception *e);
bool leaf_is_permitted(uint64_t address, unsigned access, struct exception *e);

must_use int leaf_accept(const struct leaf_registers *r, struct exception *e);
must_use int leaf_accept_copy(const struct leaf_registers *r, struct exception *e);
must_use int leaf_extend(const struct leaf_registers *r, struct exception *e);
must_use int leaf_report(const struct leaf_registers *r, struct exception *e);
must_use int leaf_get_key(const struct leaf_registers *r, struct exception *e);

/* Error code of a page fault of the enclave [SDM 3A 4.7]. */
uint32_t fault_code(struct epcm_entry page, unsigned access);

int raise_general_protection(struct exception *e);
int raise_page_fault(struct exception *e, uint64_t address, uint32_t code);

#endif
