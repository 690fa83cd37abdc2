/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output or error as the end of a stream that comes with credit: takes all that
 * there is credit for, and never makes its caller wait where the system has a way not to.
 * Trusts the kernel. */
#ifndef HOST_DEPLOY_OUTLET_H
#define HOST_DEPLOY_OUTLET_H

#include "base/cur.h"
#include "include/channel.h"

struct outlet {
    int fd;
    bool own;    /* another way to the same pipe or terminal, that does not wait */
    bool socket; /* asked not to wait, each time */
    int error;   /* 0, or -errno: nobody takes what comes, and it is dropped */
    size_t start, end;
    uint8_t buffer[CHANNEL_WINDOW];
};

/* For `fd`, which stays as it is, and open: others have it, too. */
void outlet_open(struct outlet *o, int fd);
void outlet_close(struct outlet *o);

/* Takes all of it, at most CHANNEL_WINDOW bytes with what is pending. How many bytes are
 * done with now: written or, after an error, dropped. */
size_t outlet_put(struct outlet *o, struct bytes from);

/* The same of what is pending. */
size_t outlet_flush(struct outlet *o);

/* How many bytes wait to be written: when poll(2) has POLLOUT for `fd`. */
size_t outlet_pending(const struct outlet *o);

#endif
