/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA for raw keys and signatures; see ecdsa.h. Trusts OpenSSL.
 *
 * The interface of OpenSSL 1.1 lets keys share a curve and takes r and s as they
 * are. That of 3.0 builds the curve anew for every key, which costs a quarter of
 * a verification, and has r and s written as DER to read them back. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "crypto/ecdsa.h"

#include "base/der.h"
#include "crypto/digest.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#define COORDINATE_MAX 48u

static const struct curve {
    size_t size; /* bytes of a coordinate, and of the digest that goes with it */
    int nid;
    int (*digest)(struct bytes data, uint8_t *out);
} curves[] = {
    {32, NID_X9_62_prime256v1, sha256},
    {48, NID_secp384r1, sha384},
};

static const struct curve *curve_of(const EC_KEY *key)
{
    const EC_GROUP *group = key == NULL ? NULL : EC_KEY_get0_group(key);
    const int nid = group == NULL ? NID_undef : EC_GROUP_get_curve_name(group);
    for (size_t i = 0; i < ARRAY_COUNT(curves); i++) {
        if (nid == curves[i].nid)
            return &curves[i];
    }
    return NULL;
}

static EC_KEY *key_on(const struct curve *curve, const EC_KEY *like)
{
    if (curve_of(like) != curve)
        return EC_KEY_new_by_curve_name(curve->nid);
    EC_KEY *key = EC_KEY_new();
    if (key != NULL && EC_KEY_set_group(key, EC_KEY_get0_group(like)) == 1)
        return key;
    EC_KEY_free(key);
    return NULL;
}

int ecdsa_key(struct bytes point, const EC_KEY *like, EC_KEY **key)
{
    const struct curve *curve = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(curves); i++) {
        if (point.size == 2 * curves[i].size)
            curve = &curves[i];
    }
    *key = NULL;
    if (curve == NULL)
        return -EBADMSG;
    uint8_t encoded[1 + 2 * COORDINATE_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(encoded + 1, point.data, point.size);
    EC_KEY *made = key_on(curve, like);
    const bool ok = made != NULL && EC_KEY_oct2key(made, encoded, 1 + point.size, NULL) == 1;
    ERR_clear_error();
    if (ok) {
        *key = made;
        return 0;
    }
    EC_KEY_free(made);
    return made == NULL ? -ENOMEM : -EBADMSG;
}

void ecdsa_key_free(EC_KEY *key) { EC_KEY_free(key); }

int ecdsa_bits(const EC_KEY *key)
{
    const struct curve *curve = curve_of(key);
    return curve == NULL ? 0 : (int)(8 * curve->size);
}

static ECDSA_SIG *signature_of(struct bytes r, struct bytes s)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r_number = BN_bin2bn(r.data, (int)r.size, NULL);
    BIGNUM *s_number = BN_bin2bn(s.data, (int)s.size, NULL);
    if (sig != NULL && r_number != NULL && s_number != NULL &&
        ECDSA_SIG_set0(sig, r_number, s_number) == 1)
        return sig;
    BN_free(r_number);
    BN_free(s_number);
    ECDSA_SIG_free(sig);
    return NULL;
}

static int verify(EC_KEY *key, struct bytes message, struct bytes r, struct bytes s)
{
    const struct curve *curve = curve_of(key);
    uint8_t digest[COORDINATE_MAX];
    ECDSA_SIG *sig = signature_of(r, s);
    if (sig == NULL || curve->digest(message, digest) < 0) {
        ECDSA_SIG_free(sig);
        return -ENOMEM;
    }
    const bool ok = ECDSA_do_verify(digest, (int)curve->size, sig, key) == 1;
    ECDSA_SIG_free(sig);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}

int ecdsa_verify(EC_KEY *key, struct bytes message, struct bytes signature)
{
    const struct curve *curve = curve_of(key);
    if (curve == NULL || signature.size != 2 * curve->size)
        return -EBADMSG;
    struct cur c = cur_init(signature);
    const struct bytes r = cur_take(&c, curve->size);
    const struct bytes s = cur_take(&c, curve->size);
    return verify(key, message, r, s);
}

/* A number that is not negative and no longer than a coordinate and its sign. */
static struct bytes take_number(struct cur *c)
{
    const struct bytes number = der_take_integer(c);
    if (number.size > COORDINATE_MAX + 1 || (number.size > 0 && number.data[0] >= 0x80))
        cur_fail(c);
    return number;
}

int ecdsa_verify_der(EC_KEY *key, struct bytes message, struct bytes signature)
{
    struct cur c = cur_init(signature);
    struct cur pair = cur_init(der_take(&c, DER_SEQUENCE));
    const struct bytes r = take_number(&pair);
    const struct bytes s = take_number(&pair);
    if (curve_of(key) == NULL || !cur_done(&c) || !cur_done(&pair))
        return -EBADMSG;
    return verify(key, message, r, s);
}
