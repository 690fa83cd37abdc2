/* SPDX-License-Identifier: Apache-2.0 */
/* A backend: one kind of keep that this host may be able to start. Each folder
 * host/<name> exports one `const struct backend`; host/backend.c lists them in
 * the order of preference. */
#ifndef HOST_BACKEND_H
#define HOST_BACKEND_H

#include "base/attr.h"
#include "base/cur.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault;
struct keep;

/* Whose rules measure a keep, and whose format its author signs. */
enum technology { TECHNOLOGY_NONE, TECHNOLOGY_SGX };

#define PROBE_MAX 16u

/* One thing that a backend needs of this machine. */
struct probe {
    char what[64]; /* "Seccomp filters" */
    bool ok;
    char why[160]; /* what was found, or what is missing and how to get it */
};

/* Takes one file of collateral, by its name for `enarx attest verify`. 0 or -errno. */
typedef int collateral_put(void *context, const char *name, struct bytes content);

struct backend {
    const char *name;
    const char *summary; /* one line for --help and platform info */
    bool confidential;   /* host software can neither see nor alter the workload */
    bool selectable;     /* may be chosen when the user names none */
    enum technology technology;

    /* Bytes of this machine's enclave memory (EPC), which no control group counts: its keeps
     * together can have no more of it. 0: unknown. Null: they have memory like any other. */
    uint64_t (*enclave_memory)(void);

    /* Fills at most PROBE_MAX rows, returns their number. Available means all ok. */
    size_t (*probe)(struct probe *rows);

    /* Of a simulation: hands over what a manufacturer would publish of the machine,
     * and root.pem, which policies have to name. Null: a manufacturer does publish
     * it. 0, or -errno with `fault` filled. */
    int (*collateral)(collateral_put *put, void *context, struct fault *fault);

    /* Runs in a child process of its own, before the sandbox step, with what that
     * would forbid. May change the boot record. Null: nothing to do. 0, or -errno
     * after saying why on standard error. */
    int (*prepare)(struct keep *keep);

    /* What runs in the keep makes no system call of the host's. */
    bool own_kernel;

    /* System calls, by number, and commands of ioctl(2) that the keep's process needs after
     * the sandbox step, beside the port's. */
    const int *calls;
    size_t call_count;
    const uint32_t *ioctls;
    size_t ioctl_count;

    /* Runs in the same process, after the sandbox step. Never returns. */
    no_return void (*enter)(struct keep *keep);
};

extern const struct backend *const backends[];
extern const size_t backend_count;

/* Null when there is none of that name. */
const struct backend *backend_find(const char *name);

/* True when all probes pass; else `failed` is the first that does not. */
bool backend_probe(const struct backend *b, struct probe *failed);

/* The first selectable backend of `from` whose probes all pass, or null. `why`
 * gets one line that says what was passed over and why. */
const struct backend *backend_choose(const struct backend *const *from, size_t count, char *why,
                                     size_t why_size);

/* The same from all backends; null only if not even nil works here. */
const struct backend *backend_select(char *why, size_t why_size);

#endif
