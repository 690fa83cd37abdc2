/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time; see rfc3339.h. Days are counted in years that begin in March, so that the
 * leap day comes last. */
#include "base/rfc3339.h"

#include <errno.h>

#define DAY        86400
#define ERA_DAYS   146097           /* 400 years */
#define EPOCH_DAYS 719468           /* from 0000-03-01 to 1970-01-01 */
#define SECOND_MIN (-62167219200ll) /* 0000-01-01T00:00:00Z */
#define SECOND_MAX 253402300799ll   /* 9999-12-31T23:59:59Z */

static unsigned take_digits(struct cur *c, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t digit = cur_u8(c);
        if (digit < '0' || digit > '9')
            cur_fail(c);
        value = value * 10 + (unsigned)(digit - '0');
    }
    return value;
}

static void take_mark(struct cur *c, char mark)
{
    if (cur_u8(c) != (uint8_t)mark)
        cur_fail(c);
}

unsigned rfc3339_days_of_month(unsigned year, unsigned month)
{
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int64_t days_of_date(unsigned year, unsigned month, unsigned day)
{
    const int64_t y = (int64_t)year - (month <= 2);
    const unsigned from_march = (month + 9) % 12;
    const int64_t leap_days = y >= 0 ? y / 4 - y / 100 + y / 400 : -1;
    return 365 * y + leap_days + (153 * from_march + 2) / 5 + day - 1 - EPOCH_DAYS;
}

static int64_t take_date(struct cur *c)
{
    const unsigned year = take_digits(c, 4);
    take_mark(c, '-');
    const unsigned month = take_digits(c, 2);
    take_mark(c, '-');
    const unsigned day = take_digits(c, 2);
    if (month < 1 || month > 12 || day < 1 || day > rfc3339_days_of_month(year, month))
        cur_fail(c);
    return cur_ok(c) ? days_of_date(year, month, day) * DAY : 0;
}

/* A leap second counts as the one after it. */
static int64_t take_clock(struct cur *c)
{
    const unsigned hour = take_digits(c, 2);
    take_mark(c, ':');
    const unsigned minute = take_digits(c, 2);
    take_mark(c, ':');
    const unsigned second = take_digits(c, 2);
    if (hour > 23 || minute > 59 || second > 60)
        cur_fail(c);
    return (int64_t)hour * 3600 + minute * 60 + second;
}

/* The fraction, if any, and the mark after it. */
static uint8_t skip_fraction(struct cur *c)
{
    uint8_t mark = cur_u8(c);
    if (mark != '.')
        return mark;
    take_digits(c, 1);
    do
        mark = cur_u8(c);
    while (mark >= '0' && mark <= '9');
    return mark;
}

static int64_t take_offset(struct cur *c)
{
    const uint8_t sign = skip_fraction(c);
    if (sign == 'Z' || sign == 'z')
        return 0;
    const unsigned hour = take_digits(c, 2);
    take_mark(c, ':');
    const unsigned minute = take_digits(c, 2);
    if ((sign != '+' && sign != '-') || hour > 23 || minute > 59)
        cur_fail(c);
    const int64_t offset = (int64_t)hour * 3600 + minute * 60;
    return sign == '-' ? -offset : offset;
}

int rfc3339_parse(struct bytes text, int64_t *seconds)
{
    struct cur c = cur_init(text);
    int64_t at = take_date(&c);
    if (cur_left(&c) > 0) {
        const uint8_t mark = cur_u8(&c);
        if (mark != 'T' && mark != 't' && mark != ' ')
            cur_fail(&c);
        at += take_clock(&c);
        at -= take_offset(&c);
    }
    if (!cur_done(&c))
        return -EINVAL;
    *seconds = at;
    return 0;
}

/* ---- and back ---- */

static char *put_digits(char *to, unsigned value, size_t count)
{
    for (size_t i = count; i > 0; i--, value /= 10)
        to[i - 1] = (char)('0' + value % 10);
    return to + count;
}

static char *put_date(char *to, int64_t days)
{
    const int64_t from_march_0 = days + EPOCH_DAYS + ERA_DAYS; /* one era more: never negative */
    const int64_t era = from_march_0 / ERA_DAYS;
    const unsigned day_of_era = (unsigned)(from_march_0 % ERA_DAYS);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
    const unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned from_march = (5 * day_of_year + 2) / 153;
    const unsigned month = (from_march + 2) % 12 + 1;
    const int64_t year = (era - 1) * 400 + year_of_era + (month <= 2);
    to = put_digits(to, (unsigned)year, 4);
    *to++ = '-';
    to = put_digits(to, month, 2);
    *to++ = '-';
    return put_digits(to, day_of_year - (153 * from_march + 2) / 5 + 1, 2);
}

void rfc3339_put(int64_t seconds, char text[static RFC3339_SIZE])
{
    seconds = seconds < SECOND_MIN ? SECOND_MIN : seconds;
    seconds = seconds > SECOND_MAX ? SECOND_MAX : seconds;
    int64_t days = seconds / DAY;
    if (seconds % DAY < 0)
        days--;
    const unsigned clock = (unsigned)(seconds - days * DAY);
    char *to = put_date(text, days);
    *to++ = 'T';
    to = put_digits(to, clock / 3600, 2);
    *to++ = ':';
    to = put_digits(to, clock / 60 % 60, 2);
    *to++ = ':';
    to = put_digits(to, clock % 60, 2);
    *to++ = 'Z';
    *to = '\0';
}
