/* SPDX-License-Identifier: Apache-2.0 */
/* A host for keeps under test, whatever their technology: the port, the block, and a
 * process for each keep. It can lie at every place where the real one is honest. */
#ifndef TESTS_KEEP_HOST_H
#define TESTS_KEEP_HOST_H

#include "base/cur.h"
#include "include/port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attack;
struct host;

/* How a keep ended. */
enum ending { END_NONE, END_EXIT, END_STOP, END_HOST };

/* Exits of a keep that goes on and on. */
#define HOST_EXITS_MAX 400000u

/* One kind of keep, and how to run it. */
struct kind {
    const char *name;
    const struct attack *attacks; /* beside those for all; ended by a null name */
    const char *const *stops;     /* names of the reasons to stop, by number */
    size_t stop_count;
    bool slow;    /* runs in an emulated machine */
    bool process; /* there is no shim: who breaks a promise is ended by a signal */

    void (*open)(const char *shim);                         /* once */
    void (*start)(struct host *h);                          /* in the keep's process: builds it */
    __attribute__((noreturn)) void (*loop)(struct host *h); /* enters it, until host_finish */
    uint64_t (*exits)(void);                                /* null: nobody but us counts them */

    /* Verbs of the port that only it has; null: none. */
    int64_t (*serve)(struct host *h, const struct port_frame *f);
};

extern const struct kind sgx_kind;
extern const struct kind kvm_kind;
extern const struct kind nil_kind;

struct host {
    const struct kind *kind;
    const struct attack *attack;
    uint64_t value; /* of attacks that come in many */
    uint64_t value2;
    const char *test; /* the guest's, sent as its manifest */
    const char *guest;
    uint8_t *exec; /* the guest's file and tree, copies that an attack may change */
    size_t exec_size;
    uint8_t *nodes;
    size_t nodes_size;
    uint8_t *block;
    unsigned exits; /* so far */
    unsigned ports;
    bool done; /* the attack has been made, where once is enough */
};

/* What happened, in memory shared with the parent. */
struct outcome {
    enum ending ending;
    uint64_t code;  /* END_EXIT: status << 8 | port_end; END_STOP: the reason's number */
    uint64_t exits; /* as the system counts them */
    unsigned made;  /* how often the attack was carried out: 0, and nothing was tried */
    char host[96];  /* END_HOST: why */
    char log[4096];
};

/* An attack: any of its hooks may be null. */
struct attack {
    const char *name;
    void (*prepare)(struct host *h); /* before the first entry: files, the machine */
    void (*start)(struct host *h);   /* the same, after it */
    int64_t (*answer)(struct host *h, const struct port_frame *f, int64_t honest);
    void (*exited)(struct host *h); /* after each exit, before the next entry */
    unsigned (*made)(void);         /* at the end: how often, beside what host_made was told */
    uint64_t base;                  /* of an enclave, which nothing measures */
    bool dirty;                     /* registers at each entry are rubbish */
    bool slow;                      /* may take minutes */
    bool again;                     /* enters once more when it has stopped */
    const char *boundary;           /* that only this technology has */
};

/* Runs a guest's test under an attack in a process of its own. */
void host_run(const struct host *setup, struct outcome *outcome);

/* Answers the call that is in the block. */
void host_serve(struct host *h);

/* All of a file, with room behind it; ends the program where there is none. */
uint8_t *host_read_file(const char *path, size_t *size);

/* The attack has been carried out once more: told by each, when it has seen that it was. */
void host_made(void);

/* A line of its log. */
void host_said(const char *text);

/* A keep that has stopped is run on: it must stop for that the next time. */
void host_again(struct host *h);

/* Each ends the process. */
__attribute__((noreturn)) void host_finish(enum ending ending, uint64_t code);
__attribute__((noreturn)) void host_fail(const char *why);           /* END_HOST */
__attribute__((noreturn)) void host_end(const struct port_frame *f); /* END_EXIT */
void host_must(bool ok, const char *what);                           /* where not */

#endif
