/* SPDX-License-Identifier: Apache-2.0 */
/* A guest for the tests of WASI; see wasi_guest.h. */
#include "tests/unit/wasi_guest.h"

#include "exec/vfs/vfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct waits waits;

/* ---- streams ---- */

static struct fake *fake_of(struct object *o) { return (struct fake *)o; }

static int64_t fake_read(struct object *o, void *to, size_t size, unsigned flags)
{
    struct fake *f = fake_of(o);
    f->calls++;
    if (*f->input == '|')
        return -EAGAIN;
    if (*f->input == '!')
        return -ECONNRESET;
    size_t there = strcspn(f->input, "|!");
    size_t n = there < size ? there : size;
    memcpy(to, f->input, n);
    if ((flags & OBJECT_PEEK) == 0)
        f->input += n;
    return (int64_t)n;
}

static int64_t fake_write(struct object *o, const void *from, size_t size)
{
    struct fake *f = fake_of(o);
    f->calls++;
    if (f->room == 0)
        return -EAGAIN;
    size_t n = size < f->room ? size : f->room;
    size_t kept = n < sizeof(f->output) - f->output_size ? n : sizeof(f->output) - f->output_size;
    memcpy(f->output + f->output_size, from, kept);
    f->output_size += kept;
    f->room -= n;
    return (int64_t)n;
}

static unsigned fake_ready(struct object *o) { return fake_of(o)->ready; }
static size_t fake_buffered(struct object *o) { return fake_of(o)->buffered; }

static int fake_shutdown(struct object *o, unsigned how)
{
    fake_of(o)->shut |= how;
    return 0;
}

static void fake_close(struct object *o)
{
    ++*fake_of(o)->closed;
    free(o);
}

static int fake_accept(struct object *o, struct object **connection);

static const struct object_ops in_ops = {
    .filetype = 2, .read = fake_read, .ready = fake_ready, .close = fake_close, .waits = 1};
static const struct object_ops out_ops = {
    .filetype = 0, .write = fake_write, .close = fake_close, .waits = 1};
static const struct object_ops listener_ops = {
    .filetype = 6, .accept = fake_accept, .close = fake_close, .waits = 1};
static const struct object_ops connection_ops = {.filetype = 6,
                                                 .read = fake_read,
                                                 .write = fake_write,
                                                 .shutdown = fake_shutdown,
                                                 .ready = fake_ready,
                                                 .buffered = fake_buffered,
                                                 .close = fake_close,
                                                 .waits = 1};

static struct fake *fake_new(const struct object_ops *ops, const char *input, unsigned *closed)
{
    struct fake *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->object.ops = ops;
    f->input = input;
    f->room = SIZE_MAX;
    f->closed = closed;
    return f;
}

static int fake_accept(struct object *o, struct object **connection)
{
    struct fake *f = fake_of(o);
    f->calls++;
    if (*f->input != 'c')
        return *f->input == '!' ? -ECONNABORTED : -EAGAIN;
    f->input++;
    *connection = &fake_new(&connection_ops, "", f->closed)->object;
    return 0;
}

/* ---- the host ---- */

static void sleep_ns(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

static int fake_wait(void *context, struct wait_row *rows, size_t count, uint64_t timeout_ns)
{
    (void)context;
    waits.count++;
    waits.rows = count;
    waits.timeout = timeout_ns;
    if (waits.result < 0)
        return waits.result;
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct fake *f = fake_of(rows[i].object);
        if (*f->input == '|' && (rows[i].want & OBJECT_READABLE) != 0)
            f->input++;
        if (f->room == 0 && (rows[i].want & OBJECT_WRITABLE) != 0)
            f->room = f->refill;
        rows[i].ready = waits.ready & (rows[i].want | OBJECT_HANGUP);
        ready += rows[i].ready != 0;
    }
    if (ready == 0 && timeout_ns != UINT64_MAX)
        sleep_ns(timeout_ns);
    return ready;
}

/* ---- the guest ---- */

static int load(void *context, size_t index, void *to, size_t size)
{
    (void)context;
    (void)index;
    memcpy(to, "hello world", size);
    return 0;
}

static void build_files(struct guest *g)
{
    assert_int_equal(vfs_new(1 << 20, load, NULL, &g->vfs), 0);
    assert_int_equal(vfs_add_dir(g->vfs, bytes_of_text("/d/s"), 1), 0);
    assert_int_equal(vfs_add_dir(g->vfs, bytes_of_text("/ro"), 1), 0);
    assert_int_equal(vfs_add_file(g->vfs, bytes_of_text("/d/f"), 11, 1000000007, 0), 0);
    assert_int_equal(vfs_add_file(g->vfs, bytes_of_text("/ro/f"), 11, 5, 0), 0);
    assert_int_equal(vfs_add_symlink(g->vfs, bytes_of_text("/d/l"), bytes_of_text("f"), 1), 0);
}

static uint64_t system_now(void *context, bool monotonic)
{
    (void)context;
    struct timespec t;
    clock_gettime(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void guest_init(struct guest *g)
{
    static struct bytes args[2];
    static struct wasi_env env[2];
    static struct wasi_preopen dirs[2];
    args[0] = bytes_of_text("prog");
    args[1] = bytes_of_text("a b");
    env[0] = (struct wasi_env){bytes_of_text("K"), bytes_of_text("v=1")};
    env[1] = (struct wasi_env){bytes_of_text("EMPTY"), bytes_of_text("")};
    dirs[0] = (struct wasi_preopen){.path = bytes_of_text("/d")};
    dirs[1] = (struct wasi_preopen){.path = bytes_of_text("/ro"), .read_only = true};

    *g = (struct guest){.memory = calloc(1, GUEST_PAGE)};
    waits = (struct waits){.ready = OBJECT_READABLE | OBJECT_WRITABLE};
    build_files(g);
    g->in = fake_new(&in_ops, "input", &g->closed);
    g->out = fake_new(&out_ops, "", &g->closed);
    g->listener = fake_new(&listener_ops, "cc", &g->closed);
    g->connection = fake_new(&connection_ops, "request", &g->closed);
    struct object *streams[] = {&g->in->object, &g->out->object, NULL, &g->listener->object,
                                &g->connection->object};
    const struct wasi_config config = {.args = args,
                                       .arg_count = 2,
                                       .env = env,
                                       .env_count = 2,
                                       .streams = streams,
                                       .stream_count = 5,
                                       .dirs = dirs,
                                       .dir_count = 2,
                                       .vfs = g->vfs,
                                       .host = {.wait = fake_wait, .now = system_now}};
    assert_int_equal(wasi_new(&config, &g->wasi), 0);
    assert_int_equal(guest_open(g, "f", 0, 0), FD_FILE);
    memset(g->memory, 0, GUEST_PAGE);
}

void guest_fini(struct guest *g)
{
    wasi_free(g->wasi);
    vfs_free(g->vfs);
    free(g->memory);
}

uint32_t guest_call(struct guest *g, const struct wasi_func *table, const char *name,
                    const uint64_t *args, size_t count)
{
    for (const struct wasi_func *f = table; f->name != NULL; f++) {
        if (strcmp(f->name, name) != 0)
            continue;
        assert_int_equal(strlen(f->params), count);
        for (size_t i = 0; i < count; i++)
            assert_true(f->params[i] == 'I' || args[i] <= UINT32_MAX);
        return wasi_invoke(g->wasi, f, (struct mem){.base = g->memory, .size = GUEST_PAGE}, args);
    }
    fail_msg("no function %s", name);
    return 0;
}

void guest_put(struct guest *g, uint32_t at, const void *data, size_t size)
{
    memcpy(g->memory + at, data, size);
}

void guest_put32(struct guest *g, uint32_t at, uint32_t value) { guest_put(g, at, &value, 4); }
void guest_put64(struct guest *g, uint32_t at, uint64_t value) { guest_put(g, at, &value, 8); }

uint64_t guest_get(const struct guest *g, uint32_t at, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, g->memory + at, size);
    return value;
}

uint32_t guest_text(struct guest *g, uint32_t at, const char *text)
{
    guest_put(g, at, text, strlen(text));
    return (uint32_t)strlen(text);
}

void guest_iov(struct guest *g, uint32_t index, uint32_t at, uint32_t size)
{
    guest_put32(g, AT_IOVS + 8 * index, at);
    guest_put32(g, AT_IOVS + 8 * index + 4, size);
}

uint32_t guest_open(struct guest *g, const char *path, uint32_t oflags, uint32_t fdflags)
{
    uint64_t rights = oflags & 2 ? 0 : 0x42; /* FD_READ, FD_WRITE */
    uint32_t len = guest_text(g, AT_PATH, path);
    assert_int_equal(
        CALL(g, path_open, FD_DIR, 0, AT_PATH, len, oflags, rights, 0, fdflags, AT_OUT), 0);
    return (uint32_t)guest_get(g, AT_OUT, 4);
}
