/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests; see pkcs10.h. Trusts OpenSSL's signature checks. */
#include "crypto/pkcs10.h"

#include "base/der_put.h"
#include "crypto/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OID_EXTENSION_REQUEST "1.2.840.113549.1.9.14" /* [RFC 2985 5.4.2] */

/* ---- reading ---- */

static const struct bytes extension_request = {
    (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e", 9};

/* SEQUENCE { type, SET { extensions } }, which may be missing, and no other attribute. */
static void take_attributes(struct cur *c, struct x509_cert *out)
{
    struct cur all = cur_init(der_take(c, DER_EXPLICIT));
    if (cur_left(&all) == 0)
        return;
    struct cur attribute = cur_init(der_take(&all, DER_SEQUENCE));
    if (!bytes_equal(der_take(&attribute, DER_OID), extension_request))
        cur_fail(&attribute);
    struct cur values = cur_init(der_take(&attribute, DER_SET));
    x509_take_extensions(&values, out);
    if (!cur_done(&values) || !cur_done(&attribute) || !cur_done(&all))
        cur_fail(c);
}

int pkcs10_parse(struct bytes der, const EC_KEY *like, struct x509_cert *out)
{
    static const struct bytes version_1 = {(const uint8_t *)"\0", 1};
    out->der = der;
    if (x509_parse_signed(der, &out->sealed) < 0)
        return -EBADMSG;
    struct cur whole = cur_init(out->sealed.tbs);
    struct cur c = cur_init(der_take(&whole, DER_SEQUENCE));
    if (!bytes_equal(der_take_integer(&c), version_1))
        cur_fail(&c);
    out->subject = der_take_whole(&c, DER_SEQUENCE);
    out->spki = der_take_whole(&c, DER_SEQUENCE);
    take_attributes(&c, out);
    return cur_done(&c) ? x509_parse_key(like, out) : -EBADMSG;
}

bool pkcs10_proven(const struct x509_cert *request)
{
    return request->ec != NULL && x509_signed_by(&request->sealed, request);
}

/* ---- making ---- */

static void put_attributes(struct put *p, const struct pkcs10 *request)
{
    const size_t all = der_open(p, DER_EXPLICIT);
    const size_t attribute = der_open(p, DER_SEQUENCE);
    der_put_oid(p, OID_EXTENSION_REQUEST);
    const size_t values = der_open(p, DER_SET);
    const size_t list = der_open(p, DER_SEQUENCE);
    for (size_t i = 0; i < request->extension_count; i++)
        certificate_put_extension(p, &request->extensions[i]);
    der_close(p, list);
    der_close(p, values);
    der_close(p, attribute);
    der_close(p, all);
}

static void put_info(struct put *p, const struct pkcs10 *request, struct bytes public_key)
{
    const size_t whole = der_open(p, DER_SEQUENCE);
    der_put_unsigned(p, (struct bytes){0}); /* version 1 */
    certificate_put_name(p, request->organisation, request->name);
    put_bytes(p, public_key);
    put_attributes(p, request);
    der_close(p, whole);
}

#define INFO_SLACK 512u /* more than all of a request but what is counted */

static size_t info_room(const struct pkcs10 *request)
{
    size_t room = INFO_SLACK + strlen(request->organisation) + strlen(request->name);
    for (size_t i = 0; i < request->extension_count; i++)
        room += 64 + request->extensions[i].value.size;
    return room;
}

int pkcs10_put(const struct pkcs10 *request, EVP_PKEY *key, struct put *out)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    int error = key_public(key, public_key);
    if (error < 0)
        return error;
    const size_t room = info_room(request);
    struct put info = put_init(malloc(room), room);
    if (info.data == NULL)
        return -ENOMEM;
    put_info(&info, request, (struct bytes){public_key, sizeof(public_key)});
    error = info.bad ? -EBADMSG : certificate_put_signed(out, put_done(&info), key);
    free(info.data);
    return error;
}
