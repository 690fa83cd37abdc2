/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's own key; see identity.h. */
#include "exec/identity.h"

int identity_init(struct keep_identity *identity)
{
    *identity = (struct keep_identity){0};
    int error = key_generate(&identity->key);
    if (error == 0)
        error = key_public(identity->key, identity->public_key);
    if (error < 0)
        identity_fini(identity);
    return error;
}

void identity_fini(struct keep_identity *identity)
{
    EVP_PKEY_free(identity->key);
    *identity = (struct keep_identity){0};
}
