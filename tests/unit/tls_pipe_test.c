/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes: what they hold comes out in order, within their bound, and costs nothing when there
 * is none of it. */
/* links: tls/pipe.c base/cur.c */
/* libs: -Wl,--wrap=malloc */
#include "tls/pipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool short_of_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return short_of_memory ? NULL : __real_malloc(size); }

static uint8_t byte_at(size_t at) { return (uint8_t)(at * 2654435761u >> 24); }

/* As many of the bytes from `at` on as there is space for, up to `size`. */
static size_t add(struct pipe *p, size_t at, size_t size)
{
    size_t room;
    uint8_t *to = pipe_space(p, &room);
    size = size < room ? size : room;
    for (size_t i = 0; i < size; i++)
        to[i] = byte_at(at + i);
    pipe_added(p, size);
    return size;
}

static size_t put(struct pipe *p, size_t at, size_t size)
{
    static uint8_t bytes[PIPE_MAX];
    size = size < pipe_room(p) ? size : pipe_room(p);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(at + i);
    assert_true(pipe_put(p, (struct bytes){bytes, size}));
    return size;
}

static size_t take(struct pipe *p, size_t at, size_t size)
{
    const struct bytes held = pipe_held(p);
    size = size < held.size ? size : held.size;
    for (size_t i = 0; i < size; i++)
        assert_int_equal(held.data[i], byte_at(at + i));
    pipe_taken(p, size);
    return size;
}

/* Sizes of all kinds, more in than out until it is full, then less. */
static void keeps_the_order(void **state)
{
    size_t (*const ways[])(struct pipe *, size_t, size_t) = {add, put};
    (void)state;
    for (size_t way = 0; way < ARRAY_COUNT(ways); way++) {
        struct pipe p = {0};
        size_t in = 0, out = 0;
        for (size_t i = 1; i < 3000; i++) {
            const bool fills = i % 1000 < 500;
            in += ways[way](&p, in, i * 7919 % (fills ? 20000 : 9000));
            out += take(&p, out, i * 104729 % (fills ? 9000 : 20000));
            assert_int_equal(pipe_held(&p).size, in - out);
            assert_int_equal(pipe_room(&p), PIPE_MAX - (in - out));
            assert_true(p.room <= PIPE_MAX && (p.data != NULL) == (in > out));
        }
        assert_true(in > 1 << 20);
        pipe_fini(&p);
    }
}

static void is_full_at_its_bound(void **state)
{
    struct pipe p = {0};
    size_t in = 0, room;
    (void)state;
    for (size_t more; (more = add(&p, in, SIZE_MAX)) > 0;)
        in += more;
    assert_int_equal(in, PIPE_MAX);
    assert_int_equal(pipe_room(&p), 0);
    assert_null(pipe_space(&p, &room));
    assert_int_equal(room, 0);
    assert_int_equal(take(&p, 0, 1), 1); /* room in front of what is held */
    assert_int_equal(add(&p, in, SIZE_MAX), 1);
    assert_int_equal(take(&p, 1, SIZE_MAX), PIPE_MAX);
    pipe_fini(&p);
}

static void holds_no_memory_when_empty(void **state)
{
    struct pipe p = {0};
    size_t room;
    (void)state;
    assert_non_null(pipe_space(&p, &room));
    pipe_added(&p, 0);
    assert_null(p.data);
    assert_int_equal(put(&p, 0, 100), 100);
    pipe_taken(&p, 100);
    assert_null(p.data);
    assert_null(pipe_held(&p).data);
}

/* Space grows with what comes, and shrinks when little does. */
static void fits_what_comes(void **state)
{
    struct pipe p = {0};
    size_t first, room;
    (void)state;
    (void)pipe_space(&p, &first);
    assert_in_range(first, 1024, 8192);
    pipe_added(&p, 0);
    for (size_t i = 0; i < 8; i++)
        take(&p, 0, add(&p, 0, SIZE_MAX));
    (void)pipe_space(&p, &room);
    assert_int_equal(room, PIPE_MAX);
    pipe_added(&p, 0);
    for (size_t i = 0; i < 8; i++)
        take(&p, 0, add(&p, 0, 100));
    (void)pipe_space(&p, &room);
    assert_int_equal(room, first);
    pipe_fini(&p);
}

static void memory_may_be_short(void **state)
{
    static const uint8_t more[PIPE_MAX];
    struct pipe p = {0};
    size_t room;
    (void)state;
    assert_int_equal(add(&p, 0, 3000), 3000);
    short_of_memory = true;
    const bool grew = pipe_put(&p, (struct bytes){more, 100000});
    short_of_memory = false;
    assert_false(grew);
    assert_int_equal(take(&p, 0, SIZE_MAX), 3000);
    short_of_memory = true;
    const uint8_t *space = pipe_space(&p, &room);
    short_of_memory = false;
    assert_null(space);
    assert_int_equal(room, 0);
    assert_int_equal(pipe_room(&p), PIPE_MAX);
    pipe_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(is_full_at_its_bound),
        cmocka_unit_test(holds_no_memory_when_empty),
        cmocka_unit_test(fits_what_comes),
        cmocka_unit_test(memory_may_be_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
