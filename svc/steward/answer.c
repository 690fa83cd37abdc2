/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates out; see answer.h. */
#include "svc/steward/answer.h"

#include "base/der_put.h"

/* From the last authority down [X.509 7.7]: the other way round than chains are kept. */
static void put_chain(struct put *p, const struct bytes *chain, size_t count)
{
    for (size_t i = count; i-- > 0;)
        put_bytes(p, chain[i]);
}

void answer_put_path(struct put *p, const struct bytes *chain, size_t count, struct bytes leaf)
{
    const size_t all = der_open(p, DER_SEQUENCE);
    put_chain(p, chain, count);
    put_bytes(p, leaf);
    der_close(p, all);
}

void answer_put_bundle(struct put *p, const struct bytes *chain, size_t count,
                       const struct bytes *issued, size_t issued_count)
{
    const size_t all = der_open(p, DER_SEQUENCE);
    const size_t above = der_open(p, DER_SEQUENCE);
    put_chain(p, chain, count);
    der_close(p, above);
    const size_t below = der_open(p, DER_SEQUENCE);
    for (size_t i = 0; i < issued_count; i++)
        put_bytes(p, issued[i]);
    der_close(p, below);
    der_close(p, all);
}
