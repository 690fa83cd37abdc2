/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out of a stream: however it is cut into pieces, the same come out. */
/* links: channel/reader.c channel/message.c base/cur.c base/put.c */
#include "channel/reader.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BUFFER 64

static uint8_t stream[8192], buffer[BUFFER];

static void add(struct put *p, enum channel_type type, const char *payload, size_t size)
{
    channel_header_put(p, &(struct channel_header){type, size});
    put_bytes(p, (struct bytes){(const uint8_t *)payload, size});
}

/* What an owner may send: a small message, the large one, small ones, an empty one. */
static char workload[3000], full[BUFFER];
static struct bytes conversation(void)
{
    struct put p = put_init(stream, sizeof(stream));
    memset(workload, 'w', sizeof(workload));
    memset(full, 'f', sizeof(full));
    workload[0] = 'W';
    workload[2999] = 'Z';
    add(&p, CHANNEL_CHALLENGE, full, 48);
    add(&p, CHANNEL_WORKLOAD, workload, sizeof(workload));
    add(&p, CHANNEL_STDIN, "some input", 10);
    add(&p, CHANNEL_STDIN, full, BUFFER);
    add(&p, CHANNEL_STDIN, "", 0);
    add(&p, CHANNEL_CREDIT, "\6\0\0\0\0\1\0\0", 8);
    assert_false(p.bad);
    return put_done(&p);
}

/* Whole messages, the parts of a WORKLOAD put together. */
struct heard {
    struct put log;
    uint8_t bytes[8192];
    uint64_t next; /* offset of a WORKLOAD's part */
};

static void hear(struct heard *h, const struct channel_part *part)
{
    if (part->type != CHANNEL_WORKLOAD) {
        assert_int_equal(part->offset, 0);
        assert_int_equal(part->bytes.size, part->size);
        add(&h->log, part->type, (const char *)part->bytes.data, part->bytes.size);
        return;
    }
    assert_int_equal(part->offset, h->next);
    assert_true(part->bytes.size > 0);
    if (part->offset == 0)
        channel_header_put(&h->log, &(struct channel_header){part->type, part->size});
    put_bytes(&h->log, part->bytes);
    h->next += part->bytes.size;
}

/* 0, or why reading stopped. */
static int read_all(struct channel_reader *r, struct bytes all, size_t piece, struct heard *h)
{
    int result = 0;
    for (size_t at = 0; at < all.size && result == 0; at += piece) {
        const size_t left = all.size - at;
        /* memory of its own, gone afterwards */
        const size_t size = piece < left ? piece : left;
        uint8_t *copy = malloc(size);
        struct cur in = cur_init((struct bytes){copy, size});
        struct channel_part part;
        assert_non_null(copy);
        memcpy(copy, all.data + at, size);
        while ((result = channel_reader_next(r, &in, &part)) == 1)
            hear(h, &part);
        if (result == 0)
            assert_true(cur_done(&in));
        free(copy);
    }
    return result;
}

/* Between messages: nothing of the next has come, and nothing failed. */
static bool is_idle(const struct channel_reader *r) { return r->head_size == 0 && r->failure == 0; }

static void any_pieces_give_the_same(void **state)
{
    (void)state;
    const struct bytes all = conversation();
    for (size_t piece = 1; piece <= all.size; piece += piece < 100 ? 1 : 97) {
        struct channel_reader r;
        static struct heard h;
        h.log = put_init(h.bytes, sizeof(h.bytes));
        h.next = 0;
        channel_reader_init(&r, CHANNEL_OWNER, buffer, sizeof(buffer));
        assert_int_equal(read_all(&r, all, piece, &h), 0);
        assert_true(is_idle(&r));
        assert_int_equal(h.next, sizeof(workload));
        assert_true(bytes_equal(put_done(&h.log), all));
    }
}

static struct channel_reader reader(size_t capacity)
{
    struct channel_reader r;
    channel_reader_init(&r, CHANNEL_OWNER, buffer, capacity);
    return r;
}

static struct cur in_of(struct bytes all, size_t from, size_t size)
{
    return cur_init((struct bytes){all.data + from, size});
}

/* What is whole is not copied, and needs no buffer that others would. */
static void what_is_whole_is_where_it_came(void **state)
{
    (void)state;
    const struct bytes all = conversation();
    struct channel_reader r = reader(sizeof(buffer));
    struct channel_part part;
    struct cur in = in_of(all, 0, all.size);
    memset(buffer, 0, sizeof(buffer));
    assert_int_equal(channel_reader_next(&r, &in, &part), 1);
    assert_ptr_equal(part.bytes.data, all.data + 16);
    assert_int_equal(channel_reader_next(&r, &in, &part), 1);
    assert_ptr_equal(part.bytes.data, all.data + 80);
    assert_int_equal(part.bytes.size, sizeof(workload));
    for (size_t i = 0; i < sizeof(buffer); i++)
        assert_int_equal(buffer[i], 0);
}

static void tells_whether_a_message_is_under_way(void **state)
{
    (void)state;
    const struct bytes all = conversation();
    struct channel_reader r = reader(sizeof(buffer));
    struct channel_part part;
    assert_true(is_idle(&r));
    for (size_t at = 0; at < 64; at++) {
        struct cur in = in_of(all, at, 1);
        assert_int_equal(channel_reader_next(&r, &in, &part), at == 63);
        assert_int_equal(is_idle(&r), at == 63);
    }
    struct cur in = in_of(all, 64, 16 + 2999);
    assert_int_equal(channel_reader_next(&r, &in, &part), 1);
    assert_false(is_idle(&r));
    in = in_of(all, 64 + 16 + 2999, 1);
    assert_int_equal(channel_reader_next(&r, &in, &part), 1);
    assert_int_equal(part.offset, 2999);
    assert_int_equal(part.size, 3000);
    assert_memory_equal(part.bytes.data, "Z", 1);
    assert_true(is_idle(&r));
    in = in_of(all, 0, 0);
    assert_int_equal(channel_reader_next(&r, &in, &part), 0);
    assert_true(is_idle(&r));
}

/* A message of 16 bytes and what must come of it, now and ever after. */
static void assert_fails(uint32_t type, uint64_t size, size_t capacity, int expected)
{
    struct channel_reader r = reader(capacity);
    uint8_t bytes[32] = {0};
    struct put p = put_init(bytes, sizeof(bytes));
    struct channel_part part;
    put_le32(&p, type);
    put_le32(&p, 0);
    put_le64(&p, size);
    struct cur in = cur_init((struct bytes){bytes, sizeof(bytes)});
    assert_int_equal(channel_reader_next(&r, &in, &part), expected);
    assert_false(is_idle(&r));
    const struct bytes all = conversation();
    in = cur_init(all);
    assert_int_equal(channel_reader_next(&r, &in, &part), expected);
    assert_int_equal(cur_left(&in), all.size);
}

static void a_failure_stays(void **state)
{
    (void)state;
    assert_fails(0, 0, BUFFER, -EBADMSG);
    assert_fails(CHANNEL_TYPE_COUNT, 0, BUFFER, -EBADMSG);
    assert_fails(CHANNEL_STDOUT, 1, BUFFER, -EBADMSG); /* a keep's */
    assert_fails(CHANNEL_STDIN, CHANNEL_DATA_MAX + 1, BUFFER, -EBADMSG);
    assert_fails(CHANNEL_WORKLOAD, UINT64_MAX, BUFFER, -EBADMSG);
    assert_fails(CHANNEL_WORKLOAD, CHANNEL_WORKLOAD_MAX + 1, BUFFER, -EBADMSG);
}

/* Also when it came whole: that it fits must not depend on how it was cut. */
static void what_the_buffer_cannot_hold_is_refused(void **state)
{
    (void)state;
    assert_fails(CHANNEL_STDIN, BUFFER + 1, BUFFER, -EMSGSIZE);
    assert_fails(CHANNEL_STDIN, 1, 0, -EMSGSIZE);
}

static void reads_what_a_keep_sends(void **state)
{
    (void)state;
    struct channel_reader r;
    struct channel_part part;
    struct put p = put_init(stream, sizeof(stream));
    add(&p, CHANNEL_STDOUT, "out", 3);
    add(&p, CHANNEL_CHALLENGE, full, 48);
    struct cur in = cur_init(put_done(&p));
    channel_reader_init(&r, CHANNEL_KEEP, buffer, sizeof(buffer));
    assert_int_equal(channel_reader_next(&r, &in, &part), 1);
    assert_int_equal(part.type, CHANNEL_STDOUT);
    assert_memory_equal(part.bytes.data, "out", 3);
    assert_int_equal(channel_reader_next(&r, &in, &part), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_pieces_give_the_same),
        cmocka_unit_test(what_is_whole_is_where_it_came),
        cmocka_unit_test(tells_whether_a_message_is_under_way),
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(what_the_buffer_cannot_hold_is_refused),
        cmocka_unit_test(reads_what_a_keep_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
