/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that are illegal in an enclave, as an assembler encodes them, and
 * neighbours that are not [SDM 3D 36.6.1]. */
/* links: sim/sgx/illegal.c */
#include "sim/sgx/illegal.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    bool illegal;
    const char *what;
    uint8_t code[8];
} rows[] = {
    {true, "cpuid", {0x0f, 0xa2}},
    {true, "rex.w cpuid", {0x48, 0x0f, 0xa2}},
    {true, "data16 cpuid", {0x66, 0x0f, 0xa2}},
    {true, "getsec", {0x0f, 0x37}},
    {true, "rdpmc", {0x0f, 0x33}},
    {true, "sgdt (%rax)", {0x0f, 0x01, 0x00}},
    {true, "sidt 8(%rsp)", {0x0f, 0x01, 0x4c, 0x24, 0x08}},
    {true, "lgdt (%rax)", {0x0f, 0x01, 0x10}},
    {true, "sldt %eax", {0x0f, 0x00, 0xc0}},
    {true, "str %eax", {0x0f, 0x00, 0xc8}},
    {true, "vmcall", {0x0f, 0x01, 0xc1}},
    {true, "vmfunc", {0x0f, 0x01, 0xd4}},
    {true, "vmmcall", {0x0f, 0x01, 0xd9}},
    {true, "in (%dx), %al", {0xec}},
    {true, "in $1, %eax", {0xe5, 0x01}},
    {true, "out %al, $1", {0xe6, 0x01}},
    {true, "rep insb", {0xf3, 0x6c}},
    {true, "outsl", {0x6f}},
    {true, "int $0x80", {0xcd, 0x80}},
    {true, "iretq", {0x48, 0xcf}},
    {true, "iret", {0xcf}},
    {true, "lret", {0xcb}},
    {true, "lret $8", {0xca, 0x08, 0x00}},
    {true, "ljmp *(%rax)", {0xff, 0x28}},
    {true, "rex.w lcall *(%rax)", {0x48, 0xff, 0x18}},
    {true, "mov %eax, %ds", {0x8e, 0xd8}},
    {true, "mov %eax, %gs", {0x8e, 0xe8}},
    {true, "pop %fs", {0x0f, 0xa1}},
    {true, "pop %gs", {0x0f, 0xa9}},
    {true, "lss (%rax), %eax", {0x0f, 0xb2, 0x00}},
    {true, "lfs (%rax), %eax", {0x0f, 0xb4, 0x00}},
    {true, "syscall", {0x0f, 0x05}},
    {true, "sysenter", {0x0f, 0x34}},

    {false, "enclu", {0x0f, 0x01, 0xd7}},
    {false, "xgetbv", {0x0f, 0x01, 0xd0}},
    {false, "rdtscp", {0x0f, 0x01, 0xf9}},
    {false, "rdtsc", {0x0f, 0x31}},
    {false, "smsw %eax", {0x0f, 0x01, 0xe0}},
    {false, "int3", {0xcc}},
    {false, "ud2", {0x0f, 0x0b}},
    {false, "ret", {0xc3}},
    {false, "call *(%rax)", {0xff, 0x10}},
    {false, "jmp *%rax", {0xff, 0xe0}},
    {false, "push (%rax)", {0xff, 0x30}},
    {false, "mov %ds, %eax", {0x8c, 0xd8}},
    {false, "wrfsbase %rax", {0xf3, 0x48, 0x0f, 0xae, 0xd0}},
    {false, "movss in VEX", {0xc5, 0xfa, 0x10, 0x00}},
    {false, "lzcnt", {0xf3, 0x0f, 0xbd, 0xc0}},
    {false, "nop", {0x90}},
    {false, "add %al, (%rax)", {0x00, 0x00}},
    {false, "or $0xa2, %al", {0x0c, 0xa2}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (instruction_is_illegal(rows[i].code, sizeof(rows[i].code)) != rows[i].illegal)
            fail_msg("%s", rows[i].what);
}

/* What cannot be fetched is not looked at. */
static void test_short(void **state)
{
    (void)state;
    assert_false(instruction_is_illegal(NULL, 0));
    assert_false(instruction_is_illegal((const uint8_t[]){0x0f}, 1));
    assert_false(instruction_is_illegal((const uint8_t[]){0x48}, 1));
    assert_false(instruction_is_illegal((const uint8_t[]){0x0f, 0x01}, 2));
    assert_true(instruction_is_illegal((const uint8_t[]){0x0f, 0xa2}, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
