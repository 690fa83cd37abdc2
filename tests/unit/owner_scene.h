/* SPDX-License-Identifier: Apache-2.0 */
/* An owner and what a keep says to it, one step after the other, with evidence of the software
 * model. All of it is right until a test changes it; a step that an honest session takes and
 * this one does not fails the test. */
#ifndef OWNER_SCENE_H
#define OWNER_SCENE_H

#include "host/deploy/owner.h"
#include "tests/unit/sim_evidence.h"

/* Keys of keeps, digests of workloads: those of the session, and somebody else's. */
extern const uint8_t keep_key[91], other_key[91];
extern const uint8_t digest[EVIDENCE_DIGEST_SIZE], other_digest[EVIDENCE_DIGEST_SIZE];
extern const struct bytes secrets;

extern struct owner owner;
extern struct owner_action action;  /* of the last message */
extern struct attest_result result; /* of the last appraisal */

/* Around all tests of a program. */
int scene_open(void **state);
int scene_close(void **state);

/* ---- where a session stands ---- */

struct owner_terms usual_terms(void);

void session_begin(const struct owner_terms *t);    /* EVIDENCE is next */
void session_accept(const struct owner_terms *t);   /* it was right */
void session_load(const struct owner_terms *t);     /* READY is next */
void session_run_with(const struct owner_terms *t); /* it was right, too */
void session_run(void);                             /* the same with the usual terms */
void session_attach(void);                          /* to a keep that runs: READY is next */

/* ---- what the keep says ---- */

enum owner_fault take(enum channel_type type, struct bytes payload);
enum owner_fault take_text(enum channel_type type, const char *text);
enum owner_fault take_pair(enum channel_type type, uint32_t first, uint32_t second);

struct proof {
    struct evidence_claims claims;
    struct bytes key;
    struct bytes secrets; /* that the keep has */
    bool proofless;
    bool statement; /* of a virtual machine, which nobody has signed */
    bool misbound;
};
struct proof honest_proof(bool ready);

/* EVIDENCE or READY with that; its appraisal; both. */
enum owner_fault take_proof(enum channel_type type, const struct proof *proof);
enum owner_fault appraise(void);
enum owner_fault prove(enum channel_type type, const struct proof *proof);

#endif
