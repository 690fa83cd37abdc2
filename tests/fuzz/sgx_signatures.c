/* SPDX-License-Identifier: Apache-2.0 */
/* Files of signatures, whatever their bytes: what is read is written the same. */
/* links: host/sgx/signatures.c host/sgx/sigstruct.c crypto/rsa.c crypto/digest.c base/cur.c base/put.c base/wipe.c */
/* libs: -ljansson -lcrypto */
#include "host/sgx/signatures.h"

#include "host/sgx/sigstruct.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signatures s;
    struct signatures again;
    if (signatures_parse((struct bytes){.data = data, .size = size}, &s) != NULL)
        return 0;
    char *text = signatures_text(&s);
    if (text == NULL || signatures_parse(bytes_of_text(text), &again) != NULL ||
        memcmp(&s.sgx, &again.sgx, sizeof(s.sgx)) != 0 || strcmp(s.version, again.version) != 0)
        abort();
    free(text);
    const uint8_t mrenclave[SHA256_SIZE] = {0};
    const char *fault = sgx_sigstruct_fault(&s.sgx, mrenclave);
    return fault != NULL && sgx_sigstruct_verify(&s.sgx) > 0 ? -1 : 0;
}
