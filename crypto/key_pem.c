/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys as PEM; see key_pem.h. */
#include "crypto/key_pem.h"

#include "base/wipe.h"
#include "crypto/pem.h"

#include <errno.h>

#define LABEL   "EC PRIVATE KEY"
#define DER_MAX 256u

int key_pem_put(const EVP_PKEY *key, struct put *out)
{
    uint8_t der[DER_MAX];
    struct put p = put_init(der, sizeof(der));
    const int error = key_put(key, &p);
    if (error == 0)
        pem_put(out, LABEL, put_done(&p));
    wipe(der, sizeof(der));
    return error;
}

int key_pem_take(struct cur *c, EVP_PKEY **key)
{
    uint8_t der[DER_MAX];
    struct put p = put_init(der, sizeof(der));
    *key = NULL;
    const int error = pem_take(c, LABEL, &p) == 1 ? key_parse(put_done(&p), key) : -EBADMSG;
    wipe(der, sizeof(der));
    return error;
}
