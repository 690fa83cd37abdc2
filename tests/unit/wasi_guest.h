/* SPDX-License-Identifier: Apache-2.0 */
/* A guest for the tests of WASI: one page of memory, a program's way of calling,
 * and streams that say what they were asked. */
#ifndef TESTS_UNIT_WASI_GUEST_H
#define TESTS_UNIT_WASI_GUEST_H

#include "base/cur.h"
#include "exec/wasi/errno.h"
#include "exec/wasi/object.h"
#include "exec/wasi/wasi.h"

#define GUEST_PAGE 65536u

/* Open at the start. */
enum {
    FD_IN = 0,
    FD_OUT = 1,
    FD_NULL = 2,
    FD_LISTENER = 3,
    FD_CONNECTION = 4,
    FD_DIR = 5,  /* /d: file "f" of 11 bytes, symlink "l" to it, directory "s" */
    FD_RO = 6,   /* /ro, read only: file "f" */
    FD_FILE = 7, /* /d/f for reading and writing */
    FD_FREE = 8, /* the next one */
};

/* Where tests put things in the guest's memory. */
enum { AT_IOVS = 0x100, AT_PATH = 0x200, AT_PATH2 = 0x300, AT_OUT = 0x400, AT_DATA = 0x1000 };

struct fake {
    struct object object;
    const char *input; /* at '|' the reader has to wait, at '!' comes an error */
    char output[4096];
    size_t output_size;
    size_t room;     /* bytes that can be written before the writer has to wait */
    size_t refill;   /* what a wait makes of it */
    size_t buffered; /* for ops->buffered */
    unsigned ready;  /* for ops->ready */
    unsigned calls;  /* reads, writes, accepts */
    unsigned shut;
    unsigned *closed; /* counts */
};

struct guest {
    uint8_t *memory; /* exactly a page, so that the sanitiser sees what lies beyond */
    struct vfs *vfs;
    struct wasi *wasi;
    struct fake *in;
    struct fake *out;
    struct fake *listener; /* input: one 'c' for each connection there is */
    struct fake *connection;
    unsigned closed; /* streams so far */
};

void guest_init(struct guest *g);
void guest_fini(struct guest *g);

/* Calls a function of `table` by name. */
uint32_t guest_call(struct guest *g, const struct wasi_func *table, const char *name,
                    const uint64_t *args, size_t count);

#define ARGS(...)             (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8
#define CALL(g, name, ...)    guest_call((g), wasi_preview1, #name, ARGS(__VA_ARGS__))
#define CALL_P0(g, name, ...) guest_call((g), wasi_preview0, #name, ARGS(__VA_ARGS__))

/* Little-endian memory of the guest. */
void guest_put(struct guest *g, uint32_t at, const void *data, size_t size);
void guest_put32(struct guest *g, uint32_t at, uint32_t value);
void guest_put64(struct guest *g, uint32_t at, uint64_t value);
uint64_t guest_get(const struct guest *g, uint32_t at, size_t size);

/* Writes text, without NUL; returns its length. */
uint32_t guest_text(struct guest *g, uint32_t at, const char *text);

/* Puts one buffer into the list at AT_IOVS. */
void guest_iov(struct guest *g, uint32_t index, uint32_t at, uint32_t size);

/* Opens a path below FD_DIR with a program's usual rights; fails the test if that
 * does not work. */
uint32_t guest_open(struct guest *g, const char *path, uint32_t oflags, uint32_t fdflags);

/* What the fake host was asked, and what it is to answer. */
struct waits {
    unsigned count;
    size_t rows;
    uint64_t timeout;
    unsigned ready; /* what every row turns out to be, where it was wanted or is a hangup */
    int result;     /* a negative errno, if it is to fail */
};
extern struct waits waits;

#endif
