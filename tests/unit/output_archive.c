/* SPDX-License-Identifier: Apache-2.0 */
/* Archives for tests; see output_archive.h. */
#include "tests/unit/output_archive.h"

#include "tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

uint8_t archive_bytes[1 << 20];
struct put archive;
struct fault fault;
struct output *output;

void archive_begin(void)
{
    archive = put_init(archive_bytes, sizeof(archive_bytes));
    put_le32(&archive, ARCHIVE_MAGIC);
    put_le32(&archive, ARCHIVE_VERSION);
}

void archive_add_sized(uint32_t type, uint32_t directory, struct bytes path, uint64_t size)
{
    put_le32(&archive, type);
    put_le32(&archive, directory);
    put_le32(&archive, (uint32_t)path.size);
    put_le32(&archive, 0);
    put_le64(&archive, type == ARCHIVE_END ? 0 : 1234567890987654321u);
    put_le64(&archive, size);
    put_bytes(&archive, path);
}

void archive_add(uint32_t type, const char *path, const char *data)
{
    archive_add_sized(type, 0, bytes_of_text(path), strlen(data));
    put_bytes(&archive, bytes_of_text(data));
}

void archive_end(void) { archive_add(ARCHIVE_END, "", ""); }

int archive_feed(size_t part)
{
    struct bytes all = put_done(&archive);
    assert_true(all.size > 0);
    int error = 0;
    for (size_t at = 0; error == 0 && at < all.size; at += part) {
        size_t left = all.size - at;
        error = output_feed(
            output, (struct bytes){.data = all.data + at, .size = left < part ? left : part});
    }
    return error < 0 ? error : output_end(output);
}

int archive_write_limited(uint64_t size_max)
{
    static const char *const hosts[] = {"out", NULL, "other"};
    fault.text[0] = '\0';
    assert_int_equal(output_open(hosts, ARRAY_COUNT(hosts), size_max, &fault, &output), 0);
    int error = archive_feed(sizeof(archive_bytes));
    assert_int_equal(error < 0, fault.text[0] != '\0');
    output_close(output);
    return error;
}

int archive_write(void) { return archive_write_limited(PLENTY); }

void expect_fault(const char *part)
{
    if (strstr(fault.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, part);
}

bool holds(const char *path, const char *text) { return scratch_holds(path, bytes_of_text(text)); }
