/* SPDX-License-Identifier: Apache-2.0 */
/* Signed JSON from its bytes to a struct, or from the cache. Trusts the certificates
 * of the set as far as endorsement_check() finds nothing wrong with them. */
#include <errno.h>
#include <stdlib.h>

#include "attest/intel.h"

static void *find_cached(struct intel *x, const struct document *d)
{
    void *found = NULL;

    for (size_t i = 0; i < x->set->cert_count && !found; i++) {
        struct bytes parts[] = {d->text, x->set->certs[i]->der};

        if (signed_json_may_sign(x->set->certs[i]))
            found = cache_find(x->cache, d->sort, parts, ARRAY_COUNT(parts));
    }
    return found;
}

static int parse_and_cache(struct intel *x, const struct document *d, const struct signed_json *cut,
                           const struct x509_cert *signer, const void **parsed)
{
    struct bytes parts[] = {d->text, signer->der};
    void *made;
    int rc = d->parse(cut, &made);

    if (rc == -ENOMEM)
        return rc;
    if (!check_by_id(x->r, d->format, rc == 0, show_text(d->name),
                     show_text(rc == 0 ? d->name : "malformed")) ||
        !made)
        return 0;
    rc = cache_put(x->cache, d->sort, parts, ARRAY_COUNT(parts), made, free);
    if (rc == 0)
        *parsed = made;
    return rc;
}

static int verify_and_parse(struct intel *x, const struct document *d, const void **parsed)
{
    const struct shown signer_name = show_text(TCB_SIGNER_SUBJECT);
    struct signed_json cut;
    const struct x509_cert *signer;
    bool valid;

    if (signed_json_cut(d->text, d->name, &cut) < 0) {
        check_by_id(x->r, d->format, false, show_text(d->name), show_text("malformed"));
        return 0;
    }
    if (signed_json_verify(&cut, x->set, &signer, &valid) < 0)
        return -ENOMEM;
    if (!signer) {
        check_by_id_undecided(x->r, d->signature, signer_name, show_text("no such certificate"));
        return 0;
    }
    if (!check_by_id(x->r, d->signature, valid, signer_name,
                     valid ? signer_name : show_text("another signer, or other bytes")))
        return 0;
    return parse_and_cache(x, d, &cut, signer, parsed);
}

int document_load(struct intel *x, const struct document *d, const void **parsed)
{
    const struct shown given = show_text("given");

    *parsed = NULL;
    if (d->text.size == 0) {
        check_by_id_undecided(x->r, d->present, given, show_text("none"));
        return 0;
    }
    check_by_id(x->r, d->present, true, given, given);
    *parsed = find_cached(x, d);
    if (!*parsed)
        return verify_and_parse(x, d, parsed);

    const struct shown signer = show_text(TCB_SIGNER_SUBJECT), name = show_text(d->name);

    check_by_id(x->r, d->signature, true, signer, signer);
    check_by_id(x->r, d->format, true, name, name);
    return 0;
}
