/* SPDX-License-Identifier: Apache-2.0 */
/* What a descriptor refers to when it is no file: a stream or a listener. The
 * WASI functions know objects only by this table, so they know neither the port
 * nor TLS. Results are counts or negative Linux errnos. Nothing here waits:
 * -EAGAIN says that it would have had to. */
#ifndef EXEC_WASI_OBJECT_H
#define EXEC_WASI_OBJECT_H

#include <stddef.h>
#include <stdint.h>

struct object;

#define OBJECT_PEEK     1u /* read: leave the bytes where they are */
#define OBJECT_SHUT_RD  1u
#define OBJECT_SHUT_WR  2u
#define OBJECT_READABLE 1u
#define OBJECT_WRITABLE 2u
#define OBJECT_HANGUP   4u /* ready only: the peer is gone */

/* Operations that make no sense for the object are null; only `close` never is. */
struct object_ops {
    uint8_t filetype; /* __WASI_FILETYPE_* by its number in the WASI documents */
    int64_t (*read)(struct object *o, void *to, size_t size, unsigned flags);
    int64_t (*write)(struct object *o, const void *from, size_t size);
    int (*accept)(struct object *o, struct object **connection);
    int (*shutdown)(struct object *o, unsigned how);
    /* What is ready without asking anyone, as OBJECT_ bits: plaintext already
     * decrypted, for instance. Null: nothing is known. */
    unsigned (*ready)(struct object *o);
    /* Bytes that a read would give at once, as far as known. Null: 0. */
    size_t (*buffered)(struct object *o);
    /* Frees the object. */
    void (*close)(struct object *o);
    /* True for objects that `wasi_host.wait` understands; the others are always
     * ready for reading and writing. */
    uint8_t waits;
};

struct object {
    const struct object_ops *ops;
};

struct wait_row {
    struct object *object;
    unsigned want;  /* OBJECT_ bits */
    unsigned ready; /* set by wait */
};

#endif
