/* SPDX-License-Identifier: Apache-2.0 */
/* Records checks and the texts shown with them; see record.h. Trusts its callers. */
#include "attest/record.h"

#include "base/hex.h"
#include "base/rfc3339.h"

#include <string.h>

bool check_record(struct attest_result *result, enum check_id id, enum outcome outcome,
                  struct shown expected, struct shown found)
{
    const bool passed = outcome == OUTCOME_PASSED;
    if (!passed && result->reason == CHECK_NONE)
        result->reason = id;
    if (result->check_count < CHECKS_MAX)
        result->checks[result->check_count] =
            (struct check){.id = id, .outcome = outcome, .expected = expected, .found = found};
    result->check_count++;
    return passed;
}

void result_note(struct attest_result *result, const char *text)
{
    if (result->note_count < NOTES_MAX)
        result->notes[result->note_count++] = show_text(text);
}

/* ---- values as text ---- */

static void append(struct shown *s, struct bytes text)
{
    static const char more[] = "...";
    const size_t used = strlen(s->text);
    const size_t room = SHOWN_MAX - 1 - used;
    const size_t kept = text.size < room ? text.size : room;
    for (size_t i = 0; i < kept; i++) {
        const uint8_t c = text.data[i];
        s->text[used + i] = c >= ' ' && c <= '~' ? (char)c : '?';
    }
    s->text[used + kept] = '\0';
    if (kept < text.size)
        memcpy(s->text + SHOWN_MAX - sizeof(more), more, sizeof(more));
}

struct shown show_bytes_text(struct bytes text)
{
    struct shown s;
    s.text[0] = '\0';
    append(&s, text);
    return s;
}

struct shown show_text(const char *text) { return show_bytes_text(bytes_of_text(text)); }

struct shown show_uint(uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return show_bytes_text((struct bytes){(const uint8_t *)digits + at, sizeof(digits) - at});
}

struct shown show_flags(uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 + 16];
    size_t at = sizeof(text);
    do {
        text[--at] = digits[value & 15];
        value >>= 4;
    } while (value > 0);
    text[--at] = 'x';
    text[--at] = '0';
    return show_bytes_text((struct bytes){(const uint8_t *)text + at, sizeof(text) - at});
}

#define HEX_SHOWN 64u /* bytes shown of a longer value */

struct shown show_hex(struct bytes value)
{
    char text[2 * HEX_SHOWN + 1];
    const struct bytes start = {value.data, value.size < HEX_SHOWN ? value.size : HEX_SHOWN};
    hex_put(start, text);
    struct shown s = show_text(text);
    if (value.size > HEX_SHOWN)
        append(&s, bytes_of_text("..."));
    return s;
}

struct shown show_hex_list(struct bytes_list list)
{
    if (list.count == 0)
        return show_text("any");
    struct shown s = show_hex(list.items[0]);
    for (size_t i = 1; i < list.count; i++) {
        append(&s, bytes_of_text(", "));
        append(&s, bytes_of_text(show_hex(list.items[i]).text));
    }
    return s;
}

struct shown show_masked(struct masked value)
{
    if (value.mask == 0)
        return show_text("any");
    struct shown s = show_flags(value.value);
    append(&s, bytes_of_text("/"));
    append(&s, bytes_of_text(show_flags(value.mask).text));
    return s;
}

struct shown show_time(int64_t seconds)
{
    char text[RFC3339_SIZE];
    rfc3339_put(seconds, text);
    return show_text(text);
}

bool bytes_list_has(struct bytes_list list, struct bytes value)
{
    for (size_t i = 0; i < list.count; i++) {
        if (bytes_equal(list.items[i], value))
            return true;
    }
    return false;
}
