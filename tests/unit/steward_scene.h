/* SPDX-License-Identifier: Apache-2.0 */
/* A steward that decides, and a keep with true quotes of a simulated machine that asks it. All
 * of it is right until a test changes it. */
#ifndef STEWARD_SCENE_H
#define STEWARD_SCENE_H

#include "svc/steward/decision.h"
#include "tests/steward/keep.h"

/* The keep's measurement and workload, and another one: hexadecimal. */
#define ENCLAVE  "0102030000000000000000000000000000000000000000000000000000000000"
#define WORKLOAD "770f000000000000000000000000000000000000000000000000000000000000"
#define OTHER    "770e000000000000000000000000000000000000000000000000000000000000"

extern struct judge judge;
extern struct policy_file policy; /* the judge's */
extern struct store *store;       /* the judge's */
extern struct decision *decision; /* the last one */
extern int64_t now;
extern EVP_PKEY *key; /* the keep's */
extern uint8_t nonce[NONCE_SIZE];

/* Around each test. */
int scene_open(void **state);
int scene_close(void **state);

/* The policy is that text. SGX takes the machine's root: its size as an int, and its bytes. */
__attribute__((format(printf, 1, 2))) void use_policy(const char *format, ...);
void use_usual_policy(void);
#define SGX                                                                                     \
    "tees = [\"sgx\"]\nsimulated_roots = [\"\"\"\n%.*s\"\"\"]\n[sgx]\nmrenclaves = [\"" ENCLAVE \
    "\"]\n"
#define ENTRY(measurement, workload, dns) \
    "[[names]]\nmeasurement = \"" measurement "\"\nworkload = \"" workload "\"\ndns = [" dns "]\n"

void new_nonce(void);

/* A keep with that key and nonce, that asks for no name; and for one more. */
struct keep usual(void);
void ask(struct keep *keep, const char *name);

/* The check that a request does not pass: STEWARD_PASSED for none. */
void assert_check(struct bytes der, enum steward_check wanted);
void assert_decided(const struct keep *keep, enum steward_check wanted);
void assert_refused(const struct keep *keep, enum check_id reason); /* by the verifier */

#endif
