/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSTRUCT: an author's signature over an enclave's measurement and over what the
 * enclave may and may not be [SDM 3D 35.14]. Trusts nothing in one from elsewhere. */
#ifndef HOST_SGX_SIGSTRUCT_H
#define HOST_SGX_SIGSTRUCT_H

#include "crypto/digest.h"
#include "crypto/rsa.h"
#include "include/sgx_keep.h"

/* Signs an enclave of ours: its attributes, XFRM and MISCSELECT as include/sgx_keep.h
 * has them and no others, since every bit is masked. `date` is 0xYYYYMMDD. 0 or -errno. */
must_use int sgx_sigstruct_sign(EVP_PKEY *key, const uint8_t mrenclave[static SHA256_SIZE],
                                uint32_t date, struct sgx_sigstruct *out);

/* What is wrong with one for our enclave, as the end of a sentence that begins with
 * it; null: nothing. Looks at everything but the signature. */
const char *sgx_sigstruct_fault(const struct sgx_sigstruct *s,
                                const uint8_t mrenclave[static SHA256_SIZE]);

/* The signature, and the quotients that go with it, by the key that it names. 0,
 * -EBADMSG or -ENOMEM. */
must_use int sgx_sigstruct_verify(const struct sgx_sigstruct *s);

/* MRSIGNER: SHA-256 of a modulus. */
must_use int sgx_mrsigner(const uint8_t modulus[static RSA_SIZE], uint8_t out[static SHA256_SIZE]);

#endif
