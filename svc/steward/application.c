/* SPDX-License-Identifier: Apache-2.0 */
/* Applications taken apart; see application.h. */
#include "svc/steward/application.h"

#include "crypto/issue.h"

#include <errno.h>

static enum steward_check parse_carrier(struct bytes der, const EC_KEY *curve,
                                        struct application *out, int *error)
{
    const int result = carrier_parse_request(der, curve, &out->carrier);
    *error = result == -ENOMEM ? result : 0;
    if (result == -ENOENT || result == -ENOTSUP)
        return STEWARD_evidence_form;
    return result < 0 ? STEWARD_request_form : STEWARD_PASSED;
}

static enum steward_check parse_names(struct application *out)
{
    struct bytes value;
    if (!carrier_extension(&out->carrier, OID_SUBJECT_ALT_NAME, &value))
        return STEWARD_PASSED;
    if (!steward_passes(names_of_original, !out->original))
        return STEWARD_names_of_original;
    return names_parse(value, &out->asked);
}

enum steward_check application_parse(struct bytes der, bool legacy, const EC_KEY *curve,
                                     struct application *out, int *error)
{
    *out = (struct application){.original = false};
    const enum steward_check form = parse_carrier(der, curve, out, error);
    if (form != STEWARD_PASSED)
        return form;
    const struct carrier *c = &out->carrier;
    if (!steward_passes(request_key, c->key_bits == 256 || c->key_bits == 384))
        return STEWARD_request_key;
    if (!steward_passes(request_possession, !c->key_unproven))
        return STEWARD_request_possession;
    out->original = c->binding != BIND_CLAIMS;
    if (!steward_passes(evidence_binding, legacy || !out->original))
        return STEWARD_evidence_binding;
    const bool formed = out->original || claims_buffer_parse(c->claims_buffer, &out->claims) == 0;
    if (!steward_passes(claims_form, formed))
        return STEWARD_claims_form;
    return parse_names(out);
}

void application_fini(struct application *application)
{
    carrier_fini(&application->carrier);
    *application = (struct application){.original = false};
}
