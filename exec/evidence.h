/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of this keep: a claims buffer, and the quote or report that binds it. The
 * shim vouches that it is about this keep; see include/port.h. */
#ifndef EXEC_EVIDENCE_H
#define EXEC_EVIDENCE_H

#include "base/attr.h"
#include "conf/evidence_claims.h"
#include "exec/identity.h"

struct evidence {
    uint8_t claims[EVIDENCE_CLAIMS_MAX];
    size_t claims_size;
    uint8_t *quote; /* owned */
    size_t quote_size;
};

/* Of `claims`, whose key_hash is set to that of `identity`. 0, -EMSGSIZE when the claims
 * are too large, or another -errno: -ENOSYS when this keep can prove nothing, and then the
 * claims are there all the same. */
must_use int evidence_make(const struct keep_identity *identity, struct evidence_claims claims,
                           struct evidence *evidence);
void evidence_fini(struct evidence *evidence);

#endif
