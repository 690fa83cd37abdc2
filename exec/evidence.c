/* SPDX-License-Identifier: Apache-2.0 */
/* Makes evidence; see evidence.h. */
#include "exec/evidence.h"

#include "crypto/digest.h"
#include "exec/check.h"
#include "exec/port.h"

#include <errno.h>
#include <stdlib.h>

static int put_claims(const struct keep_identity *identity, const struct evidence_claims *asked,
                      struct evidence *evidence)
{
    const size_t size = CHECKED(certificate_key, sizeof(identity->public_key), 0);
    const struct bytes key = {.data = identity->public_key, .size = size};
    uint8_t hash[SHA256_SIZE];
    struct put p = put_init(evidence->claims, sizeof(evidence->claims));
    int error = sha256(key, hash);
    if (error < 0)
        return error;
    struct evidence_claims claims = *asked;
    claims.key_hash = hash;
    evidence_claims_put(&p, &claims);
    evidence->claims_size = p.size;
    return p.bad ? -EMSGSIZE : 0;
}

static int get_quote(struct evidence *evidence)
{
    const struct bytes claims = {.data = evidence->claims, .size = evidence->claims_size};
    uint8_t report_data[REPORT_DATA_BYTES] = {0};
    int error = sha256(claims, report_data);
    if (error < 0)
        return error;
    evidence->quote = malloc(PORT_EVIDENCE_MAX);
    if (evidence->quote == NULL)
        return -ENOMEM;
    const int64_t size = port_evidence(report_data, evidence->quote, PORT_EVIDENCE_MAX);
    evidence->quote_size = size < 0 ? 0 : (size_t)size;
    return size < 0 ? (int)size : size == 0 ? -EIO : 0;
}

int evidence_make(const struct keep_identity *identity, struct evidence_claims claims,
                  struct evidence *evidence)
{
    *evidence = (struct evidence){0};
    int error = put_claims(identity, &claims, evidence);
    if (error == 0)
        error = get_quote(evidence);
    if (error < 0 && error != -ENOSYS)
        evidence_fini(evidence);
    return error;
}

void evidence_fini(struct evidence *evidence)
{
    free(evidence->quote);
    *evidence = (struct evidence){0};
}
