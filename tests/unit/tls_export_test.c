/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a TLS session exports, and that none of its own are left behind. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/memory.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "base/put.h"
#include "crypto/memory.h"
#include "tests/unit/tls_pair.h"

#include <malloc.h>
#include <openssl/kdf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void exports_the_same_on_both_sides(void **state)
{
    (void)state;
    static const char label[] = "EXPORTER-enarx-keep-v1";
    const struct bytes nonce = bytes_of_text("nonce"), other = bytes_of_text("nonsense");
    const struct pair e = pair_open(NULL), f = pair_open(NULL);
    uint8_t a[32], b[32];
    assert_int_equal(tls_session_export(e.client, label, nonce, a, 32), 0);
    assert_int_equal(tls_session_export(e.server, label, nonce, b, 32), 0);
    assert_memory_equal(a, b, 32);
    assert_int_equal(tls_session_export(e.server, label, other, b, 32), 0);
    assert_memory_not_equal(a, b, 32);
    assert_int_equal(tls_session_export(e.server, "EXPORTER-another", nonce, b, 32), 0);
    assert_memory_not_equal(a, b, 32);
    assert_int_equal(tls_session_export(f.client, label, nonce, b, 32), 0);
    assert_memory_not_equal(a, b, 32);
    pair_close(e);
    pair_close(f);
}

static uint8_t logged[32]; /* the exporter's secret */
static void keep_exporter(const SSL *ssl, const char *line)
{
    (void)ssl;
    const char *hex = strrchr(line, ' ') + 1;
    if (strncmp(line, "EXPORTER_SECRET ", 16) == 0)
        for (size_t i = 0; i < 32; i++)
            assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &logged[i]), 1);
}

/* HKDF-Expand-Label [RFC 8446 7.1] of 32 bytes, SHA-256. */
static void expand(const uint8_t secret[static 32], const char *label, const char *context,
                   uint8_t out[static 32])
{
    uint8_t info[256], hash[32];
    char full[64];
    size_t size = 32;
    const int len = snprintf(full, sizeof(full), "tls13 %s", label);
    assert_int_equal(EVP_Digest(context, strlen(context), hash, NULL, EVP_sha256(), NULL), 1);
    struct put p = put_init(info, sizeof(info));
    put_be16(&p, 32);
    put_u8(&p, (uint8_t)len);
    put_bytes(&p, bytes_of_text(full));
    put_u8(&p, 32);
    put_bytes(&p, (struct bytes){hash, 32});
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    assert_true(EVP_PKEY_derive_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_hkdf_mode(ctx, EVP_PKEY_HKDEF_MODE_EXPAND_ONLY) == 1 &&
                EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) == 1 &&
                EVP_PKEY_CTX_set1_hkdf_key(ctx, secret, 32) == 1 &&
                EVP_PKEY_CTX_add1_hkdf_info(ctx, info, (int)p.size) == 1 &&
                EVP_PKEY_derive(ctx, out, &size) == 1);
    EVP_PKEY_CTX_free(ctx);
}

/* As RFC 8446 7.5 has it, from the session's secret. */
static void exports_what_the_specification_says(void **state)
{
    (void)state;
    const struct pair e = {pair_client(NULL), pair_server(NULL)};
    uint8_t derived[32], expected[32], found[32];
    SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(pair_ssl(e.server)), keep_exporter);
    pair_connect(e.client, e.server);
    expand(logged, "EXPORTER-enarx-keep-v1", "", derived);
    expand(derived, "exporter", "the nonce", expected);
    assert_int_equal(tls_session_export(e.client, "EXPORTER-enarx-keep-v1",
                                        bytes_of_text("the nonce"), found, 32),
                     0);
    assert_memory_equal(found, expected, 32);
    pair_close(e);
}

__attribute__((no_sanitize("address"))) static bool holds(const volatile uint8_t *memory,
                                                          size_t size)
{
    bool found = false;
    for (size_t at = 0; at + 32 <= size; at++) {
        size_t same = 0;
        while (same < 32 && memory[at + same] == logged[same])
            same++;
        found = found || same == 32;
    }
    return found;
}

static void wipes_its_secrets(void **state)
{
    (void)state;
    const struct pair e = {pair_client(NULL), pair_server(NULL)};
    const uint8_t *const memory = (const uint8_t *)pair_ssl(e.client);
    const size_t size = malloc_usable_size(pair_ssl(e.client));
    SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(pair_ssl(e.client)), keep_exporter);
    pair_connect(e.client, e.server);
    assert_true(holds(memory, size));
    pair_close(e);
    assert_false(holds(memory, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exports_the_same_on_both_sides),
        cmocka_unit_test(exports_what_the_specification_says),
        cmocka_unit_test(wipes_its_secrets),
    };
    if (crypto_wipe_freed() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
