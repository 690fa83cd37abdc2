/* SPDX-License-Identifier: Apache-2.0 */
/* A host's blob of collateral, of any bytes: refused without a trace, or slices of it, which
 * put together again are the same. */
/* links: conf/collateral.c base/cbor.c base/utf8.c base/cur.c base/put.c */
#include "conf/collateral.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void lies_within(struct bytes part, struct bytes whole)
{
    if (part.size > 0 &&
        (part.data < whole.data || part.data + part.size > whole.data + whole.size))
        abort();
}

static void put_all(struct put *out, const char *name, const struct bytes *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        collateral_piece_put(out, name, parts[i]);
}

static void same(const struct bytes *a, const struct bytes *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!bytes_equal(a[i], b[i]))
            abort();
    }
}

/* Under the shortest name of each kind, so that it takes no more room. */
static void put_and_parse(const struct collateral_set *s, size_t size)
{
    uint8_t *again = malloc(size + 1);
    struct collateral_set got;
    struct put out = put_init(again, size);
    const size_t infos = s->tcb_info.data != NULL, identities = s->qe_identity.data != NULL;
    collateral_blob_put(&out, s->cert_count + s->crl_count + infos + identities);
    put_all(&out, "vcek.der", s->certs, s->cert_count);
    put_all(&out, "crl.der", s->crls, s->crl_count);
    put_all(&out, "tcb_info.json", &s->tcb_info, infos);
    put_all(&out, "qe_identity.json", &s->qe_identity, identities);
    if (out.bad || collateral_blob_parse(put_done(&out), &got) < 0 ||
        got.cert_count != s->cert_count || got.crl_count != s->crl_count)
        abort();
    same(got.certs, s->certs, s->cert_count);
    same(got.crls, s->crls, s->crl_count);
    same(&got.tcb_info, &s->tcb_info, 1);
    same(&got.qe_identity, &s->qe_identity, 1);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct collateral_set none;
    static struct collateral_set s;
    const struct bytes blob = {.data = data, .size = size};
    memset(&s, 0xa5, sizeof(s));
    if (collateral_blob_parse(blob, &s) < 0) {
        if (memcmp(&s, &none, sizeof(s)) != 0)
            abort();
        return 0;
    }
    if (s.cert_count > COLLATERAL_NAMES || s.crl_count > COLLATERAL_NAMES)
        abort();
    for (size_t i = 0; i < s.cert_count; i++)
        lies_within(s.certs[i], blob);
    for (size_t i = 0; i < s.crl_count; i++)
        lies_within(s.crls[i], blob);
    lies_within(s.tcb_info, blob);
    lies_within(s.qe_identity, blob);
    put_and_parse(&s, size);
    return 0;
}
