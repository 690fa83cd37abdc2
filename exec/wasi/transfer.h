/* SPDX-License-Identifier: Apache-2.0 */
/* Moving bytes between the guest's buffers and what a descriptor refers to.
 * Results are bytes, or a negative Linux errno when none were moved. */
#ifndef EXEC_WASI_TRANSFER_H
#define EXEC_WASI_TRANSFER_H

#include "base/attr.h"
#include "exec/wasi/iovs.h"

struct wasi;
struct fd;
struct node;
struct object;

/* What a stream can do, as RIGHT_ bits. */
uint64_t transfer_rights(const struct object *o);

/* Waits until a stream is ready for `want`, OBJECT_ bits. 0, or -EAGAIN where
 * its descriptor is not one that waits. */
must_use int transfer_wait(struct wasi *w, const struct fd *f, unsigned want);

/* Waits for the first byte of a stream; what else is there comes with it. `flags`
 * are RECV_ bits: with RECV_WAITALL only the end of the stream or an error cut it
 * short, but a peek takes nothing and cannot wait for more than it finds. */
must_use int64_t transfer_recv(struct wasi *w, const struct fd *f, const struct iovs *v,
                               unsigned flags);

/* Writes all to a stream, unless NONBLOCK or an error cut it short. */
must_use int64_t transfer_send(struct wasi *w, const struct fd *f, const struct iovs *v);

/* A file's content from `offset` on. */
must_use int64_t transfer_pread(struct node *file, const struct iovs *v, uint64_t offset);
must_use int64_t transfer_pwrite(struct node *file, const struct iovs *v, uint64_t offset);

#endif
