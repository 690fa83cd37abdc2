/* SPDX-License-Identifier: Apache-2.0 */
/* A host of its own for the SGX keep on the software model: it can lie at every
 * place where the real one (host/sgx/keep.c) is honest. One keep a process. */
#ifndef TESTS_KEEP_HOST_H
#define TESTS_KEEP_HOST_H

#include "base/cur.h"
#include "include/port.h"
#include "include/sgx_keep.h"

#include <asm/sgx.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attack;

/* How a keep ended. */
enum ending { END_NONE, END_EXIT, END_STOP, END_HOST };

struct host {
    const struct attack *attack;
    uint64_t value; /* of attacks that come in many */
    uint64_t value2;
    const char *test; /* the guest's, sent as its manifest */
    uint8_t *exec;    /* the guest's file and tree, copies that an attack may change */
    size_t exec_size;
    uint8_t *nodes;
    size_t nodes_size;
    uint8_t *block;
    uint64_t base;
    struct sgx_enclave_run run;
    uint64_t args[3]; /* of the first entry */
    uint32_t leaf;    /* of the next entry */
    unsigned exits;   /* so far */
    unsigned ports;
    unsigned resumes;
    bool done; /* the attack has been made */
    bool deep; /* the next entry is from further down the stack */

    /* the last exit, as it came */
    struct {
        uint64_t rdi, rsi, rdx, rsp, r8, r9;
    } exit;
};

/* What happened, in memory shared with the parent. */
struct outcome {
    enum ending ending;
    uint64_t code; /* END_EXIT: status << 8 | port_end; END_STOP: enum sgx_keep_stop */
    char host[96]; /* END_HOST: why */
    char log[4096];
};

/* An attack: any of its hooks may be null. */
struct attack {
    const char *name;
    void (*prepare)(struct host *h); /* before EINIT is over: files, model */
    void (*start)(struct host *h);   /* before the first entry */
    int64_t (*answer)(struct host *h, const struct port_frame *f, int64_t honest);
    void (*exited)(struct host *h); /* after each exit, before the next entry */
    uint64_t base;                  /* of the enclave, which nothing measures */
    bool dirty;                     /* registers at each entry are rubbish */
    bool slow;                      /* may take minutes */
    bool again;                     /* enters once more when it has stopped */
};

/* Runs a guest's test under an attack in a process of its own. */
void host_run(const struct host *setup, struct outcome *outcome);

/* dirty.S: calls the entry with flags and vector state that no caller may have. */
int dirty_enter(vdso_sgx_enter_enclave_t entry, const uint64_t args[static 3], uint32_t leaf,
                struct sgx_enclave_run *run, uint64_t dirty);

/* Ends the process with END_HOST. */
__attribute__((noreturn)) void host_fail(const char *why);

#endif
