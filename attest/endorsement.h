/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates and CRLs that came along, under the roots compiled in and
 * those simulated that the policy names. Trusts those roots. */
#ifndef ATTEST_ENDORSEMENT_H
#define ATTEST_ENDORSEMENT_H

#include "attest/cache.h"
#include "attest/record.h"
#include "crypto/x509.h"

enum vendor { VENDOR_AMD, VENDOR_INTEL };

/* The linked set of all that `in` gives, with `chain` beside it: certificates
 * found in the evidence itself, or empty. Owned by the cache, which is not null:
 * attest_verify() makes one when the caller has none. Null when memory is short.
 * Simulated roots are those of result->claims.kind alone.
 * What is malformed is left out and recorded. */
const struct x509_set *endorsement_set(const struct attest_input *in, struct attest_cache *cache,
                                       enum vendor vendor, struct bytes chain,
                                       struct attest_result *result);

/* Records every check of CHECKS_CERT over all members of the set: each has to lead
 * to a pinned root, be valid at `in->time`, and be covered by a CRL of its issuer.
 * Nothing is left to ask of a member but whether it is the right one for its purpose.
 * AMD publishes no CRL of the ASK, Intel one of each issuer. Notes when one of them
 * leads to a root that only the policy trusts, and sets result->simulated. */
void endorsement_check(const struct attest_input *in, const struct x509_set *set,
                       enum vendor vendor, struct attest_result *result);

/* The product line of a pinned AMD root; PRODUCT_UNKNOWN for any other. */
enum product endorsement_product(const struct x509_cert *root);

/* What is shown of a certificate. */
struct cert_claims endorsement_claims(const struct x509_cert *cert);

/* Lowers result->collateral to `state` if that is worse, where the policy tolerates
 * what a failed check would have said. */
void endorsement_worsen(struct attest_result *result, enum collateral state);

#endif
