/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral by name: from the cache ($XDG_CACHE_HOME/enarx/collateral), or from a
 * manufacturer's service and then into the cache. Whoever wrote what comes out, the
 * verifier trusts none of it: a poisoned cache leads to refusals only. */
#ifndef NET_COLLATERAL_H
#define NET_COLLATERAL_H

#include "base/cur.h"
#include "host/fault.h"

#define COLLATERAL_NAME_MAX 240u
#define COLLATERAL_URL_MAX  1024u
#define COLLATERAL_AGE_MAX  86400 /* seconds that what can change is taken from the cache */
#define COLLATERAL_WAIT_MAX 60    /* seconds spent waiting where a service asks for it */

enum collateral_mode { COLLATERAL_CACHED, COLLATERAL_REFRESH, COLLATERAL_OFFLINE };

struct collateral_source {
    int dir; /* of the cache */
    enum collateral_mode mode;
    const char *ca_bundle; /* or null */
    struct http *http;     /* opened at the first miss */
};

struct collateral_item {
    char name[COLLATERAL_NAME_MAX]; /* in the cache: says of what product, chip, versions */
    char url[COLLATERAL_URL_MAX];
    bool constant; /* never changes once made */
};

struct collateral_got {
    struct bytes body;         /* owned */
    struct bytes issuer_chain; /* PEM, empty without one; owned */
};

must_use int collateral_open(struct collateral_source *source, struct fault *fault);
void collateral_close(struct collateral_source *source);

/* Of processes that miss the same item at once, one asks and the others wait for it. Where
 * the service cannot be reached, what the cache has is good at any age. 0, -ENOENT when
 * the service has no such item, or another -errno; all with `fault` filled. */
must_use int collateral_get(struct collateral_source *source, const struct collateral_item *item,
                            struct collateral_got *got, struct fault *fault);
void collateral_got_fini(struct collateral_got *got);

#endif
