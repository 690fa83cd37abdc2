/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs of any bytes, in any number, under the first of them as
 * root: refused, or linked without a way in a circle. */
/* links: crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/base64.c base/cur.c base/der.c base/put.c base/rfc3339.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto */
#include "crypto/x509.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void look_at(const struct x509_cert *cert)
{
    char text[16];
    uint8_t serial[8];
    struct bytes value;
    x509_subject(cert, text, sizeof(text));
    if (strlen(text) >= sizeof(text))
        abort();
    x509_issuer(cert, text, sizeof(text));
    x509_serial(cert, serial, sizeof(serial));
    x509_extension(cert, "1.2.840.113741.1.13.1", &value);
    const struct x509_cert *root = x509_root(cert);
    if (root != NULL && !root->anchor)
        abort();
}

/* Objects follow one another: kind, size in two bytes, bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    struct x509_set set;
    x509_set_init(&set);
    while (cur_ok(&c) && cur_left(&c) > 0) {
        const uint8_t kind = cur_u8(&c);
        const struct bytes object = cur_take(&c, cur_le16(&c));
        int result = kind == 'a'   ? x509_set_add_anchor(&set, object)
                     : kind == 'c' ? x509_set_add_certs(&set, object)
                                   : x509_set_add_crls(&set, object);
        (void)result;
    }
    x509_set_link(&set);
    for (size_t i = 0; i < set.cert_count; i++)
        look_at(set.certs[i]);
    x509_set_fini(&set);
    return 0;
}
