/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL frees the secrets of TLS sessions as they are. Trusts the allocator of the C
 * library. */
#ifndef CRYPTO_MEMORY_H
#define CRYPTO_MEMORY_H

#include "base/attr.h"

/* From now on OpenSSL's memory is wiped before it is given back. To be called before
 * anything else of OpenSSL's in a program. 0, or -EBUSY: too late. */
must_use int crypto_wipe_freed(void);

#endif
