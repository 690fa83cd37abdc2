/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral by name: what each piece that a manufacturer publishes is called, and all of
 * them as one blob, for a keep that verifies others. Trusts nothing: whoever verifies judges
 * what is in them. */
#ifndef CONF_COLLATERAL_H
#define CONF_COLLATERAL_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

enum collateral_role { ROLE_CERTS, ROLE_CRLS, ROLE_TCB_INFO, ROLE_QE_IDENTITY, ROLE_CLAIMS };
enum collateral_maker { MAKER_AMD = 1, MAKER_INTEL = 2 };

struct collateral_name {
    const char *name;
    unsigned makers; /* enum collateral_maker, bits */
    enum collateral_role role;
};

#define COLLATERAL_NAMES 11u
extern const struct collateral_name collateral_names[COLLATERAL_NAMES];

/* Null for a name that is none of those. */
const struct collateral_name *collateral_find(struct bytes name);

/* ---- the blob: CBOR, an array of [name, content] ---- */

#define COLLATERAL_BLOB_MAX (4u << 20) /* bytes */

/* Its head, and after it `count` pieces. */
void collateral_blob_put(struct put *out, size_t count);
void collateral_piece_put(struct put *out, const char *name, struct bytes content);

struct collateral_set {
    struct bytes certs[COLLATERAL_NAMES]; /* borrowed, as all of it */
    size_t cert_count;
    struct bytes crls[COLLATERAL_NAMES];
    size_t crl_count;
    struct bytes tcb_info;    /* or empty */
    struct bytes qe_identity; /* or empty */
};

/* Pieces of other names, and claims, are passed over. 0 or -EBADMSG. */
must_use int collateral_blob_parse(struct bytes blob, struct collateral_set *set);

#endif
