/* SPDX-License-Identifier: Apache-2.0 */
/* The usher of a keep: does for its process what the sandbox lets no keep do itself, and
 * only as far as the host's operator allows: sockets that listen or are connected, and
 * answers of stewards.
 *
 * A thread of this process for each keep, which may wait, does one thing at a time, and ends
 * when the keep's end of its socket is closed; where it is at something then, that comes
 * first, and nothing of it stays. The keep is hostile: whoever sends what is no order has no
 * usher any more. */
#ifndef HOST_USHER_H
#define HOST_USHER_H

#include "base/put.h"
#include "host/fault.h"
#include "host/usher_order.h"
#include "host/usher_rules.h"

#include <pthread.h>
#include <stdatomic.h>

#define USHER_NAME_SIZE 32u

/* Numbers of one keep, in all its life; and how fast it may ask once it has asked often. */
#define USHER_LISTENS_MAX  64u
#define USHER_CONNECTS_MAX 1024u
#define USHER_FREE         64u  /* orders */
#define USHER_PACE_MS      100u /* for each one more */

/* Asks a steward: for a nonce where `request` is empty, else with that PKCS #10 request. What
 * it says goes to `said`, which is empty and has room for USHER_SAID_MAX bytes. Called in an
 * usher's thread, in several at once, and may take as long as such things do. It connects to
 * `at`, "192.0.2.7:443", and nowhere else, whatever the URL's host resolves to by then; null:
 * there are no rules. 0, or -errno with `why` filled: -EACCES where the steward refuses. */
typedef int usher_carry(const char *url, const char *at, struct bytes request, struct put *said,
                        struct fault *why);

/* What became of an order: one write of a pipe. */
struct usher_told {
    char name[USHER_NAME_SIZE]; /* of the keep */
    enum usher_kind kind;
    int result;   /* 0 or -errno */
    bool refused; /* the rules forbid it: -EACCES */
    struct place place;
    struct fault why; /* of a steward that was asked; else empty */
};

/* What the ushers of a process share. It stays where it is as long as the process lives: an
 * usher may outlive its keep and everything else. What is not said here is zero at the start. */
struct ushers {
    const struct usher_rules *rules; /* null: all is allowed */
    usher_carry *carry;              /* null: -ENOSYS */
    int told_fd;                     /* a pipe that never waits; -1: nobody wants to know */
    unsigned living_max;             /* those of keeps that have ended among them */
    atomic_uint living;
    pthread_mutex_t lock; /* of what follows */
    struct usher *first;  /* of those that live */
};

/* For whoever is about to end the process: does so at once, with `status`, where ushers are
 * still at something, since nothing of what they use may be taken down under them. */
void ushers_leave(struct ushers *ushers, int status);

/* Whether the usher of that keep is at something, as it may be when the keep has ended. */
bool ushers_busy(struct ushers *ushers, const char *name);

/* An usher for the keep of that name. The keep's end, 3 or more, close-on-exec and the
 * caller's, or -errno: -EAGAIN where too many live. */
must_use int usher_open(struct ushers *ushers, const char *name);

#endif
