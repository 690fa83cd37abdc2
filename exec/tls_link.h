/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of TLS connections; for exec/tls_stream.c. A head is a link, and so is each member's. */
#ifndef EXEC_TLS_LINK_H
#define EXEC_TLS_LINK_H

#include "exec/tls_stream.h"

#include <stddef.h>

/* The connection whose link of that name it is. */
#define TLS_LINKED(link, name) \
    ((struct tls_stream *)(void *)((char *)(link)-offsetof(struct tls_stream, name)))

static inline void tls_link_init(struct tls_link *l) { l->prev = l->next = l; }

/* In a list; of a head: has members. */
static inline bool tls_link_is_in(const struct tls_link *l) { return l->next != l; }

static inline void tls_link_append(struct tls_link *head, struct tls_link *l)
{
    *l = (struct tls_link){.prev = head->prev, .next = head};
    head->prev->next = l;
    head->prev = l;
}

static inline void tls_link_remove(struct tls_link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    tls_link_init(l);
}

#endif
