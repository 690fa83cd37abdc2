/* SPDX-License-Identifier: Apache-2.0 */
/* Applications for certificates, of any bytes: bounded, refused with a check, and nothing
 * left behind; and bundles of them. */
/* links: svc/steward/application.c svc/steward/names.c svc/steward/order.c svc/steward/check.c */
/* links: svc/steward/answer.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#include "svc/steward/application.h"
#include "base/der.h"
#include "svc/steward/answer.h"
#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>

static void apply(struct bytes der, bool legacy)
{
    struct application a;
    int error;
    const enum steward_check check = application_parse(der, legacy, NULL, &a, &error);
    if (check >= STEWARD_CHECK_COUNT || (error != 0 && error != -ENOMEM))
        abort();
    if (check == STEWARD_PASSED && (a.carrier.key_unproven || a.carrier.key_bits == 0 ||
                                    a.asked.count > POLICY_HOSTS_MAX || (a.original && !legacy)))
        abort();
    application_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes requests[BUNDLE_MAX];
    const struct bytes der = {data, size};
    apply(der, false);
    apply(der, true);
    const size_t count = der_parse_list(der, requests, BUNDLE_MAX);
    for (size_t i = 0; i < count; i++)
        apply(requests[i], true);
    return 0;
}
