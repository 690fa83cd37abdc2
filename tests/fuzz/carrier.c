/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests that carry evidence, of any bytes: bounded, and
 * nothing left behind when refused. */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#include "attest/carrier.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct carrier carrier;
    carrier_is((struct bytes){.data = data, .size = size});
    if (carrier_parse((struct bytes){.data = data, .size = size}, &carrier) < 0)
        return 0;
    if (carrier.cert_count > CARRIER_CERTS_MAX || carrier.crl_count > CARRIER_CRLS_MAX ||
        carrier.public_key.size == 0)
        abort();
    carrier_fini(&carrier);
    return 0;
}
