/* SPDX-License-Identifier: Apache-2.0 */
/* Images of the shim: what is read of them, and everything that is refused. */
/* links: host/sgx/image.c host/elf_file.c base/cur.c base/put.c */
#include "host/sgx/image.h"

#include "base/put.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS 64u
#define CODE    0x1000u /* where the segments' bytes are in the file */
#define TCS     0x2000u

static uint8_t file[0x3000];

static struct bytes whole(void) { return (struct bytes){file, sizeof(file)}; }

static void put_header(uint16_t type, uint16_t machine, uint16_t count)
{
    static const uint8_t ident[EI_NIDENT] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1};
    struct put p = put_init(file, HEADERS);
    put_bytes(&p, (struct bytes){ident, sizeof(ident)});
    put_le16(&p, type);
    put_le16(&p, machine);
    put_le32(&p, 1);
    put_le64(&p, 0);
    put_le64(&p, HEADERS);
    put_le64(&p, 0);
    put_le32(&p, 0);
    put_le16(&p, HEADERS);
    put_le16(&p, sizeof(Elf64_Phdr));
    put_le16(&p, count);
}

static void put_segment(size_t index, Elf64_Phdr h)
{
    memcpy(file + HEADERS + index * sizeof(h), &h, sizeof(h));
}

#define FLAGS_TCS (PF_R | PF_W | SGX_PF_TCS)

/* Code, one TCS, and two pages that the file does not have. */
static const Elf64_Phdr code = {
    .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = CODE, .p_filesz = 5, .p_memsz = 5};
static const Elf64_Phdr tcs = {.p_type = PT_LOAD,
                               .p_flags = FLAGS_TCS,
                               .p_offset = TCS,
                               .p_vaddr = 0x1000,
                               .p_filesz = 0x1000,
                               .p_memsz = 0x1000};
static const Elf64_Phdr zeros = {
    .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x4000, .p_memsz = 0x1001};

static int make(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    put_header(ET_DYN, EM_X86_64, 3);
    put_segment(0, code);
    put_segment(1, tcs);
    put_segment(2, zeros);
    memcpy(file + CODE, "hello", 5);
    memset(file + CODE + 5, 0xee, 100); /* of the file, not of the segment */
    return 0;
}

static void pages_and_flags(void **state)
{
    (void)state;
    static const uint8_t empty[SGX_PAGE];
    struct sgx_image image;
    assert_int_equal(sgx_image_parse(whole(), &image), 0);
    assert_int_equal(image.count, 3);
    assert_int_equal(image.entry, 0x1000);
    assert_int_equal(image.size, 4 * SGX_PAGE);
    assert_int_equal(image.runs[0].offset, 0);
    assert_int_equal(image.runs[0].size, SGX_PAGE);
    assert_int_equal(image.runs[0].flags, 0x205); /* [SDM 35.11] PT_REG, X and R */
    assert_memory_equal(image.runs[0].data, "hello\0\0", 7);
    assert_int_equal(image.runs[1].flags, 0x100); /* PT_TCS has no permissions */
    assert_int_equal(image.runs[2].offset, 0x4000);
    assert_int_equal(image.runs[2].size, 2 * SGX_PAGE);
    assert_int_equal(image.runs[2].flags, 0x203);
    assert_memory_equal(image.runs[2].data, empty, SGX_PAGE);
    assert_int_equal((uintptr_t)image.pages % SGX_PAGE, 0);
    sgx_image_fini(&image);
}

static void refused(void)
{
    struct sgx_image image;
    assert_int_equal(sgx_image_parse(whole(), &image), -ENOEXEC);
    assert_null(image.pages);
}

static void cut_anywhere(void **state)
{
    (void)state;
    struct sgx_image image;
    for (size_t size = 0; size < TCS + SGX_PAGE; size++) {
        struct bytes part = {file, size};
        if (sgx_image_parse(part, &image) == 0)
            fail_msg("%zu bytes are enough", size);
    }
}

static void other_files(void **state)
{
    (void)state;
    put_header(ET_REL, EM_X86_64, 3);
    refused();
    put_header(ET_DYN, EM_AARCH64, 3);
    refused();
    put_header(ET_DYN, EM_X86_64, 0);
    refused();
    put_header(ET_DYN, EM_X86_64, 1); /* no TCS */
    refused();
    put_header(ET_DYN, EM_X86_64, 3);
    file[4] = ELFCLASS32;
    refused();
}

static void one_segment_wrong(Elf64_Phdr h)
{
    put_segment(2, h);
    refused();
    put_segment(2, zeros);
}

static void segments_that_no_enclave_may_have(void **state)
{
    (void)state;
    Elf64_Phdr h = zeros;
    h.p_flags = PF_R | PF_W | PF_X;
    one_segment_wrong(h);
    h.p_flags = PF_X;
    one_segment_wrong(h);
    h = zeros;
    h.p_vaddr = 0x4010;
    one_segment_wrong(h);
    h.p_vaddr = 0x1000; /* the TCS is there */
    one_segment_wrong(h);
    h.p_vaddr = SGX_KEEP_EXEC - 0x1000;
    one_segment_wrong(h);
    h.p_vaddr = UINT64_MAX - 0xfff;
    one_segment_wrong(h);
    h = zeros;
    h.p_memsz = 0;
    one_segment_wrong(h);
    h.p_memsz = UINT64_MAX;
    one_segment_wrong(h);
    h = zeros;
    h.p_filesz = h.p_memsz + 1;
    one_segment_wrong(h);
    h.p_filesz = 0x1000;
    h.p_offset = sizeof(file) - 0xfff;
    one_segment_wrong(h);
    h.p_offset = UINT64_MAX;
    one_segment_wrong(h);
    h = zeros;
    h.p_type = PT_INTERP;
    one_segment_wrong(h);
}

static void more_segments_than_are_kept(void **state)
{
    (void)state;
    put_header(ET_DYN, EM_X86_64, SGX_IMAGE_RUNS + 2);
    for (size_t i = 2; i < SGX_IMAGE_RUNS + 2; i++) {
        Elf64_Phdr h = zeros;
        h.p_vaddr = 0x4000 * i;
        put_segment(i, h);
    }
    refused();
}

/* What EADD would change must not be set [SDM 38.3 EADD]. */
static void tcs_that_would_be_measured_otherwise(void **state)
{
    (void)state;
    static const size_t fields[] = {
        offsetof(struct sgx_tcs, stage),    offsetof(struct sgx_tcs, flags),
        offsetof(struct sgx_tcs, cssa),     offsetof(struct sgx_tcs, aep),
        offsetof(struct sgx_tcs, reserved), SGX_PAGE - 1};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        file[TCS + fields[i]] = 1;
        refused();
        file[TCS + fields[i]] = 0;
    }
    file[TCS + offsetof(struct sgx_tcs, nssa)] = 4;
    struct sgx_image image;
    assert_int_equal(sgx_image_parse(whole(), &image), 0);
    sgx_image_fini(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pages_and_flags, make),
        cmocka_unit_test_setup(cut_anywhere, make),
        cmocka_unit_test_setup(other_files, make),
        cmocka_unit_test_setup(segments_that_no_enclave_may_have, make),
        cmocka_unit_test_setup(more_segments_than_are_kept, make),
        cmocka_unit_test_setup(tcs_that_would_be_measured_otherwise, make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
