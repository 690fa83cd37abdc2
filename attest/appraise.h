/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of evidence brings to attest_verify() and attest_decode(). */
#ifndef ATTEST_APPRAISE_H
#define ATTEST_APPRAISE_H

#include "attest/cache.h"
#include "attest/record.h"

/* Decodes in->evidence into result->claims and records every check that can be
 * made of it, all but those on kind and binding. 0 or -ENOMEM. quote_appraise()
 * finds the kind, SGX or TDX, already set. */
must_use int snp_appraise(const struct attest_input *in, struct attest_cache *cache,
                          struct attest_result *result);
must_use int quote_appraise(const struct attest_input *in, struct attest_cache *cache,
                            struct attest_result *result);

/* The same of a statement about a virtual machine, which is always refused. kvm_statement_read()
 * only records whether it is one. */
void kvm_statement_appraise(const struct attest_input *in, struct attest_result *result);
void kvm_statement_read(const struct attest_input *in, struct attest_result *result);

/* Only decodes; the kind is already set. 0 or -EBADMSG. */
must_use int snp_decode(struct bytes evidence, struct claims *claims);
must_use int quote_decode(struct bytes evidence, struct claims *claims);
must_use int kvm_statement_decode(struct bytes evidence, struct claims *claims);
bool kvm_statement_is(struct bytes evidence);

/* Records what the evidence binds: report data, claims buffer, key and nonce.
 * 0 or -ENOMEM. */
must_use int binding_appraise(const struct attest_input *in, struct attest_result *result);

/* The vector of a result that is complete but for it; and of a keep that proves nothing. */
struct ar4si ar4si_of(const struct attest_result *result, const struct policy *policy);
struct ar4si ar4si_proofless(void);

#endif
