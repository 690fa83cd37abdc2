/* SPDX-License-Identifier: Apache-2.0 */
/* A keep before its usher, for tests: what it says and hears, a network in which names
 * resolve as the test says and what is no loopback address is only noted, and a steward. */
#ifndef USHER_KEEP_H
#define USHER_KEEP_H

#include "host/usher.h"

#include <arpa/inet.h>
#include <semaphore.h>

extern struct usher_rules rules;
extern struct ushers ushers; /* two at the most */
extern int told_fd;          /* where it is told what became of orders */
extern int keep;             /* the keep's end; -1: it has left */

struct fake_net {
    const char *const *addresses; /* of every name; null: the system's */
    atomic_uint lookups;
    char connected[8][INET6_ADDRSTRLEN]; /* but to loopback */
    atomic_uint connections;
};
extern struct fake_net net;

/* For cmocka: no rules, and an usher of "k1". */
int keep_set_up(void **state);
int keep_tear_down(void **state);

void until_all_are_gone(void);
void keep_leaves(void);

/* ---- what a keep says and hears ---- */

struct heard {
    uint32_t number;
    int result;
    int fd; /* -1: none came */
    size_t size;
    uint8_t said[USHER_SAID_MAX];
};
extern struct heard heard;
extern struct usher_told was; /* what became of an order, as the host hears it */

void order_bytes(uint32_t kind, uint32_t number, struct bytes text);
void order(uint32_t kind, uint32_t number, const char *text);

/* False: there is no usher any more. */
bool hear(void);
void be_told(void);

/* The result of one order; its socket is closed. */
int result_of(uint32_t kind, const char *text);
void expect_refused(uint32_t kind, const char *text);

/* ---- places ---- */

/* Of 127.0.0.1: one on which somebody listens, and one on which nobody does. */
int occupy(uint16_t *port);
uint16_t free_port(void);

/* Text with a port in it, until the next one. */
const char *at(const char *format, uint16_t port);

/* ---- a steward ---- */

struct fake_steward {
    char url[USHER_URL_MAX + 1], at[100];
    uint8_t request[100];
    size_t request_size;
    size_t size; /* of what it says */
    int result;
    unsigned calls;
    sem_t *begun, *go; /* null: at once */
};
extern struct fake_steward steward;
usher_carry carry;

#endif
