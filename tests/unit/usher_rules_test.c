/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of what keeps may open: how they are written, and what they are about. */
/* links: host/usher_rules.c host/place.c base/cur.c */
#include "host/usher_rules.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct usher_rules rules;

static int forget(void **state)
{
    (void)state;
    rules = (struct usher_rules){.listen_count = 0};
    return 0;
}

static bool may_listen(const char *host, uint16_t port)
{
    struct in6_addr address;
    assert_true(host_address_parse(host, &address));
    return usher_rules_may_listen(&rules, &address, port);
}

static enum usher_reach reach(const char *host, uint16_t port)
{
    struct place place = {.port = port};
    snprintf(place.host, sizeof(place.host), "%s", host);
    return usher_rules_reach(&rules, &place);
}

static void without_rules_there_is_nothing(void **state)
{
    (void)state;
    assert_false(may_listen("127.0.0.1", 8080));
    assert_int_equal(reach("example.org", 443), REACH_NOTHING);
    assert_int_equal(reach("8.8.8.8", 443), REACH_NOTHING);
}

static void listening_goes_by_port_and_address(void **state)
{
    (void)state;
    assert_int_equal(usher_rules_listen(&rules, "8080,9000-9001"), 0);
    assert_int_equal(usher_rules_listen(&rules, "127.0.0.1:70-80,[::1]:90"), 0);
    assert_int_equal(rules.listen_count, 4);
    assert_true(may_listen("0.0.0.0", 8080) && may_listen("::", 8080));
    assert_true(may_listen("::", 9000) && may_listen("::", 9001));
    assert_false(may_listen("::", 8999) || may_listen("::", 9002) || may_listen("::", 8081));
    assert_true(may_listen("127.0.0.1", 70) && may_listen("127.0.0.1", 80));
    assert_true(may_listen("::ffff:127.0.0.1", 75));
    assert_false(may_listen("127.0.0.2", 75) || may_listen("0.0.0.0", 75));
    assert_false(may_listen("127.0.0.1", 69) || may_listen("127.0.0.1", 81));
    assert_true(may_listen("::1", 90));
    assert_false(may_listen("::", 90) || may_listen("127.0.0.1", 90));
}

static void names_are_named(void **state)
{
    (void)state;
    assert_int_equal(usher_rules_connect(&rules, "Example.org:443,db.internal.:5000-5009"), 0);
    assert_int_equal(usher_rules_connect(&rules, "localhost"), 0);
    assert_int_equal(reach("example.org", 443), REACH_ALL);
    assert_int_equal(reach("EXAMPLE.ORG.", 443), REACH_ALL);
    assert_int_equal(reach("example.org", 80), REACH_NOTHING);
    assert_int_equal(reach("www.example.org", 443), REACH_NOTHING);
    assert_int_equal(reach("xexample.org", 443), REACH_NOTHING);
    assert_int_equal(reach("db.internal", 5000), REACH_ALL);
    assert_int_equal(reach("db.internal", 5010), REACH_NOTHING);
    assert_int_equal(reach("localhost", 1), REACH_ALL);
    assert_int_equal(reach("localhost", 65535), REACH_ALL);
    assert_int_equal(reach("127.0.0.1", 1), REACH_NOTHING);
}

static void addresses_are_named(void **state)
{
    (void)state;
    assert_int_equal(usher_rules_connect(&rules, "10.0.0.5:80,[fd00::5]:1-9,[::ffff:1.2.3.4]"), 0);
    assert_int_equal(reach("10.0.0.5", 80), REACH_ALL);
    assert_int_equal(reach("::ffff:10.0.0.5", 80), REACH_ALL);
    assert_int_equal(reach("10.0.0.6", 80), REACH_NOTHING);
    assert_int_equal(reach("10.5", 80), REACH_NOTHING); /* a name, by its looks */
    assert_int_equal(reach("fd00:0::5", 9), REACH_ALL);
    assert_int_equal(reach("fd00::5", 10), REACH_NOTHING);
    assert_int_equal(reach("1.2.3.4", 7), REACH_ALL);
}

static void wildcards_reach_what_is_public(void **state)
{
    (void)state;
    assert_int_equal(usher_rules_connect(&rules, "*.example.org:443"), 0);
    assert_int_equal(reach("a.example.org", 443), REACH_PUBLIC);
    assert_int_equal(reach("a.b.Example.ORG.", 443), REACH_PUBLIC);
    assert_int_equal(reach("example.org", 443), REACH_NOTHING);
    assert_int_equal(reach(".example.org", 443), REACH_NOTHING);
    assert_int_equal(reach("aexample.org", 443), REACH_NOTHING);
    assert_int_equal(reach("example.org.evil", 443), REACH_NOTHING);
    assert_int_equal(reach("8.8.8.8", 443), REACH_NOTHING);
    assert_int_equal(usher_rules_connect(&rules, "*:80"), 0);
    assert_int_equal(reach("8.8.8.8", 80), REACH_PUBLIC);
    assert_int_equal(reach("127.0.0.1", 80), REACH_PUBLIC);
    assert_int_equal(reach("any.name", 80), REACH_PUBLIC);
    assert_int_equal(reach("any.name", 81), REACH_NOTHING);
}

/* The widest that some rule allows. */
static void rules_add_up(void **state)
{
    (void)state;
    assert_int_equal(usher_rules_connect(&rules, "10.0.0.5:80"), 0);
    assert_int_equal(usher_rules_connect(&rules, "*"), 0);
    assert_int_equal(reach("10.0.0.5", 80), REACH_ALL);
    assert_int_equal(reach("10.0.0.5", 81), REACH_PUBLIC);
    rules.anywhere = true;
    assert_int_equal(reach("10.0.0.5", 81), REACH_ALL);
}

static void what_is_no_rule_is_refused(void **state)
{
    (void)state;
    static const char *const listens[] = {
        "",          ",",      "0",       "65536",   "80-",    "-80",          "80-79",
        "8 0",       "80,",    ",80",     "x",       "x:80",   "*:80",         "*",
        "1.2.3:80",  "::1:80", "[::1]",   "[::1]80", "[::1]:", "[1.2.3.4]:80", "localhost:80",
        "80-90-100", "80:90",  "1.2.3.4", "[::1",    "[",      ":80",          "1.2.3.4:0",
    };
    static const char *const connects[] = {
        "",    ",",      "a,", "a b", "a:", "a:0",   "a:1-0",   "a:1:2",     "::1",
        "*.",  "*.*",    "**", "*a",  "a*", "*.a:x", "[::1",    "[::1]x",    "[a]",
        "a/b", "a@b:80", "[]", ":80", ".",  "*..",   "a:65536", "h\xc3\xb6",
    };
    for (size_t i = 0; i < ARRAY_COUNT(listens); i++) {
        forget(NULL);
        if (usher_rules_listen(&rules, listens[i]) != -EINVAL)
            fail_msg("--allow-listen '%s' is taken", listens[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(connects); i++) {
        forget(NULL);
        if (usher_rules_connect(&rules, connects[i]) != -EINVAL)
            fail_msg("--allow-connect '%s' is taken", connects[i]);
    }
}

static void rules_are_bounded(void **state)
{
    (void)state;
    char name[300];
    for (size_t i = 0; i < USHER_RULES_MAX; i++)
        assert_int_equal(usher_rules_listen(&rules, "80"), 0);
    assert_int_equal(usher_rules_listen(&rules, "80"), -E2BIG);
    memset(name, 'x', sizeof(name));
    name[253] = '\0';
    assert_int_equal(usher_rules_connect(&rules, name), 0);
    assert_int_equal(reach(name, 80), REACH_ALL);
    name[253] = 'x';
    name[254] = '\0';
    assert_int_equal(usher_rules_connect(&rules, name), -EINVAL);
    name[299] = '\0';
    assert_int_equal(usher_rules_connect(&rules, name), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_rules_there_is_nothing),
        TEST(listening_goes_by_port_and_address),
        TEST(names_are_named),
        TEST(addresses_are_named),
        TEST(wildcards_reach_what_is_public),
        TEST(rules_add_up),
        TEST(what_is_no_rule_is_refused),
        TEST(rules_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
