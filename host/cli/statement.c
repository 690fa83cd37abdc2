/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as JSON; see statement.h. Trusts nothing in them. */
#include "host/cli/statement.h"

#include "base/der.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/rfc3339.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/host_names.h"
#include "crypto/issue.h"
#include "crypto/x509_parse.h"
#include "svc/steward/certificate.h"

#include <stdlib.h>

#define TEXT_MAX 256u /* bytes that are shown of a text */

static json_t *hex_json(struct bytes value)
{
    char text[2 * 64 + 1] = "";
    if (value.size == 0 || value.size > 64)
        return json_null();
    hex_put(value, text);
    return json_string(text);
}

static json_t *digest_json(struct bytes data)
{
    uint8_t digest[SHA256_SIZE];
    return sha256(data, digest) < 0 ? NULL : hex_json((struct bytes){digest, sizeof(digest)});
}

static json_t *time_json(int64_t time)
{
    char text[RFC3339_SIZE];
    rfc3339_put(time, text);
    return json_string(text);
}

/* Whoever made the certificate wrote what they liked: nothing of it may move a terminal, and
 * JSON is UTF-8. */
static json_t *text_json(struct bytes text)
{
    char shown[ESCAPE_GROWTH * TEXT_MAX];
    text.size = text.size < TEXT_MAX ? text.size : TEXT_MAX;
    const size_t size = escape_controls(text, "", shown);
    const bool formed = utf8_check((struct bytes){(const uint8_t *)shown, size});
    for (size_t i = 0; i < size; i++)
        shown[i] = formed || (uint8_t)shown[i] < 0x80 ? shown[i] : '?';
    return json_stringn(shown, size);
}

/* Names of hosts; others are left out. */
static json_t *names_json(const struct x509_cert *cert)
{
    json_t *names = json_array();
    struct bytes value;
    if (!x509_extension(cert, OID_SUBJECT_ALT_NAME, &value))
        return names;
    struct cur c = cur_init(value);
    struct cur list = cur_init(der_take(&c, DER_SEQUENCE));
    while (cur_left(&list) > 0 && cur_ok(&list)) {
        const uint8_t tag = *list.pos;
        const struct bytes name = der_take(&list, tag);
        if (tag == GENERAL_NAME_DNS && cur_ok(&list))
            json_array_append_new(names, text_json(name));
    }
    return names;
}

/* Null unless a steward has issued it. */
static json_t *statement_json(const struct x509_cert *cert)
{
    struct bytes value;
    if (!x509_extension(cert, STATEMENT_OID, &value))
        return NULL;
    struct cur whole = cur_init(value);
    struct cur c = cur_init(der_take(&whole, DER_SEQUENCE));
    const struct bytes tee = der_take(&c, DER_UTF8_STRING);
    const struct bytes measurement = der_take(&c, DER_OCTET_STRING);
    const struct bytes workload = der_take(&c, DER_OCTET_STRING);
    const struct bytes evidence = der_take(&c, DER_OCTET_STRING);
    if (!cur_done(&c) || !cur_done(&whole))
        return NULL;
    return json_pack("{s:o, s:o, s:o, s:o}", "tee", text_json(tee), "measurement",
                     hex_json(measurement), "workload", hex_json(workload), "evidence_sha256",
                     hex_json(evidence));
}

json_t *certificate_json(struct bytes der)
{
    struct x509_cert *cert = calloc(1, sizeof(*cert));
    json_t *json = NULL;
    if (cert != NULL && x509_parse_cert(der, NULL, cert) == 0) {
        char subject[128], issuer[128];
        x509_subject(cert, subject, sizeof(subject));
        x509_issuer(cert, issuer, sizeof(issuer));
        json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o*}", "subject",
                         text_json(bytes_of_text(subject)), "issuer",
                         text_json(bytes_of_text(issuer)), "not_before",
                         time_json(cert->not_before), "not_after", time_json(cert->not_after),
                         "names", names_json(cert), "key_sha256", digest_json(cert->spki), "sha256",
                         digest_json(der), "statement", statement_json(cert));
    }
    if (cert != NULL)
        x509_cert_fini(cert);
    free(cert);
    return json;
}
