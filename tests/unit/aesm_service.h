/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for Intel's quoting service, in a process of its own. What it answers is
 * written out byte for byte, after messages.proto. */
#ifndef AESM_SERVICE_H
#define AESM_SERVICE_H

#include "base/cur.h"

#include <sys/types.h>

#define SERVICE_SOCKET "aesm.socket"
#define SERVICE_QUOTE  4734u /* bytes of its quotes */

/* What it does other than it should. */
enum mood {
    KIND,
    REFUSES,      /* an error code */
    SILENT,       /* closes at once */
    WRONG_ANSWER, /* to another question */
    HUGE_LENGTH,  /* 4 GiB to come */
    CUT_SHORT,    /* less than it says */
    NO_ECDSA,     /* other keys only */
    MANY_KEYS,
    SMALL_TARGET,
    LONG_QUOTE, /* longer than it said */
};

/* In the current directory. */
pid_t service_start(enum mood mood);
void service_stop(pid_t pid);

/* What it answers to a question, by that one's field in Request. */
void service_fill(uint8_t *data, size_t size, uint8_t seed);

#endif
