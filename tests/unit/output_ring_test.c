/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of output against a list that forgets its oldest bytes, in rings so small that
 * every record goes round the end. */
/* links: exec/output_ring.c base/cur.c base/put.c */
#include "exec/output_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every byte that was put, and its stream. */
static struct {
    uint8_t bytes[1 << 20];
    uint8_t types[1 << 20];
    size_t size;
} all;

static void put(struct output_ring *r, enum channel_type type, size_t size)
{
    uint8_t data[300];
    assert_true(size <= sizeof(data));
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(all.size * 7 + 1);
        all.bytes[all.size] = data[i];
        all.types[all.size++] = (uint8_t)type;
    }
    output_ring_put(r, type, (struct bytes){data, size});
}

/* Sends all that is to be sent: it must be the end of what was put. Returns how much. */
static size_t send_all(struct output_ring *r, size_t piece)
{
    static uint8_t got[1 << 16], types[1 << 16];
    size_t size = 0;
    for (;;) {
        const struct output_record next = output_ring_next(r);
        const bool text = next.type == CHANNEL_LOG;
        const uint32_t part = text || next.size < piece ? next.size : (uint32_t)piece;
        if (part == 0)
            break;
        output_ring_send(r, got + size, part);
        memset(types + size, (int)next.type, part);
        size += part;
    }
    assert_memory_equal(got, all.bytes + all.size - size, size);
    assert_memory_equal(types, all.types + all.size - size, size);
    return size;
}

/* The same, and everything arrives: more than was sent is none of the sender's. */
static size_t take_all(struct output_ring *r, size_t piece)
{
    const size_t size = send_all(r, piece);
    for (size_t i = all.size - size; i < all.size; i++) {
        if (all.types[i] != CHANNEL_LOG)
            output_ring_ack(r, all.types[i], 1);
    }
    assert_int_equal(r->size, 0);
    return size;
}

static void what_fits_comes_back_in_order(void **state)
{
    (void)state;
    struct output_ring r;
    all.size = 0;
    assert_int_equal(output_ring_init(&r, 1000), 0);
    assert_int_equal(output_ring_next(&r).size, 0);
    put(&r, CHANNEL_STDOUT, 3);
    put(&r, CHANNEL_STDOUT, 4);
    assert_int_equal(output_ring_next(&r).size, 7);
    put(&r, CHANNEL_STDERR, 5);
    put(&r, CHANNEL_STDOUT, 0);
    put(&r, CHANNEL_STDERR, 1);
    put(&r, CHANNEL_STDOUT, 2);
    put(&r, CHANNEL_LOG, 8);
    put(&r, CHANNEL_LOG, 9);
    assert_int_equal(take_all(&r, 2), 32);
    assert_int_equal(output_ring_lost(&r), 0);
    output_ring_fini(&r);
}

static void texts_stay_whole_and_apart(void **state)
{
    (void)state;
    struct output_ring r;
    all.size = 0;
    assert_int_equal(output_ring_init(&r, 60), 0);
    put(&r, CHANNEL_LOG, 20);
    put(&r, CHANNEL_LOG, 20);
    assert_int_equal(output_ring_next(&r).size, 20);
    put(&r, CHANNEL_STDOUT, 6); /* one byte more than there is room for */
    assert_int_equal(output_ring_next(&r).type, CHANNEL_LOG);
    assert_int_equal(output_ring_lost(&r), 20);
    assert_int_equal(take_all(&r, 1), 26);
    output_ring_fini(&r);
}

static void the_oldest_goes_first_and_is_counted(void **state)
{
    (void)state;
    struct output_ring r;
    all.size = 0;
    assert_int_equal(output_ring_init(&r, 100), 0);
    put(&r, CHANNEL_STDOUT, 50);
    put(&r, CHANNEL_STDERR, 30);
    assert_int_equal(output_ring_room(&r), 5);
    put(&r, CHANNEL_STDOUT, 7);
    assert_int_equal(output_ring_lost(&r), 2);
    assert_int_equal(output_ring_lost(&r), 0);
    put(&r, CHANNEL_STDERR, 200); /* more than there ever is room for */
    assert_int_equal(output_ring_lost(&r), 50 + 30 + 7 - 2 + 200 - 95);
    assert_int_equal(take_all(&r, 1000), 95);
    assert_int_equal(output_ring_room(&r), 95);
    output_ring_fini(&r);
}

/* What was taken, lost and is there makes up what was put. */
static void any_sequence_is_the_end_of_what_was_put(void **state)
{
    (void)state;
    static const enum channel_type types[] = {CHANNEL_STDOUT, CHANNEL_STDERR, CHANNEL_LOG};
    srand(1);
    for (size_t capacity = 310; capacity < 400; capacity++) {
        struct output_ring r;
        uint64_t lost = 0, taken = 0;
        all.size = 0;
        assert_int_equal(output_ring_init(&r, capacity), 0);
        for (unsigned i = 0; i < 300; i++) {
            const size_t most = rand() % 4 == 0 ? 300 : 20;
            put(&r, types[rand() % 3], 1 + (size_t)rand() % most);
            lost += output_ring_lost(&r);
            if (rand() % 5 == 0)
                taken += take_all(&r, 1 + (size_t)rand() % 50);
        }
        taken += take_all(&r, 1);
        assert_int_equal(taken + lost, all.size);
        output_ring_fini(&r);
    }
}

/* ---- what was sent and did not arrive ---- */

static void what_is_not_acknowledged_is_sent_again(void **state)
{
    (void)state;
    struct output_ring r;
    all.size = 0;
    assert_int_equal(output_ring_init(&r, 1000), 0);
    put(&r, CHANNEL_STDOUT, 10);
    put(&r, CHANNEL_STDERR, 10);
    put(&r, CHANNEL_LOG, 10);
    put(&r, CHANNEL_STDOUT, 10);
    assert_int_equal(send_all(&r, 7), 40);
    assert_int_equal(output_ring_next(&r).size, 0);
    output_ring_rewind(&r);
    assert_int_equal(send_all(&r, 100), 40);
    output_ring_ack(&r, CHANNEL_STDOUT, 4);
    output_ring_rewind(&r);
    assert_int_equal(output_ring_next(&r).size, 6);
    assert_int_equal(send_all(&r, 5), 36);
    output_ring_ack(&r, CHANNEL_STDERR, 10); /* later than what has not arrived */
    put(&r, CHANNEL_STDOUT, 5);
    assert_int_equal(output_ring_next(&r).size, 5);
    output_ring_ack(&r, CHANNEL_STDOUT, 6); /* now all but the last, and the text with it */
    output_ring_rewind(&r);
    assert_int_equal(output_ring_next(&r).size, 15);
    assert_int_equal(send_all(&r, 100), 15);
    output_ring_ack(&r, CHANNEL_STDOUT, 15);
    assert_int_equal(r.size, 0);
    output_ring_fini(&r);
}

/* The record that is being sent grows, and shrinks at its front. */
static void a_record_is_sent_while_it_changes(void **state)
{
    (void)state;
    struct output_ring r;
    uint8_t got[100];
    all.size = 0;
    assert_int_equal(output_ring_init(&r, 100), 0);
    put(&r, CHANNEL_STDOUT, 50);
    output_ring_send(&r, got, 30);
    output_ring_ack(&r, CHANNEL_STDOUT, 20);
    assert_int_equal(output_ring_next(&r).size, 20);
    put(&r, CHANNEL_STDOUT, 10);
    assert_int_equal(output_ring_next(&r).size, 30);
    put(&r, CHANNEL_STDOUT, 70); /* drops what was sent and a part of the rest */
    assert_int_equal(output_ring_next(&r).size, 90);
    assert_int_equal(send_all(&r, 9), 90);
    output_ring_fini(&r);
}

/* Any sending, arriving and losing of sessions: at the end of each session everything
 * that had not arrived by its beginning has been sent in order. */
static void sessions_come_and_go(void **state)
{
    (void)state;
    srand(2);
    for (unsigned round = 0; round < 200; round++) {
        struct output_ring r;
        size_t owed[2] = {0};
        all.size = 0;
        assert_int_equal(output_ring_init(&r, 2000), 0);
        for (unsigned i = 0; i < 100; i++) {
            const enum channel_type type = CHANNEL_STDOUT + (enum channel_type)(rand() % 2);
            const size_t size = 1 + (size_t)rand() % 100;
            if (output_ring_room(&r) < size) {
                owed[0] = owed[1] = 0;
                output_ring_rewind(&r);
                assert_int_equal(r.lost, 0);
                take_all(&r, 33);
                continue;
            }
            put(&r, type, size);
            const struct output_record next = output_ring_next(&r);
            uint8_t got[100];
            const uint32_t part = next.size < 60 ? next.size : 60;
            output_ring_send(&r, got, part);
            owed[next.type == CHANNEL_STDERR] += part;
            const size_t arrives = owed[i % 2] / 2;
            output_ring_ack(&r, i % 2 == 0 ? CHANNEL_STDOUT : CHANNEL_STDERR, arrives);
            owed[i % 2] -= arrives;
        }
        output_ring_rewind(&r);
        take_all(&r, 50);
        output_ring_fini(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_comes_back_in_order),
        cmocka_unit_test(texts_stay_whole_and_apart),
        cmocka_unit_test(the_oldest_goes_first_and_is_counted),
        cmocka_unit_test(what_is_not_acknowledged_is_sent_again),
        cmocka_unit_test(a_record_is_sent_while_it_changes),
        cmocka_unit_test(sessions_come_and_go),
        cmocka_unit_test(any_sequence_is_the_end_of_what_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
