/* SPDX-License-Identifier: Apache-2.0 */
/* What the process of a keep asks its usher, and what it is answered, as messages on a
 * SOCK_SEQPACKET socket. The keep is hostile: it writes whatever it likes.
 *
 *     order:  u32 kind, u32 number, then HOST:PORT, or a URL and, behind a NUL, a request
 *     answer: u32 number of the order, i32 0 or -errno, then what a steward said; with a
 *             socket beside it where one was asked for
 *
 * Little-endian. */
#ifndef HOST_USHER_ORDER_H
#define HOST_USHER_ORDER_H

#include "host/place.h"
#include "include/port.h"

enum usher_kind {
    USHER_LISTEN = 1,
    USHER_CONNECT,
    USHER_NONCE,
    USHER_CERTIFICATE,
};
#define USHER_KINDS 5u

#define USHER_HEADER    8u
#define USHER_ORDER_MAX (USHER_HEADER + PORT_REQUEST_MAX)
#define USHER_SAID_MAX  (64u * 1024u) /* bytes: what a steward says */
#define USHER_URL_MAX   2048u

struct usher_order {
    enum usher_kind kind;
    uint32_t number;
    struct place place;          /* that it leads to */
    char url[USHER_URL_MAX + 1]; /* of a steward */
    struct bytes request;        /* for it; borrowed, empty for a nonce */
};

/* 0 or -EBADMSG. */
must_use int usher_order_parse(struct bytes message, struct usher_order *out);

#endif
