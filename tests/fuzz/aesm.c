/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of Intel's quoting service, whatever their bytes. */
/* links: host/sgx/aesm.c base/cur.c base/put.c */
#include "host/sgx/aesm.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum aesm_call calls[] = {AESM_INIT_QUOTE, AESM_QUOTE_SIZE, AESM_GET_QUOTE,
                                           AESM_KEY_COUNT, AESM_KEY_IDS};
    for (size_t i = 0; i < ARRAY_COUNT(calls); i++) {
        struct aesm_answer answer;
        if (aesm_answer_parse((struct bytes){.data = data, .size = size}, calls[i], &answer) < 0)
            continue;
        for (size_t f = 0; f < AESM_FIELDS; f++) {
            const struct bytes d = answer.data[f];
            if (d.size > 0 && (d.data < data || d.data + d.size > data + size))
                abort();
        }
    }
    return 0;
}
