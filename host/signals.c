/* SPDX-License-Identifier: Apache-2.0 */
/* The user's signals; see signals.h. */
#define _GNU_SOURCE
#include "host/signals.h"

#include "base/attr.h"

#include <stddef.h>
#include <time.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

sigset_t signals_of_user(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
        sigaddset(&set, numbers[i]);
    return set;
}

bool signals_has(int number)
{
    const sigset_t set = signals_of_user();
    return sigismember(&set, number) == 1;
}

bool signals_pending(void)
{
    sigset_t pending;
    if (sigpending(&pending) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        if (sigismember(&pending, numbers[i]) == 1)
            return true;
    }
    return false;
}

int signals_take(void)
{
    const sigset_t set = signals_of_user();
    const int number = sigtimedwait(&set, NULL, &(struct timespec){0});
    return number > 0 ? number : 0;
}
