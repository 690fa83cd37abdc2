/* SPDX-License-Identifier: Apache-2.0 */
/* Self-signed certificates; see certificate.h. Trusts its caller. */
#include "tls/certificate.h"

#include "crypto/issue.h"
#include "crypto/key.h"

#include <errno.h>
#include <stdlib.h>

#define OID_EVIDENCE  "2.23.133.5.4.9" /* [CCC-RA-TLS] */
#define NO_EXPIRATION 253402300799ll   /* 9999-12-31 23:59:59 [RFC 5280 4.1.2.5] */
#define HEAD_MAX      4u               /* bytes before a name */

static int put(EVP_PKEY *key, const char *name, const struct certificate_extension *extensions,
               size_t count, struct put *out)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    const struct certificate cert = {
        .organisation = "Enarx",
        .name = name,
        .public_key = {public_key, sizeof(public_key)},
        .not_before = 0,
        .not_after = NO_EXPIRATION,
        .extensions = extensions,
        .extension_count = count,
    };
    const struct issuer itself = {.key = key};
    const int error = key_public(key, public_key);
    return error < 0 ? error : certificate_issue(&cert, &itself, out);
}

/* Not critical: others would refuse what they do not know [CCC-RA-TLS]. */
static int make(EVP_PKEY *key, const struct tls_certificate *c, struct bytes names, struct put *out)
{
    struct certificate_extension extensions[2];
    size_t count = 0;
    if (c->host_count > 0)
        extensions[count++] = (struct certificate_extension){OID_SUBJECT_ALT_NAME, false, names};
    if (c->evidence.size > 0)
        extensions[count++] = (struct certificate_extension){OID_EVIDENCE, false, c->evidence};
    return put(key, c->name, extensions, count, out);
}

int tls_certificate_make(EVP_PKEY *key, const struct tls_certificate *c, struct put *out)
{
    size_t room = 16;
    for (size_t i = 0; i < c->host_count; i++)
        room += HEAD_MAX + c->hosts[i].size;
    uint8_t *names = malloc(room);
    if (names == NULL)
        return -ENOMEM;
    struct put p = put_init(names, room);
    certificate_put_host_names(&p, c->hosts, c->host_count);
    const int error = make(key, c, put_done(&p), out);
    free(names);
    return error;
}

int tls_certificate_put(EVP_PKEY *key, const char *name, struct put *out)
{
    return put(key, name, NULL, 0, out);
}
