/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel that exec sees: its state, and what each part answers. One exec, one
 * thread. Every address that exec passes is checked against exec's own map, and
 * what the map allows is made present first, so that the shim itself never
 * faults. A system call returns its result or -errno. */
#ifndef SHIM_CORE_KERNEL_H
#define SHIM_CORE_KERNEL_H

#include "include/port.h"
#include "shim/core/clock.h"
#include "shim/core/machine.h"
#include "shim/core/memory.h"
#include "shim/core/port.h"
#include "shim/core/shared.h"
#include "shim/core/signal.h"

#define KERNEL_STACK_SIZE  (8ull << 20)
#define KERNEL_STACK_GUARD (64ull << 10)

struct kernel {
    struct shared *block;
    struct boot_record boot; /* a copy, checked */
    struct memory memory;
    struct signals signals;
    struct clock clock;
    uint64_t unknown_calls; /* answered with ENOSYS */
    uint64_t silent_writes; /* of exec's whose text the host did not get */
};

/* What a technology passes at the start; all but `exec_base` outside the keep. */
struct start {
    struct shared *block;
    const struct shared *exec; /* for machine_read_exec */
    const struct shared *nodes;
    uint64_t exec_base;
    uint64_t arena_end; /* exec's memory lies between its image and here */
    uint64_t arena_start;
    struct range *ranges; /* absent memory for the map */
    size_t range_count;
    uint8_t *run;  /* present memory for one run of exec's pages */
    uint64_t port; /* entry addresses for exec, 0: none */
    uint64_t evidence;
    uint64_t clock;
    const uint8_t *cache_key; /* 32 bytes, null: none */
};

/* Reads the boot record, lays exec out and its stack, and sets exec's registers. */
void kernel_start(struct kernel *k, const struct start *start, struct frame *f);

/* An exception that exec caused: exec's registers are in `f`, to be resumed with. */
void kernel_fault(struct kernel *k, struct frame *f, const struct fault *x);

/* A system call of exec's, where the processor brought it by SYSCALL: rip is behind the
 * instruction, rcx and r11 are as it left them. */
void kernel_syscall(struct kernel *k, struct frame *f);

/* exec's call of the port; its memory is checked. */
int64_t kernel_port(struct kernel *k, const struct port_call *call);

/* Tells the operator one constant line, with `number` after it unless it is 0. 0, or the
 * port's error. */
int64_t kernel_say(struct kernel *k, const char *text, uint64_t number);

/* exec has failed by itself: says so, and ends the keep. */
no_return void kernel_fail(struct kernel *k, const char *text, uint64_t number);

/* ---- the system calls, by file ---- */

uint64_t kernel_call(struct kernel *k, struct frame *f); /* syscall.c */

/* process.c */
int64_t process_arch_prctl(struct kernel *k, const uint64_t *a);
int64_t process_prlimit64(struct kernel *k, const uint64_t *a);
int64_t process_sched_getaffinity(struct kernel *k, const uint64_t *a);
int64_t process_sysinfo(struct kernel *k, const uint64_t *a);
int64_t process_futex(struct kernel *k, const uint64_t *a);
int64_t process_getrandom(struct kernel *k, const uint64_t *a);
int64_t process_write(struct kernel *k, const uint64_t *a);

/* ---- exec's memory ---- */

/* True when exec may do that to all of it; then every page of it is present. */
must_use bool user_ok(struct kernel *k, uint64_t address, uint64_t size, unsigned prot);

/* 0 or -EFAULT. */
must_use int user_read(struct kernel *k, uint64_t from, void *to, size_t size);
must_use int user_write(struct kernel *k, uint64_t to, const void *from, size_t size);

#endif
