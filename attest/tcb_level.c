/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and matches levels of a TCB; see tcb_level.h. Trusts its callers. */
#include "attest/tcb_level.h"

#include <string.h>

/* The place of that name in `names`, which gets it if it is new. */
static uint8_t advisory_place(struct reader *r, struct bytes name, struct advisory_names *names)
{
    if (name.size == 0 || name.size >= ADVISORY_SIZE) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < names->count; i++)
        if (bytes_equal(bytes_of_text(names->names[i]), name))
            return (uint8_t)i;
    if (names->count == ADVISORY_NAMES_MAX) {
        r->bad = true;
        return 0;
    }
    memcpy(names->names[names->count], name.data, name.size);
    return (uint8_t)names->count++;
}

static void advisories_read(struct reader *r, const json_t *level, struct advisory_names *names,
                            struct tcb_rating *rating)
{
    if (!json_object_get(level, "advisoryIDs"))
        return;
    const json_t *list =
        read_array(r, level, "advisoryIDs", 0, ADVISORY_MAX, &rating->advisory_count);

    for (size_t i = 0; i < rating->advisory_count; i++) {
        const json_t *name = json_array_get(list, i);
        struct bytes text = {(const uint8_t *)json_string_value(name), json_string_length(name)};

        rating->advisories[i] = advisory_place(r, text, names);
    }
}

void tcb_rating_read(struct reader *r, const json_t *level, struct advisory_names *names,
                     struct tcb_rating *rating)
{
    struct bytes status = read_text(r, level, "tcbStatus");

    rating->status = tcb_status_parse(status);
    rating->date = read_time(r, level, "tcbDate");
    advisories_read(r, level, names, rating);
}

void svn_levels_read(struct reader *r, const json_t *from, struct advisory_names *names,
                     struct svn_levels *levels)
{
    const json_t *list = read_array(r, from, "tcbLevels", 1, SVN_LEVELS_MAX, &levels->count);

    for (size_t i = 0; i < levels->count; i++) {
        const json_t *level = json_array_get(list, i);

        levels->items[i].isv_svn =
            (uint16_t)read_uint(r, read_object(r, level, "tcb"), "isvsvn", UINT16_MAX);
        tcb_rating_read(r, level, names, &levels->items[i].rating);
    }
}

const struct tcb_rating *svn_levels_match(const struct svn_levels *levels, uint16_t isv_svn)
{
    for (size_t i = 0; i < levels->count; i++)
        if (isv_svn >= levels->items[i].isv_svn)
            return &levels->items[i].rating;
    return NULL;
}

bool svn_levels_known(const struct svn_levels *levels)
{
    for (size_t i = 0; i < levels->count; i++)
        if (levels->items[i].rating.status == TCB_NONE)
            return false;
    return true;
}
