/* SPDX-License-Identifier: Apache-2.0 */
/* Time; see clock.h. Trusts nobody, and promises no more than that. */
#include "shim/core/clock.h"

#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/kernel.h"
#include "shim/x86/tsc.h"

#define SECOND    1000000000ull
#define FRESH_FOR (SECOND / 10)
#define SHIFT     20u

/* Readings closer together than this tell little of the counter's rate, further
 * apart than that would overflow. */
#define APART_MIN (SECOND / 500)
#define APART_MAX (SECOND * 3600)

static uint64_t ask(struct kernel *k, enum port_clock which)
{
    const struct port_call call = {.verb = PORT_CLOCK, .arg = {which}};
    int64_t now = port_carry(k->block, &call);
    return now < 0 ? 0 : (uint64_t)now;
}

/* From two words of the host's and what the counter did between them. */
static void learn(struct clock *c, const struct clock_source *s, uint64_t now, uint64_t ticks)
{
    const uint64_t apart = now - s->base;
    const uint64_t ticked = ticks - s->ticks;
    if (s->base == 0 || now < s->base || apart < APART_MIN || apart > APART_MAX ||
        ticked >> 44 != 0)
        return;
    const uint64_t scale = (apart << SHIFT) / (ticked + 1);
    /* no counter is slower; with 2^40 ticks it is 64 bits */
    if (CHECK(clock_rate, scale >> 24 == 0))
        c->scale = scale;
}

static uint64_t read(struct kernel *k, enum port_clock which)
{
    struct clock *c = &k->clock;
    struct clock_source *s = &c->sources[which];
    const uint64_t ticks = tsc_read();
    const uint64_t ticked = ticks - s->ticks;
    if (c->scale != 0 && s->base != 0 && ticked >> 40 == 0) {
        const uint64_t passed = ticked * c->scale >> SHIFT;
        if (passed < FRESH_FOR)
            return s->base + passed;
    }
    const uint64_t now = ask(k, which);
    learn(c, s, now, ticks);
    if (c->scale != 0 || now - s->base >= APART_MIN) { /* else too early to learn from */
        s->base = now;
        s->ticks = ticks;
    }
    return now;
}

uint64_t clock_now(struct kernel *k, enum port_clock which)
{
    struct clock_source *s = &k->clock.sources[which];
    const uint64_t now = read(k, which);
    if (CHECK(clock_monotone, now > s->last))
        s->last = now;
    return s->last;
}

int64_t clock_tell(struct kernel *k, const uint64_t *a)
{
    enum { REALTIME = 0, REALTIME_COARSE = 5, LAST = 7 }; /* [Linux uapi linux/time.h] */
    if (a[0] > LAST)
        return -EINVAL;
    const bool real = a[0] == REALTIME || a[0] == REALTIME_COARSE;
    const uint64_t now = clock_now(k, real ? PORT_CLOCK_REALTIME : PORT_CLOCK_MONOTONIC);
    const uint64_t time[2] = {now / SECOND, now % SECOND};
    return user_write(k, a[1], time, sizeof(time));
}
