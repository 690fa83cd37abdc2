/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF loader: what it maps, and what it refuses. */
/* links: host/elf.c host/elf_file.c base/cur.c base/put.c */
#define _GNU_SOURCE
#include "base/put.h"
#include "host/elf.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define IMAGE_SIZE 8192u

/* A program of two segments, built field by field [ELF-64 2, 5]. */
struct draft {
    uint16_t type, machine, entry_size, count;
    Elf64_Phdr segments[3];
};

static const struct draft good = {
    .type = ET_DYN,
    .machine = EM_X86_64,
    .entry_size = 56,
    .count = 2,
    .segments =
        {
            {.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 4096, .p_memsz = 4096},
            {.p_type = PT_LOAD,
             .p_flags = PF_R | PF_W,
             .p_offset = 4096,
             .p_vaddr = 8192,
             .p_filesz = 100,
             .p_memsz = 10000},
        },
};

static int load(const struct draft *d, struct elf_loaded *loaded)
{
    static uint8_t bytes[IMAGE_SIZE];
    memset(bytes, 0xcc, sizeof(bytes));
    struct put p = put_init(bytes, sizeof(bytes));
    static const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    put_bytes(&p, (struct bytes){.data = ident, .size = 16});
    put_le16(&p, d->type);
    put_le16(&p, d->machine);
    put_le32(&p, 1);
    put_le64(&p, 0x40); /* entry */
    put_le64(&p, 64);   /* program headers */
    put_le64(&p, 0);
    put_le32(&p, 0);
    put_le16(&p, 64);
    put_le16(&p, d->entry_size);
    put_le16(&p, d->count);
    put_le16(&p, 0);
    put_le32(&p, 0);
    put_bytes(&p,
              (struct bytes){.data = (const uint8_t *)d->segments, .size = sizeof(d->segments)});
    int fd = memfd_create("image", 0);
    assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    struct elf_image image = {.data = {.data = bytes, .size = sizeof(bytes)}, .fd = fd};
    int error = elf_map(&image, loaded);
    close(fd);
    return error;
}

static void segments_are_mapped_and_zeroed(void **state)
{
    (void)state;
    struct elf_loaded l;
    assert_int_equal(load(&good, &l), 0);
    assert_true(l.entry == l.base + 0x40);
    assert_true(l.headers == l.base + 64);
    assert_int_equal(l.header_count, 2);
    const uint8_t *base = (const uint8_t *)l.base;
    assert_memory_equal(base,
                        "\x7f"
                        "ELF",
                        4);
    assert_int_equal(base[8192], 0xcc);
    assert_int_equal(base[8192 + 99], 0xcc);
    for (size_t i = 100; i < 10000; i++)
        assert_int_equal(base[8192 + i], 0);
    munmap((void *)l.base, l.size);
}

static void refuse(struct draft d)
{
    struct elf_loaded l;
    assert_int_equal(load(&d, &l), -ENOEXEC);
}

static void what_it_is_not_made_for_is_refused(void **state)
{
    (void)state;
    struct draft d = good;
    d.type = ET_EXEC;
    refuse(d);
    d = good;
    d.machine = EM_AARCH64;
    refuse(d);
    d = good;
    d.entry_size = 57;
    refuse(d);
    d = good;
    d.count = 17;
    refuse(d);
    d = good;
    d.count = 0;
    refuse(d);
    d = good;
    d.segments[0].p_type = PT_INTERP;
    refuse(d);
}

static void hostile_segments_are_refused(void **state)
{
    (void)state;
    struct draft d = good;
    d.segments[1].p_flags = PF_R | PF_W | PF_X;
    refuse(d);
    d = good;
    d.segments[1].p_filesz = 10001; /* more in the file than in memory */
    refuse(d);
    d = good;
    d.segments[1].p_offset = UINT64_MAX - 4095;
    refuse(d);
    d = good;
    d.segments[1].p_offset = 8192; /* past the end */
    refuse(d);
    d = good;
    d.segments[1].p_vaddr = 8193; /* not congruent */
    refuse(d);
    d = good;
    d.segments[1].p_vaddr = 0; /* overlaps the first */
    refuse(d);
    d = good;
    d.segments[1].p_memsz = UINT64_MAX;
    refuse(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_mapped_and_zeroed),
        cmocka_unit_test(what_it_is_not_made_for_is_refused),
        cmocka_unit_test(hostile_segments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
