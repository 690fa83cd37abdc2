/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSTRUCT; see sigstruct.h. */
#include "host/sgx/sigstruct.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define VENDOR_INTEL 0x8086u

/* What no release may have; a mask that leaves one out would let the loader set it. */
#define FORBIDDEN (SGX_ATTR_DEBUG | SGX_ATTR_PROVISIONKEY | SGX_ATTR_EINITTOKENKEY)

static const uint8_t header[] = SGX_SIGSTRUCT_HEADER;
static const uint8_t header2[] = SGX_SIGSTRUCT_HEADER2;

/* What is signed: from the header on, and from MISCSELECT on [SDM 3D 35.14]. */
static struct bytes first_part(const struct sgx_sigstruct *s)
{
    return (struct bytes){(const uint8_t *)s, offsetof(struct sgx_sigstruct, modulus)};
}

static struct bytes second_part(const struct sgx_sigstruct *s)
{
    const size_t from = offsetof(struct sgx_sigstruct, miscselect);
    return (struct bytes){(const uint8_t *)s + from,
                          offsetof(struct sgx_sigstruct, reserved4) - from};
}

int sgx_sigstruct_sign(EVP_PKEY *key, const uint8_t mrenclave[static SHA256_SIZE], uint32_t date,
                       struct sgx_sigstruct *out)
{
    struct sgx_sigstruct s = {
        .header = SGX_SIGSTRUCT_HEADER,
        .date = date,
        .header2 = SGX_SIGSTRUCT_HEADER2,
        .exponent = 3,
        .miscselect = SGX_KEEP_MISCSELECT,
        .miscmask = UINT32_MAX,
        .attributes = {.flags = SGX_KEEP_ATTRIBUTES, .xfrm = SGX_KEEP_XFRM},
        .attribute_mask = {.flags = UINT64_MAX, .xfrm = UINT64_MAX},
        .isv_prod_id = SGX_KEEP_PROD_ID,
        .isv_svn = SGX_KEEP_SVN,
    };
    memcpy(s.enclave_hash, mrenclave, sizeof(s.enclave_hash));
    int error = rsa_modulus(key, s.modulus);
    if (error == 0)
        error = rsa_sign(key, first_part(&s), second_part(&s), s.signature);
    if (error == 0)
        error = rsa_quotients(s.modulus, s.signature, s.q1, s.q2);
    if (error == 0)
        *out = s;
    return error;
}

static bool all_zero(const uint8_t *data, size_t size)
{
    uint8_t used = 0;
    for (size_t i = 0; i < size; i++)
        used |= data[i];
    return used == 0;
}

static bool shape_ok(const struct sgx_sigstruct *s)
{
    return memcmp(s->header, header, sizeof(header)) == 0 &&
           memcmp(s->header2, header2, sizeof(header2)) == 0 &&
           (s->vendor == 0 || s->vendor == VENDOR_INTEL) && s->exponent == 3 &&
           all_zero(s->reserved1, sizeof(s->reserved1)) &&
           all_zero(s->reserved2, sizeof(s->reserved2)) &&
           all_zero(s->reserved3, sizeof(s->reserved3)) &&
           all_zero(s->reserved4, sizeof(s->reserved4));
}

/* As EINIT compares: what is masked has to be as in SECS [SDM 38.3 EINIT]. */
static bool attributes_fit(const struct sgx_sigstruct *s)
{
    const struct sgx_attributes *mask = &s->attribute_mask;
    return ((s->attributes.flags ^ SGX_KEEP_ATTRIBUTES) & mask->flags) == 0 &&
           ((s->attributes.xfrm ^ SGX_KEEP_XFRM) & mask->xfrm) == 0 &&
           ((s->miscselect ^ SGX_KEEP_MISCSELECT) & s->miscmask) == 0;
}

const char *sgx_sigstruct_fault(const struct sgx_sigstruct *s,
                                const uint8_t mrenclave[static SHA256_SIZE])
{
    if (!shape_ok(s))
        return "is not a SIGSTRUCT";
    if (memcmp(s->enclave_hash, mrenclave, sizeof(s->enclave_hash)) != 0)
        return "is for another build: its MRENCLAVE is not that of 'enarx measure'";
    if ((s->attributes.flags & FORBIDDEN) != 0)
        return "asks for DEBUG, PROVISIONKEY or EINITTOKENKEY, which no keep may have";
    if (~s->attribute_mask.flags != 0 || ~s->attribute_mask.xfrm != 0 || ~s->miscmask != 0)
        return "leaves some of the enclave's attributes, XFRM or MISCSELECT to the host: its masks "
               "are not all ones";
    if (!attributes_fit(s))
        return "has other attributes, XFRM or MISCSELECT than the keep";
    return NULL;
}

int sgx_sigstruct_verify(const struct sgx_sigstruct *s)
{
    struct sgx_sigstruct expected;
    int error = rsa_verify(s->modulus, first_part(s), second_part(s), s->signature);
    if (error == 0)
        error = rsa_quotients(s->modulus, s->signature, expected.q1, expected.q2);
    if (error < 0)
        return error;
    const bool same = memcmp(s->q1, expected.q1, sizeof(s->q1)) == 0 &&
                      memcmp(s->q2, expected.q2, sizeof(s->q2)) == 0;
    return same ? 0 : -EBADMSG;
}

int sgx_mrsigner(const uint8_t modulus[static RSA_SIZE], uint8_t out[static SHA256_SIZE])
{
    return sha256((struct bytes){modulus, RSA_SIZE}, out);
}
