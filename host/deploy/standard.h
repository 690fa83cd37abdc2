/* SPDX-License-Identifier: Apache-2.0 */
/* The standard streams of this process, as a session carries them. Trusts the user. */
#ifndef HOST_DEPLOY_STANDARD_H
#define HOST_DEPLOY_STANDARD_H

#include "host/deploy/outlet.h"

#include <stdbool.h>
#include <sys/types.h>

struct standard_streams {
    struct outlet out;
    struct outlet err;
    bool terminal; /* standard input is one */
};

void standard_open(struct standard_streams *s);
void standard_close(struct standard_streams *s);

/* Reading would not stop us: of a terminal, only those in its foreground may read. */
bool standard_readable(const struct standard_streams *s);

/* At most `size` bytes of input: 0 at its end, also where it cannot be read; -EAGAIN. */
ssize_t standard_read(struct standard_streams *s, void *to, size_t size);

/* outlet_put() of CHANNEL_STDOUT or CHANNEL_STDERR. */
size_t standard_put(struct standard_streams *s, enum channel_type type, struct bytes from);
bool standard_pending(const struct standard_streams *s);

#endif
