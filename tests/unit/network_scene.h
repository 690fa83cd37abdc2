/* SPDX-License-Identifier: Apache-2.0 */
/* A keep with one stream, over a pair of sockets of which the test holds the other one, and
 * who may be its peer. The stream connects and trusts www's CA until a test changes it. What
 * a workload takes lives as long as its keep: nobody looks for leaks. */
#ifndef NETWORK_SCENE_H
#define NETWORK_SCENE_H

#include "exec/network.h"
#include "tests/unit/port_sockets.h"
#include "tests/unit/sim_evidence.h"

/* Somebody with a key and a certificate. All three are "www.example.org". */
struct somebody {
    struct tls_identity own;
    uint8_t cert[16384];
};
extern struct somebody www, other, attested;

struct network_scene {
    struct network network;
    struct manifest manifest;
    struct manifest_stream stream;
    struct bytes ca, policy;
    char policy_text[8192];
    uint8_t collateral[65536];
    struct tls_session *peer;
    int fd; /* the peer's */
};
extern struct network_scene scene;

/* Around all tests of a program, and around each. */
int scene_open(void **state);
int scene_close(void **state);
int scene_begin(void **state);
int scene_end(void **state);

/* The keep's side: network_init; and the stream, open. */
int prepare(void);
struct object *opened(void);

/* The stream's peer is judged by evidence: a policy of this machine's simulation with these
 * lines, and the host has collateral. */
void is_judged(const char *more);
const char *measured(uint8_t byte); /* lines that name such a measurement */

/* The peer shows that certificate, and names that protocol; null: none. */
void answers(const struct somebody *s, const char *alpn);
void shakes(void);              /* a step of its handshake */
void speaks(struct object *o);  /* a word each way, after it */
void is_told(const char *text); /* the user, on the log */

#endif
