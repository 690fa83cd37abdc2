/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral and its cache, before a service of ours: what names a piece, when it is asked
 * for, how it waits, and what the verifier makes of a cache that somebody else wrote to.
 * Each property can be left out by tools/checklist, and then a test here fails. */
/* links: net/collateral_item.c net/collateral.c host/fault.c host/newfile.c host/user_dir.c */
/* links: tests/attest/set.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* links: tests/unit/scratch.c */
/* libs: -lcrypto -ljansson -Wl,--wrap=sleep */
#define _GNU_SOURCE
#include "net/collateral_item.h"
#include "net/http.h"
#include "tests/attest/set.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the service ---- */

struct reply {
    long status;
    long retry_after;
};

#define REPLIES_MAX 8u

static struct service {
    struct reply replies[REPLIES_MAX]; /* of the requests that come next */
    size_t reply_count;
    struct reply otherwise;
    struct bytes body;
    unsigned delay; /* microseconds */
    unsigned slept[128];
    size_t sleeps;
} service;

static unsigned *asked; /* by all processes */

struct http {
    int open;
};

int http_open(const struct http_options *options, struct http **http, struct fault *fault)
{
    static struct http the;
    (void)options, (void)fault;
    *http = &the;
    return 0;
}

void http_close(struct http *http) { (void)http; }

int http_get(struct http *http, const char *url, struct http_response *response,
             struct fault *fault)
{
    (void)http, (void)url, (void)fault;
    const unsigned n = __atomic_fetch_add(asked, 1, __ATOMIC_SEQ_CST);
    const struct reply reply = n < service.reply_count ? service.replies[n] : service.otherwise;
    usleep(service.delay);
    *response = (struct http_response){.status = reply.status, .retry_after = reply.retry_after};
    response->body = malloc(service.body.size + 1);
    assert_non_null(response->body);
    memcpy(response->body, service.body.data, service.body.size);
    response->size = service.body.size;
    return 0;
}

void http_response_fini(struct http_response *response) { free(response->body); }

unsigned __wrap_sleep(unsigned seconds);
unsigned __wrap_sleep(unsigned seconds)
{
    assert_true(service.sleeps < ARRAY_COUNT(service.slept));
    service.slept[service.sleeps++] = seconds;
    return 0;
}

static void expect_replies(const struct reply *replies, size_t count)
{
    memcpy(service.replies, replies, count * sizeof(*replies));
    service.reply_count = count;
}

/* ---- the cache ---- */

static char root[4096]; /* where tests start, and find evidence */

static int open_cache(void **state)
{
    service = (struct service){.otherwise = {200, -1}, .body = bytes_of_text("body")};
    *asked = 0;
    if (scratch_open(state) < 0 || chdir(root) < 0)
        return -1;
    return setenv("XDG_CACHE_HOME", *state, 1);
}

static int get_in(enum collateral_mode mode, const struct collateral_item *item,
                  struct collateral_got *got)
{
    struct collateral_source source = {.mode = mode};
    struct fault fault;
    assert_int_equal(collateral_open(&source, &fault), 0);
    const int error = collateral_get(&source, item, got, &fault);
    collateral_close(&source);
    return error;
}

static int ask_in(enum collateral_mode mode, const struct collateral_item *item)
{
    struct collateral_got got = {0};
    const int error = get_in(mode, item, &got);
    if (error == 0)
        assert_true(bytes_equal(got.body, service.body));
    collateral_got_fini(&got);
    return error;
}

static void path_of(const struct collateral_item *item, char path[static 4096])
{
    snprintf(path, 4096, "%s/enarx/collateral/%s", getenv("XDG_CACHE_HOME"), item->name);
}

static void age(const struct collateral_item *item, time_t seconds)
{
    char path[4096];
    path_of(item, path);
    const struct timespec then[2] = {{.tv_sec = time(NULL) - seconds},
                                     {.tv_sec = time(NULL) - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

static struct collateral_item constant_item(void)
{
    return item_amd_chain("http://kds", "vcek", PRODUCT_GENOA);
}

static struct collateral_item changing_item(void)
{
    return item_amd_crl("http://kds", "vcek", PRODUCT_GENOA);
}

static void asks_once(void **state)
{
    (void)state;
    const struct collateral_item items[] = {constant_item(), changing_item()};
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        assert_int_equal(ask_in(COLLATERAL_CACHED, &items[i]), 0);
        assert_int_equal(ask_in(COLLATERAL_CACHED, &items[i]), 0);
        assert_int_equal(*asked, i + 1);
    }
    assert_int_equal(ask_in(COLLATERAL_REFRESH, &items[0]), 0);
    assert_int_equal(*asked, 3);
}

static void offline_asks_nobody(void **state)
{
    (void)state;
    const struct collateral_item item = changing_item();
    assert_int_equal(ask_in(COLLATERAL_OFFLINE, &item), -ENOENT);
    assert_int_equal(*asked, 0);
    assert_int_equal(ask_in(COLLATERAL_CACHED, &item), 0);
    age(&item, 1000 * COLLATERAL_AGE_MAX);
    assert_int_equal(ask_in(COLLATERAL_OFFLINE, &item), 0);
    assert_int_equal(*asked, 1);
}

static void what_changes_is_asked_for_again(void **state)
{
    (void)state;
    const struct collateral_item constant = constant_item(), changing = changing_item();
    assert_int_equal(ask_in(COLLATERAL_CACHED, &constant), 0);
    assert_int_equal(ask_in(COLLATERAL_CACHED, &changing), 0);
    age(&constant, COLLATERAL_AGE_MAX + 60);
    age(&changing, COLLATERAL_AGE_MAX + 60);
    service.body = bytes_of_text("newer");
    assert_int_equal(ask_in(COLLATERAL_CACHED, &changing), 0);
    assert_int_equal(*asked, 3);
    service.body = bytes_of_text("body");
    assert_int_equal(ask_in(COLLATERAL_CACHED, &constant), 0);
    assert_int_equal(*asked, 3);
}

/* But what the service no longer has is not there. */
static void stale_is_better_than_nothing(void **state)
{
    (void)state;
    const struct collateral_item item = changing_item();
    assert_int_equal(ask_in(COLLATERAL_CACHED, &item), 0);
    age(&item, COLLATERAL_AGE_MAX + 60);
    service.otherwise.status = 500;
    assert_int_equal(ask_in(COLLATERAL_CACHED, &item), 0);
    service.otherwise.status = 404;
    assert_int_equal(ask_in(COLLATERAL_CACHED, &item), -ENOENT);
    assert_int_equal(*asked, 3);
}

static void concurrent_misses_ask_once(void **state)
{
    (void)state;
    const struct collateral_item item = changing_item();
    service.delay = 200000;
    for (size_t i = 0; i < 4; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(ask_in(COLLATERAL_CACHED, &item) == 0 ? 0 : 1);
    }
    for (size_t i = 0; i < 4; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(*asked, 1);
}

/* ---- throttling [RFC 9110 10.2.3] ---- */

static void waits_as_long_as_it_is_asked_to(void **state)
{
    (void)state;
    static const struct reply replies[] = {{429, 7}, {503, -1}, {429, 0}};
    const struct collateral_item item = changing_item();
    expect_replies(replies, ARRAY_COUNT(replies));
    assert_int_equal(ask_in(COLLATERAL_CACHED, &item), 0);
    assert_int_equal(*asked, 4);
    assert_int_equal(service.sleeps, 3);
    assert_int_equal(service.slept[0], 7);
    assert_int_equal(service.slept[1], 2);
    assert_int_equal(service.slept[2], 0);
}

static void does_not_wait_without_end(void **state)
{
    (void)state;
    static const long asks[] = {COLLATERAL_WAIT_MAX + 1, -1, 0};
    const struct collateral_item item = changing_item();
    for (size_t i = 0; i < ARRAY_COUNT(asks); i++) {
        unsigned total = 0;
        service.sleeps = 0;
        service.otherwise = (struct reply){429, asks[i]};
        assert_int_equal(ask_in(COLLATERAL_CACHED, &item), -EAGAIN);
        for (size_t j = 0; j < service.sleeps; j++)
            total += service.slept[j];
        assert_true(total <= COLLATERAL_WAIT_MAX);
        assert_true(service.sleeps > 0 || i == 0);
    }
}

/* ---- names ---- */

static struct snp_claims claims_of(void)
{
    struct snp_claims c = {.reported_tcb = {1, 2, 3, 4, 5, 6, 7, 8}};
    for (size_t i = 0; i < sizeof(c.chip_id); i++)
        c.chip_id[i] = (uint8_t)i;
    return c;
}

static bool same_name(const struct collateral_item *a, const struct collateral_item *b)
{
    assert_int_equal(strcmp(a->name, b->name) == 0, strcmp(a->url, b->url) == 0);
    return strcmp(a->name, b->name) == 0;
}

static const struct layout {
    enum product product;
    uint64_t svns; /* bytes of the TCB that are versions [SNP-ABI 2.2] */
    size_t id_size;
} layouts[] = {
    {PRODUCT_MILAN, 0xffff00000000ffff, 64},
    {PRODUCT_GENOA, 0xffff00000000ffff, 64},
    {PRODUCT_TURIN, 0xff000000ffffffff, 8},
};

static void every_version_of_a_chip_has_its_name(void **state)
{
    (void)state;
    const struct snp_claims claims = claims_of();
    for (size_t i = 0; i < ARRAY_COUNT(layouts); i++) {
        const struct layout *l = &layouts[i];
        const struct collateral_item item = item_vcek("http://kds", l->product, &claims);
        for (size_t byte = 0; byte < 8; byte++) {
            struct snp_claims other = claims;
            other.reported_tcb[byte] ^= 0x80;
            const struct collateral_item changed = item_vcek("http://kds", l->product, &other);
            const bool counts = (l->svns >> (8 * byte) & 0xff) != 0;
            assert_int_equal(same_name(&item, &changed), !counts);
        }
    }
}

static void every_chip_has_its_name(void **state)
{
    (void)state;
    const struct snp_claims claims = claims_of();
    for (size_t i = 0; i < ARRAY_COUNT(layouts); i++) {
        const struct layout *l = &layouts[i];
        const struct collateral_item item = item_vcek("http://kds", l->product, &claims);
        for (size_t byte = 0; byte < l->id_size; byte++) {
            struct snp_claims other = claims;
            other.chip_id[byte] ^= 1;
            const struct collateral_item changed = item_vcek("http://kds", l->product, &other);
            assert_false(same_name(&item, &changed));
        }
        const struct layout *next = &layouts[(i + 1) % ARRAY_COUNT(layouts)];
        const struct collateral_item elsewhere = item_vcek("http://kds", next->product, &claims);
        assert_false(same_name(&item, &elsewhere));
    }
}

static void everything_else_has_its_name(void **state)
{
    (void)state;
    static const uint8_t fmspcs[2][6] = {{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 7}};
    const struct collateral_item items[] = {
        item_amd_chain("u", "vcek", PRODUCT_MILAN),
        item_amd_chain("u", "vlek", PRODUCT_MILAN),
        item_amd_chain("u", "vcek", PRODUCT_GENOA),
        item_amd_crl("u", "vcek", PRODUCT_MILAN),
        item_amd_crl("u", "vlek", PRODUCT_MILAN),
        item_amd_crl("u", "vcek", PRODUCT_GENOA),
        item_tcb_info("u", KIND_SGX, fmspcs[0]),
        item_tcb_info("u", KIND_TDX, fmspcs[0]),
        item_tcb_info("u", KIND_SGX, fmspcs[1]),
        item_qe_identity("u", KIND_SGX),
        item_qe_identity("u", KIND_TDX),
        item_pck_crl("u", "platform"),
        item_pck_crl("u", "processor"),
        item_root_crl("u"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        for (size_t j = 0; j < i; j++)
            assert_false(same_name(&items[i], &items[j]));
    }
}

/* ---- a cache that somebody else wrote to ---- */

static void poison(const struct collateral_item *item, struct bytes content)
{
    char path[4096];
    path_of(item, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    assert_int_equal(fclose(file), 0);
}

/* Whether the set is accepted with this in place of what it has. */
static bool accepted_with(const struct set *set, const struct policy *policy, enum part part,
                          struct bytes content)
{
    static struct attest_result result;
    struct set changed = *set;
    struct set_input input;
    changed.parts[part] = content;
    set_input_init(&input, &changed, policy);
    assert_int_equal(attest_verify(&input.in, &result), 0);
    return result.verdict == ACCEPTED;
}

static void poison_part(const struct set *set, enum part part)
{
    const struct collateral_item item = changing_item();
    struct policy policy = set_policy(set);
    const struct bytes good = set->parts[part];
    uint8_t *bad = malloc(good.size);
    assert_non_null(bad);
    memcpy(bad, good.data, good.size);
    service.body = good;
    assert_int_equal(ask_in(COLLATERAL_CACHED, &item), 0);
    assert_true(accepted_with(set, &policy, part, good));
    for (size_t at = 0; at < good.size; at += 37) {
        struct collateral_got got = {0};
        bad[at] ^= 1;
        poison(&item, (struct bytes){bad, good.size});
        assert_int_equal(get_in(COLLATERAL_OFFLINE, &item, &got), 0);
        assert_false(accepted_with(set, &policy, part, got.body));
        collateral_got_fini(&got);
        bad[at] ^= 1;
    }
    free(bad);
    set_policy_free(&policy);
}

static void a_poisoned_cache_only_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        enum part part;
    } pieces[] = {
        {"snp/enarx-steward/milan-v2-idblock", PART_LEAF},
        {"snp/enarx-steward/milan-v2-idblock", PART_SIGNERS},
        {"tdx/dcap-qvl/quote-v4-uptodate", PART_TCB_INFO},
        {"tdx/dcap-qvl/quote-v4-uptodate", PART_QE_IDENTITY},
        {"tdx/dcap-qvl/quote-v4-uptodate", PART_CRL},
        {"tdx/dcap-qvl/quote-v4-uptodate", PART_ROOT_CRL},
        {"tdx/dcap-qvl/quote-v4-uptodate", PART_SIGNERS},
    };
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
        struct set set;
        assert_true(set_load(&set, pieces[i].set));
        poison_part(&set, pieces[i].part);
        set_free(&set);
        char path[4096];
        const struct collateral_item item = changing_item();
        path_of(&item, path);
        unlink(path);
    }
}

static int share_count(void **state)
{
    (void)state;
    asked = mmap(NULL, sizeof(*asked), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return asked == MAP_FAILED || getcwd(root, sizeof(root)) == NULL ? -1 : 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_cache, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(asks_once),
        TEST(offline_asks_nobody),
        TEST(what_changes_is_asked_for_again),
        TEST(stale_is_better_than_nothing),
        TEST(concurrent_misses_ask_once),
        TEST(waits_as_long_as_it_is_asked_to),
        TEST(does_not_wait_without_end),
        TEST(every_version_of_a_chip_has_its_name),
        TEST(every_chip_has_its_name),
        TEST(everything_else_has_its_name),
        TEST(a_poisoned_cache_only_refuses),
    };
    return cmocka_run_group_tests(tests, share_count, NULL);
}
