/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates and CRLs; see issue.h. Writes them itself: OpenSSL's builder takes
 * longer than the signature, and a keep would have to carry it. Trusts OpenSSL for numbers
 * and signatures. */
#include "crypto/issue.h"

#include "base/der_put.h"
#include "crypto/digest.h"
#include "crypto/host_names.h"
#include "crypto/key.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define SERIAL_SIZE 20u /* bytes, of which the first bit is zero [RFC 5280 4.1.2.2] */
#define VERSION_2   1   /* of CRLs */
#define VERSION_3   2

#define OID_SIGNATURE         "1.2.840.10045.4.3.2" /* ecdsa-with-SHA256 [RFC 5758 3.2] */
#define OID_COMMON_NAME       "2.5.4.3"
#define OID_ORGANISATION      "2.5.4.10"
#define OID_SUBJECT_KEY_ID    "2.5.29.14"
#define OID_KEY_USAGE         "2.5.29.15"
#define OID_BASIC_CONSTRAINTS "2.5.29.19"
#define OID_CRL_NUMBER        "2.5.29.20"
#define OID_AUTHORITY_KEY_ID  "2.5.29.35"

/* ---- what certificates, CRLs and requests have in common ---- */

static void put_algorithm(struct put *p)
{
    const size_t sequence = der_open(p, DER_SEQUENCE);
    der_put_oid(p, OID_SIGNATURE);
    der_close(p, sequence);
}

static void put_name_part(struct put *p, const char *oid, const char *text)
{
    const size_t set = der_open(p, DER_SET);
    const size_t pair = der_open(p, DER_SEQUENCE);
    der_put_oid(p, oid);
    der_put(p, DER_UTF8_STRING, bytes_of_text(text));
    der_close(p, pair);
    der_close(p, set);
}

void certificate_put_name(struct put *p, const char *organisation, const char *name)
{
    const size_t all = der_open(p, DER_SEQUENCE);
    put_name_part(p, OID_ORGANISATION, organisation);
    put_name_part(p, OID_COMMON_NAME, name);
    der_close(p, all);
}

void certificate_put_extension(struct put *p, const struct certificate_extension *e)
{
    const size_t whole = der_open(p, DER_SEQUENCE);
    der_put_oid(p, e->oid);
    if (e->critical)
        der_put_true(p);
    der_put(p, DER_OCTET_STRING, e->value);
    der_close(p, whole);
}

void certificate_put_host_names(struct put *p, const struct bytes *names, size_t count)
{
    const size_t all = der_open(p, DER_SEQUENCE);
    for (size_t i = 0; i < count; i++)
        der_put(p, GENERAL_NAME_DNS, names[i]);
    der_close(p, all);
}

/* SEQUENCE { r INTEGER, s INTEGER } [RFC 3279 2.2.3] */
static void put_signature(struct put *p, const uint8_t signature[static KEY_SIGNATURE_SIZE])
{
    const size_t half = KEY_SIGNATURE_SIZE / 2;
    const size_t pair = der_open(p, DER_SEQUENCE);
    der_put_unsigned(p, (struct bytes){signature, half});
    der_put_unsigned(p, (struct bytes){signature + half, half});
    der_close(p, pair);
}

int certificate_put_signed(struct put *p, struct bytes tbs, EVP_PKEY *key)
{
    uint8_t signature[KEY_SIGNATURE_SIZE], buffer[KEY_SIGNATURE_SIZE + 16];
    struct put encoded = put_init(buffer, sizeof(buffer));
    const int error = key_sign(key, tbs, signature);
    if (error < 0)
        return error;
    put_signature(&encoded, signature);
    const size_t whole = der_open(p, DER_SEQUENCE);
    put_bytes(p, tbs);
    put_algorithm(p);
    der_put_bits(p, put_done(&encoded));
    der_close(p, whole);
    return 0;
}

/* ---- extensions ---- */

/* [RFC 7093 2]: the first 160 bits of the SHA-256 of the key's bits. */
static int hash_key(struct bytes public_key, uint8_t id[static KEY_ID_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    struct cur c = cur_init(public_key);
    struct cur key = cur_init(der_take(&c, DER_SEQUENCE));
    der_take_whole(&key, DER_SEQUENCE);
    const struct bytes bits = der_take_bits(&key);
    if (!cur_done(&c) || !cur_done(&key))
        return -EBADMSG;
    const int error = sha256(bits, digest);
    memcpy(id, digest, KEY_ID_SIZE);
    return error;
}

static void put_own(struct put *p, const char *oid, bool critical, const struct put *value)
{
    const struct certificate_extension e = {oid, critical, put_done(value)};
    certificate_put_extension(p, &e);
}

static void put_subject_key_id(struct put *p, const uint8_t id[static KEY_ID_SIZE])
{
    uint8_t buffer[KEY_ID_SIZE + 2];
    struct put value = put_init(buffer, sizeof(buffer));
    der_put(&value, DER_OCTET_STRING, (struct bytes){id, KEY_ID_SIZE});
    put_own(p, OID_SUBJECT_KEY_ID, false, &value);
}

/* SEQUENCE { [0] keyIdentifier } */
static void put_authority_key_id(struct put *p, struct bytes id)
{
    uint8_t buffer[KEY_ID_SIZE + 4];
    struct put value = put_init(buffer, sizeof(buffer));
    if (id.size == 0)
        return;
    const size_t sequence = der_open(&value, DER_SEQUENCE);
    der_put(&value, DER_IMPLICIT, id);
    der_close(&value, sequence);
    put_own(p, OID_AUTHORITY_KEY_ID, false, &value);
}

/* keyCertSign and cRLSign, or digitalSignature; and bits that are not used. */
static void put_key_usage(struct put *p, bool ca)
{
    static const uint8_t issues[] = {DER_BIT_STRING, 2, 1, 0x06},
                         signs[] = {DER_BIT_STRING, 2, 7, 0x80};
    const struct certificate_extension e = {
        OID_KEY_USAGE, true, {ca ? issues : signs, sizeof(issues)}};
    certificate_put_extension(p, &e);
}

static void put_basic_constraints(struct put *p, const struct certificate *cert)
{
    uint8_t buffer[16];
    const uint8_t length = (uint8_t)cert->path_length;
    struct put value = put_init(buffer, sizeof(buffer));
    const size_t sequence = der_open(&value, DER_SEQUENCE);
    if (cert->ca) {
        der_put_true(&value);
        der_put_unsigned(&value, (struct bytes){&length, 1});
    }
    der_close(&value, sequence);
    put_own(p, OID_BASIC_CONSTRAINTS, true, &value);
}

/* ---- certificates ---- */

static void put_version(struct put *p, uint8_t version)
{
    der_put_unsigned(p, (struct bytes){&version, 1});
}

static int put_serial(struct put *p)
{
    uint8_t serial[SERIAL_SIZE];
    if (RAND_bytes(serial, sizeof(serial)) != 1)
        return -ENOMEM;
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    der_put_unsigned(p, (struct bytes){serial, sizeof(serial)});
    return 0;
}

static void put_validity(struct put *p, const struct certificate *cert)
{
    const size_t sequence = der_open(p, DER_SEQUENCE);
    der_put_time(p, cert->not_before);
    der_put_time(p, cert->not_after);
    der_close(p, sequence);
}

static struct bytes key_id_of(const struct issuer *issuer)
{
    return (struct bytes){issuer->key_id, issuer->key_id_size};
}

static void put_extensions(struct put *p, const struct certificate *cert,
                           const struct issuer *issuer, const uint8_t own_id[static KEY_ID_SIZE])
{
    const struct bytes own = {own_id, KEY_ID_SIZE};
    const size_t explicit = der_open(p, DER_EXPLICIT + 3);
    const size_t list = der_open(p, DER_SEQUENCE);
    put_subject_key_id(p, own_id);
    put_authority_key_id(p, issuer->name.size == 0 ? own : key_id_of(issuer));
    put_key_usage(p, cert->ca);
    put_basic_constraints(p, cert);
    for (size_t i = 0; i < cert->extension_count; i++)
        certificate_put_extension(p, &cert->extensions[i]);
    der_close(p, list);
    der_close(p, explicit);
}

/* What is signed [RFC 5280 4.1]. */
static int put_tbs(struct put *p, const struct certificate *cert, const struct issuer *issuer)
{
    uint8_t own_id[KEY_ID_SIZE];
    int error = hash_key(cert->public_key, own_id);
    if (error < 0)
        return error;
    const size_t whole = der_open(p, DER_SEQUENCE);
    const size_t version = der_open(p, DER_EXPLICIT);
    put_version(p, VERSION_3);
    der_close(p, version);
    error = put_serial(p);
    put_algorithm(p);
    if (issuer->name.size > 0)
        put_bytes(p, issuer->name);
    else
        certificate_put_name(p, cert->organisation, cert->name);
    put_validity(p, cert);
    certificate_put_name(p, cert->organisation, cert->name);
    put_bytes(p, cert->public_key);
    put_extensions(p, cert, issuer, own_id);
    der_close(p, whole);
    return error;
}

#define TBS_SLACK 1024u /* more than all of a certificate but what is counted */

static size_t tbs_room(const struct certificate *cert, const struct issuer *issuer)
{
    size_t room = TBS_SLACK + cert->public_key.size + issuer->name.size;
    room += 2 * (strlen(cert->organisation) + strlen(cert->name));
    for (size_t i = 0; i < cert->extension_count; i++)
        room += 64 + cert->extensions[i].value.size;
    return room;
}

int certificate_issue(const struct certificate *cert, const struct issuer *issuer, struct put *out)
{
    const size_t room = tbs_room(cert, issuer);
    struct put tbs = put_init(malloc(room), room);
    if (tbs.data == NULL)
        return -ENOMEM;
    int error = put_tbs(&tbs, cert, issuer);
    if (error == 0)
        error = tbs.bad ? -EBADMSG : certificate_put_signed(out, put_done(&tbs), issuer->key);
    free(tbs.data);
    return error;
}

/* ---- CRLs ---- */

static void put_crl_extensions(struct put *p, const struct revocations *list,
                               const struct issuer *issuer)
{
    uint8_t buffer[16], number[8];
    struct put big = put_init(number, sizeof(number)), value = put_init(buffer, sizeof(buffer));
    const size_t explicit = der_open(p, DER_EXPLICIT);
    const size_t sequence = der_open(p, DER_SEQUENCE);
    put_authority_key_id(p, key_id_of(issuer));
    put_be64(&big, list->number);
    der_put_unsigned(&value, put_done(&big));
    put_own(p, OID_CRL_NUMBER, false, &value);
    der_close(p, sequence);
    der_close(p, explicit);
}

/* What is signed [RFC 5280 5.1]. */
static void put_crl_tbs(struct put *p, const struct revocations *list, const struct issuer *issuer)
{
    const size_t whole = der_open(p, DER_SEQUENCE);
    put_version(p, VERSION_2);
    put_algorithm(p);
    put_bytes(p, issuer->name);
    der_put_time(p, list->this_update);
    der_put_time(p, list->next_update);
    put_crl_extensions(p, list, issuer);
    der_close(p, whole);
}

int revocations_issue(const struct revocations *list, const struct issuer *issuer, struct put *out)
{
    if (issuer->name.size == 0)
        return -EBADMSG;
    const size_t room = TBS_SLACK + issuer->name.size;
    struct put tbs = put_init(malloc(room), room);
    if (tbs.data == NULL)
        return -ENOMEM;
    put_crl_tbs(&tbs, list, issuer);
    const int error = certificate_put_signed(out, put_done(&tbs), issuer->key);
    free(tbs.data);
    return error;
}
