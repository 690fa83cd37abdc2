/* SPDX-License-Identifier: Apache-2.0 */
/* What gets to standard error, and what does not. */
/* links: host/cli/message.c base/escape.c base/cur.c */
#define _GNU_SOURCE
#include "host/cli/message.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#undef fail /* ours is meant */

/* Standard error goes to a file while a test runs. */
struct capture {
    int file;
    int saved;
    char text[16384];
};

static void begin(struct capture *c)
{
    c->file = memfd_create("stderr", MFD_CLOEXEC);
    c->saved = dup(STDERR_FILENO);
    assert_true(c->file >= 0 && c->saved >= 0);
    assert_true(dup2(c->file, STDERR_FILENO) >= 0);
}

static const char *end(struct capture *c)
{
    dup2(c->saved, STDERR_FILENO);
    ssize_t size = pread(c->file, c->text, sizeof(c->text) - 1, 0);
    assert_true(size >= 0);
    c->text[size] = '\0';
    close(c->saved);
    close(c->file);
    return c->text;
}

static void returns_the_status(void **state)
{
    (void)state;
    struct capture c;
    begin(&c);
    int failed = fail("open %s: %s", "a", "no such file");
    int misused = misuse("what?");
    const char *said = end(&c);
    assert_int_equal(failed, STATUS_FAILED);
    assert_int_equal(misused, STATUS_USAGE);
    assert_string_equal(said, "enarx: open a: no such file\nenarx: what?\n");
}

static void shows_control_characters(void **state)
{
    (void)state;
    struct capture c;
    begin(&c);
    fail("%s", "a\nb\x1b[31m\x7f\t\xc2\x9b"
               "c \xc3\xa4\xc2\xa0");
    assert_string_equal(end(&c), "enarx: a\\x0ab\\x1b[31m\\x7f\\x09\\xc2\\x9b"
                                 "c \xc3\xa4\xc2\xa0\n");
}

static void what_a_keep_says_stays_apart(void **state)
{
    (void)state;
    struct capture c;
    static const uint8_t ends[9000] = {[0 ... 8999] = '\n'};
    begin(&c);
    relay(PORT_LOG_INFO, PORT_LOG_INFO, "app", bytes_of_text("a\nenarx: attested\x1b\n\tb\n"));
    relay(PORT_LOG_INFO, PORT_LOG_DEBUG, "app", bytes_of_text("not this"));
    relay(PORT_LOG_INFO, PORT_LOG_ERROR, NULL, bytes_of_text(""));
    assert_string_equal(end(&c), "enarx: app: a\n  enarx: attested\\x1b\n  \tb\n  \nenarx: \n");
    begin(&c);
    relay(PORT_LOG_INFO, PORT_LOG_INFO, "app", (struct bytes){ends, sizeof(ends)});
    assert_int_equal(strncmp(end(&c), "enarx: app: \n  \n  \n", 18), 0);
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    struct capture c;
    static char text[10000];
    memset(text, '\n', sizeof(text) - 1);
    begin(&c);
    fail("%s", text);
    const char *said = end(&c);
    assert_non_null(strstr(said, "\\x0a\\x0a"));
    assert_null(strchr(said, '\n')); /* it is beyond what was captured */
}

static void says_what_the_level_allows(void **state)
{
    (void)state;
    static const char *const said[] = {
        [PORT_LOG_ERROR] = "",
        [PORT_LOG_WARN] = "enarx: w\n",
        [PORT_LOG_INFO] = "enarx: w\nenarx: n\n",
        [PORT_LOG_DEBUG] = "enarx: w\nenarx: n\nenarx: d\n",
    };
    for (enum port_level level = PORT_LOG_ERROR; level <= PORT_LOG_DEBUG; level++) {
        struct capture c;
        begin(&c);
        warn(level, "w");
        note(level, "n");
        debug(level, "d");
        assert_string_equal(end(&c), said[level]);
    }
}

static void reads_levels(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        bool quiet;
        enum port_level level;
        const char *said;
    } rows[] = {
        {NULL, false, PORT_LOG_INFO, ""},
        {NULL, true, PORT_LOG_WARN, ""},
        {"", false, PORT_LOG_INFO, ""},
        {"error", false, PORT_LOG_ERROR, ""},
        {"error", true, PORT_LOG_ERROR, ""},
        {"WARN", false, PORT_LOG_WARN, ""},
        {"debug", false, PORT_LOG_DEBUG, ""},
        {"debug", true, PORT_LOG_WARN, ""},
        {"trace", false, PORT_LOG_DEBUG, ""},
        {"off", false, PORT_LOG_ERROR, ""},
        {"info,enarx=debug", false, PORT_LOG_INFO, "'enarx=debug' is ignored"},
        {"enarx=debug,warn", false, PORT_LOG_WARN, "'enarx=debug' is ignored"},
        {"loud", false, PORT_LOG_INFO, "'loud' is ignored; levels are off, error, "},
        {"warning", false, PORT_LOG_INFO, "'warning' is ignored"},
        {",,", false, PORT_LOG_INFO, "'' is ignored"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct capture c;
        begin(&c);
        enum port_level level = message_level(rows[i].variable, rows[i].quiet);
        const char *said = end(&c);
        assert_int_equal(level, rows[i].level);
        assert_non_null(strstr(said, rows[i].said));
        assert_true(rows[i].said[0] != '\0' || said[0] == '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_the_status),           cmocka_unit_test(shows_control_characters),
        cmocka_unit_test(what_a_keep_says_stays_apart), cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(says_what_the_level_allows),   cmocka_unit_test(reads_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
