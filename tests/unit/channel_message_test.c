/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the deployment channel: the bytes of include/channel.h, written out here, and
 * what must not pass for them. */
/* links: channel/message.c base/cur.c base/put.c */
#include "channel/message.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

static void assert_put(const struct put *p, struct bytes expected)
{
    assert_true(bytes_equal(put_done(p), expected));
}

/* ---- headers ---- */

static struct bytes header(uint8_t bytes[static CHANNEL_HEADER_SIZE], uint32_t type, uint32_t zero,
                           uint64_t size)
{
    struct put p = put_init(bytes, CHANNEL_HEADER_SIZE);
    put_le32(&p, type);
    put_le32(&p, zero);
    put_le64(&p, size);
    return put_done(&p);
}

static int parse(enum channel_side from, uint32_t type, uint32_t zero, uint64_t size)
{
    uint8_t bytes[CHANNEL_HEADER_SIZE];
    struct channel_header h = {.size = 4711};
    const int result = channel_header_parse(header(bytes, type, zero, size), from, &h);
    if (result == 0) {
        assert_int_equal(h.type, type);
        assert_int_equal(h.size, size);
    } else {
        assert_int_equal(result, -EBADMSG);
        assert_int_equal(h.size, 4711);
    }
    return result;
}

static void headers_are_as_written_down(void **state)
{
    (void)state;
    uint8_t bytes[CHANNEL_HEADER_SIZE];
    struct put p = put_init(bytes, sizeof(bytes));
    channel_header_put(&p, &(struct channel_header){CHANNEL_WORKLOAD, 0x123456789});
    assert_put(&p, BYTES("\3\0\0\0\0\0\0\0\x89\x67\x45\x23\1\0\0\0"));
    assert_int_equal(p.size, CHANNEL_HEADER_SIZE);
}

/* Who sends each and how long it may be, from the table in docs and contract. */
static const struct {
    enum channel_type type;
    bool owner, keep;
    uint64_t least, most;
} rows[] = {
    {CHANNEL_CHALLENGE, true, false, 48, 48},
    {CHANNEL_EVIDENCE, false, true, 4, 131072},
    {CHANNEL_WORKLOAD, true, false, 16, 8589934592},
    {CHANNEL_READY, false, true, 36, 131072},
    {CHANNEL_STDIN, true, false, 0, 65536},
    {CHANNEL_STDOUT, false, true, 0, 65536},
    {CHANNEL_STDERR, false, true, 0, 65536},
    {CHANNEL_CREDIT, true, true, 8, 8},
    {CHANNEL_SIGNAL, true, false, 4, 4},
    {CHANNEL_LOG, false, true, 4, 4100},
    {CHANNEL_FILES, false, true, 1, 65536},
    {CHANNEL_LOST, false, true, 8, 8},
    {CHANNEL_EXIT, false, true, 8, 8},
};

static void each_type_has_its_sender_and_sizes(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_COUNT(rows), CHANNEL_TYPE_COUNT - 1);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const uint32_t type = rows[i].type;
        for (int keep = 0; keep < 2; keep++) {
            const enum channel_side from = keep ? CHANNEL_KEEP : CHANNEL_OWNER;
            const int expected = (keep ? rows[i].keep : rows[i].owner) ? 0 : -EBADMSG;
            assert_int_equal(parse(from, type, 0, rows[i].least), expected);
            assert_int_equal(parse(from, type, 0, rows[i].most), expected);
            if (rows[i].least > 0)
                assert_int_equal(parse(from, type, 0, rows[i].least - 1), -EBADMSG);
            assert_int_equal(parse(from, type, 0, rows[i].most + 1), -EBADMSG);
            assert_int_equal(parse(from, type, 0, UINT64_MAX), -EBADMSG);
            assert_int_equal(parse(from, type, 1, rows[i].least), -EBADMSG);
            assert_int_equal(parse(from, type, 1u << 31, rows[i].least), -EBADMSG);
        }
    }
}

static void no_other_type_is_known(void **state)
{
    (void)state;
    static const uint32_t types[] = {0,       CHANNEL_TYPE_COUNT, CHANNEL_TYPE_COUNT + 1,
                                     0x10001, 0x80000000,         UINT32_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        for (uint64_t size = 0; size < 64; size++) {
            assert_int_equal(parse(CHANNEL_OWNER, types[i], 0, size), -EBADMSG);
            assert_int_equal(parse(CHANNEL_KEEP, types[i], 0, size), -EBADMSG);
        }
        assert_string_equal(channel_type_text(types[i]), "?");
    }
    assert_string_equal(channel_type_text(CHANNEL_CHALLENGE), "CHALLENGE");
    assert_string_equal(channel_type_text(CHANNEL_EXIT), "EXIT");
}

static void a_header_has_one_size(void **state)
{
    (void)state;
    uint8_t bytes[CHANNEL_HEADER_SIZE + 1] = {0};
    struct channel_header h;
    struct bytes from = header(bytes, CHANNEL_STDIN, 0, 1);
    for (from.size = 0; from.size <= sizeof(bytes); from.size++)
        assert_int_equal(channel_header_parse(from, CHANNEL_OWNER, &h),
                         from.size == CHANNEL_HEADER_SIZE ? 0 : -EBADMSG);
}

/* ---- payloads ---- */

#define CHALLENGE_START "\1\0\0\0\2\0\0\0\x08\x07\x06\x05\x04\x03\x02\x01"
#define NONCE           "0123456789abcdef0123456789ABCDEF"

static void challenges(void **state)
{
    (void)state;
    struct channel_challenge c = {.what = CHANNEL_ATTACH, .time = 0x0102030405060708}, got;
    uint8_t bytes[CHANNEL_CHALLENGE_SIZE];
    struct put p = put_init(bytes, sizeof(bytes));
    memcpy(c.nonce, NONCE, sizeof(c.nonce));
    channel_challenge_put(&p, &c);
    assert_put(&p, BYTES(CHALLENGE_START NONCE));
    assert_int_equal(channel_challenge_parse(put_done(&p), &got), 0);
    assert_int_equal(got.what, CHANNEL_ATTACH);
    assert_int_equal(got.time, c.time);
    assert_memory_equal(got.nonce, NONCE, sizeof(got.nonce));

    assert_int_equal(channel_challenge_parse(BYTES(CHALLENGE_START NONCE "x"), &got), -EBADMSG);
    for (size_t size = 0; size < sizeof(bytes); size++)
        assert_int_equal(channel_challenge_parse((struct bytes){bytes, size}, &got), -EBADMSG);
    bytes[0] = 2;
    assert_int_equal(channel_challenge_parse(put_done(&p), &got), -EPROTONOSUPPORT);
    bytes[0] = 1;
    static const uint8_t whats[] = {0, 3, 255};
    for (size_t i = 0; i < sizeof(whats); i++) {
        bytes[4] = whats[i];
        assert_int_equal(channel_challenge_parse(put_done(&p), &got), -EBADMSG);
    }
}

static void evidence(void **state)
{
    (void)state;
    const struct channel_evidence e = {.claims = BYTES("claims"), .evidence = BYTES("quote")};
    struct channel_evidence got;
    uint8_t bytes[128];
    struct put p = put_init(bytes, sizeof(bytes));
    channel_evidence_put(&p, &e);
    assert_put(&p, BYTES("\6\0\0\0claimsquote"));
    assert_int_equal(channel_evidence_parse(put_done(&p), CHANNEL_EVIDENCE, &got), 0);
    assert_true(bytes_equal(got.claims, e.claims) && bytes_equal(got.evidence, e.evidence));
    assert_int_equal(got.secrets.size, 0);

    const struct channel_evidence ready = {
        .secrets = BYTES(NONCE), .claims = BYTES("claims"), .evidence = BYTES("quote")};
    p = put_init(bytes, sizeof(bytes));
    channel_evidence_put(&p, &ready);
    assert_put(&p, BYTES(NONCE "\6\0\0\0claimsquote"));
    assert_int_equal(channel_evidence_parse(put_done(&p), CHANNEL_READY, &got), 0);
    assert_true(bytes_equal(got.secrets, ready.secrets) && bytes_equal(got.claims, ready.claims) &&
                bytes_equal(got.evidence, ready.evidence));

    /* nothing to prove */
    assert_int_equal(channel_evidence_parse(BYTES("\0\0\0\0"), CHANNEL_EVIDENCE, &got), 0);
    assert_int_equal(got.claims.size + got.evidence.size, 0);
    static const struct bytes bad[] = {{NULL, 0},
                                       {(const uint8_t *)"\0\0\0", 3},
                                       {(const uint8_t *)"\2\0\0\0x", 5},
                                       {(const uint8_t *)"\xff\xff\xff\xffx", 5}};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(channel_evidence_parse(bad[i], CHANNEL_EVIDENCE, &got), -EBADMSG);
    assert_int_equal(channel_evidence_parse(BYTES(NONCE), CHANNEL_READY, &got), -EBADMSG);
}

static int parse_head(uint32_t manifest, uint32_t secrets, uint32_t key, uint32_t flags)
{
    const struct channel_workload_head head = {manifest, secrets, key, flags};
    struct channel_workload_head got = {0};
    uint8_t bytes[CHANNEL_WORKLOAD_HEAD];
    struct put p = put_init(bytes, sizeof(bytes));
    channel_workload_head_put(&p, &head);
    const int result = channel_workload_head_parse(put_done(&p), &got);
    if (result == 0)
        assert_memory_equal(&got, &head, sizeof(got));
    return result;
}

static void heads_of_workloads(void **state)
{
    (void)state;
    uint8_t bytes[CHANNEL_WORKLOAD_HEAD + 1] = {0};
    struct put p = put_init(bytes, CHANNEL_WORKLOAD_HEAD);
    channel_workload_head_put(&p, &(struct channel_workload_head){1, 0x200, 3, CHANNEL_DETACHED});
    assert_put(&p, BYTES("\1\0\0\0\0\2\0\0\3\0\0\0\1\0\0\0"));

    assert_int_equal(parse_head(1 << 20, 0, 91, 0), 0);
    assert_int_equal(parse_head(1, CHANNEL_SECRETS_MAX, CHANNEL_OWNER_KEY_MAX, CHANNEL_FLAGS), 0);
    assert_int_equal(parse_head(1, CHANNEL_SECRETS_MAX + 1, 1, 0), -EBADMSG);
    assert_int_equal(parse_head(1, UINT32_MAX, 1, 0), -EBADMSG);
    assert_int_equal(parse_head(1, 0, CHANNEL_OWNER_KEY_MAX + 1, 0), -EBADMSG);
    for (uint32_t flag = CHANNEL_FLAGS + 1; flag != 0; flag <<= 1)
        assert_int_equal(parse_head(1, 0, 91, flag), -EBADMSG);
    struct channel_workload_head got;
    for (size_t size = 0; size <= sizeof(bytes); size++)
        assert_int_equal(channel_workload_head_parse((struct bytes){bytes, size}, &got),
                         size == CHANNEL_WORKLOAD_HEAD ? 0 : -EBADMSG);
}

static void pairs(void **state)
{
    (void)state;
    uint8_t bytes[9] = {0};
    struct channel_pair got;
    struct put p = put_init(bytes, 8);
    channel_pair_put(&p, (struct channel_pair){CHANNEL_STDOUT, 0x10000});
    assert_put(&p, BYTES("\6\0\0\0\0\0\1\0"));
    assert_int_equal(channel_pair_parse(put_done(&p), &got), 0);
    assert_int_equal(got.first, CHANNEL_STDOUT);
    assert_int_equal(got.second, 0x10000);
    for (size_t size = 0; size <= sizeof(bytes); size++)
        assert_int_equal(channel_pair_parse((struct bytes){bytes, size}, &got),
                         size == 8 ? 0 : -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_as_written_down),
        cmocka_unit_test(each_type_has_its_sender_and_sizes),
        cmocka_unit_test(no_other_type_is_known),
        cmocka_unit_test(a_header_has_one_size),
        cmocka_unit_test(challenges),
        cmocka_unit_test(evidence),
        cmocka_unit_test(heads_of_workloads),
        cmocka_unit_test(pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
