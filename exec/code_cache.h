/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code that outlives a keep. A keep runs no machine code but what its
 * own compiler made: an entry counts only when it carries our authentication
 * code, under a key that the host's loader (nil, kvm) or the CPU (TEEs) gives to
 * this exec for this module alone. */
#ifndef EXEC_CODE_CACHE_H
#define EXEC_CODE_CACHE_H

#include "conf/manifest.h"

/* True when there is a key: put makes sense. */
bool code_cache_wanted(void);

/* The code of this module, or nothing. Lives as long as the keep. */
struct bytes code_cache_get(const uint8_t digest[static DIGEST_SIZE], enum compiler compiler);

/* Keeps the code for a later keep. What fails is told at PORT_LOG_DEBUG only. */
void code_cache_put(const uint8_t digest[static DIGEST_SIZE], enum compiler compiler,
                    struct bytes code);

#endif
