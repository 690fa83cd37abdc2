/* SPDX-License-Identifier: Apache-2.0 */
/* Enarx.toml: defaults, every key, and a message with a place for every error. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/config.c conf/config_tls.c conf/config_key.c conf/config_template.c conf/manifest_check.c */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c */
/* links: conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/rfc3339.c */
/* links: base/cur.c base/put.c base/utf8.c base/nearest.c */
#include "conf/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config parse(const char *text)
{
    struct config c;
    struct toml_error error = {.what = ""};
    int result = config_parse(bytes_of_text(text), &c, &error);
    if (result != 0)
        fail_msg("%u:%u: %s", error.place.line, error.place.column, error.what);
    return c;
}

static void assert_text(struct bytes text, const char *want)
{
    assert_true(bytes_equal(text, bytes_of_text(want)));
}

static void assert_stream(const struct manifest_stream *s, enum stream_kind kind, const char *name,
                          enum stream_protocol protocol, const char *host, uint16_t port)
{
    assert_int_equal(s->kind, kind);
    assert_text(s->name, name);
    assert_int_equal(s->protocol, protocol);
    assert_text(s->host, host);
    assert_int_equal(s->port, port);
}

static void assert_tls(const struct manifest_stream *s, enum tls_clients clients,
                       enum tls_verify verify, const char *server_name, const char *alpn)
{
    assert_int_equal(s->tls.clients, clients);
    assert_int_equal(s->tls.verify, verify);
    assert_int_equal(s->tls.trust, 0);
    assert_text(s->tls.server_name, server_name);
    assert_text(s->tls.alpn, alpn);
}

static void assert_is_default(const struct config *c)
{
    assert_int_equal(c->arg_count, 0);
    assert_int_equal(c->env_count, 0);
    assert_int_equal(c->steward.size, 0);
    assert_int_equal(c->stream_count, 3);
    assert_stream(&c->streams[0], STREAM_STDIN, "stdin", PROTOCOL_TLS, "", 0);
    assert_stream(&c->streams[1], STREAM_STDOUT, "stdout", PROTOCOL_TLS, "", 0);
    assert_stream(&c->streams[2], STREAM_STDERR, "stderr", PROTOCOL_TLS, "", 0);
}

static void defaults(void **state)
{
    (void)state;
    struct config c;
    assert_int_equal(config_default(&c), 0);
    assert_is_default(&c);
    config_fini(&c);
    c = parse("");
    assert_is_default(&c);
    config_fini(&c);
    c = parse(config_template);
    assert_is_default(&c);
    config_fini(&c);
    assert_null(c.streams);
}

/* Each commented line of the template is good, too: with "# " gone it parses. */
static void template_examples_are_good(void **state)
{
    (void)state;
    char *text = strdup(config_template);
    char *to = text;
    for (const char *line = config_template; *line != '\0';) {
        const char *end = strchr(line, '\n') + 1;
        const bool example = strncmp(line, "# ", 2) == 0 &&
                             (memchr(line, '=', (size_t)(end - line)) || line[2] == '[');
        if (example)
            line += 2;
        memcpy(to, line, (size_t)(end - line));
        to += end - line;
        line = end;
    }
    *to = '\0';
    struct config c = parse(text);
    assert_int_equal(c.arg_count, 2);
    assert_int_equal(c.env_count, 1);
    assert_text(c.steward, "https://steward.example.com");
    assert_int_equal(c.stream_count, 8);
    assert_stream(&c.streams[3], STREAM_NULL, "null", PROTOCOL_TLS, "", 0);
    assert_stream(&c.streams[4], STREAM_LISTEN, "web", PROTOCOL_TLS, "::", 443);
    assert_tls(&c.streams[4], CLIENTS_REQUIRED, VERIFY_CA, "", "\x08http/1.1");
    assert_text(c.notes[4].ca.path, "clients.pem");
    assert_stream(&c.streams[5], STREAM_CONNECT, "example.com", PROTOCOL_TLS, "example.com", 443);
    assert_tls(&c.streams[5], CLIENTS_NONE, VERIFY_CA, "www.example.com", "");
    assert_stream(&c.streams[6], STREAM_CONNECT, "peer", PROTOCOL_TLS, "192.0.2.7", 443);
    assert_tls(&c.streams[6], CLIENTS_NONE, VERIFY_ATTESTED, "", "");
    assert_text(c.notes[6].policy.path, "peer.toml");
    assert_stream(&c.streams[7], STREAM_LISTEN, "plain", PROTOCOL_TCP, "::", 8080);
    assert_true(c.notes[7].insecure);
    assert_int_equal(c.cert_name_count, 1);
    assert_text(c.cert_names[0], "api.example.org");
    assert_text(c.certificate_ca.path, "steward.pem");
    config_fini(&c);
    free(text);
}

static void everything(void **state)
{
    (void)state;
    struct config c = parse("steward = \"https://attest.example.com\"\n"
                            "args = [\"-v\", \"\", \"\xc3\xa9\"]\n"
                            "[env]\nA = \"1\"\n\"b c\" = \"\"\n"
                            "[[files]]\nkind = \"null\"\nname = \"nothing\"\n"
                            "[[files]]\nkind = \"listen\"\nname = \"in\"\nprot = \"tcp\"\n"
                            "[[files]]\nkind = \"listen\"\nname = \"in2\"\naddr = \"127.0.0.1\"\n"
                            "port = 65535\n"
                            "[[files]]\nkind = \"connect\"\nhost = \"example.com\"\n"
                            "[[files]]\nkind = \"connect\"\nhost = \"::1\"\nname = \"six\"\n"
                            "prot = \"tcp\"\nport = 1\n"
                            "[certificate]\nca = \"keys/steward.pem\"\n");
    assert_text(c.steward, "https://attest.example.com");
    assert_text(c.certificate_ca.path, "keys/steward.pem");
    assert_int_equal(c.certificate_ca.place.line, 28);
    assert_int_equal(c.certificate_ca.place.column, 6);
    assert_int_equal(c.cert_name_count, 0);
    assert_int_equal(c.arg_count, 3);
    assert_text(c.args[0], "-v");
    assert_text(c.args[1], "");
    assert_text(c.args[2], "\xc3\xa9");
    assert_int_equal(c.env_count, 2);
    assert_text(c.env[0].name, "A");
    assert_text(c.env[0].value, "1");
    assert_text(c.env[1].name, "b c");
    assert_text(c.env[1].value, "");
    assert_int_equal(c.stream_count, 5);
    assert_stream(&c.streams[0], STREAM_NULL, "nothing", PROTOCOL_TLS, "", 0);
    assert_stream(&c.streams[1], STREAM_LISTEN, "in", PROTOCOL_TCP, "::", 80);
    assert_stream(&c.streams[2], STREAM_LISTEN, "in2", PROTOCOL_TLS, "127.0.0.1", 65535);
    assert_stream(&c.streams[3], STREAM_CONNECT, "example.com", PROTOCOL_TLS, "example.com", 443);
    assert_stream(&c.streams[4], STREAM_CONNECT, "six", PROTOCOL_TCP, "::1", 1);
    assert_int_equal(c.notes[2].place.line, 13);
    assert_int_equal(c.notes[2].place.column, 3);
    config_fini(&c);
}

#define LISTEN  "[[files]]\nkind=\"listen\"\nname=\"a\"\n"
#define CONNECT "[[files]]\nkind=\"connect\"\nhost=\"b\"\n"

static void what_tls_streams_say(void **state)
{
    (void)state;
    struct config c =
        parse(LISTEN "clients = \"none\"\nalpn = [\"h2\", \"x\"]\n"
                     "[[files]]\nkind=\"listen\"\nname=\"o\"\nclients = \"optional\"\n"
                     "verify = \"attested\"\npolicy = \"p/q.toml\"\n" CONNECT
                     "ca = \"own.pem\"\nalpn = []\n");
    assert_tls(&c.streams[0], CLIENTS_NONE, VERIFY_NONE, "", "\2h2\1x");
    assert_int_equal(c.notes[0].ca.path.size + c.notes[0].policy.path.size, 0);
    assert_tls(&c.streams[1], CLIENTS_OPTIONAL, VERIFY_ATTESTED, "", "");
    assert_text(c.notes[1].policy.path, "p/q.toml");
    assert_int_equal(c.notes[1].policy.place.line, 11);
    assert_int_equal(c.notes[1].policy.place.column, 10);
    assert_tls(&c.streams[2], CLIENTS_NONE, VERIFY_CA, "", "");
    assert_text(c.notes[2].ca.path, "own.pem");
    assert_false(c.notes[2].insecure);
    assert_int_equal(c.cert_name_count, 0);
    config_fini(&c);
}

static void no_files_at_all(void **state)
{
    (void)state;
    struct config c = parse("files = []");
    assert_int_equal(c.stream_count, 0);
    config_fini(&c);
}

static const struct {
    const char *text;
    unsigned line;
    unsigned column;
    const char *what;
} bad[] = {
    {"a = ", 1, 5, "found the end of the file where a value should be"},
    {"\narg = []", 2, 1, "unknown key \"arg\"; did you mean \"args\"?"},
    {"workload = 1", 1, 1,
     "unknown key \"workload\"; possible here: args, env, files, steward, certificate"},
    {"[file]", 1, 2, "unknown key \"file\"; did you mean \"files\"?"},
    {"args = \"x\"", 1, 8, "args must be an array, not text"},
    {"args = [1]", 1, 9, "each of args must be text, not an integer; put it in quotes"},
    {"args = [\"a\\u0000\"]", 1, 9, "each of args must not hold NUL; remove \\u0000"},
    {"env = []", 1, 7, "env must be a table, not an array"},
    {"[env]\nPORT = 80", 2, 8, "\"PORT\" must be text, not an integer; put it in quotes"},
    {"[env]\nA.B = \"1\"", 2, 1, "\"A\" must be text, not a table"},
    {"[env]\nA = \"\\u0000\"", 2, 5, "\"A\" must not hold NUL"},
    {"[env]\n\"\" = \"1\"", 2, 1, "\"\" cannot name a variable"},
    {"[env]\n\"A=B\" = \"1\"", 2, 1, "\"A=B\" cannot name a variable; take text without ="},
    {"[env]\n\"A\\u0000\" = \"1\"", 2, 1, "cannot name a variable"},
    {"[env]\nFD_COUNT = \"1\"", 2, 1, "enarx sets \"FD_COUNT\" from files; remove it"},
    {"[env]\nFD_NAMES = \"1\"", 2, 1, "enarx sets \"FD_NAMES\" from files; remove it"},
    {"steward = 1", 1, 11, "steward must be text"},
    {"steward = \"ftp://a.b\"", 1, 11, "steward must be a URL like \"https://"},
    {"steward = \"\"", 1, 11, "steward must be a URL"},
    {"steward = \"https://\"", 1, 11, "steward must be a URL"},
    {"steward = \"https://a b\"", 1, 11, "steward must be a URL"},
    {"steward = \"https://A.b\"", 1, 11, "its host in lower case"},
    {"steward = \"https://a\"", 1, 11, "add ca = \"steward.pem\" to [certificate]"},
    {"steward = \"https://a\"\n[certificate]\nnames = [\"a\"]", 1, 11, "add ca = \"steward.pem\""},
    {"steward = \"https://a\"\n[certificate]\nca = \"x\"", 1, 11,
     "a steward is for a file with prot = \"tls\", and there is none"},
    {"steward = \"https://a\"\n" LISTEN "prot = \"tcp\"\n[certificate]\nca = \"x\"", 1, 11,
     "and there is none"},
    {LISTEN "[certificate]\nca = \"x\"", 5, 6, "ca is for a steward's certificates; add steward ="},
    {LISTEN "[certificate]\nca = \"\"", 5, 6, "ca is empty; name a file"},
    {LISTEN "[certificate]\nca = 1", 5, 6, "ca must be text"},
    {"files = {}", 1, 9, "files must be an array, not a table"},
    {"files = [\"stdin\"]", 1, 10, "each of files must be a table, not text"},
    {"[[files]]\n", 1, 3, "kind = \"stdin\", \"listen\" or another is missing here"},
    {"[[files]]\nkind = \"stdni\"", 2, 8, "unknown kind \"stdni\"; did you mean \"stdin\"?"},
    {"[[files]]\nkind = \"x\"", 2, 8,
     "unknown kind \"x\"; possible here: null, stdin, stdout, stderr, listen, connect"},
    {"[[files]]\nkind = 1", 2, 8, "kind must be text"},
    {"[[files]]\nknd = \"stdin\"", 2, 1, "unknown key \"knd\"; did you mean \"kind\"?"},
    {"[[files]]\nkind = \"stdin\"\nport = 1", 3, 1,
     "unknown key \"port\"; possible here: kind, name"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nhost = \"b\"", 4, 1, "unknown key \"host\"; "},
    {"[[files]]\nkind = \"connect\"\nhost = \"a\"\naddr = \"b\"", 4, 1, "unknown key \"addr\"; "},
    {"[[files]]\nkind = \"listen\"", 1, 3, "name = \"what the program calls this listener\" is"},
    {"[[files]]\nkind = \"connect\"", 1, 3, "host = \"name or address to connect to\" is missing"},
    {"[[files]]\nkind = \"connect\"\nhost = \"\"", 3, 8, "host is empty"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\naddr = \"\"", 4, 8, "addr is empty"},
    {"[[files]]\nkind = \"connect\"\nhost = \"::1\"", 1, 3,
     "\"::1\" cannot name a file; set a name"},
    {"[[files]]\nkind = \"stdin\"\nname = \"\"", 3, 8, "\"\" cannot name a file"},
    {"[[files]]\nkind = \"stdin\"\nname = \"a:b\"", 3, 8, "\"a:b\" cannot name a file"},
    {"[[files]]\nkind = \"stdin\"\nname = \"a\\u0000\"", 3, 8, "name must not hold NUL"},
    {"[[files]]\nkind = \"stdin\"\nname = true", 3, 8, "name must be text, not a boolean"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nprot = \"udp\"", 4, 8,
     "unknown prot \"udp\"; possible here: tls, tcp"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nprot = 6", 4, 8, "prot must be text"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nport = \"80\"", 4, 8, "port must be an integer"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nport = 0", 4, 8, "port must be 1 to 65535"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nport = 65536", 4, 8, "port must be 1 to 65535"},
    {"[[files]]\nkind = \"listen\"\nname = \"a\"\nport = -1", 4, 8, "port must be 1 to 65535"},
    {"[[files]]\nkind=\"stdin\"\n[[files]]\nkind=\"null\"\nname=\"stdin\"", 3, 3,
     "the file on line 1 is named \"stdin\" too; set another name"},
    {"[[files]]\nkind=\"null\"\n[[files]]\nkind=\"null\"", 3, 3, "is named \"null\" too"},
    {LISTEN "verify = \"ca\"", 4, 10, "verify is for clients = \"required\" or \"optional\""},
    {LISTEN "ca = \"x\"", 4, 6, "ca is for clients"},
    {LISTEN "clients = \"none\"\npolicy = \"x\"", 5, 10, "policy is for clients"},
    {LISTEN "clients = \"require\"", 4, 11,
     "unknown clients \"require\"; did you mean \"required\""},
    {LISTEN "clients = true", 4, 11, "clients must be text"},
    {LISTEN "clients = \"required\"", 4, 11, "it is not said who may connect; add ca = "},
    {LISTEN "clients = \"optional\"\nverify = \"attested\"", 5, 10, "add policy = \"policy.toml\""},
    {LISTEN "server_name = \"x\"", 4, 1, "unknown key \"server_name\""},
    {CONNECT "clients = \"none\"", 4, 1, "unknown key \"clients\""},
    {CONNECT "verify = \"none\"", 4, 10, "unknown verify \"none\"; possible here: ca, attested"},
    {CONNECT "verify = \"attested\"", 4, 10,
     "it is not said what evidence has to pass; add policy"},
    {CONNECT "verify = \"attested\"\nca = \"x\"", 5, 6, "ca is for verify = \"ca\"; remove it"},
    {CONNECT "policy = \"x\"", 4, 10, "policy is for verify = \"attested\"; remove it"},
    {CONNECT "ca = \"\"", 4, 6, "ca is empty; name a file"},
    {CONNECT "ca = 1", 4, 6, "ca must be text"},
    {CONNECT "server_name = \"\"", 4, 15, "server_name is empty"},
    {CONNECT "alpn = \"h2\"", 4, 8, "alpn must be an array, not text"},
    {CONNECT "alpn = [1]", 4, 9, "each of alpn must be text"},
    {CONNECT "alpn = [\"\"]", 4, 9, "a protocol's name has 1 to 255 bytes"},
    {CONNECT "alpn = [\"a\", \"b\", \"a\"]", 4, 8, "a protocol stands there twice"},
    {CONNECT "insecure = true", 4, 12, "insecure is for prot = \"tcp\"; remove it"},
    {CONNECT "prot = \"tcp\"\nverify = \"ca\"", 5, 10, "verify is for prot = \"tls\"; remove it"},
    {CONNECT "prot = \"tcp\"\nalpn = []", 5, 8, "alpn is for prot = \"tls\""},
    {CONNECT "prot = \"tcp\"\ninsecure = 1", 5, 12, "insecure must be a boolean"},
    {"certificate = 1", 1, 15, "certificate must be a table"},
    {"[certificate]\nname = []", 2, 1, "unknown key \"name\"; did you mean \"names\"?"},
    {"[certificate]\nnames = \"a\"", 2, 9, "names must be an array"},
    {"[certificate]\nnames = [\"A.b\"]", 2, 10, "\"A.b\" is no host name"},
    {"[certificate]\nnames = [\"*.b\"]", 2, 10, "\"*.b\" is no host name"},
    {"[certificate]\nnames = [\"a-.b\"]", 2, 10, "is no host name"},
    {"[certificate]\nnames = [\"a..b\"]", 2, 10, "is no host name"},
    {"[certificate]\nnames = [\"\"]", 2, 10, "\"\" is no host name"},
    {"[certificate]\nnames = [\"a\", \"a\"]", 2, 15, "\"a\" stands there twice"},
};

static void errors_have_a_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct config c;
        struct toml_error error = {.what = ""};
        int result = config_parse(bytes_of_text(bad[i].text), &c, &error);
        if (result != -EBADMSG || error.place.line != bad[i].line ||
            error.place.column != bad[i].column || strstr(error.what, bad[i].what) == NULL)
            fail_msg("%s\ngives %d, %u:%u: %s", bad[i].text, result, error.place.line,
                     error.place.column, error.what);
        assert_null(c.toml);
        assert_null(c.streams);
    }
}

static void too_many_files(void **state)
{
    (void)state;
    static char text[(CONFIG_STREAM_MAX + 1) * 4 + 16] = "files = [";
    for (size_t i = 0; i <= CONFIG_STREAM_MAX; i++)
        memcpy(text + 9 + 3 * i, "{},", 3);
    memcpy(text + 9 + 3 * (CONFIG_STREAM_MAX + 1), "]", 2);
    struct config c;
    struct toml_error error;
    assert_int_equal(config_parse(bytes_of_text(text), &c, &error), -EBADMSG);
    assert_string_equal(error.what, "1025 files; at most 1024 are possible");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),        cmocka_unit_test(template_examples_are_good),
        cmocka_unit_test(everything),      cmocka_unit_test(what_tls_streams_say),
        cmocka_unit_test(no_files_at_all), cmocka_unit_test(errors_have_a_place),
        cmocka_unit_test(too_many_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
