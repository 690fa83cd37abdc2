/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody hands in to get a certificate: a request for one (PKCS #10) with evidence in
 * it, in the interoperable form [CCC-RA-TLS] or in the original's. Pure. Trusts nothing:
 * what is said here is for attest_verify() to judge. */
#ifndef SVC_STEWARD_APPLICATION_H
#define SVC_STEWARD_APPLICATION_H

#include "attest/carrier.h"
#include "attest/claims_buffer.h"
#include "svc/steward/names.h"

#define APPLICATION_MAX 65536u /* bytes of DER: the largest known have 36,000 */

struct application {
    struct carrier carrier;
    bool original;               /* evidence in the original's form */
    struct claims_buffer claims; /* of the interoperable form */
    struct names_asked asked;
};

/* Takes one apart: STEWARD_PASSED, or what is wrong with it; *error is -ENOMEM when memory is
 * short. The request is then known to be signed by its key. Slices live as long as the
 * application and `der`. application_fini in any case. `curve`: see ecdsa_key(). */
must_use enum steward_check application_parse(struct bytes der, bool legacy, const EC_KEY *curve,
                                              struct application *out, int *error);
void application_fini(struct application *application);

#endif
