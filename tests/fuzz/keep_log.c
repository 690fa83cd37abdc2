/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep's process says, in pieces: the first byte says how large. What is kept is text
 * that no terminal obeys, and as much as there may be. */
/* links: svc/agent/keep_log.c base/escape.c base/utf8.c base/cur.c base/put.c */
#include "svc/agent/keep_log.h"

#include "base/utf8.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void look_at(const char *line)
{
    const struct bytes text = bytes_of_text(line);
    if (text.size == 0 || text.size >= KEEP_LOG_LINE || !utf8_check(text))
        abort();
    for (struct cur c = cur_init(text); cur_left(&c) > 0;) {
        const uint32_t character = utf8_take(&c);
        if (character < 0x20 || (character >= 0x7f && character < 0xa0))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keep_log log = {0};
    const size_t piece = size == 0 ? 1 : data[0] + 1u;
    for (size_t at = 1; at < size; at += piece) {
        const size_t left = size - at;
        keep_log_add(&log, (struct bytes){.data = data + at, .size = left < piece ? left : piece});
    }
    if (keep_log_count(&log) > KEEP_LOG_LINES || log.open_size >= KEEP_LOG_LINE)
        abort();
    for (size_t i = 0; i < keep_log_count(&log); i++)
        look_at(keep_log_line(&log, i));
    return 0;
}
