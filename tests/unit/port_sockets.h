/* SPDX-License-Identifier: Apache-2.0 */
/* A host for exec's objects in tests: its handles are sockets of this process, its clock
 * stands still but in a poll that waits, which takes no time. All that is zero does no harm. */
#ifndef PORT_SOCKETS_H
#define PORT_SOCKETS_H

#include "base/cur.h"
#include "include/port.h"

#include <stdbool.h>
#include <stddef.h>

struct port_sockets {
    uint64_t now;   /* ns, of both clocks */
    uint64_t ahead; /* ns, of the one of the day before the other */
    unsigned polls;
    unsigned closes;
    size_t polled;      /* rows of the last poll */
    size_t write_most;  /* bytes that a write takes at most; 0: no bound */
    bool full;          /* nobody is accepted: there are no more handles */
    bool deaf;          /* a poll says that nothing is ready */
    bool liar;          /* it says that all is, at once; 1 ms has passed */
    void (*idle)(void); /* called in a poll that would wait; null: none */
    bool deploys;       /* the keep takes its workload from an owner */
    int64_t stream;     /* of listen and connect: a socket, or minus an errno */
    int64_t (*open)(const struct port_call *call); /* the same; null: that */
    struct bytes collateral;
    int64_t (*steward)(const struct port_call *call); /* exchanges with one; null: none */
    unsigned exchanges;
    evidence_entry *evidence; /* null: this keep proves nothing */
    char log[4096];           /* what it was told, each with a line end */
};
extern struct port_sockets host;

/* A pair of connected sockets: [0] for a handle, [1] for the test. Small buffers. */
void socket_pair(int pair[static 2]);

/* A socket that listens, and connections to it. */
int socket_listen(void);
int socket_connect(int listener);

/* A session of tls/ carried over one of the test's sockets as far as it goes. */
struct tls_session;
void socket_carry(struct tls_session *s, int fd);

#endif
