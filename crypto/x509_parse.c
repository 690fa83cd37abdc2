/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs from DER to slices; see x509_parse.h. Trusts nothing. */
#include "crypto/x509_parse.h"

#include "base/der.h"
#include "base/rfc3339.h"
#include "crypto/ecdsa.h"
#include "crypto/rsa_pss.h"

#include <errno.h>
#include <openssl/objects.h>
#include <string.h>

/* ---- what both have ---- */

int x509_parse_signed(struct bytes der, struct x509_signed *s)
{
    struct cur c = cur_init(der);
    struct cur inner = cur_init(der_take(&c, DER_SEQUENCE));
    s->tbs = der_take_whole(&inner, DER_SEQUENCE);
    s->algorithm = der_take_whole(&inner, DER_SEQUENCE);
    s->signature = der_take_bits(&inner);
    return cur_done(&c) && cur_done(&inner) ? 0 : -EBADMSG;
}

/* The algorithm within what is signed, which has to be the one outside. */
static void take_algorithm(struct cur *c, const struct x509_signed *s)
{
    if (!bytes_equal(der_take_whole(c, DER_SEQUENCE), s->algorithm))
        cur_fail(c);
}

static bool next_is_time(const struct cur *c)
{
    return der_next_is(c, DER_UTC_TIME) || der_next_is(c, DER_GENERALIZED_TIME);
}

/* Years of two digits are those from 1950 to 2049 [RFC 5280 4.1.2.5.1]. */
static int64_t take_time(struct cur *c)
{
    const bool utc = der_next_is(c, DER_UTC_TIME);
    struct cur t = cur_init(der_take(c, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME));
    const struct bytes year = cur_take(&t, utc ? 2 : 4);
    const struct bytes rest = cur_take(&t, strlen("MMDDHHMMSSZ"));
    char text[] = "2000-00-00T00:00:00Z";
    int64_t seconds = 0;
    if (!cur_done(&t) || rest.data[rest.size - 1] != 'Z') {
        cur_fail(c);
        return 0;
    }
    if (utc && year.data[0] >= '5')
        memcpy(text, "19", 2);
    memcpy(text + 4 - year.size, year.data, year.size);
    for (size_t i = 0; i + 1 < rest.size; i += 2)
        memcpy(text + 5 + 3 * (i / 2), rest.data + i, 2);
    if (rfc3339_parse(bytes_of_text(text), &seconds) < 0)
        cur_fail(c);
    return seconds;
}

static void take_extension(struct cur *list, struct x509_extension *e)
{
    struct cur c = cur_init(der_take(list, DER_SEQUENCE));
    e->oid = der_take(&c, DER_OID);
    e->critical = der_next_is(&c, DER_BOOLEAN) && der_take_boolean(&c);
    e->value = der_take(&c, DER_OCTET_STRING);
    if (!cur_done(&c))
        cur_fail(list);
}

/* ---- keys ---- */

#define OID_EC_KEY "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

static const struct key_algorithm {
    const char *der;
    size_t size;
    size_t point; /* bytes of X and Y; 0: RSA */
} key_algorithms[] = {
#define ALGORITHM(der, point)       \
    {                               \
        der, sizeof(der) - 1, point \
    }
    ALGORITHM("\x30\x13" OID_EC_KEY "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 64),
    ALGORITHM("\x30\x10" OID_EC_KEY "\x06\x05\x2b\x81\x04\x00\x22", 96),
    ALGORITHM("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 0),
};

static int parse_ec_key(struct bytes bits, size_t size, const EC_KEY *like, EC_KEY **key)
{
    struct cur c = cur_init(bits);
    const bool uncompressed = cur_u8(&c) == 0x04; /* [SEC1 2.3.4] */
    const struct bytes point = cur_take(&c, size);
    return uncompressed && cur_done(&c) ? ecdsa_key(point, like, key) : -EBADMSG;
}

/* Of an algorithm that nobody here uses there is no key, and nothing it has signed. */
int x509_parse_key(const EC_KEY *like, struct x509_cert *cert)
{
    struct cur whole = cur_init(cert->spki);
    struct cur c = cur_init(der_take(&whole, DER_SEQUENCE));
    const struct bytes algorithm = der_take_whole(&c, DER_SEQUENCE);
    const struct bytes bits = der_take_bits(&c);
    if (!cur_done(&whole) || !cur_done(&c))
        return -EBADMSG;
    for (size_t i = 0; i < ARRAY_COUNT(key_algorithms); i++) {
        const struct key_algorithm *a = &key_algorithms[i];
        if (!bytes_equal(algorithm, (struct bytes){(const uint8_t *)a->der, a->size}))
            continue;
        return a->point == 0 ? rsa_pss_key(bits, &cert->rsa)
                             : parse_ec_key(bits, a->point, like, &cert->ec);
    }
    return 0;
}

/* ---- certificates ---- */

static void take_version(struct cur *c, struct x509_cert *cert)
{
    if (!der_next_is(c, DER_EXPLICIT))
        return;
    struct cur explicit = cur_init(der_take(c, DER_EXPLICIT));
    const struct bytes version = der_take_integer(&explicit);
    if (!cur_done(&explicit) || version.size != 1 || version.data[0] < 1 || version.data[0] > 2)
        cur_fail(c);
    cert->v3 = version.size == 1 && version.data[0] == 2;
}

static void take_validity(struct cur *c, struct x509_cert *cert)
{
    struct cur validity = cur_init(der_take(c, DER_SEQUENCE));
    cert->not_before = take_time(&validity);
    cert->not_after = take_time(&validity);
    if (!cur_done(&validity))
        cur_fail(c);
}

void x509_take_extensions(struct cur *c, struct x509_cert *cert)
{
    struct cur list = cur_init(der_take(c, DER_SEQUENCE));
    while (cur_ok(&list) && cur_left(&list) > 0) {
        if (cert->extension_count == X509_EXTENSIONS_MAX)
            cur_fail(&list);
        else
            take_extension(&list, &cert->extensions[cert->extension_count++]);
    }
    if (!cur_done(&list))
        cur_fail(c);
}

static void take_extensions(struct cur *c, struct x509_cert *cert)
{
    if (cur_left(c) == 0)
        return;
    struct cur explicit = cur_init(der_take(c, DER_EXPLICIT + 3));
    x509_take_extensions(&explicit, cert);
    if (!cur_done(&explicit))
        cur_fail(c);
}

int x509_parse_cert(struct bytes der, const EC_KEY *like, struct x509_cert *cert)
{
    if (x509_parse_signed(der, &cert->sealed) < 0)
        return -EBADMSG;
    struct cur whole = cur_init(cert->sealed.tbs);
    struct cur c = cur_init(der_take(&whole, DER_SEQUENCE));
    take_version(&c, cert);
    cert->serial = der_take_integer(&c);
    take_algorithm(&c, &cert->sealed);
    cert->issuer_name = der_take_whole(&c, DER_SEQUENCE);
    take_validity(&c, cert);
    cert->subject = der_take_whole(&c, DER_SEQUENCE);
    cert->spki = der_take_whole(&c, DER_SEQUENCE);
    take_extensions(&c, cert);
    return cur_done(&c) ? x509_parse_key(like, cert) : -EBADMSG;
}

void x509_cert_fini(struct x509_cert *cert)
{
    ecdsa_key_free(cert->ec);
    rsa_pss_key_free(cert->rsa);
    cert->ec = NULL;
    cert->rsa = NULL;
}

bool x509_extension(const struct x509_cert *cert, const char *oid, struct bytes *value)
{
    *value = (struct bytes){0};
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    if (object == NULL)
        return false;
    const struct bytes wanted = {OBJ_get0_data(object), OBJ_length(object)};
    size_t count = 0;
    for (size_t i = 0; i < cert->extension_count; i++) {
        if (!bytes_equal(cert->extensions[i].oid, wanted))
            continue;
        *value = cert->extensions[i].value;
        count++;
    }
    ASN1_OBJECT_free(object);
    if (count != 1)
        *value = (struct bytes){0};
    return count == 1;
}

/* ---- CRLs ---- */

static bool any_critical(struct cur list)
{
    bool critical = false;
    while (cur_ok(&list) && cur_left(&list) > 0) {
        struct x509_extension e;
        take_extension(&list, &e);
        critical = critical || e.critical;
    }
    return critical || !cur_ok(&list);
}

struct bytes x509_take_revoked(struct cur *entries)
{
    struct cur entry = cur_init(der_take(entries, DER_SEQUENCE));
    return der_take_integer(&entry);
}

static void take_entry(struct cur *entries, struct x509_crl *crl)
{
    struct cur entry = cur_init(der_take(entries, DER_SEQUENCE));
    der_take_integer(&entry);
    take_time(&entry);
    if (cur_left(&entry) > 0)
        crl->critical |= any_critical(cur_init(der_take(&entry, DER_SEQUENCE)));
    if (!cur_done(&entry))
        cur_fail(entries);
}

static void take_entries(struct cur *c, struct x509_crl *crl)
{
    if (!der_next_is(c, DER_SEQUENCE))
        return;
    crl->entries = der_take(c, DER_SEQUENCE);
    struct cur entries = cur_init(crl->entries);
    while (cur_ok(&entries) && cur_left(&entries) > 0)
        take_entry(&entries, crl);
    if (!cur_done(&entries))
        cur_fail(c);
}

/* Version 2, or 1, which is not written. */
static void take_crl_version(struct cur *c)
{
    if (der_next_is(c, DER_INTEGER) &&
        !bytes_equal(der_take_integer(c), (struct bytes){(const uint8_t *)"\x01", 1}))
        cur_fail(c);
}

int x509_parse_crl(struct bytes der, struct x509_crl *crl)
{
    if (x509_parse_signed(der, &crl->sealed) < 0)
        return -EBADMSG;
    struct cur whole = cur_init(crl->sealed.tbs);
    struct cur c = cur_init(der_take(&whole, DER_SEQUENCE));
    take_crl_version(&c);
    take_algorithm(&c, &crl->sealed);
    crl->issuer_name = der_take_whole(&c, DER_SEQUENCE);
    crl->this_update = take_time(&c);
    crl->next_update = next_is_time(&c) ? take_time(&c) : 0;
    take_entries(&c, crl);
    if (cur_left(&c) > 0) {
        struct cur explicit = cur_init(der_take(&c, DER_EXPLICIT));
        crl->critical |= any_critical(cur_init(der_take(&explicit, DER_SEQUENCE)));
        if (!cur_done(&explicit))
            cur_fail(&c);
    }
    return cur_done(&c) ? 0 : -EBADMSG;
}
