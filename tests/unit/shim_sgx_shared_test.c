/* SPDX-License-Identifier: Apache-2.0 */
/* Copies to and from memory outside an enclave: every access, by a reader and writer
 * of words in place of the instructions. */
#define SHIM_SGX_WORD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t word_read(const volatile uint64_t *from);
static void word_write(volatile uint64_t *to, uint64_t word);

#include "shim/sgx/shared.c"

enum { SIZE = 128 };

static uint64_t outside[SIZE / 8];
static unsigned accesses[SIZE / 8];
static jmp_buf stopped;

static size_t index_of(const volatile uint64_t *at)
{
    const uint64_t offset = (uint64_t)at - (uint64_t)outside;
    assert_int_equal(offset % 8, 0);
    assert_true(offset < SIZE);
    return offset / 8;
}

static uint64_t word_read(const volatile uint64_t *from)
{
    accesses[index_of(from)]++;
    const uint64_t word = *from;
    outside[index_of(from)] = ~word; /* a host that changes it at once */
    return word;
}

static void word_write(volatile uint64_t *to, uint64_t word)
{
    accesses[index_of(to)]++;
    *to = word;
}

no_return void machine_stop(enum machine_stop why)
{
    assert_int_equal(why, STOP_BUG);
    longjmp(stopped, 1);
}

static uint8_t byte(size_t i) { return (uint8_t)(i * 7 + 1); }

static void fill(void)
{
    memset(accesses, 0, sizeof(accesses));
    for (size_t i = 0; i < SIZE; i++)
        ((uint8_t *)outside)[i] = byte(i);
}

/* The words that hold [from, to), once each; no other. */
static void touched_once(size_t from, size_t to)
{
    for (size_t i = 0; i < SIZE / 8; i++) {
        const bool within = from < to && i >= from / 8 && i <= (to - 1) / 8;
        assert_int_equal(accesses[i], within);
    }
}

/* All alignments of both sides by all sizes. */
static void reads_are_whole_words_once(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 16; offset++) {
        for (size_t inside = 0; inside < 8; inside++) {
            for (size_t size = 0; size <= 64; size++) {
                uint8_t to[96];
                fill();
                memset(to, 0xee, sizeof(to));
                /* half of the offset in the address, as a block that is not aligned */
                const size_t half = offset / 2;
                shared_read((const struct shared *)((uint8_t *)outside + half), offset - half,
                            to + inside, size);
                touched_once(offset, offset + size);
                for (size_t i = 0; i < sizeof(to); i++) {
                    const bool copied = i >= inside && i - inside < size;
                    assert_int_equal(to[i], copied ? byte(offset + i - inside) : 0xee);
                }
            }
        }
    }
}

static void writes_are_whole_words_once(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 24; offset += 8) {
        for (size_t inside = 0; inside < 8; inside++) {
            for (size_t size = 0; size <= 64; size++) {
                uint8_t from[96];
                for (size_t i = 0; i < sizeof(from); i++)
                    from[i] = (uint8_t)(0x80 | i);
                fill();
                shared_write((struct shared *)outside, offset, from + inside, size);
                touched_once(offset, offset + size);
                for (size_t i = 0; i < SIZE; i++) {
                    uint8_t expected = byte(i);
                    if (i >= offset && i < offset + (size + 7) / 8 * 8) /* filled up with zeroes */
                        expected = i - offset < size ? from[inside + i - offset] : 0;
                    assert_int_equal(((uint8_t *)outside)[i], expected);
                }
            }
        }
    }
}

static bool is_written_at(size_t offset)
{
    if (setjmp(stopped) != 0)
        return false;
    shared_write((struct shared *)outside, offset, "abc", 3);
    return true;
}

static void a_write_to_part_of_a_word_is_a_mistake(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 24; offset++) {
        fill();
        assert_int_equal(is_written_at(offset), offset % 8 == 0);
        if (offset % 8 != 0)
            touched_once(0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_whole_words_once),
        cmocka_unit_test(writes_are_whole_words_once),
        cmocka_unit_test(a_write_to_part_of_a_word_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
