/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an answer to an upgrade: what it tells lies within what came, and nothing of
 * it changes when more comes. */
/* links: net/upgrade_head.c base/cur.c */
#include "net/upgrade.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check(const struct upgrade_head *head, size_t size)
{
    if (head->size > size || head->status > 999 || (head->upgraded && head->status != 101))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct upgrade_head all, part;
    const int whole = upgrade_head_parse((struct bytes){data, size}, "enarx-keep/1", &all);
    if (whole == 0)
        check(&all, size);
    const int cut = upgrade_head_parse((struct bytes){data, size / 2}, "enarx-keep/1", &part);
    if (cut == 0 && (whole != 0 || memcmp(&part, &all, sizeof(all)) != 0))
        abort();
    return 0;
}
