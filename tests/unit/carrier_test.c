/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as our keeps put it into requests and certificates comes out again; and the
 * original's requests from real machines do. */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c conf/evidence_claims.c tls/certificate.c host/cli/file.c host/newfile.c */
/* libs: -lcrypto -ljansson */
#include "attest/carrier.h"

#include "conf/evidence_claims.h"
#include "crypto/key.h"
#include "crypto/pkcs10.h"
#include "host/cli/file.h"
#include "tls/certificate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/data/evidence/"

static uint8_t room[16384];

static struct bytes extension(enum evidence_tag tag)
{
    static uint8_t data[256];
    struct put out = put_init(data, sizeof(data));
    evidence_extension_put(&out, tag, bytes_of_text("quote"), bytes_of_text("claims"));
    return put_done(&out);
}

static void is_ours(struct bytes der, const EVP_PKEY *key)
{
    struct carrier carrier;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    assert_int_equal(key_public(key, public_key), 0);
    assert_int_equal(carrier_parse(der, &carrier), 0);
    assert_true(bytes_equal(carrier.evidence, bytes_of_text("quote")));
    assert_true(bytes_equal(carrier.claims_buffer, bytes_of_text("claims")));
    assert_int_equal(carrier.binding, BIND_CLAIMS);
    assert_true(bytes_equal(carrier.public_key, (struct bytes){public_key, sizeof(public_key)}));
    assert_false(carrier.key_unproven);
    carrier_fini(&carrier);
}

static void comes_out_of_requests_and_certificates(void **state)
{
    (void)state;
    static const enum evidence_tag tags[] = {EVIDENCE_INTEL_QUOTE, EVIDENCE_SNP_REPORT};
    EVP_PKEY *key;
    assert_int_equal(key_generate(&key), 0);
    for (size_t i = 0; i < ARRAY_COUNT(tags); i++) {
        struct put cert = put_init(room, sizeof(room));
        const struct tls_certificate made = {.name = "keep", .evidence = extension(tags[i])};
        assert_int_equal(tls_certificate_make(key, &made, &cert), 0);
        is_ours(put_done(&cert), key);
        struct put asked = put_init(room, sizeof(room));
        const struct certificate_extension e = {EVIDENCE_OID, false, extension(tags[i])};
        const struct pkcs10 request = {"Enarx", "keep", &e, 1};
        assert_int_equal(pkcs10_put(&request, key, &asked), 0);
        is_ours(put_done(&asked), key);
    }
    EVP_PKEY_free(key);
}

static void a_certificate_without_carries_none(void **state)
{
    (void)state;
    EVP_PKEY *key;
    struct carrier carrier;
    struct put cert = put_init(room, sizeof(room));
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(tls_certificate_put(key, "keep", &cert), 0);
    assert_true(put_done(&cert).size > 0 && put_done(&cert).size <= TLS_CERTIFICATE_MAX);
    assert_int_equal(carrier_parse(put_done(&cert), &carrier), -ENOENT);
    EVP_PKEY_free(key);
}

static void the_originals_requests(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum kind kind;
        enum binding binding;
    } rows[] = {
        {DATA "snp/enarx-steward/milan.signed.crl.csr", KIND_SNP, BIND_SHA384},
        {DATA "sgx/enarx-steward/icelake.signed.tcb.crl.single.i5.csr", KIND_SGX, BIND_SHA256},
        {DATA "sgx/enarx-steward/icelake.signed.tcb.crl.multi.xeon.csr", KIND_SGX, BIND_SHA256},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct bytes file;
        struct carrier carrier;
        assert_int_equal(file_read(rows[i].path, 65536, &file), 0);
        assert_int_equal(carrier_parse(file, &carrier), 0);
        assert_int_equal(attest_kind(carrier.evidence), rows[i].kind);
        assert_int_equal(carrier.binding, rows[i].binding);
        assert_false(carrier.key_unproven);
        assert_true(carrier.crl_count > 0 && carrier.cert_count > 0);
        carrier_fini(&carrier);
        ((uint8_t *)file.data)[file.size - 1] ^= 1; /* of the signature */
        assert_int_equal(carrier_parse(file, &carrier), 0);
        assert_true(carrier.key_unproven);
        carrier_fini(&carrier);
        free((void *)file.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_of_requests_and_certificates),
        cmocka_unit_test(a_certificate_without_carries_none),
        cmocka_unit_test(the_originals_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
