/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered: a PkiPath [RFC 6066 10.1], or what the original's bundles of requests,
 * SEQUENCE OF CertificationRequest, get. Pure. Trusts its caller. */
#ifndef SVC_STEWARD_ANSWER_H
#define SVC_STEWARD_ANSWER_H

#include "base/cur.h"
#include "base/put.h"

#define TYPE_BUNDLE "application/vnd.steward.pkcs10-bundle.v1"

#define BUNDLE_MAX 16u /* requests in one */

/* Certificates are DER; `chain` begins with the one that issued `leaf`. */
void answer_put_path(struct put *out, const struct bytes *chain, size_t count, struct bytes leaf);

/* SEQUENCE { chain SEQUENCE OF Certificate, issued SEQUENCE OF Certificate } */
void answer_put_bundle(struct put *out, const struct bytes *chain, size_t count,
                       const struct bytes *issued, size_t issued_count);

#endif
