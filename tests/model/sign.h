/* SPDX-License-Identifier: Apache-2.0 */
/* Signs SIGSTRUCTs for tests. */
#ifndef TESTS_MODEL_SIGN_H
#define TESTS_MODEL_SIGN_H

#include "include/sgx_arch.h"

/* One that EINIT takes but for its signature. */
void sigstruct_make(const struct sgx_secs *secs, const uint8_t mrenclave[static 32],
                    struct sgx_sigstruct *sig);

/* With a key made at the first call. */
void sigstruct_sign(struct sgx_sigstruct *sig);

#endif
