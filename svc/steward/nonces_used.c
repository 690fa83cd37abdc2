/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces that were used; see nonce.h. A table in which each nonce has a few places where it
 * may stand, by its random part: nobody but the steward chooses that. */
#include "svc/steward/nonce.h"

#include <stdlib.h>

#define PLACES (1u << 20) /* some 3,000 nonces a second for as long as they are valid */
#define WINDOW 32u

struct place {
    int64_t expires; /* 0: free */
    uint64_t mark;
};

struct nonces_used {
    struct place places[PLACES];
};

struct nonces_used *nonces_used_new(void) { return calloc(1, sizeof(struct nonces_used)); }
void nonces_used_free(struct nonces_used *used) { free(used); }

enum steward_check nonces_used_add(struct nonces_used *used, struct bytes nonce, int64_t issued,
                                   int64_t now)
{
    struct cur c = cur_init(nonce);
    cur_be64(&c);
    const uint64_t where = cur_be64(&c), mark = cur_be64(&c);
    struct place *open = NULL;
    for (size_t i = 0; i < WINDOW; i++) {
        struct place *p = &used->places[(where + i) % PLACES];
        const bool taken = p->expires >= now;
        if (!steward_passes(nonce_unused, !taken || p->mark != mark))
            return STEWARD_nonce_unused;
        if (!taken && open == NULL)
            open = p;
    }
    if (open == NULL)
        return STEWARD_nonce_unused;
    *open = (struct place){.expires = issued + NONCE_LIFETIME, .mark = mark};
    return STEWARD_PASSED;
}
