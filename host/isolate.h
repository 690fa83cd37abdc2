/* SPDX-License-Identifier: Apache-2.0 */
/* What parts a keep's process from the rest of the machine, beside what the sandbox step
 * forbids: namespaces, an empty root, a user of its own. Kernels differ in what they let
 * whom have, so that it is tried once; from then on a keep has all of that, or does not
 * start. Trusts the kernel. */
#ifndef HOST_ISOLATE_H
#define HOST_ISOLATE_H

#include "base/attr.h"

#include <stdint.h>
#include <sys/types.h>

/* X(NAME, what a keep has) */
#define ISOLATION_TABLE(X)          \
    X(PID, "own process ids")       \
    X(NET, "no network")            \
    X(IPC, "own IPC objects")       \
    X(UTS, "own host name")         \
    X(ROOT, "an empty file system") \
    X(UID, "own user id")           \
    X(USER, "own user namespace")

enum {
#define ISOLATION_NUMBER(name, text) ISOLATION_##name##_NUMBER,
    ISOLATION_TABLE(ISOLATION_NUMBER)
#undef ISOLATION_NUMBER
        ISOLATION_COUNT,
#define ISOLATION_BIT(name, text) ISOLATION_##name = 1 << ISOLATION_##name##_NUMBER,
    ISOLATION_TABLE(ISOLATION_BIT)
#undef ISOLATION_BIT
};
#define ISOLATION_ALL ((1u << ISOLATION_COUNT) - 1)

/* "own process ids", by number. */
extern const char *const isolation_texts[ISOLATION_COUNT];

struct isolation {
    uint32_t parts; /* ISOLATION_ bits */
    uid_t id;       /* user and group, where they are the keep's own; 0: they are not */
};

/* Which of `wish` can be had here. */
uint32_t isolation_probe(const struct isolation *wish);

/* As fork(2), for a process that soon becomes another program; *pid_fd is the parent's. 0
 * in the child, or its id, or -errno. */
must_use pid_t isolation_fork(const struct isolation *isolation, int *pid_fd);

/* In that child or what it became, which has one thread: all the rest. 0 or -errno. */
must_use int isolation_enter(const struct isolation *isolation);

#endif
