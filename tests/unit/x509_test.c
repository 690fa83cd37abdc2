/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of certificates: the real chains of AMD and Intel in any order, and all that
 * may be wrong with one made here. */
/* links: tests/attest/issuer.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/base64.c base/cur.c base/der.c base/put.c base/rfc3339.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto */
#include "crypto/x509.h"
#include "tests/attest/issuer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW  1767225600ll /* 2026-01-01 */
#define YEAR (365 * 86400ll)

/* At most the first 4096 bytes. */
static struct blob load(const char *path)
{
    struct blob b;
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", path[0] == 'a' ? "" : "tests/data/evidence/", path);
    FILE *file = fopen(whole, "rb");
    assert_non_null(file);
    b.size = fread(b.data, 1, sizeof(b.data), file);
    fclose(file);
    return b;
}

static void add(struct x509_set *set, struct blob b)
{
    assert_int_equal(x509_set_add_certs(set, BLOB_BYTES(&b)), 0);
}

static void add_anchor(struct x509_set *set, struct blob b)
{
    assert_int_equal(x509_set_add_anchor(set, BLOB_BYTES(&b)), 0);
}

static void add_crl(struct x509_set *set, struct blob b)
{
    assert_int_equal(x509_set_add_crls(set, BLOB_BYTES(&b)), 0);
}

/* The first certificate of cert_chain.pem, the intermediate. */
static struct blob intermediate(const char *path)
{
    static const char end[] = "-----END CERTIFICATE-----";
    struct blob b = load(path);
    b.data[sizeof(b.data) - 1] = '\0';
    char *at = strstr((char *)b.data, end);
    assert_non_null(at);
    b.size = (size_t)(at - (char *)b.data) + sizeof(end) - 1;
    return b;
}

static const struct {
    const char *set;
    const char *leaf;
    const char *anchor;
} amd[] = {
    {"snp/ms-tee-attestation-verification/milan", "vcek.der", "attest/anchors/ark-milan.der"},
    {"snp/ms-tee-attestation-verification/genoa", "vcek.der", "attest/anchors/ark-genoa.der"},
    {"snp/ms-tee-attestation-verification/turin", "vcek.der", "attest/anchors/ark-turin.der"},
    {"snp/trustee/milan-v3-vlek-aws", "vlek.der", "attest/anchors/ark-milan.der"},
};

/* [KDS]; in either order, and not under another line's root. */
static void links_chains_of_amd(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_COUNT(amd); i++) {
        char leaf[128];
        char chain[128];
        const size_t row = i / 2;
        snprintf(leaf, sizeof(leaf), "%s/%s", amd[row].set, amd[row].leaf);
        snprintf(chain, sizeof(chain), "%s/cert_chain.pem", amd[row].set);
        struct x509_set set;
        x509_set_init(&set);
        add_anchor(&set, load(amd[row].anchor));
        add(&set, i % 2 == 0 ? load(leaf) : intermediate(chain));
        add(&set, i % 2 == 1 ? load(leaf) : intermediate(chain));
        x509_set_link(&set);
        assert_int_equal(set.cert_count, 3);
        for (size_t j = 0; j < set.cert_count; j++) {
            assert_int_equal(set.certs[j]->faults, 0);
            assert_ptr_equal(x509_root(set.certs[j]), set.certs[0]);
        }
        x509_set_fini(&set);
    }
}

static void finds_no_issuer_under_another_root(void **state)
{
    (void)state;
    struct x509_set set;
    x509_set_init(&set);
    add_anchor(&set, load("attest/anchors/ark-genoa.der"));
    add(&set, intermediate("snp/ms-tee-attestation-verification/milan/cert_chain.pem"));
    x509_set_link(&set);
    assert_int_equal(set.certs[1]->faults, FAULT_ISSUER);
    assert_null(x509_root(set.certs[1]));
    x509_set_fini(&set);
}

/* The Genoa intermediate of 2022 is on AMD's own list. */
static void sees_a_real_revocation(void **state)
{
    (void)state;
    struct x509_set set;
    x509_set_init(&set);
    add_anchor(&set, load("attest/anchors/ark-genoa.der"));
    const size_t first = 4; /* a SEQUENCE of the root and the intermediate */
    const struct blob path = load("snp/enarx-steward/negative/genoa_old_revoked_ask.pkipath");
    const size_t root = 4 + (size_t)(path.data[first + 2] << 8 | path.data[first + 3]);
    const struct bytes old = {path.data + first + root, path.size - first - root};
    assert_int_equal(x509_set_add_certs(&set, old), 0);
    add_crl(&set, load("snp/enarx-steward/crl/genoa_ark_crl.der"));
    add(&set, intermediate("snp/ms-tee-attestation-verification/genoa/cert_chain.pem"));
    x509_set_link(&set);
    assert_int_equal(set.certs[1]->faults, 0);
    assert_true(set.certs[1]->revoked);
    assert_false(set.certs[2]->revoked);
    assert_non_null(set.certs[2]->crl);
    x509_set_fini(&set);
}

static void links_chains_of_intel(void **state)
{
    (void)state;
    struct x509_set set;
    x509_set_init(&set);
    add(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/tcb_signing_chain.pem"));
    add(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/pck_crl_issuer_chain.pem"));
    add_crl(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/pck_crl.der"));
    add_crl(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/root_ca_crl.der"));
    x509_set_link(&set);
    for (size_t i = 0; i < set.cert_count; i++) /* no root is pinned yet */
        assert_null(x509_root(set.certs[i]));
    x509_set_fini(&set);
    add_anchor(&set, load("attest/anchors/intel-sgx-root.der"));
    add(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/tcb_signing_chain.pem"));
    add(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/pck_crl_issuer_chain.pem"));
    add_crl(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/pck_crl.der"));
    add_crl(&set, load("sgx/dcap-qvl/quote-v3-cfg-and-swhardening/root_ca_crl.der"));
    x509_set_link(&set);
    assert_int_equal(set.cert_count, 3); /* the root came three times */
    for (size_t i = 0; i < set.cert_count; i++)
        assert_int_equal(set.certs[i]->faults, 0);
    for (size_t i = 0; i < set.crl_count; i++)
        assert_int_equal(set.crls[i]->faults, 0);
    assert_non_null(set.certs[1]->crl);
    x509_set_fini(&set);
}

/* ---- made here ---- */

static EVP_PKEY *keys[3];

static struct issue_cert root_spec(void)
{
    return (struct issue_cert){
        .subject = "root",
        .issuer = "root",
        .key = keys[0],
        .issuer_key = keys[0],
        .constraints = "critical,CA:TRUE",
        .usage = "critical,keyCertSign,cRLSign",
        .serial = 1,
        .not_before = NOW - YEAR,
        .not_after = NOW + YEAR,
    };
}

static struct issue_cert ca_spec(void)
{
    struct issue_cert ca = root_spec();
    ca.subject = "ca";
    ca.key = keys[1];
    ca.serial = 2;
    return ca;
}

static struct issue_cert leaf_spec(void)
{
    return (struct issue_cert){
        .subject = "leaf",
        .issuer = "ca",
        .key = keys[2],
        .issuer_key = keys[1],
        .serial = 3,
        .not_before = NOW - YEAR,
        .not_after = NOW + YEAR,
    };
}

/* All faults of root, CA and leaf together. */
static unsigned faults_of(struct issue_cert root, struct issue_cert ca, struct issue_cert leaf)
{
    struct x509_set set;
    unsigned faults = 0;
    x509_set_init(&set);
    add_anchor(&set, issue_cert(&root));
    add(&set, issue_cert(&leaf));
    add(&set, issue_cert(&ca));
    x509_set_link(&set);
    for (size_t i = 0; i < set.cert_count; i++)
        faults |= set.certs[i]->faults;
    x509_set_fini(&set);
    return faults;
}

static void finds_each_fault(void **state)
{
    (void)state;
    struct issue_cert root = root_spec();
    struct issue_cert ca = ca_spec();
    struct issue_cert leaf = leaf_spec();
    assert_int_equal(faults_of(root, ca, leaf), 0);
    leaf.issuer_key = keys[0];
    assert_int_equal(faults_of(root, ca, leaf), FAULT_SIGNATURE);
    leaf = leaf_spec();
    leaf.issuer = "nobody";
    assert_int_equal(faults_of(root, ca, leaf), FAULT_ISSUER);
    leaf = leaf_spec();
    leaf.digest = "SHA256";
    assert_int_equal(faults_of(root, ca, leaf), FAULT_ALGORITHM);
    leaf = leaf_spec();
    leaf.usage = "critical,keyAgreement";
    assert_int_equal(faults_of(root, ca, leaf), FAULT_KEY_USAGE);
    leaf = leaf_spec();
    leaf.extensions[0] = (struct issue_extension){"1.2.3", bytes_of_text("\x05"), true};
    assert_int_equal(faults_of(root, ca, leaf), FAULT_EXTENSIONS);
    leaf.extensions[0].critical = false;
    assert_int_equal(faults_of(root, ca, leaf), 0);
    leaf.extensions[1] = leaf.extensions[0];
    assert_int_equal(faults_of(root, ca, leaf), FAULT_EXTENSIONS);
    leaf = leaf_spec();
    root.constraints = "critical,CA:TRUE,pathlen:0";
    assert_int_equal(faults_of(root, ca, leaf), FAULT_CONSTRAINTS);
    root = root_spec();
    ca.usage = "critical,cRLSign,digitalSignature";
    assert_int_equal(faults_of(root, ca, leaf), FAULT_KEY_USAGE);
    ca = ca_spec();
    ca.constraints = "critical,CA:FALSE";
    ca.usage = "critical,keyCertSign,digitalSignature";
    assert_int_equal(faults_of(root, ca, leaf), FAULT_CONSTRAINTS);
}

/* The bits of a BIT STRING that count, and no others [X.690 11.2.1]. */
static void reads_key_usage(void **state)
{
    (void)state;
    static const struct {
        struct bytes value;
        unsigned faults;
    } rows[] = {
        {{(const uint8_t *)"\x03\x02\x07\x80", 4}, 0},
        {{(const uint8_t *)"\x03\x03\x07\x80\x80", 5}, 0}, /* decipherOnly, too */
        {{(const uint8_t *)"\x03\x02\x05\xa0", 4}, 0},
        {{(const uint8_t *)"\x03\x02\x05\x20", 4}, FAULT_KEY_USAGE},
        {{(const uint8_t *)"\x03\x02\x07\xc0", 4}, FAULT_EXTENSIONS},
        {{(const uint8_t *)"\x03\x03\x07\x80\x81", 5}, FAULT_EXTENSIONS},
        {{(const uint8_t *)"\x03\x02\x08\x80", 4}, FAULT_EXTENSIONS},
        {{(const uint8_t *)"\x03\x01\x00", 3}, FAULT_EXTENSIONS | FAULT_KEY_USAGE},
        {{(const uint8_t *)"\x03\x02\x07\x80\x00", 5}, FAULT_EXTENSIONS},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct issue_cert leaf = leaf_spec();
        leaf.extensions[0] = (struct issue_extension){"2.5.29.15", rows[i].value, true};
        assert_int_equal(faults_of(root_spec(), ca_spec(), leaf), rows[i].faults);
    }
}

/* Two that vouch for each other lead nowhere, and end. */
static void ends_in_a_circle(void **state)
{
    (void)state;
    struct issue_cert a = ca_spec();
    struct issue_cert b = ca_spec();
    a.subject = "a";
    a.issuer = "b";
    a.issuer_key = keys[2];
    b.subject = "b";
    b.key = keys[2];
    b.issuer = "a";
    b.issuer_key = keys[1];
    struct x509_set set;
    x509_set_init(&set);
    add(&set, issue_cert(&a));
    add(&set, issue_cert(&b));
    x509_set_link(&set);
    assert_int_equal(set.certs[0]->faults, FAULT_ANCHOR);
    assert_int_equal(set.certs[1]->faults, FAULT_ANCHOR);
    assert_null(x509_root(set.certs[0]));
    x509_set_fini(&set);
}

/* Of `count` with the name of the issuer, the one at `right` has its key. */
static unsigned faults_with_namesakes(size_t count, size_t right, bool anchors)
{
    struct issue_cert leaf = leaf_spec();
    struct x509_set set;
    x509_set_init(&set);
    for (size_t i = 0; i < count; i++) {
        struct issue_cert ca = ca_spec();
        ca.key = keys[i == right ? 1 : 2];
        ca.serial = 100 + (long)i;
        if (anchors)
            add_anchor(&set, issue_cert(&ca));
        else
            add(&set, issue_cert(&ca));
    }
    add(&set, issue_cert(&leaf));
    x509_set_link(&set);
    const unsigned faults = set.certs[count]->faults & FAULT_SIGNATURE;
    assert_int_equal(set.certs[count]->issuer != NULL, faults == 0);
    x509_set_fini(&set);
    return faults;
}

/* 64 of one name would be tried 64 times each, and as often for the CRLs. */
static void tries_few_of_one_name(void **state)
{
    (void)state;
    assert_int_equal(faults_with_namesakes(4, 3, false), 0);
    assert_int_equal(faults_with_namesakes(63, 3, false), 0);
    assert_int_equal(faults_with_namesakes(5, 4, false), FAULT_SIGNATURE);
    assert_int_equal(faults_with_namesakes(20, 19, true), 0);
}

static void takes_the_latest_crl_and_any_revocation(void **state)
{
    (void)state;
    struct issue_cert root = root_spec();
    struct issue_cert ca = ca_spec();
    struct issue_crl old = {.issuer = "root",
                            .issuer_key = keys[0],
                            .this_update = NOW - 9,
                            .next_update = NOW + 9,
                            .revoked = 2};
    struct issue_crl latest = {
        .issuer = "root", .issuer_key = keys[0], .this_update = NOW, .next_update = 0};
    struct issue_crl forged = {
        .issuer = "root", .issuer_key = keys[1], .this_update = NOW + 1, .next_update = NOW + 9};
    struct x509_set set;
    x509_set_init(&set);
    add_anchor(&set, issue_cert(&root));
    add(&set, issue_cert(&ca));
    add_crl(&set, issue_crl(&old));
    add_crl(&set, issue_crl(&latest));
    add_crl(&set, issue_crl(&forged));
    x509_set_link(&set);
    assert_ptr_equal(set.certs[1]->crl, set.crls[1]);
    assert_true(set.certs[1]->revoked);
    assert_int_equal(set.crls[1]->next_update, 0);
    assert_int_equal(set.crls[2]->faults, FAULT_SIGNATURE);
    x509_set_fini(&set);
}

static void refuses_what_is_not_der(void **state)
{
    (void)state;
    const struct issue_cert root = root_spec();
    struct blob b = issue_cert(&root);
    struct x509_set set;
    x509_set_init(&set);
    for (size_t size = 0; size < b.size; size++)
        assert_int_equal(x509_set_add_certs(&set, (struct bytes){b.data, size}), -EBADMSG);
    b.data[b.size++] = 0; /* a byte behind it */
    assert_int_equal(x509_set_add_certs(&set, BLOB_BYTES(&b)), -EBADMSG);
    assert_int_equal(set.cert_count, 0);
    x509_set_fini(&set);
}

static void answers_questions(void **state)
{
    (void)state;
    struct issue_cert root = root_spec();
    root.serial = 0x1234;
    root.extensions[0] = (struct issue_extension){"1.2.3", bytes_of_text("abc"), false};
    struct x509_set set;
    char name[8];
    uint8_t serial[4];
    struct bytes value;
    x509_set_init(&set);
    add(&set, issue_cert(&root));
    x509_subject(set.certs[0], name, sizeof(name));
    assert_string_equal(name, "root");
    assert_true(x509_extension(set.certs[0], "1.2.3", &value));
    assert_true(bytes_equal(value, bytes_of_text("abc")));
    assert_false(x509_extension(set.certs[0], "1.2.4", &value));
    x509_serial(set.certs[0], serial, sizeof(serial));
    assert_memory_equal(serial, "\0\0\x12\x34", 4);
    assert_int_equal(set.certs[0]->not_before, NOW - YEAR);
    assert_int_equal(set.certs[0]->not_after, NOW + YEAR);
    x509_set_fini(&set);
}

static int make_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
        keys[i] = issue_key();
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_chains_of_amd),
        cmocka_unit_test(finds_no_issuer_under_another_root),
        cmocka_unit_test(sees_a_real_revocation),
        cmocka_unit_test(links_chains_of_intel),
        cmocka_unit_test(finds_each_fault),
        cmocka_unit_test(reads_key_usage),
        cmocka_unit_test(ends_in_a_circle),
        cmocka_unit_test(tries_few_of_one_name),
        cmocka_unit_test(takes_the_latest_crl_and_any_revocation),
        cmocka_unit_test(refuses_what_is_not_der),
        cmocka_unit_test(answers_questions),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
