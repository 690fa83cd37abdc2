/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures on certificates, CRLs and requests; see x509.h. Trusts OpenSSL's checks. */
#include "crypto/ecdsa.h"
#include "crypto/rsa_pss.h"
#include "crypto/x509_parse.h"

/* AlgorithmIdentifiers to the letter: RSA-PSS has parameters that must not vary,
 * of which AMD writes the default trailer field out in some certificates. */
#define PSS(length, inner, end)                                            \
    "\x30" length "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30" inner \
    "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00" \
    "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"         \
    "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30" end

static const struct algorithm {
    const char *der;
    size_t size;
    int ec_bits; /* of the signer's key; 0: RSA */
} algorithms[] = {
#define ALGORITHM(der, ec_bits)       \
    {                                 \
        der, sizeof(der) - 1, ec_bits \
    }
    ALGORITHM("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", 256),
    ALGORITHM("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03", 384),
    ALGORITHM(PSS("\x41", "\x34", ""), 0),
    ALGORITHM(PSS("\x46", "\x39", "\xa3\x03\x02\x01\x01"), 0),
};

static const struct algorithm *algorithm_of(const struct x509_signed *s)
{
    for (size_t i = 0; i < ARRAY_COUNT(algorithms); i++) {
        const struct algorithm *a = &algorithms[i];
        if (bytes_equal(s->algorithm, (struct bytes){(const uint8_t *)a->der, a->size}))
            return a;
    }
    return NULL;
}

bool x509_algorithm_fits(const struct x509_signed *s, const struct x509_cert *signer)
{
    const struct algorithm *a = algorithm_of(s);
    if (a == NULL)
        return false;
    return a->ec_bits == 0 ? signer->rsa != NULL : ecdsa_bits(signer->ec) == a->ec_bits;
}

bool x509_signed_by(const struct x509_signed *s, const struct x509_cert *signer)
{
    if (!x509_algorithm_fits(s, signer))
        return false;
    return (signer->ec != NULL ? ecdsa_verify_der(signer->ec, s->tbs, s->signature)
                               : rsa_pss_verify(signer->rsa, s->tbs, s->signature)) == 0;
}
