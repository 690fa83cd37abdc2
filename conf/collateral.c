/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral by name; see collateral.h. Trusts nothing. */
#include "conf/collateral.h"

#include "base/cbor.h"

#include <errno.h>
#include <string.h>

const struct collateral_name collateral_names[COLLATERAL_NAMES] = {
    {"vcek.der", MAKER_AMD, ROLE_CERTS},
    {"vlek.der", MAKER_AMD, ROLE_CERTS},
    {"cert_chain.pem", MAKER_AMD, ROLE_CERTS},
    {"crl.der", MAKER_AMD, ROLE_CRLS},
    {"tcb_signing_chain.pem", MAKER_INTEL, ROLE_CERTS},
    {"pck_crl_issuer_chain.pem", MAKER_INTEL, ROLE_CERTS},
    {"pck_crl.der", MAKER_INTEL, ROLE_CRLS},
    {"root_ca_crl.der", MAKER_INTEL, ROLE_CRLS},
    {"tcb_info.json", MAKER_INTEL, ROLE_TCB_INFO},
    {"qe_identity.json", MAKER_INTEL, ROLE_QE_IDENTITY},
    {"claims.cbor", MAKER_AMD | MAKER_INTEL, ROLE_CLAIMS},
};

const struct collateral_name *collateral_find(struct bytes name)
{
    for (size_t i = 0; i < COLLATERAL_NAMES; i++) {
        if (bytes_equal(name, bytes_of_text(collateral_names[i].name)))
            return &collateral_names[i];
    }
    return NULL;
}

void collateral_blob_put(struct put *out, size_t count) { cbor_put_array(out, count); }

void collateral_piece_put(struct put *out, const char *name, struct bytes content)
{
    cbor_put_array(out, 2);
    cbor_put_text(out, bytes_of_text(name));
    cbor_put_bytes(out, content);
}

static void add(struct collateral_set *set, const struct collateral_name *name,
                struct bytes content)
{
    switch (name->role) {
    case ROLE_CERTS:
        set->certs[set->cert_count++] = content;
        break;
    case ROLE_CRLS:
        set->crls[set->crl_count++] = content;
        break;
    case ROLE_TCB_INFO:
        set->tcb_info = content;
        break;
    case ROLE_QE_IDENTITY:
        set->qe_identity = content;
        break;
    case ROLE_CLAIMS:
        break;
    }
}

int collateral_blob_parse(struct bytes blob, struct collateral_set *set)
{
    struct collateral_set s = {0};
    struct cur c = cur_init(blob);
    *set = s;
    for (size_t left = cbor_take_array(&c, COLLATERAL_NAMES); left > 0; left--) {
        if (cbor_take_array(&c, 2) != 2)
            cur_fail(&c);
        const struct collateral_name *name = collateral_find(cbor_take_text(&c));
        const struct bytes content = cbor_take_bytes(&c);
        if (name != NULL && cur_ok(&c))
            add(&s, name, content);
    }
    if (!cur_done(&c))
        return -EBADMSG;
    *set = s;
    return 0;
}
