/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile program: any sequence of calls of WASI with any arguments, on one page
 * of memory and a few files and streams. */
/* links: exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "exec/vfs/vfs.h"
#include "exec/wasi/wasi.h"
#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      65536u
#define CALLS_MAX 64u

/* ---- streams that have their moods ---- */

struct moody {
    struct object object;
    unsigned turn;
    uint8_t sum; /* of all that was written: each byte is looked at */
};

static unsigned turn_of(struct object *o) { return ((struct moody *)o)->turn++ % 4; }

static int64_t moody_read(struct object *o, void *to, size_t size, unsigned flags)
{
    size_t n = size < 7 ? size : 7;
    switch (turn_of(o)) {
    case 0:
        return -EAGAIN;
    case 1:
        return flags & OBJECT_PEEK ? -ECONNRESET : 0;
    default:
        memset(to, 'x', n);
        return (int64_t)n;
    }
}

static int64_t moody_write(struct object *o, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((struct moody *)o)->sum ^= ((const uint8_t *)from)[i];
    return turn_of(o) == 0 ? -EAGAIN : (int64_t)(size < 100 ? size : 100);
}

static int moody_shutdown(struct object *o, unsigned how)
{
    return turn_of(o) < how ? -ENOTCONN : 0;
}

static unsigned moody_ready(struct object *o) { return turn_of(o); }
static size_t moody_buffered(struct object *o) { return turn_of(o); }
static void moody_close(struct object *o) { free(o); }
static int moody_accept(struct object *o, struct object **connection);

static const struct object_ops connection_ops = {.filetype = 6,
                                                 .read = moody_read,
                                                 .write = moody_write,
                                                 .shutdown = moody_shutdown,
                                                 .ready = moody_ready,
                                                 .buffered = moody_buffered,
                                                 .close = moody_close,
                                                 .waits = 1};
static const struct object_ops listener_ops = {
    .filetype = 6, .accept = moody_accept, .close = moody_close, .waits = 1};

static struct object *moody_new(const struct object_ops *ops)
{
    struct moody *m = calloc(1, sizeof(*m));
    if (m == NULL)
        abort();
    m->object.ops = ops;
    return &m->object;
}

static int moody_accept(struct object *o, struct object **connection)
{
    if (turn_of(o) == 0)
        return -EAGAIN;
    *connection = moody_new(&connection_ops);
    return 0;
}

static uint64_t stopped_clock(void *context, bool monotonic)
{
    (void)context;
    return monotonic ? 1 : 1700000000000000000u;
}

/* Nobody sleeps here: a wait for time alone is interrupted. */
static int wait_shortly(void *context, struct wait_row *rows, size_t count, uint64_t timeout_ns)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        rows[i].ready = rows[i].want | (timeout_ns & OBJECT_HANGUP);
    return count > 0 ? (int)count : -EINTR;
}

/* ---- the program's surroundings ---- */

static int load(void *context, size_t index, void *to, size_t size)
{
    (void)context;
    (void)index;
    memset(to, 'f', size);
    return 0;
}

static struct vfs *new_files(void)
{
    struct vfs *v;
    if (vfs_new(1 << 18, load, NULL, &v) < 0 || vfs_add_dir(v, bytes_of_text("/d/s"), 1) < 0 ||
        vfs_add_dir(v, bytes_of_text("/ro"), 1) < 0 ||
        vfs_add_file(v, bytes_of_text("/d/f"), 100, 1, 0) < 0 ||
        vfs_add_file(v, bytes_of_text("/ro/f"), 100, 1, 0) < 0 ||
        vfs_add_symlink(v, bytes_of_text("/d/l"), bytes_of_text("s/../f"), 1) < 0)
        abort();
    return v;
}

static struct wasi *new_wasi(struct vfs *v)
{
    static struct bytes args[2];
    static struct wasi_env env[1];
    args[0] = bytes_of_text("prog");
    args[1] = bytes_of_text("x");
    env[0] = (struct wasi_env){bytes_of_text("K"), bytes_of_text("v")};
    const struct wasi_preopen dirs[] = {
        {.path = bytes_of_text("/d")},
        {.path = bytes_of_text("/ro"), .read_only = true},
    };
    struct object *streams[] = {moody_new(&connection_ops), moody_new(&connection_ops), NULL,
                                moody_new(&listener_ops)};
    const struct wasi_config config = {
        .args = args,
        .arg_count = 2,
        .env = env,
        .env_count = 1,
        .streams = streams,
        .stream_count = 4,
        .dirs = dirs,
        .dir_count = 2,
        .vfs = v,
        .host = {.wait = wait_shortly, .now = stopped_clock},
    };
    struct wasi *w;
    if (wasi_new(&config, &w) < 0)
        abort();
    return w;
}

/* Paths at multiples of 64, then lists of buffers and subscriptions. */
static void fill_memory(uint8_t *memory)
{
    static const char *const paths[] = {"f", "s", "l", "s/n", "n", "../ro/f", ".", "\xff"};
    for (size_t i = 0; i < 8; i++)
        strcpy((char *)memory + 64 * i, paths[i]);
    static const uint32_t lists[] = {4096, 10, 0, 0, 8192, 300, 65536, 1};
    memcpy(memory + 512, lists, sizeof(lists));
    memory[1024 + 8] = 1;
    memory[1024 + 48 + 8] = 2;
    memory[1024 + 48 + 16] = 1;
    memory[1024 + 112 + 16] = 1; /* clocks, in the layout of either preview */
    memory[1024 + 112 + 24] = 1;
}

/* ---- what the input says ---- */

/* Small numbers, places in the first page, or anything. */
static uint64_t take_arg(struct cur *c, char type)
{
    uint8_t tag = cur_u8(c);
    if (tag < 0x40)
        return tag;
    if (tag < 0xc0)
        return (tag - 0x40u) * 64u;
    return type == 'I' ? cur_le64(c) : cur_le32(c);
}

static void write_memory(struct cur *c, uint8_t *memory)
{
    uint16_t at = cur_le16(c);
    struct bytes data = cur_take(c, cur_u8(c));
    for (size_t i = 0; i < data.size && at + i < PAGE; i++)
        memory[at + i] = data.data[i];
}

static const struct wasi_func *choose(uint8_t choice)
{
    const struct wasi_func *f = wasi_preview1;
    for (; choice > 0 && f->name != NULL; choice--)
        f++;
    if (f->name != NULL)
        return f;
    for (f = wasi_preview0; choice > 0 && f->name != NULL; choice--)
        f++;
    return f->name != NULL ? f : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    struct vfs *v = new_files();
    struct wasi *w = new_wasi(v);
    struct mem mem = {.base = calloc(1, PAGE), .size = PAGE};
    if (mem.base == NULL)
        abort();
    fill_memory(mem.base);
    for (unsigned i = 0; i < CALLS_MAX && cur_left(&c) > 0; i++) {
        const struct wasi_func *f = choose(cur_u8(&c));
        if (f == NULL) {
            write_memory(&c, mem.base);
            continue;
        }
        uint64_t args[WASI_PARAMS_MAX] = {0};
        for (size_t k = 0; f->params[k] != '\0'; k++)
            args[k] = take_arg(&c, f->params[k]);
        uint32_t result = wasi_invoke(w, f, mem, args);
        if (result > 76 && result != WASI_EXITED)
            abort();
    }
    free(mem.base);
    wasi_free(w);
    vfs_free(v);
    return 0;
}
