/* SPDX-License-Identifier: Apache-2.0 */
/* Things made of exact bytes, remembered with those bytes. Trusts its callers to
 * store only what the bytes alone decide: never a verdict, a time or a policy. */
#ifndef ATTEST_CACHE_H
#define ATTEST_CACHE_H

#include "attest/attest.h"

enum cached { CACHED_SET = 1, CACHED_TCB_INFO, CACHED_QE_IDENTITY };

/* The thing of that sort made of these parts; null when it is not known. */
void *cache_find(struct attest_cache *cache, enum cached sort, const struct bytes *parts,
                 size_t count);

/* Remembers `thing`, which the cache owns from now on, also when it fails: then
 * `release` has been called. 0 or -ENOMEM. It lives until enough others were put. */
must_use int cache_put(struct attest_cache *cache, enum cached sort, const struct bytes *parts,
                       size_t count, void *thing, void (*release)(void *thing));

#endif
