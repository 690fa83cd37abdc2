/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 as the shim has it, in C and by the processor's instructions, against
 * FIPS 180-4's examples [NIST CSRC, SHA256.pdf] and OpenSSL. */
/* links: shim/core/sha256.c shim/x86/sha256.c shim/x86/sha_ni.S */
/* libs: -lcrypto */
#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "shim/core/sha256.h"
#include "shim/x86/sha_ni.h"

static bool ni;

bool sha_ni_there(void) { return ni; }

static bool processor_has_it(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

static int in_c(void **state)
{
    (void)state;
    ni = false;
    return 0;
}

static int by_instructions(void **state)
{
    (void)state;
    ni = true;
    return 0;
}

static void skip_without(void)
{
    if (ni && !processor_has_it())
        skip();
}

static void hash(const void *data, size_t size, uint8_t digest[static 32])
{
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, data, size);
    sha256_end(&h, digest);
}

static void examples(void **state)
{
    (void)state;
    skip_without();
    static const struct {
        const char *text;
        uint8_t digest[32];
    } cases[] = {
        {"abc", {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad}},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         {0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26,
          0x93, 0x0c, 0x3e, 0x60, 0x39, 0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff,
          0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1}},
        {"", {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
              0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
              0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}},
    };
    uint8_t digest[32];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hash(cases[i].text, strlen(cases[i].text), digest);
        assert_memory_equal(digest, cases[i].digest, 32);
    }
}

static void any_size_in_any_parts_as_openssl(void **state)
{
    (void)state;
    skip_without();
    enum { MOST = 3000 };
    for (size_t n = 0; n < 3000; n++) {
        const size_t size = n < 300 ? n : (size_t)rand() % MOST;
        uint8_t *data = malloc(size + 1); /* exactly: the sanitiser sees what is beyond */
        uint8_t digest[32];
        uint8_t expected[32];
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)rand();
        struct sha256 h;
        sha256_init(&h);
        for (size_t at = 0; at < size;) {
            size_t part = 1 + (size_t)rand() % 200;
            part = part < size - at ? part : size - at;
            sha256_add(&h, data + at, part);
            at += part;
        }
        sha256_end(&h, digest);
        SHA256(data, size, expected);
        assert_memory_equal(digest, expected, 32);
        free(data);
    }
}

/* A length that needs more than 32 bits of bits: 512 MiB and a little. In C it would take
 * minutes under the sanitizers. */
static void a_long_message(void **state)
{
    (void)state;
    skip_without();
    const size_t size = (513u << 20) + 5;
    void *zeroes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t digest[32];
    uint8_t expected[32];
    assert_true(zeroes != MAP_FAILED);
    hash(zeroes, size, digest);
    SHA256(zeroes, size, expected);
    assert_memory_equal(digest, expected, 32);
    munmap(zeroes, size);
}

/* Whoever was interrupted finds all vector registers as they were. */
struct registers {
    uint8_t ymm[16][32];
} __attribute__((aligned(32)));

static void all_registers_stay(void **state)
{
    (void)state;
    if (!processor_has_it() || !__builtin_cpu_supports("avx")) {
        skip();
        return;
    }
    static struct registers before, after;
    static uint32_t state_words[8];
    static uint8_t data[3 * 64];
    for (size_t i = 0; i < sizeof(before.ymm); i++)
        before.ymm[i / 32][i % 32] = (uint8_t)(i * 37 + 5);
    const void *words = state_words;
    const void *from = data;
    size_t count = 3;
#define EACH(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(n) "vmovdqa " #n "*32(%[before]), %%ymm" #n "\n\t"
#define KEEP(n) "vmovdqa %%ymm" #n ", " #n "*32(%[after])\n\t"
#define NAME(n) "xmm" #n,
    __asm__ volatile(EACH(LOAD) "call sha_ni_blocks\n\t" EACH(KEEP) "vzeroupper"
                     : "+D"(words), "+S"(from), "+d"(count)
                     : [before] "b"(&before), [after] "r"(&after)
                     : EACH(NAME) "rax", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_not_equal(state_words[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(examples, in_c),
        cmocka_unit_test_setup(any_size_in_any_parts_as_openssl, in_c),
        cmocka_unit_test_setup(examples, by_instructions),
        cmocka_unit_test_setup(any_size_in_any_parts_as_openssl, by_instructions),
        cmocka_unit_test_setup(a_long_message, by_instructions),
        cmocka_unit_test(all_registers_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
