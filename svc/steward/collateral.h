/* SPDX-License-Identifier: Apache-2.0 */
/* What manufacturers publish of machines, from a folder: the cache that `enarx attest fetch`
 * fills, or files as `enarx attest verify --collateral` takes them. Read into memory, and
 * again when something changed. Trusts nothing in it: attest_verify() judges. */
#ifndef SVC_STEWARD_COLLATERAL_H
#define SVC_STEWARD_COLLATERAL_H

#include "attest/carrier.h"
#include "host/fault.h"

#define STORE_FILES_MAX 4096u
#define STORE_SIZE_MAX  (64u << 20) /* bytes of all of them */
#define STORE_FILE_MAX  (1u << 20)

struct store;

/* `path` is null or a folder. 0 or -errno with `fault` filled. */
must_use int store_open(const char *path, struct store **out, struct fault *fault);
void store_close(struct store *store);

/* Reads it again when something in it changed. 1 when so, 0, or -errno with `fault` filled:
 * then what was there before stays. */
must_use int store_refresh(struct store *store, struct fault *fault);

/* The first time at which something in it expires, in seconds since 1970; 0 when nothing in
 * it does. */
int64_t store_next_update(const struct store *store);
size_t store_count(const struct store *store);

/* The folder, open, or -1. */
int store_folder(const struct store *store);

#define HINTS_MAX 24u

/* What the verifier is given beside evidence. */
struct hints {
    struct bytes certs[HINTS_MAX], crls[HINTS_MAX];
    size_t cert_count, crl_count;
    struct bytes tcb_info, qe_identity;
};

/* What there is about the machine that made this evidence, and then what came along with it:
 * that counts only where the store has nothing newer to say. Slices live until the next
 * refresh, and as long as the carrier. */
void store_hints(const struct store *store, const struct carrier *carrier, const EC_KEY *curve,
                 struct hints *out);

#endif
