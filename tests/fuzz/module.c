/* SPDX-License-Identifier: Apache-2.0 */
/* The first look at a program, whatever its bytes. */
/* links: host/cli/module.c base/cur.c */
#include "host/cli/module.h"

#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *fault = module_fault((struct bytes){.data = data, .size = size});
    return fault != NULL && fault[0] == '\0' ? -1 : 0;
}
