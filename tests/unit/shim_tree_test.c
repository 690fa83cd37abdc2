/* SPDX-License-Identifier: Apache-2.0 */
/* The hash tree over exec's pages against one that OpenSSL hashes, built from the
 * definition in tree.h alone. */
/* links: shim/core/tree.c shim/core/sha256.c shim/core/shared.c shim/x86/sha256.c shim/x86/sha_ni.S */
/* libs: -lcrypto */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "shim/core/tree.h"
#include "shim/x86/sha_ni.h"

bool sha_ni_there(void) { return false; }

#define PAGE 4096u

/* A node, by its definition: of 16 pages or of two nodes. */
struct model {
    uint8_t (*nodes)[32]; /* of the upper tree, 1 the root */
    uint8_t *file;        /* padded to whole runs with what is not zero */
    struct exec_image image;
};

static void pair(const uint8_t *a, const uint8_t *b, uint8_t *out)
{
    uint8_t in[65] = {1};
    memcpy(in + 1, a, 32);
    memcpy(in + 33, b, 32);
    SHA256(in, sizeof(in), out);
}

static void leaf(const uint8_t *page, uint32_t index, uint8_t *out)
{
    uint8_t in[5 + PAGE] = {0};
    memcpy(in + 1, &index, 4);
    memcpy(in + 5, page, PAGE);
    SHA256(in, sizeof(in), out);
}

static void top(const struct model *m, uint32_t first, uint32_t count, uint8_t *out)
{
    uint8_t left[32] = {0};
    uint8_t right[32] = {0};
    if (count == 1) {
        memset(out, 0, 32);
        if (first < m->image.page_count)
            leaf(m->file + (size_t)first * PAGE, first, out);
        return;
    }
    top(m, first, count / 2, left);
    top(m, first + count / 2, count / 2, right);
    pair(left, right, out);
}

static struct model make(uint32_t pages)
{
    struct model m = {.image = {.page_count = pages, .run_count = 1}};
    while (m.image.run_count * TREE_RUN < pages)
        m.image.run_count *= 2;
    const uint32_t runs = m.image.run_count;
    const size_t size = (size_t)runs * TREE_RUN_BYTES;
    m.file = malloc(size);
    m.nodes = calloc(2 * (size_t)runs, 32);
    for (size_t i = 0; i < size; i++)
        m.file[i] = (uint8_t)rand();
    for (uint32_t i = 0; i < runs; i++) {
        if (i * TREE_RUN < pages)
            top(&m, i * TREE_RUN, TREE_RUN, m.nodes[runs + i]);
    }
    for (uint32_t i = runs - 1; i > 0; i--)
        pair(m.nodes[2 * (size_t)i], m.nodes[2 * (size_t)i + 1], m.nodes[i]);
    memcpy(m.image.root, m.nodes[1], 32);
    return m;
}

static void unmake(struct model *m)
{
    free(m->nodes);
    free(m->file);
}

static bool verify(const struct model *m, uint32_t run, const uint8_t *pages)
{
    return tree_verify(&m->image, run, pages, (const struct shared *)m->nodes);
}

static uint8_t *run_of(const struct model *m, uint32_t run)
{
    return m->file + (size_t)run * TREE_RUN_BYTES;
}

static const uint32_t sizes[] = {1, 15, 16, 17, 32, 33, 100, 129};
#define EACH_SIZE(i) (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)

static void every_run_of_every_size_verifies(void **state)
{
    (void)state;
    for
        EACH_SIZE(i)
        {
            struct model m = make(sizes[i]);
            for (uint32_t run = 0; run * TREE_RUN < sizes[i]; run++) {
                assert_true(verify(&m, run, run_of(&m, run)));
                uint8_t node[32];
                tree_hash_run(run_of(&m, run), run * TREE_RUN, sizes[i], node);
                assert_memory_equal(node, m.nodes[m.image.run_count + run], 32);
            }
            unmake(&m);
        }
}

static void a_run_in_anothers_place_does_not(void **state)
{
    (void)state;
    struct model m = make(100);
    for (uint32_t a = 0; a < 7; a++) {
        for (uint32_t b = 0; b < 7; b++)
            assert_int_equal(verify(&m, a, run_of(&m, b)), a == b);
    }
    unmake(&m);
}

static void a_changed_bit_does_not(void **state)
{
    (void)state;
    struct model m = make(100);
    for (size_t n = 0; n < 20; n++) {
        const size_t at = (size_t)rand() % (100 * PAGE);
        m.file[at] ^= (uint8_t)(1u << rand() % 8);
        const uint32_t run = (uint32_t)(at / TREE_RUN_BYTES);
        assert_false(verify(&m, run, run_of(&m, run)));
        m.file[at] ^= 0xff;
        assert_false(verify(&m, run, run_of(&m, run)));
        unmake(&m);
        m = make(100);
    }
    unmake(&m);
}

/* The nodes beside the way up, each bit; others are not looked at. */
static void a_changed_node_does_not(void **state)
{
    (void)state;
    struct model m = make(129); /* 16 runs */
    const unsigned run = 5;
    for (size_t node = 0; node < 32; node++) {
        bool beside = false;
        for (unsigned i = 16 + run; i > 1; i /= 2)
            beside |= (i ^ 1) == node;
        for (size_t bit = 0; bit < 256; bit += 11) {
            m.nodes[node][bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(verify(&m, run, run_of(&m, run)), !beside);
            m.nodes[node][bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    unmake(&m);
}

/* A page is no node and a node no page; the count of pages is part of it. */
static void a_file_cut_or_lengthened_does_not(void **state)
{
    (void)state;
    struct model m = make(100);
    m.image.page_count = 99;
    assert_false(verify(&m, 6, run_of(&m, 6)));
    m.image.page_count = 101;
    assert_false(verify(&m, 6, run_of(&m, 6)));
    m.image.page_count = 100;
    m.image.root[31] ^= 0x80;
    assert_false(verify(&m, 6, run_of(&m, 6)));
    unmake(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_of_every_size_verifies),
        cmocka_unit_test(a_run_in_anothers_place_does_not),
        cmocka_unit_test(a_changed_bit_does_not),
        cmocka_unit_test(a_changed_node_does_not),
        cmocka_unit_test(a_file_cut_or_lengthened_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
