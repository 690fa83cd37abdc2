/* SPDX-License-Identifier: Apache-2.0 */
/* Releases of Linux; see floor.h. [CVE-2026-31588], the last mended of docs/kvm.md. */
#include "host/kvm/floor.h"

#include "base/attr.h"

#include <stddef.h>
#include <stdlib.h>

/* By branch. All from 7.1 on have it from their beginning. */
static const struct kvm_release mended[] = {
    {5, 10, 258}, {5, 15, 209}, {6, 1, 175}, {6, 6, 136},
    {6, 12, 83},  {6, 18, 24},  {6, 19, 14}, {7, 0, 1},
};

static bool is_before(struct kvm_release a, struct kvm_release b)
{
    if (a.major != b.major)
        return a.major < b.major;
    return a.minor < b.minor;
}

/* Up to what is neither a number nor a point between two; behind that they are 0. */
static unsigned number(const char **at)
{
    char *end;
    const unsigned long n = strtoul(*at, &end, 10);
    *at = *end == '.' ? end + 1 : "";
    return (unsigned)n;
}

bool kvm_floor(const char *release, struct kvm_release *floor)
{
    struct kvm_release r;
    r.major = number(&release);
    r.minor = number(&release);
    r.patch = number(&release);
    size_t i = 0;
    while (i < ARRAY_COUNT(mended) - 1 && is_before(mended[i], r))
        i++;
    *floor = mended[i];
    return is_before(*floor, r) || (!is_before(r, *floor) && r.patch >= floor->patch);
}
