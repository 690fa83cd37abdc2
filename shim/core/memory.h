/* SPDX-License-Identifier: Apache-2.0 */
/* exec's memory: the system calls that change its map, and pages on first touch. */
#ifndef SHIM_CORE_MEMORY_H
#define SHIM_CORE_MEMORY_H

#include "shim/core/exec_image.h"
#include "shim/core/shared.h"
#include "shim/core/space.h"

struct kernel;

struct memory {
    struct space space;
    const struct shared *exec; /* for machine_read_exec; the tree's nodes: the host's */
    const struct shared *nodes;
    uint64_t exec_base;
    uint8_t *run; /* TREE_RUN_BYTES of private memory */
    uint64_t brk_start;
    uint64_t brk;
    uint64_t brk_end;
};

enum touch {
    TOUCH_SUPPLIED, /* it is there now: go on */
    TOUCH_UNMAPPED, /* exec has nothing there */
    TOUCH_DENIED,   /* exec may not do that there */
    TOUCH_PRESENT,  /* it is there and allowed: no reason for a fault */
};

/* exec wants to access `address` as `prot`, one bit. Brings the page and its
 * neighbours. Pages of exec that are not exec's stop the keep. */
enum touch memory_touch(struct memory *m, uint64_t address, unsigned prot);

int64_t memory_mmap(struct kernel *k, const uint64_t *a);
int64_t memory_munmap(struct kernel *k, const uint64_t *a);
int64_t memory_mprotect(struct kernel *k, const uint64_t *a);
int64_t memory_madvise(struct kernel *k, const uint64_t *a);
int64_t memory_mremap(struct kernel *k, const uint64_t *a);
int64_t memory_brk(struct kernel *k, const uint64_t *a);

#endif
