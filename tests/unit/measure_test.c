/* SPDX-License-Identifier: Apache-2.0 */
/* MRENCLAVE of a tiny enclave. The value is Python's:
 *
 *   h = hashlib.sha256(struct.pack('<8sIQ44x', b'ECREATE', 1, 0x8000))
 *   for page, flags, content in (0, 0x205, bytes((i*i + 0xc3) & 255 for i in range(4096))), \
 *                               (0x1000, 0x100, bytes(4096)):
 *       h.update(struct.pack('<8sQQ40x', b'EADD', page, flags))
 *       for i in range(0, 4096, 256):
 *           h.update(struct.pack('<8sQ48x', b'EEXTEND', page + i) + content[i:i + 256]) */
/* links: sim/sgx/measure.c */
/* libs: -lcrypto */
#include "sim/sgx/measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t expected[32] = {
    0x62, 0x24, 0xac, 0x5b, 0xb1, 0xf2, 0x23, 0x51, 0xe5, 0xde, 0x11, 0x9f, 0xfd, 0x22, 0x1b, 0xaa,
    0x98, 0x0c, 0x4b, 0x9c, 0x80, 0x88, 0x36, 0xbc, 0x9a, 0x74, 0x15, 0x6d, 0xf8, 0x6a, 0x2f, 0x69};

static void add(struct measure *m, uint64_t offset, uint64_t flags, const uint8_t *content)
{
    const struct sgx_secinfo secinfo = {.flags = flags};
    measure_add(m, offset, &secinfo);
    for (uint32_t i = 0; i < SGX_PAGE; i += MEASURE_PART)
        measure_extend(m, offset + i, content + i);
}

static void test_tiny_enclave(void **state)
{
    (void)state;
    static uint8_t code[SGX_PAGE];
    static const uint8_t zeros[SGX_PAGE];
    const struct sgx_secs secs = {.size = 0x8000, .base = 0x12340000, .ssa_frame_size = 1};
    struct measure m;
    uint8_t found[32];
    for (uint32_t i = 0; i < SGX_PAGE; i++)
        code[i] = (uint8_t)(i * i + 0xc3);
    measure_create(&m, &secs);
    add(&m, 0, 0x205, code);
    add(&m, 0x1000, 0x100, zeros);
    measure_final(&m, found);
    assert_memory_equal(found, expected, 32);
    measure_final(&m, found); /* it can be asked twice */
    assert_memory_equal(found, expected, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tiny_enclave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
