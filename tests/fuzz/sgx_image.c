/* SPDX-License-Identifier: Apache-2.0 */
/* Images of the shim, whatever their bytes: what is taken keeps its promises. */
/* links: host/sgx/image.c host/elf_file.c base/cur.c */
#include "host/sgx/image.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgx_image image;
    uint64_t end = 0;
    unsigned sum = 0;
    if (sgx_image_parse((struct bytes){.data = data, .size = size}, &image) < 0)
        return 0;
    for (size_t i = 0; i < image.count; i++) {
        const struct sgx_run *run = &image.runs[i];
        if (run->offset < end || run->size == 0 || (run->offset | run->size) % SGX_PAGE != 0 ||
            (run->flags & (SGX_W | SGX_X)) == (SGX_W | SGX_X))
            abort();
        end = run->offset + run->size;
        sum += run->data[0] + run->data[run->size - 1];
    }
    if (end > SGX_KEEP_EXEC || image.entry >= end)
        abort();
    sgx_image_fini(&image);
    return sum == UINT32_MAX ? -1 : 0; /* the bytes were read */
}
