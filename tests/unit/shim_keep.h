/* SPDX-License-Identifier: Apache-2.0 */
/* A keep for the tests of shim/core: pages are host memory that really has the
 * permission the shim asked for, so that the shim may not touch what is absent; a
 * small exec with its tree; and a host that answers as it is told. Every call of the
 * machine is checked against machine.h; a breach fails the test. */
#ifndef TESTS_UNIT_SHIM_KEEP_H
#define TESTS_UNIT_SHIM_KEEP_H

#include "shim/core/kernel.h"

#include <setjmp.h>

/* By offset from keep.base: the shim's tables, exec, its memory. */
#define KEEP_RANGES (0u)
#define KEEP_RUN    (1u << 20)
#define KEEP_EXEC   (4u << 20)
#define KEEP_ARENA  (128u << 20)
#define KEEP_SIZE   (512u << 20)

/* Where it is if there is room: addresses in a corpus stay the same. */
#define KEEP_HINT 0x200000000000u

/* exec's file: see shim_keep.c for its segments. */
#define EXEC_PAGES 37u

/* How a call of the shim ended. */
enum ending {
    WENT_ON,
    STOPPED_ENDED, /* machine_stop, by its reason */
    STOPPED_FAULT,
    STOPPED_FATAL,
    STOPPED_PAGE,
    STOPPED_BLOCK,
    STOPPED_ENTROPY,
    STOPPED_BUG,
    STOPPED_PORT, /* port_attacked */
    EXITED,       /* PORT_EXIT */
};

struct keep {
    uint8_t *base;
    uint8_t *pages; /* a byte for each page: 0 absent, else PRESENT and its permission */
    uint8_t *block; /* the host's, as are the next two */
    uint8_t *exec;
    uint8_t *nodes;
    uint64_t fs;
    bool user; /* between machine_user_begin and machine_user_end */
    bool sha;  /* hashes by the processor's instructions: plain C is most of a fuzzer's time */

    /* the host */
    int64_t time[2]; /* by enum port_clock */
    int64_t result;  /* for verbs without an answer of their own */
    bool poll_waits; /* a poll moves the clocks on */
    bool lies;       /* `result` is the answer to all verbs */
    unsigned calls;
    struct port_frame frame; /* of the last call */
    char log[4097];
    uint64_t exit[2];

    /* what became of the pages */
    unsigned added, published, protected, dropped;

    /* reads of shared memory: how often each 8 bytes of the last run was read */
    void (*on_read)(const void *from, size_t size);

    bool catching;
    jmp_buf stopped;
};

extern struct keep keep;

#define PRESENT 0x80u

/* After so many calls of the port the host ends the keep. */
#define KEEP_CALLS_MAX 1000000u

/* Fresh: nothing is present but the run's buffer; a valid boot record. */
void keep_init(struct kernel *k);
void keep_fini(void);

/* What kernel_start takes, for this keep. */
struct start keep_start_arguments(void);

/* The same and exec started. */
void keep_start(struct kernel *k, struct frame *f);

/* Another exec in the same keep, as if it were fresh. */
void keep_restart(struct kernel *k, struct frame *f);

uint8_t *keep_page(uint64_t address); /* its state */

/* Room for a test's own use: readable and writable pages of exec's, present. */
uint64_t keep_room(struct kernel *k, uint64_t size);

/* exec's accesses, with the faults that the processor would raise: false when the
 * fault became a signal. */
bool keep_load(struct kernel *k, struct frame *f, uint64_t at, uint8_t *byte);
bool keep_store(struct kernel *k, struct frame *f, uint64_t at, uint8_t byte);

/* The map and the pages agree, nothing is writable and executable. */
void keep_check(const struct kernel *k);

/* ENDING(call(...)): how it ended. What it changes must not live in registers. */
#define ENDING(call)       \
    (keep.catching = true, \
     setjmp(keep.stopped) == 0 ? ((void)(call), keep_went_on()) : keep_ended())
enum ending keep_went_on(void);
enum ending keep_ended(void);

/* A system call by its number, as kernel_call sees it. */
int64_t keep_call(struct kernel *k, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                  uint64_t e);
#define SYS(k, name, ...) SYS_(k, __NR_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYS_(k, number, a, b, c, d, e, ...) \
    keep_call(k, number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e))

/* A number that looks random, the same in every run. */
uint64_t keep_random(void);

#endif
