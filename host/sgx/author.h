/* SPDX-License-Identifier: Apache-2.0 */
/* The user as the author of enclaves: a key of theirs, made on first use, and what
 * it signed, both in the user's state directory. Whoever wants a signer that means
 * something names a file of signatures instead. */
#ifndef HOST_SGX_AUTHOR_H
#define HOST_SGX_AUTHOR_H

#include "host/fault.h"
#include "host/sgx/sigstruct.h"

/* The signature of the enclave with this measurement. `before_key` is called before
 * a key is made, which takes a second: on first use, or every time where there is no
 * such directory or no room in it. 0 or -errno. */
must_use int sgx_author_sign(const uint8_t mrenclave[static SHA256_SIZE], void (*before_key)(void),
                             struct sgx_sigstruct *out, struct fault *fault);

/* Today, as SIGSTRUCT has it. */
uint32_t sgx_author_date(void);

#endif
