/* SPDX-License-Identifier: Apache-2.0 */
/* WORKLOAD as a stream: whatever the pieces, the message is the one that the channel
 * describes, read by the reader of the other side. */
/* links: host/deploy/package.c channel/message.c channel/reader.c base/cur.c base/put.c */
#include "host/deploy/package.h"

#include "channel/reader.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct bytes files[] = {{0}, {(const uint8_t *)"first", 5},  {0},
                                     {0}, {(const uint8_t *)"second", 6}, {0}};

static struct package_parts parts(void)
{
    return (struct package_parts){
        .manifest = bytes_of_text("<manifest>"),
        .module = bytes_of_text("<module>"),
        .files = files,
        .file_count = ARRAY_COUNT(files),
        .secrets = bytes_of_text("<secrets>"),
        .owner_key = bytes_of_text("<key>"),
        .flags = CHANNEL_DETACHED,
    };
}

static size_t drain(struct package *p, size_t step, uint8_t *out)
{
    size_t size = 0;
    for (struct bytes next; (next = package_next(p)).size > 0;) {
        const size_t n = next.size < step ? next.size : step;
        memcpy(out + size, next.data, n);
        size += n;
        package_advance(p, n);
        assert_int_equal(p->sent, size);
    }
    assert_int_equal(size, p->size);
    return size;
}

static void parts_come_in_the_order_of_the_channel(void **state)
{
    (void)state;
    static const char expected[] = "<key><manifest><secrets><module>firstsecond";
    uint8_t wire[256];
    for (size_t step = 1; step < 20; step++) {
        struct package p;
        struct channel_header header;
        struct channel_workload_head head;
        const struct package_parts all = parts();
        assert_int_equal(package_init(&p, &all), 0);
        const size_t size = drain(&p, step, wire);
        assert_int_equal(
            channel_header_parse((struct bytes){wire, CHANNEL_HEADER_SIZE}, CHANNEL_OWNER, &header),
            0);
        assert_int_equal(header.type, CHANNEL_WORKLOAD);
        assert_int_equal(header.size, size - CHANNEL_HEADER_SIZE);
        const struct bytes rest = {wire + CHANNEL_HEADER_SIZE, CHANNEL_WORKLOAD_HEAD};
        assert_int_equal(channel_workload_head_parse(rest, &head), 0);
        assert_int_equal(head.owner_key_size, 5);
        assert_int_equal(head.manifest_size, 10);
        assert_int_equal(head.secrets_size, 9);
        assert_int_equal(head.flags, CHANNEL_DETACHED);
        const size_t heads = CHANNEL_HEADER_SIZE + CHANNEL_WORKLOAD_HEAD;
        assert_int_equal(size - heads, strlen(expected));
        assert_memory_equal(wire + heads, expected, strlen(expected));
    }
}

static void nothing_has_to_be_there_but_the_heads(void **state)
{
    (void)state;
    struct package p;
    uint8_t wire[64];
    assert_int_equal(package_init(&p, &(struct package_parts){0}), 0);
    assert_int_equal(drain(&p, 64, wire), CHANNEL_HEADER_SIZE + CHANNEL_WORKLOAD_HEAD);
}

static void what_no_keep_takes_is_refused(void **state)
{
    (void)state;
    struct package p;
    struct package_parts all = parts();
    all.secrets.size = CHANNEL_SECRETS_MAX + 1;
    assert_int_equal(package_init(&p, &all), -E2BIG);
    all = parts();
    all.owner_key.size = CHANNEL_OWNER_KEY_MAX + 1;
    assert_int_equal(package_init(&p, &all), -E2BIG);
    all = parts();
    all.module.size = CHANNEL_WORKLOAD_MAX;
    assert_int_equal(package_init(&p, &all), -E2BIG);
    all.module.size = SIZE_MAX;
    assert_int_equal(package_init(&p, &all), -E2BIG);
    all = parts();
    all.module.size = CHANNEL_WORKLOAD_MAX - CHANNEL_WORKLOAD_HEAD - 5 - 10 - 9 - 11;
    assert_int_equal(package_init(&p, &all), 0);
    all.module.size++;
    assert_int_equal(package_init(&p, &all), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_in_the_order_of_the_channel),
        cmocka_unit_test(nothing_has_to_be_there_but_the_heads),
        cmocka_unit_test(what_no_keep_takes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
