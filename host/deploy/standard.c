/* SPDX-License-Identifier: Apache-2.0 */
/* Standard streams; see standard.h. */
#include "host/deploy/standard.h"

#include "base/attr.h"

#include <errno.h>
#include <unistd.h>

void standard_open(struct standard_streams *s)
{
    outlet_open(&s->out, STDOUT_FILENO);
    outlet_open(&s->err, STDERR_FILENO);
    s->terminal = isatty(STDIN_FILENO);
}

void standard_close(struct standard_streams *s)
{
    outlet_close(&s->out);
    outlet_close(&s->err);
}

bool standard_readable(const struct standard_streams *s)
{
    return !s->terminal || tcgetpgrp(STDIN_FILENO) == getpgrp();
}

ssize_t standard_read(maybe_unused struct standard_streams *s, void *to, size_t size)
{
    const ssize_t n = read(STDIN_FILENO, to, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return -EAGAIN;
    return n < 0 ? 0 : n;
}

size_t standard_put(struct standard_streams *s, enum channel_type type, struct bytes from)
{
    return outlet_put(type == CHANNEL_STDOUT ? &s->out : &s->err, from);
}

bool standard_pending(const struct standard_streams *s)
{
    return outlet_pending(&s->out) > 0 || outlet_pending(&s->err) > 0;
}
