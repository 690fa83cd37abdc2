/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs to checks; see endorsement.h. Trusts the pinned roots. */
#include "attest/endorsement.h"

#include "attest/anchors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the set ---- */

struct endorsements {
    struct x509_set set;
    bool malformed; /* something was, and was left out */
};

static void release(void *thing)
{
    struct endorsements *e = thing;
    x509_set_fini(&e->set);
    free(e);
}

/* -ENOMEM stays; anything else is remembered. */
static int tolerate(struct endorsements *e, int result)
{
    e->malformed |= result == -EBADMSG;
    return result == -ENOMEM ? result : 0;
}

static int add_anchors(struct endorsements *e, enum vendor vendor, struct bytes_list simulated)
{
    int result = 0;
    for (size_t i = 0; i < ANCHOR_COUNT && result == 0; i++) {
        const struct anchor *a = &anchors[i];
        const struct bytes der = {.data = a->start, .size = (size_t)(a->end - a->start)};
        if ((a->product == PRODUCT_UNKNOWN) == (vendor == VENDOR_INTEL))
            result = x509_set_add_anchor(&e->set, der);
    }
    for (size_t i = 0; i < simulated.count && result == 0; i++)
        result = tolerate(e, x509_set_add_anchor(&e->set, simulated.items[i]));
    return result;
}

static int fill(struct endorsements *e, const struct attest_input *in, enum vendor vendor,
                struct bytes_list simulated, struct bytes chain)
{
    int result = add_anchors(e, vendor, simulated);
    if (result == 0 && chain.size > 0)
        result = tolerate(e, x509_set_add_certs(&e->set, chain));
    for (size_t i = 0; i < in->certificates.count && result == 0; i++)
        result = tolerate(e, x509_set_add_certs(&e->set, in->certificates.items[i]));
    for (size_t i = 0; i < in->crls.count && result == 0; i++)
        result = tolerate(e, x509_set_add_crls(&e->set, in->crls.items[i]));
    return result;
}

static struct endorsements *make(const struct attest_input *in, enum vendor vendor,
                                 struct bytes_list simulated, struct bytes chain)
{
    struct endorsements *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return NULL;
    x509_set_init(&e->set);
    if (fill(e, in, vendor, simulated, chain) < 0) {
        release(e);
        return NULL;
    }
    x509_set_link(&e->set);
    return e;
}

/* All that the set is made of, in order. Lists are told apart by their counts. */
#define PARTS_MAX 64u

static size_t list_parts(const struct attest_input *in, const uint8_t *counts,
                         struct bytes_list simulated, struct bytes chain,
                         struct bytes parts[static PARTS_MAX])
{
    const struct bytes_list lists[] = {
        {.items = &(struct bytes){.data = counts, .size = 4}, .count = 1},
        {.items = &chain, .count = 1},
        simulated,
        in->certificates,
        in->crls,
    };
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        for (size_t j = 0; j < lists[i].count; j++) {
            if (count == PARTS_MAX)
                return 0;
            parts[count++] = lists[i].items[j];
        }
    }
    return count;
}

const struct x509_set *endorsement_set(const struct attest_input *in, struct attest_cache *cache,
                                       enum vendor vendor, struct bytes chain,
                                       struct attest_result *result)
{
    const struct bytes_list simulated = policy_simulated_roots(in->policy, result->claims.kind);
    struct bytes parts[PARTS_MAX];
    const uint8_t counts[] = {
        (uint8_t)vendor,
        (uint8_t)simulated.count,
        (uint8_t)in->certificates.count,
        (uint8_t)in->crls.count,
    };
    const size_t count = list_parts(in, counts, simulated, chain, parts);
    const struct attest_input none = {.policy = in->policy};
    struct endorsements *e = cache_find(cache, CACHED_SET, parts, count);
    if (e == NULL) {
        e = make(count > 0 ? in : &none, vendor, simulated, chain);
        if (e == NULL || cache_put(cache, CACHED_SET, parts, count, e, release) < 0)
            return NULL;
    }
    check(result, endorsement_format, count > 0 && !e->malformed,
          show_text("DER or PEM, 60 files at most"),
          show_text(count == 0     ? "more"
                    : e->malformed ? "malformed"
                                   : "DER or PEM"));
    return &e->set;
}

/* ---- the checks ---- */

/* The first certificate that is not pinned and has one of the faults. */
static const struct x509_cert *cert_with(const struct x509_set *set, unsigned faults)
{
    for (size_t i = 0; i < set->cert_count; i++) {
        if (!set->certs[i]->anchor && (set->certs[i]->faults & faults) != 0)
            return set->certs[i];
    }
    return NULL;
}

static const struct x509_crl *crl_with(const struct x509_set *set, unsigned faults)
{
    for (size_t i = 0; i < set->crl_count; i++) {
        if ((set->crls[i]->faults & faults) != 0)
            return set->crls[i];
    }
    return NULL;
}

/* "none", or whose certificate it is. */
static struct shown show_cert(const struct x509_cert *cert)
{
    char name[SHOWN_MAX];
    if (cert == NULL)
        return show_text("none");
    x509_subject(cert, name, sizeof(name));
    return show_text(name[0] == '\0' ? "unnamed" : name);
}

static struct shown show_crl(const struct x509_crl *crl)
{
    if (crl == NULL)
        return show_text("none");
    return crl->issuer == NULL ? show_text("of an unknown issuer") : show_cert(crl->issuer);
}

#define check_certs(r, name, set, faults)                                   \
    check((r), name, cert_with((set), (faults)) == NULL, show_text("none"), \
          show_cert(cert_with((set), (faults))))
#define check_crls(r, name, set, faults)                                   \
    check((r), name, crl_with((set), (faults)) == NULL, show_text("none"), \
          show_crl(crl_with((set), (faults))))

static void check_faults(const struct x509_set *set, struct attest_result *r)
{
    const struct x509_cert *orphan = cert_with(set, FAULT_ISSUER);
    const struct x509_crl *stray = crl_with(set, FAULT_ISSUER);
    check_there(r, cert_issuer, orphan == NULL, show_text("none"), show_cert(orphan));
    check_there(r, endorsement_stray, stray == NULL, show_text("none"), show_crl(stray));
    check_certs(r, cert_anchor, set, FAULT_ANCHOR);
    check_certs(r, cert_algorithm, set, FAULT_ALGORITHM);
    check_certs(r, cert_signature, set, FAULT_SIGNATURE);
    check_certs(r, cert_constraints, set, FAULT_CONSTRAINTS);
    check_certs(r, cert_key_usage, set, FAULT_KEY_USAGE);
    check_certs(r, cert_extensions, set, FAULT_EXTENSIONS);
    check_crls(r, crl_signature, set, FAULT_SIGNATURE | FAULT_ALGORITHM | FAULT_KEY_USAGE);
    check_crls(r, crl_extensions, set, FAULT_EXTENSIONS);
}

static bool cert_valid_at(const struct x509_cert *cert, int64_t time)
{
    return cert->not_before <= time && time <= cert->not_after;
}

/* Also the roots that something leads to. */
static void check_validity(const struct x509_set *set, int64_t time, struct attest_result *r)
{
    const struct x509_cert *bad = NULL;
    const struct x509_cert *revoked = NULL;
    for (size_t i = 0; i < set->cert_count; i++) {
        const struct x509_cert *cert = set->certs[i];
        if (cert->anchor)
            continue;
        if (bad == NULL && !cert_valid_at(cert, time))
            bad = cert;
        if (bad == NULL && cert->issuer != NULL && !cert_valid_at(cert->issuer, time))
            bad = cert->issuer;
        if (revoked == NULL && cert->revoked)
            revoked = cert;
    }
    check(r, cert_validity, bad == NULL, show_time(time),
          bad == NULL ? show_text("valid") : show_cert(bad));
    check(r, cert_revoked, revoked == NULL, show_text("none"), show_cert(revoked));
}

/* AMD's intermediate CAs publish no CRL. */
static bool wants_crl(const struct x509_cert *cert, enum vendor vendor)
{
    return !cert->anchor && cert->issuer != NULL &&
           (vendor == VENDOR_INTEL || cert->issuer->anchor);
}

/* "not of NAME" */
static struct shown show_missing(const struct x509_cert *issuer)
{
    char text[SHOWN_MAX] = "not of ";
    const size_t used = strlen(text);
    x509_subject(issuer, text + used, sizeof(text) - used);
    return show_text(text);
}

static bool crl_valid_at(const struct x509_crl *crl, int64_t time)
{
    return crl->this_update <= time && time <= crl->next_update;
}

static void check_revocation(const struct attest_input *in, const struct x509_set *set,
                             enum vendor vendor, struct attest_result *r)
{
    const struct x509_cert *bare = NULL;
    const struct x509_crl *old = NULL;
    for (size_t i = 0; i < set->cert_count; i++) {
        const struct x509_cert *cert = set->certs[i];
        if (bare == NULL && cert->crl == NULL && wants_crl(cert, vendor))
            bare = cert->issuer;
        if (old == NULL && cert->crl != NULL && !crl_valid_at(cert->crl, in->time))
            old = cert->crl;
    }
    if (bare != NULL)
        endorsement_worsen(r, COLLATERAL_MISSING);
    if (old != NULL)
        endorsement_worsen(r, COLLATERAL_EXPIRED);
    const bool wanted = in->policy->crls;
    const struct shown each = show_text("of each issuer");
    const struct shown any = show_text("any");
    check_there(r, crl_present, !wanted || bare == NULL, wanted ? each : any,
                bare == NULL ? each : show_missing(bare));
    check(r, crl_validity, !wanted || old == NULL, wanted ? show_time(in->time) : any,
          old == NULL ? show_text("valid") : show_crl(old));
}

/* The pinned root that `root` is; null when it is another. */
static const struct anchor *anchor_of(const struct x509_cert *root)
{
    for (size_t i = 0; root != NULL && root->anchor && i < ANCHOR_COUNT; i++) {
        const struct anchor *a = &anchors[i];
        const struct bytes der = {.data = a->start, .size = (size_t)(a->end - a->start)};
        if (bytes_equal(der, root->der))
            return a;
    }
    return NULL;
}

/* Leads to a root that only the policy names, or is one that can itself vouch for evidence. */
static bool is_simulated(const struct x509_cert *cert)
{
    const struct x509_cert *root = x509_root(cert);
    return root != NULL && anchor_of(root) == NULL && (root != cert || !cert->ca);
}

/* Whoever reads the verdict may not have written the policy. */
static void note_simulated(const struct x509_set *set, struct attest_result *r)
{
    for (size_t i = 0; i < set->cert_count && !r->simulated; i++)
        r->simulated = is_simulated(set->certs[i]);
    if (r->simulated)
        result_note(r,
                    "the root is simulated: the policy trusts it, the hardware's maker does not");
}

void endorsement_check(const struct attest_input *in, const struct x509_set *set,
                       enum vendor vendor, struct attest_result *result)
{
    note_simulated(set, result);
    check_faults(set, result);
    check_validity(set, in->time, result);
    check_revocation(in, set, vendor, result);
}

void endorsement_worsen(struct attest_result *result, enum collateral state)
{
    static const unsigned badness[] = {
        [COLLATERAL_FRESH] = 0,
        [COLLATERAL_MISSING] = 1,
        [COLLATERAL_EXPIRED] = 2,
        [COLLATERAL_REVOKED] = 3,
    };
    if (badness[state] > badness[result->collateral])
        result->collateral = state;
}

/* ---- what is told of them ---- */

enum product endorsement_product(const struct x509_cert *root)
{
    const struct anchor *a = anchor_of(root);
    return a == NULL ? PRODUCT_UNKNOWN : a->product;
}

struct cert_claims endorsement_claims(const struct x509_cert *cert)
{
    struct cert_claims claims = {
        .present = true,
        .not_before = cert->not_before,
        .not_after = cert->not_after,
    };
    x509_subject(cert, claims.subject, sizeof(claims.subject));
    x509_issuer(cert, claims.issuer, sizeof(claims.issuer));
    x509_serial(cert, claims.serial, sizeof(claims.serial));
    return claims;
}
