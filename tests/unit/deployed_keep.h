/* SPDX-License-Identifier: Apache-2.0 */
/* A keep that waits for its owner, in a thread of its own: exec from provision() on, with
 * a program of the test's in the engine's place, over a port of real sockets. Time can be
 * made to pass. */
#ifndef DEPLOYED_KEEP_H
#define DEPLOYED_KEEP_H

#include "exec/wasi/wasi.h"
#include "include/port.h"

/* What the host sees, and what it does. */
struct fake_host {
    int listener;
    bool proves;      /* it lets the keep prove what it is */
    int64_t evidence; /* not 0: what comes of that */
    size_t write_max; /* bytes that one write takes; 0: any */
    char log[2048];   /* all that was logged, each with a line end */
    uint64_t end;     /* of PORT_EXIT, once keep_ends has returned */
    uint64_t status;
    unsigned calls[PORT_VERB_COUNT];
    uint8_t report_data[REPORT_DATA_BYTES]; /* of the last evidence */
};
extern struct fake_host host;

/* The evidence that there is. */
#define HOST_EVIDENCE "what the processor says"

/* ---- the keep ---- */

/* Runs in the engine's place; its status, or TRAPS. */
#define TRAPS 0x100000u
typedef uint32_t program(struct wasi *w);

/* For cmocka: starts a keep that will run `*keep_program`, and ends it. */
extern program *keep_program;
int keep_start(void **state);
int keep_stop(void **state);

/* Opens a network stream in exec/network.c's place, which may take a while. */
typedef int opener(struct wasi_host *host);
extern opener *keep_opens;

/* Waits until the keep has told the host of its end, which must be that. */
void keep_ends(enum port_end end);

/* All clocks go on by so much. */
void time_passes(uint64_t ns);
#define SECONDS(n) ((n)*UINT64_C(1000000000))

/* ---- for programs ---- */

/* Functions of WASI, over memory of the program's; what they return. */
uint32_t call(struct wasi *w, const char *name, const uint64_t *args);
#define CALL(w, name, ...) call((w), #name, (const uint64_t[]){__VA_ARGS__, 0})
#define MEMORY_SIZE        (1u << 20)
#define BUFFER             65536u /* where programs keep what they read */
extern uint8_t memory[MEMORY_SIZE];

/* Reads or writes once; how many bytes, or minus the errno. */
int64_t read_once(struct wasi *w, uint32_t fd, uint32_t size);
int64_t write_once(struct wasi *w, uint32_t fd, const void *data, uint32_t size);

/* All of it; false when that did not work. */
bool write_all(struct wasi *w, uint32_t fd, const void *data, uint32_t size);
bool write_text(struct wasi *w, uint32_t fd, const char *text);

/* Waits for a clock alone. */
uint32_t sleep_ns(struct wasi *w, uint64_t ns);

#endif
