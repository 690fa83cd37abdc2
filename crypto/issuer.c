/* SPDX-License-Identifier: Apache-2.0 */
/* Who issues, by its certificate; see issue.h. Trusts its caller for the key. */
#include "base/der.h"
#include "crypto/issue.h"
#include "crypto/x509_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OID_SUBJECT_KEY_ID "2.5.29.14"

/* What is no hash is passed over: those who look for the issuer go by its name then. */
static void take_key_id(const struct x509_cert *cert, struct issuer *out)
{
    struct bytes value;
    if (!x509_extension(cert, OID_SUBJECT_KEY_ID, &value))
        return;
    struct cur c = cur_init(value);
    const struct bytes id = der_take(&c, DER_OCTET_STRING);
    if (!cur_done(&c) || id.size == 0 || id.size > KEY_ID_SIZE)
        return;
    memcpy(out->key_id, id.data, id.size);
    out->key_id_size = id.size;
}

int issuer_of(struct bytes cert, EVP_PKEY *key, struct issuer *out)
{
    struct x509_cert *parsed = calloc(1, sizeof(*parsed));
    if (parsed == NULL)
        return -ENOMEM;
    const int error = x509_parse_cert(cert, NULL, parsed);
    *out = (struct issuer){.key = key, .name = parsed->subject};
    take_key_id(parsed, out);
    x509_cert_fini(parsed);
    free(parsed);
    return error;
}
