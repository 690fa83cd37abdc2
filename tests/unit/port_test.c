/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's side of the port against a host that lies. */
/* links: shim/core/port.c */
#include "shim/core/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static uint8_t block_memory[PORT_BLOCK_SIZE] aligned_to(4096);
static struct shared *const block = (struct shared *)block_memory;
static struct port_frame seen;
static int64_t answer;
static const char *answer_data;
static size_t answer_offset;
static jmp_buf stopped;
static void (*after_read)(size_t offset, size_t size);

/* In place of shim/core/shared.c: a host may change what has just been read. */
void shared_read(const struct shared *from, size_t offset, void *to, size_t size)
{
    if (size > 0)
        memcpy(to, (const uint8_t *)from + offset, size);
    if (after_read != NULL)
        after_read(offset, size);
}

void shared_write(struct shared *to, size_t offset, const void *from, size_t size)
{
    if (size > 0)
        memcpy((uint8_t *)to + offset, from, size);
}

/* The host: notes the frame, writes its data and its answer. */
void port_enter(struct shared *b)
{
    memcpy(&seen, (const uint8_t *)b + PORT_FRAME_OFFSET, sizeof(seen));
    if (answer_data != NULL)
        shared_write(b, PORT_DATA_OFFSET + answer_offset, answer_data, strlen(answer_data));
    shared_write(b, PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &answer,
                 sizeof(answer));
}

no_return void port_attacked(uint32_t verb, int64_t result)
{
    (void)verb;
    (void)result;
    longjmp(stopped, 1);
}

/* True when the keep stopped. */
static bool stops(struct port_call call, int64_t lie)
{
    answer = lie;
    answer_data = NULL;
    if (setjmp(stopped) != 0)
        return true;
    port_carry(block, &call);
    return false;
}

static struct port_call read_call(void *out, size_t size)
{
    return (struct port_call){.verb = PORT_READ, .out = out, .out_size = size};
}

static void a_read_brings_only_what_was_given(void **state)
{
    (void)state;
    char out[8] = "........";
    struct port_call call = read_call(out, sizeof(out));
    answer = 3;
    answer_data = "abcdef";
    answer_offset = 0;
    assert_int_equal(port_carry(block, &call), 3);
    assert_memory_equal(out, "abc.....", 8);
    assert_int_equal(seen.verb, PORT_READ);
    assert_int_equal(seen.out_size, 8);
}

static void a_size_larger_than_asked_stops(void **state)
{
    (void)state;
    char buffer[8];
    assert_false(stops(read_call(buffer, 8), 8));
    assert_true(stops(read_call(buffer, 8), 9));
    assert_true(stops(read_call(buffer, 8), INT64_MAX));
    struct port_call write = {.verb = PORT_WRITE, .in = buffer, .in_size = 8};
    assert_false(stops(write, 8));
    assert_true(stops(write, 9));
}

static void an_unknown_errno_stops(void **state)
{
    (void)state;
    char buffer[8];
    assert_false(stops(read_call(buffer, 8), -EAGAIN));
    assert_true(stops(read_call(buffer, 8), -ENOTTY));
    assert_true(stops(read_call(buffer, 8), -4096));
    assert_true(stops(read_call(buffer, 8), INT64_MIN));
}

static void every_verb_bounds_its_result(void **state)
{
    (void)state;
    uint8_t rows[2 * PORT_POLL_ROW] = {0};
    struct port_call poll = {
        .verb = PORT_POLL, .in = rows, .in_size = 16, .out = rows, .out_size = 16};
    assert_false(stops(poll, 2));
    assert_true(stops(poll, 3));
    assert_false(stops((struct port_call){.verb = PORT_ACCEPT}, PORT_HANDLE_MAX));
    assert_true(stops((struct port_call){.verb = PORT_ACCEPT}, (int64_t)PORT_HANDLE_MAX + 1));
    assert_true(stops((struct port_call){.verb = PORT_CLOSE}, 1));
    assert_true(stops((struct port_call){.verb = PORT_LOG}, 1));
    assert_false(stops((struct port_call){.verb = PORT_CLOCK}, INT64_MAX));
    assert_true(stops((struct port_call){.verb = PORT_CLOCK}, -1));
}

static void the_input_goes_out_before_the_output(void **state)
{
    (void)state;
    char in[70];
    char out[4] = {0};
    memset(in, 'i', sizeof(in));
    struct port_call call = {
        .verb = PORT_EXCHANGE, .in = in, .in_size = 70, .out = out, .out_size = 4};
    answer = 4;
    answer_data = "blob";
    answer_offset = 128; /* 70 rounded up to 64s */
    assert_int_equal(port_carry(block, &call), 4);
    assert_memory_equal(block_memory + PORT_DATA_OFFSET, in, 70);
    assert_memory_equal(out, "blob", 4);
}

/* A blob's size may be anything; what is copied is bounded by ours. */
static void a_blob_is_cut_to_the_buffer(void **state)
{
    (void)state;
    char out[8] = "........";
    struct port_call call = {.verb = PORT_EXCHANGE, .arg = {0, 0, 6}, .out = out, .out_size = 4};
    answer_data = "wxyz!!!!";
    answer_offset = 0;
    answer = 8; /* 2 bytes from offset 6 */
    assert_int_equal(port_carry(block, &call), 8);
    assert_memory_equal(out, "wx......", 8);
    answer = INT64_MAX;
    assert_true(port_carry(block, &call) == INT64_MAX);
    assert_memory_equal(out, "wxyz....", 8);
    answer = 5; /* before the offset: nothing */
    memset(out, '.', sizeof(out));
    assert_int_equal(port_carry(block, &call), 5);
    assert_memory_equal(out, "........", 8);
}

static void execs_mistakes_are_refused(void **state)
{
    (void)state;
    static uint8_t big[PORT_CHUNK + 1];
    struct port_call unknown = {.verb = PORT_VERB_COUNT};
    struct port_call large = {.verb = PORT_WRITE, .in = big, .in_size = sizeof(big)};
    struct port_call long_read = read_call(big, sizeof(big));
    struct port_call uneven = {
        .verb = PORT_POLL, .in = big, .in_size = 16, .out = big, .out_size = 8};
    assert_int_equal(port_carry(block, &unknown), -EINVAL);
    assert_int_equal(port_carry(block, &large), -EINVAL);
    assert_int_equal(port_carry(block, &long_read), -EINVAL);
    assert_int_equal(port_carry(block, &uneven), -EINVAL);
}

/* No byte of the keep leaves it but frame and input: padding included. */
static void nothing_else_is_written(void **state)
{
    (void)state;
    memset(block_memory, 0xee, sizeof(block_memory));
    struct port_call call = {.verb = PORT_WRITE, .arg = {1}, .in = "abc", .in_size = 3};
    answer = 3;
    answer_data = NULL;
    assert_int_equal(port_carry(block, &call), 3);
    for (size_t i = 0; i < sizeof(block_memory); i++) {
        bool frame = i >= PORT_FRAME_OFFSET && i < PORT_FRAME_OFFSET + sizeof(seen);
        bool data = i >= PORT_DATA_OFFSET && i < PORT_DATA_OFFSET + 3;
        if (!frame && !data)
            assert_int_equal(block_memory[i], 0xee);
    }
    assert_int_equal(seen.zero, 0);
}

/* The result was legal when it was checked, and is not any more: what was checked is
 * what counts, and no byte of the block is read twice. */
static unsigned reads[PORT_BLOCK_SIZE];
static void spoil(size_t offset, size_t size)
{
    for (size_t i = offset; i < offset + size; i++)
        reads[i]++;
    memset(block_memory + offset, 0x7f, size);
}

static void an_answer_is_read_once(void **state)
{
    (void)state;
    char out[8] = "........";
    struct port_call call = read_call(out, sizeof(out));
    answer = 3;
    answer_data = "abcdef";
    answer_offset = 0;
    memset(reads, 0, sizeof(reads));
    after_read = spoil;
    const int64_t result = port_carry(block, &call);
    after_read = NULL;
    assert_int_equal(result, 3);
    assert_memory_equal(out, "abc.....", 8);
    const size_t at = PORT_FRAME_OFFSET + offsetof(struct port_frame, result);
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        const bool expected = (i >= at && i < at + sizeof(int64_t)) ||
                              (i >= PORT_DATA_OFFSET && i < PORT_DATA_OFFSET + 3);
        assert_int_equal(reads[i], expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_brings_only_what_was_given),
        cmocka_unit_test(a_size_larger_than_asked_stops),
        cmocka_unit_test(an_unknown_errno_stops),
        cmocka_unit_test(every_verb_bounds_its_result),
        cmocka_unit_test(the_input_goes_out_before_the_output),
        cmocka_unit_test(a_blob_is_cut_to_the_buffer),
        cmocka_unit_test(execs_mistakes_are_refused),
        cmocka_unit_test(nothing_else_is_written),
        cmocka_unit_test(an_answer_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
