/* SPDX-License-Identifier: Apache-2.0 */
/* Between the assembly that enters and leaves the enclave and the C that decides. */
#ifndef SIM_SGX_ENTRY_H
#define SIM_SGX_ENTRY_H

/* struct model_cpu, for both languages. */
#define CPU_RAX      0
#define CPU_RCX      8
#define CPU_RDX      16
#define CPU_RBX      24
#define CPU_RSP      32
#define CPU_RBP      40
#define CPU_RSI      48
#define CPU_RDI      56
#define CPU_R8       64
#define CPU_R9       72
#define CPU_R10      80
#define CPU_R11      88
#define CPU_R12      96
#define CPU_R13      104
#define CPU_R14      112
#define CPU_R15      120
#define CPU_RFLAGS   128
#define CPU_RIP      136
#define CPU_FS       144
#define CPU_GS       152
#define CPU_HOST_FS  160
#define CPU_HOST_GS  168
#define CPU_SAVED_FS 176
#define CPU_SAVED_GS 184
#define CPU_MASK     192
#define CPU_OUTSIDE  200
#define CPU_AREA     208
#define CPU_INSIDE   216
#define CPU_SELECTOR 217
#define CPU_XSAVE    256

/* struct sgx_enclave_run [Linux asm/sgx.h]. */
#define RUN_TCS      0
#define RUN_FUNCTION 8
#define RUN_VECTOR   12
#define RUN_ERROR    14
#define RUN_ADDRESS  16
#define RUN_HANDLER  24
#define RUN_RESERVED 40
#define RUN_SIZE     256

/* Syscall User Dispatch [Linux linux/syscall_user_dispatch.h]. */
#define SELECTOR_ALLOW 0
#define SELECTOR_BLOCK 1

#define RESTORER_SIZE 4096

/* Bytes of the handler's stack that are wiped when the enclave is left. */
#define STACK_WIPED 16384

#ifndef __ASSEMBLER__

#include "sim/sgx/machine.h"

#define RFLAGS_TF 0x100u

/* The instruction. */
#define CPUID_CODE "\x0f\xa2"
#define CPUID_SIZE 2

#include <asm/sgx.h>
#include <signal.h>
#include <ucontext.h>

struct model_cpu {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi; /* as GPRSGX begins */
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags;
    uint64_t rip;
    uint64_t fs, gs; /* to enter with */
    uint64_t host_fs, host_gs;
    uint64_t saved_fs, saved_gs; /* at a signal in enclave mode */
    uint64_t mask;               /* components to load from `xsave` */
    uint64_t outside;            /* components to load from `area` */
    const uint8_t *area;
    uint8_t inside;   /* in enclave mode */
    uint8_t selector; /* what system calls are */
    uint8_t padding[38];
    uint8_t xsave[XSAVE_SIZE] aligned_to(64);
};
_Static_assert(offsetof(struct model_cpu, rip) == CPU_RIP, "entry.S");
_Static_assert(offsetof(struct model_cpu, saved_gs) == CPU_SAVED_GS, "entry.S");
_Static_assert(offsetof(struct model_cpu, mask) == CPU_MASK, "entry.S");
_Static_assert(offsetof(struct model_cpu, area) == CPU_AREA, "entry.S");
_Static_assert(offsetof(struct model_cpu, selector) == CPU_SELECTOR, "entry.S");
_Static_assert(offsetof(struct model_cpu, xsave) == CPU_XSAVE, "entry.S");
_Static_assert(offsetof(struct model_cpu, rip) == offsetof(struct sgx_gpr, rip), "GPRSGX");
_Static_assert(offsetof(struct sgx_enclave_run, exception_addr) == RUN_ADDRESS, "asm/sgx.h");
_Static_assert(offsetof(struct sgx_enclave_run, reserved) == RUN_RESERVED, "asm/sgx.h");
_Static_assert(sizeof(struct sgx_enclave_run) == RUN_SIZE, "asm/sgx.h");

extern struct model_cpu model_cpu;

/* As __vdso_sgx_enter_enclave, and keeps every register that a C function keeps. */
int model_enter(unsigned long rdi, unsigned long rsi, unsigned long rdx, unsigned int function,
                unsigned long r8, unsigned long r9, struct sgx_enclave_run *run);

/* ENCLU outside: 0, and model_cpu is what the enclave starts with; or 1, and its
 * rdi, rsi and rdx are the exception's vector, error code and address. */
int model_enclu(void);

/* The handler of all signals. C: true goes back into the enclave, false to the host. */
void model_signal(int sig, siginfo_t *info, void *context);
int model_trap(int sig, siginfo_t *info, ucontext_t *uc);

/* Places in entry.S, not functions to call. */
extern const uint8_t model_exit_point[];  /* after ENCLU */
extern const uint8_t model_aep[];         /* ENCLU */
extern const uint8_t model_fault_point[]; /* where the kernel goes on after an exception */
extern const uint8_t model_illegal[];     /* raises #UD in place of an instruction */
extern const uint8_t model_entry_begin[]; /* enclave mode begins between these */
extern const uint8_t model_entry_end[];
extern const uint8_t model_restorer[];

/* ---- aex.c ---- */

/* EENTER and ERESUME of model_cpu. False: `e`. */
bool aex_enter(struct exception *e);
bool aex_resume(struct exception *e);

/* Leaves by an asynchronous exit; `e` is null for an interrupt. The frame of the
 * signal becomes that of the host at AEP. */
void aex_exit(ucontext_t *uc, const struct exception *e);

/* EEXIT. */
void aex_leave(ucontext_t *uc);

/* ---- xstate.c ---- */

/* Sizes of the processor's XSAVE area. Before a thread is added. */
must_use int xstate_init(void);
must_use int xstate_add_thread(struct thread *thread);

/* Between an XSAVE area, the host's at a signal or model_cpu's, and the enclave's SSA frame.
 * Load: whether XRSTOR takes it. */
void xstate_save(uint64_t frame, const uint8_t *area);
must_use bool xstate_load(uint64_t frame);

/* The same of what XFRM leaves out. */
void xstate_keep_outside(const struct thread *t, const uint8_t *area);
void xstate_load_outside(const struct thread *t);

/* What goes to the host: the components of `keep`, all else initial. */
void xstate_cleanse(uint8_t *area, uint64_t keep);

/* ---- step.c ---- */

/* Looks at what comes next, and makes PUSHF and POPF forget TF. `trap`: the caller
 * sets TF for one instruction, or clears it. False: `e`. */
bool step_prepare(uint64_t rip, uint64_t rsp, bool *trap, struct exception *e);

/* ---- signals.c ---- */

/* Takes this process's signals and its thread's system calls. */
must_use int signals_open(void);

/* CPUID by host code where it faults. False: it is something else. */
bool signals_emulate_cpuid(ucontext_t *uc);

/* As if it were not handled, once the handler has returned. */
void signals_default(int sig);

#endif
#endif
