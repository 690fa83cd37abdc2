/* SPDX-License-Identifier: Apache-2.0 */
/* A keep's certificate from a steward: the first one before its program starts, the next ones
 * in good time, while the program waits or is busy. Never blocks: the host asks the steward,
 * and is looked at now and then. Trusts the authority that the manifest pins; the host can only
 * keep it from getting one, and clocks are the host's. */
#ifndef EXEC_ENROLMENT_H
#define EXEC_ENROLMENT_H

#include "exec/certificate.h"
#include "exec/wait.h"

#define ENROLMENT_FIRST_NS    45000000000u /* for the first: an owner's session bears 60 s */
#define ENROLMENT_TRIES       4u           /* for the first, when there is no steward */
#define ENROLMENT_PATIENCE_NS 60000000000u /* with the host, for one answer */
#define ENROLMENT_LEAST_NS    10000000000u /* from one certificate to the next request */
#define ENROLMENT_LOOK_NS     60000000000u /* to the next look at the clock, at most */
#define ENROLMENT_PAUSE_NS    1000000000u  /* after a failure; then twice that, and so on: */
#define ENROLMENT_PAUSE_MAX   300000000000u

struct enrolment_config {
    struct bytes steward; /* URL */
    const struct tls_roots *roots;
    const struct keep_certificate *certificate;
    const struct wait_company *before; /* whoever else is to be served; null: nobody */

    /* Shows that one from now on. 0 or -errno. */
    int (*show)(void *context, const struct tls_identity *identity);
    void *context;
};

enum enrolment_phase { ENROLMENT_IDLE, ENROLMENT_NONCE, ENROLMENT_CERTIFICATE, ENROLMENT_OVER };

struct enrolment {
    struct enrolment_config config;
    struct wait_company company; /* in the place of `before` */
    struct tls_identity own;     /* what is shown; cert and above are owned */
    int64_t not_after;           /* seconds since 1970: of that; 0: there has been none */
    int64_t renew;               /* the same: when to ask for the next */

    enum enrolment_phase phase;
    uint64_t number;    /* of the exchange with the host */
    struct bytes input; /* of it, in the buffer: not asked yet */
    uint64_t began;     /* monotonic nanoseconds: the exchange */
    uint64_t pause;     /* between looks at the host */
    uint64_t next;      /* monotonic nanoseconds: nothing to do before */
    unsigned failures;  /* in a row */
    bool expired;       /* and that has been said */
    bool waited_for;    /* waits end with the first certificate, or without it */
    uint64_t ticks;     /* of the processor: at the last look of a busy program */
    uint8_t *buffer;    /* requests and answers */
};

/* Asks no one yet. What `config` holds is borrowed; `e` stays where it is. 0 or -ENOMEM. */
must_use int enrolment_init(struct enrolment *e, const struct enrolment_config *config);
void enrolment_fini(struct enrolment *e);

/* Waits for the first certificate. 0, or -errno after reporting why. */
must_use int enrolment_first(struct enrolment *e);

/* For wasi_host.serve: a program that is busy never waits. */
void enrolment_look(struct enrolment *e);

#endif
