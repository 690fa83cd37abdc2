/* SPDX-License-Identifier: Apache-2.0 */
/* links: attest/qe_identity.c attest/tcb_info.c attest/tcb_level.c attest/signed_json.c attest/policy.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto -ljansson */
/* Collateral cut and parsed: by hand, and the hostile samples of Open Enclave. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attest/qe_identity.h"
#include "attest/tcb_info.h"

#define SAMPLES "tests/data/evidence/sgx/openenclave-json/"
#define DIGITS                                                         \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SIGNED(object) "{\"x\":" object ",\"signature\":\"" DIGITS "\"}"

static int cut(const char *text, struct signed_json *out)
{
    return signed_json_cut(bytes_of_text(text), "x", out);
}

static void the_exact_slice_is_cut(void **state)
{
    static const char *const objects[] = {
        "{}",
        "{\"a\":{\"b\":{}}}",
        "{\"}\":\"\\\"}\"}", /* braces and quotes within strings */
        "{ \"a\" :\n[{}, {}] }",
        "{\"a\":\"\\\\\"}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(objects); i++) {
        char text[512];
        struct signed_json out;

        snprintf(text, sizeof(text), SIGNED("%s"), objects[i]);
        assert_int_equal(cut(text, &out), 0);
        assert_true(bytes_equal(out.object, bytes_of_text(objects[i])));
        assert_int_equal(out.signature[1], 0x11);
    }
}

static void white_space_lies_between_tokens(void **state)
{
    struct signed_json out;

    (void)state;
    assert_int_equal(cut(" {\n\"x\" :\t{} , \"signature\" : \"" DIGITS "\" }\r\n", &out), 0);
    assert_true(bytes_equal(out.object, bytes_of_text("{}")));
}

static void nothing_else_is_cut(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"y\":{},\"signature\":\"" DIGITS "\"}",
        "{\"signature\":\"" DIGITS "\",\"x\":{}}",
        "{\"x\":{},\"x\":{},\"signature\":\"" DIGITS "\"}",
        "{\"x\":{},\"signature\":\"" DIGITS "\",\"y\":1}",
        "{\"\\u0078\":{},\"signature\":\"" DIGITS "\"}",
        "{\"x\":{},\"signature\":\"" DIGITS "0\"}",
        "{\"x\":{},\"signature\":\"00\"}",
        "{\"x\":{},\"signature\":\"" DIGITS "\"",
        SIGNED("{}") "1",
        SIGNED("{}}"),
        SIGNED("{"),
        SIGNED("}{"),
        SIGNED("[]"),
        SIGNED("\"{}\""),
        SIGNED("{\"}"),
    };
    struct signed_json out;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        assert_int_equal(cut(texts[i], &out), -EBADMSG);
}

/* A capital digit would be a bit that no signature covers. */
static void digits_are_lower_case(void **state)
{
    char text[] = SIGNED("{}");
    struct signed_json out;

    (void)state;
    assert_int_equal(cut(text, &out), 0);
    *strchr(strstr(text, "signature\":") + 12, 'a') = 'A';
    assert_int_equal(cut(text, &out), -EBADMSG);
}

static void only_one_json_object_is_parsed(void **state)
{
    static const struct {
        const char *text;
        bool parsed;
    } rows[] = {
        {"{\"a\":1}", true},    {"{\"a\":1,\"a\":1}", false},
        {"{\"a\":1}{}", false}, {"{\"b\":{\"a\":1,\"a\":2}}", false},
        {"{\"a\":01}", false},  {"{\"a\":\"\\u0000\"}", false},
        {"{\"a\":1,}", false},  {"{\"\xff\":1}", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct signed_json s = {.object = bytes_of_text(rows[i].text)};
        json_t *json = signed_json_parse(&s);

        assert_int_equal(json != NULL, rows[i].parsed);
        json_decref(json);
    }
}

/* ---- samples ---- */

static int parse_tcb_info(const struct signed_json *s)
{
    struct tcb_info *info;
    int rc = tcb_info_parse(s, &info);

    free(info);
    return rc;
}

static int parse_identity(const struct signed_json *s)
{
    struct qe_identity *identity;
    int rc = qe_identity_parse(s, &identity);

    free(identity);
    return rc;
}

/* These samples have no right signature, some have none: it is about the object alone.
 * They are older than the PCE-ID, which we insist on: they get one. */
static int parse_file(const char *path, const char *name, int (*parse)(const struct signed_json *s))
{
    char text[16384 + 1];
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    const size_t size = fread(text, 1, sizeof(text) - 1, file);

    fclose(file);
    text[size] = '\0';
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    json_object_set_new(json_object_get(json, name), "pceId", json_string("0000"));
    char *object = json_dumps(json_object_get(json, name), 0);
    const bool is_signed = json_is_string(json_object_get(json, "signature")) &&
                           json_string_length(json_object_get(json, "signature")) == 128;
    const struct signed_json s = {.object = bytes_of_text(object ? object : "")};
    int rc = is_signed ? parse(&s) : -EBADMSG;

    free(object);
    json_decref(json);
    return rc;
}

static void check_samples(const char *folder, const char *name,
                          int (*parse)(const struct signed_json *s), const char *const *good)
{
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[512];
        bool expected = false;

        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s%s", folder, e->d_name);
        for (size_t i = 0; good[i]; i++)
            expected = expected || strcmp(good[i], e->d_name) == 0;
        if ((parse_file(path, name, parse) == 0) != expected)
            fail_msg("%s", e->d_name);
    }
    closedir(dir);
}

static void tcb_info_samples(void **state)
{
    static const char *const good[] = {"tcbInfo.json", "tcbInfoAdvisoryIds.json", NULL};

    (void)state;
    check_samples(SAMPLES "tcbinfo/", "tcbInfo", parse_tcb_info, good);
}

static void identity_samples(void **state)
{
    static const char *const good[] = {"qe_identity_ok.json", NULL};

    (void)state;
    check_samples(SAMPLES "qeidentity/", "enclaveIdentity", parse_identity, good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exact_slice_is_cut),
        cmocka_unit_test(white_space_lies_between_tokens),
        cmocka_unit_test(nothing_else_is_cut),
        cmocka_unit_test(digits_are_lower_case),
        cmocka_unit_test(only_one_json_object_is_parsed),
        cmocka_unit_test(tcb_info_samples),
        cmocka_unit_test(identity_samples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
