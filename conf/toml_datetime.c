/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's dates and times [RFC 3339 5.6]. Trusts nothing. */
#include "base/rfc3339.h"
#include "conf/toml_scalar.h"

struct reader {
    struct cur c;
    const char *wrong; /* the first thing found wrong */
};

static bool comes(const struct reader *r, char wanted)
{
    struct cur next = r->c;
    return cur_u8(&next) == (uint8_t)wanted && cur_ok(&next);
}

static bool accept(struct reader *r, char wanted)
{
    if (!comes(r, wanted))
        return false;
    cur_take(&r->c, 1);
    return true;
}

static void require(struct reader *r, bool good, const char *wrong)
{
    if (!good && r->wrong == NULL)
        r->wrong = wrong;
}

static unsigned take_digits(struct reader *r, size_t count)
{
    struct bytes digits = cur_take(&r->c, count);
    require(r, digits.size == count, "it ends too soon");
    unsigned value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        require(r, scan_is_digit(digits.data[i]), "a digit is missing");
        value = value * 10 + (unsigned)(digits.data[i] - '0');
    }
    return value;
}

static void take_date(struct reader *r)
{
    const unsigned year = take_digits(r, 4);
    require(r, accept(r, '-'), "after the year comes -");
    const unsigned month = take_digits(r, 2);
    require(r, month >= 1 && month <= 12, "months are 01 to 12");
    require(r, accept(r, '-'), "after the month comes -");
    const unsigned day = take_digits(r, 2);
    require(r, day >= 1 && day <= rfc3339_days_of_month(year, month), "the month has no such day");
}

static void take_clock(struct reader *r)
{
    require(r, take_digits(r, 2) <= 23, "hours are 00 to 23");
    require(r, accept(r, ':'), "after the hour comes :");
    require(r, take_digits(r, 2) <= 59, "minutes are 00 to 59");
}

static void take_time(struct reader *r)
{
    take_clock(r);
    require(r, accept(r, ':'), "after the minute come : and seconds");
    require(r, take_digits(r, 2) <= 60, "seconds are 00 to 60");
    if (!accept(r, '.'))
        return;
    size_t count = 0;
    while (cur_left(&r->c) > 0 && scan_is_digit(*r->c.pos)) {
        cur_take(&r->c, 1);
        count++;
    }
    require(r, count > 0, "after the point comes a digit");
}

static void take_offset(struct reader *r)
{
    if (accept(r, 'Z') || accept(r, 'z'))
        return;
    if (accept(r, '+') || accept(r, '-'))
        take_clock(r);
}

const char *toml_datetime_check(struct bytes token)
{
    struct reader r = {.c = cur_init(token)};
    if (token.size > 2 && token.data[2] == ':') {
        take_time(&r);
    } else {
        take_date(&r);
        if (accept(&r, 'T') || accept(&r, 't') || accept(&r, ' ')) {
            take_time(&r);
            take_offset(&r);
        }
    }
    require(&r, cur_left(&r.c) == 0, "something follows it");
    return r.wrong;
}
