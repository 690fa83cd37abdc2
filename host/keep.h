/* SPDX-License-Identifier: Apache-2.0 */
/* A keep as the host sees it: what to run, with what limits, and how it ended.
 * Everything that the child tells is hostile. */
#ifndef HOST_KEEP_H
#define HOST_KEEP_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/counters.h"
#include "host/exec_image.h"
#include "include/port.h"

struct backend;
struct port_host;
struct ushers;

/* Verbs of the port that only some backends serve. The keep is hostile: arguments
 * are any numbers, `in` may change while it is read. Result as the verb's row says. */
struct keep_verbs {
    int64_t (*memory)(const uint64_t arg[static 4]);
    int64_t (*quote)(const uint64_t arg[static 4], struct bytes in, uint8_t *out, size_t out_size);
};

/* A stream of the manifest that the host opened before the keep started. */
struct endpoint {
    int fd; /* listening or connected socket; -1 for streams that are neither */
};

/* Where what a keep proves goes: files, each of at most so many bytes. */
struct keep_evidence {
    struct bytes nonce;
    int claims_fd;
    int evidence_fd;
    uint64_t claims_size_max;
    uint64_t evidence_size_max;
};

struct keep {
    struct boot_record boot;
    struct bytes manifest; /* CBOR */
    struct bytes module;
    const struct bytes *files; /* contents, by index in the manifest; empty for other types */
    size_t file_count;
    struct endpoint *endpoints; /* by index in the manifest's streams */
    size_t endpoint_count;

    struct bytes code;        /* entry of the code cache, empty when there is none */
    const uint8_t *cache_key; /* 32 bytes, null: no cache */
    int code_fd;              /* new entry goes here, -1: nowhere */
    uint64_t code_size_max;   /* most bytes of it */

    struct bytes signature;  /* the author's, where the technology asks for one: SIGSTRUCT */
    bool certified;          /* it has TLS streams: what it shows there is to carry evidence */
    struct bytes collateral; /* for verifying other keeps: conf/collateral.h; empty: none */
    const struct keep_evidence *evidence; /* null: none asked for; else mode BOOT_EVIDENCE */

    uint64_t timeout_ms; /* 0: none */
    uint64_t started_us; /* when the command did, by clock_us; for counters */
    const char *label;   /* the program, before each message of its keep; null: none */
    uint32_t log_level;  /* messages of the keep above this PORT_LOG_ level are dropped */

    /* Called in the parent with each part of what PORT_STORE_OUTPUT sends.
     * Null: the keep may store none. */
    int (*output)(void *context, struct bytes part);
    void *output_context;

    /* Called in the keep's process between the backend's prepare, which needs files, and
     * the sandbox step. 0 or -errno: the keep does not start. Null: nothing to do. */
    int (*isolate)(const struct keep *keep, void *context);
    void *isolate_context;

    /* Its end of an usher's socket (host/usher.h), 3 or more; 0: none. keep_run makes one by
     * `ushers`, which may be null. */
    int usher_fd;
    struct ushers *ushers;

    /* Set by the backend's prepare; null: neither verb. */
    const struct keep_verbs *verbs;

    /* Set by keep_run. */
    int log_fd; /* messages of the keep and about it; standard error, or a copy */
    struct elf_image exec;
    struct port_host *host;
    struct counters *counters; /* the backend's to count in; the parent sees them */
};

enum ending {
    ENDED_EXIT,    /* code: the program's status */
    ENDED_TRAP,    /* WebAssembly trap; the keep has printed it */
    ENDED_FAILED,  /* could not start; the keep has printed why */
    ENDED_SIGNAL,  /* code: signal number */
    ENDED_TIMEOUT, /* timeout_ms passed */
};

struct outcome {
    enum ending ending;
    int code;
    struct counters counters;
};

/* Starts a keep and waits for its end; forwards SIGINT, SIGTERM, SIGHUP and
 * SIGQUIT. Leaves no process and no descriptor behind. 0 or -errno. */
must_use int keep_run(const struct backend *backend, struct keep *keep, struct outcome *outcome);

/* What the keep's process tells the process that waits for it, over memory that
 * both see. The reader copies it once and checks it. */
struct keep_report {
    uint32_t entered; /* 1 when the sandbox is closed and the keep begins */
    uint32_t set;     /* 1 when the keep ended by its own call */
    uint32_t end;     /* enum port_end */
    uint32_t status;
    struct counters counters;
};

/* Makes this process the keep, of which somebody else sees the end: closes every
 * descriptor but the standard ones and the keep's, and fills `report`, which both see.
 * For a process that was started for nothing else. */
no_return void keep_become(const struct backend *backend, struct keep *keep,
                           struct keep_report *report);

#endif
