/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated quotes and their collateral, judged by the verifier as it is and by
 * openssl(1). */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c crypto/key.c crypto/key_pem.c crypto/cmac.c crypto/issue.c host/user_dir.c host/newfile.c host/fault.c tests/unit/scratch.c attest/anchors.c attest/anchors_data.S attest/ar4si.c attest/attest.c attest/kvm_statement.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/document.c attest/endorsement.c attest/pck.c attest/policy.c attest/qe.c attest/qe_identity.c attest/quote.c attest/quote_appraise.c attest/record.c attest/sgx.c attest/signed_json.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/tcb.c attest/tcb_evaluate.c attest/tcb_info.c attest/tcb_level.c attest/tcb_status.c attest/tdx.c attest/text.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c crypto/rsa_pss.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/issuer.c base/der_put.c crypto/x509_signature.c */
/* libs: -ljansson -lcrypto */
#define _GNU_SOURCE
#include "sim/sgx/quoting.h"

#include "attest/attest.h"
#include "attest/quote.h"
#include "crypto/issue.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "host/fault.h"
#include "sim/sgx/authority.h"
#include "sim/sgx/collateral.h"
#include "sim/sgx/keys.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY       86400
#define AUTHORITY "state/enarx/sim/authority.pem"

static int set_up(void **state)
{
    char path[PATH_MAX];
    if (scratch_open(state) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/state", (char *)*state);
    setenv("XDG_STATE_HOME", path, 1);
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 3});
    return 0;
}

static int tear_down(void **state)
{
    quoting_close();
    return scratch_close(state);
}

/* ---- a set: quote and collateral ---- */

enum part { ROOT, CHAIN, TCB_INFO, IDENTITY, CRL_CHAIN, PCK_CRL, ROOT_CRL, PARTS };
static const char *const names[PARTS] = {
    [ROOT] = "root.pem",
    [CHAIN] = "tcb_signing_chain.pem",
    [TCB_INFO] = "tcb_info.json",
    [IDENTITY] = "qe_identity.json",
    [CRL_CHAIN] = "pck_crl_issuer_chain.pem",
    [PCK_CRL] = "pck_crl.der",
    [ROOT_CRL] = "root_ca_crl.der",
};

static struct {
    uint8_t data[PARTS][8192];
    struct bytes part[PARTS];
    uint8_t quote[16384];
    size_t quote_size;
} set;

static int keep_part(void *context, const char *name, struct bytes content)
{
    size_t i = 0;
    while (i < PARTS && strcmp(names[i], name) != 0)
        i++;
    assert_true(i < PARTS && content.size <= sizeof(set.data[i]));
    memcpy(set.data[i], content.data, content.size);
    set.part[i] = (struct bytes){.data = set.data[i], .size = content.size};
    if (context != NULL)
        *(unsigned *)context |= 1u << i;
    return 0;
}

static void sign_report(const struct sgx_targetinfo *target, struct sgx_report *report)
{
    uint8_t key[MODEL_KEY_SIZE];
    model_report_key(target, report->key_id, key);
    model_report_mac(key, &report->body, report->mac);
}

static void make_report(struct sgx_report *report)
{
    struct sgx_targetinfo target;
    assert_int_equal(quoting_target(&target), 0);
    *report = (struct sgx_report){
        .body = {.attributes = {.flags = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT, .xfrm = 7},
                 .mrenclave = {1, 2, 3},
                 .mrsigner = {4, 5, 6},
                 .isv_svn = 1,
                 .report_data = {7, 8, 9}},
        .key_id = {0xaa},
    };
    sign_report(&target, report);
}

static void make_set(void)
{
    struct sgx_report report;
    struct fault fault;
    unsigned seen = 0;
    assert_int_equal(quoting_open(&fault), 0);
    assert_int_equal(quoting_collateral(keep_part, &seen, &fault), 0);
    assert_int_equal(seen, (1u << PARTS) - 1);
    make_report(&report);
    set.quote_size = sizeof(set.quote);
    assert_int_equal(quoting_sign(&report, set.quote, &set.quote_size), 0);
}

static struct attest_result *verify_at(int64_t time, const struct policy *policy)
{
    static struct attest_result result;
    const struct bytes certs[] = {set.part[CHAIN], set.part[CRL_CHAIN]};
    const struct bytes crls[] = {set.part[PCK_CRL], set.part[ROOT_CRL]};
    const struct attest_input in = {
        .evidence = {set.quote, set.quote_size},
        .certificates = {certs, ARRAY_COUNT(certs)},
        .crls = {crls, ARRAY_COUNT(crls)},
        .tcb_info = set.part[TCB_INFO],
        .qe_identity = set.part[IDENTITY],
        .policy = policy,
        .time = time,
    };
    assert_int_equal(attest_verify(&in, &result), 0);
    return &result;
}

static struct policy trusting(void)
{
    struct policy policy = policy_default();
    policy.sgx.tcb.simulated_roots = (struct bytes_list){&set.part[ROOT], 1};
    return policy;
}

static const struct attest_result *verify(void)
{
    const struct policy policy = trusting();
    return verify_at((int64_t)time(NULL), &policy);
}

/* ---- the verifier ---- */

static void is_accepted_where_the_root_is_named(void **state)
{
    (void)state;
    make_set();
    const struct attest_result *r = verify();
    const struct sgx_claims *c = &r->claims.sgx;
    if (r->verdict != ACCEPTED)
        print_message("%s\n", check_info(r->reason)->name);
    assert_int_equal(r->verdict, ACCEPTED);
    assert_int_equal(r->signature, SIGNATURE_VALID);
    assert_int_equal(r->collateral, COLLATERAL_FRESH);
    assert_int_equal(r->tcb_status, TCB_UP_TO_DATE);
    assert_non_null(strstr(r->notes[0].text, "the root is simulated"));
    assert_int_equal(c->intel.quote_version, 3);
    assert_int_equal(c->mrenclave[0], 1);
    assert_int_equal(c->report_data[0], 7);
    assert_true(c->intel.platform_instance_id_given);
    /* as on real machines, which some verifiers rely on */
    assert_memory_equal(c->intel.tcb_comp, c->intel.cert_cpu_svn, sizeof(c->intel.tcb_comp));
    assert_memory_equal(c->intel.tcb_comp, c->intel.qe_cpu_svn, sizeof(c->intel.tcb_comp));
}

static void is_refused_where_it_is_not(void **state)
{
    (void)state;
    make_set();
    const struct policy policy = policy_default();
    const struct attest_result *r = verify_at((int64_t)time(NULL), &policy);
    assert_int_equal(r->verdict, REFUSED);
    assert_int_equal(r->reason, CHECK_cert_anchor);
    assert_int_equal(r->signature, SIGNATURE_INVALID);
}

/* A policy that names the root of another machine. */
static void is_refused_under_another_root(void **state)
{
    (void)state;
    static uint8_t other[8192];
    make_set();
    memcpy(other, set.data[ROOT], set.part[ROOT].size);
    const struct bytes root = {other, set.part[ROOT].size};
    struct policy policy = trusting();
    struct authority next;
    struct fault fault;
    policy.sgx.tcb.simulated_roots = (struct bytes_list){&root, 1};
    assert_int_equal(verify_at((int64_t)time(NULL), &policy)->verdict, ACCEPTED);
    assert_int_equal(unlink(AUTHORITY), 0);
    assert_int_equal(authority_open(&next, &fault), 0);
    struct put put = put_init(other, sizeof(other));
    authority_put_chain(&next, SIGNER_ROOT, &put);
    const struct bytes strange = put_done(&put);
    policy.sgx.tcb.simulated_roots = (struct bytes_list){&strange, 1};
    assert_int_equal(verify_at((int64_t)time(NULL), &policy)->verdict, REFUSED);
    authority_close(&next);
}

static void says_what_it_is(void **state)
{
    (void)state;
    static const char plain[] = "Enarx simulation, not Intel";
    make_set();
    const struct intel_claims *c = &verify()->claims.sgx.intel;
    assert_memory_equal(c->fmspc, "enxsim", 6);
    assert_memory_equal(c->qe_mrsigner, plain, sizeof(plain));
    assert_memory_equal(c->user_data, "Enarx simulation", 16);
    assert_non_null(strstr(c->cert.subject, plain));
    assert_non_null(strstr(c->cert.issuer, plain));
}

static void grows_old(void **state)
{
    (void)state;
    make_set();
    const struct policy policy = trusting();
    const int64_t now = (int64_t)time(NULL);
    assert_int_equal(verify_at(now + (SIM_COLLATERAL_DAYS - 1) * DAY, &policy)->verdict, ACCEPTED);
    assert_int_equal(verify_at(now - 1800, &policy)->verdict, ACCEPTED);
    const struct attest_result *r = verify_at(now + (SIM_COLLATERAL_DAYS + 1) * DAY, &policy);
    assert_int_equal(r->verdict, REFUSED);
    assert_int_equal(r->collateral, COLLATERAL_EXPIRED);
    assert_int_equal(verify_at(now - 2 * DAY, &policy)->verdict, REFUSED);
}

/* No byte of a quote is free, as the fuller test of tests/attest says of real ones. */
static void no_byte_of_it_is_free(void **state)
{
    (void)state;
    make_set();
    const struct policy policy = trusting();
    const int64_t now = (int64_t)time(NULL);
    for (size_t i = 0; i < set.quote_size; i += i < 1200 ? 1 : 37) {
        set.quote[i] ^= 0x10;
        if (verify_at(now, &policy)->verdict != REFUSED)
            fail_msg("byte %zu", i);
        set.quote[i] ^= 0x10;
    }
    assert_int_equal(verify_at(now, &policy)->verdict, ACCEPTED);
}

/* ---- reports ---- */

static void only_this_processor_gets_quotes(void **state)
{
    (void)state;
    struct sgx_report report;
    struct sgx_targetinfo other = {.mrenclave = {1}};
    uint8_t quote[16384];
    size_t size = sizeof(quote);
    struct fault fault;
    assert_int_equal(quoting_open(&fault), 0);
    make_report(&report);
    sign_report(&other, &report);
    assert_int_equal(quoting_sign(&report, quote, &size), -EACCES);
    make_report(&report);
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 4});
    assert_int_equal(quoting_sign(&report, quote, &size), -EACCES);
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 3});
    for (size_t bit = 0; bit < 8 * sizeof(report); bit += 5) {
        uint8_t *bytes = (uint8_t *)&report;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(quoting_sign(&report, quote, &size), -EACCES);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(size, sizeof(quote));
    assert_int_equal(quoting_sign(&report, quote, &size), 0);
}

static void room_is_asked_for(void **state)
{
    (void)state;
    struct sgx_report report;
    make_set();
    make_report(&report);
    for (size_t room = 0; room < set.quote_size; room += 97) {
        uint8_t *quote = malloc(room + 1);
        size_t size = room;
        assert_int_equal(quoting_sign(&report, quote, &size), -ENOSPC);
        free(quote);
    }
}

static void nothing_without_opening(void **state)
{
    (void)state;
    if (fork() == 0) {
        struct sgx_targetinfo target;
        struct sgx_report report = {0};
        uint8_t quote[16];
        size_t size = sizeof(quote);
        struct fault fault;
        unsetenv("XDG_STATE_HOME");
        unsetenv("HOME");
        _exit(quoting_target(&target) == -ENOSYS &&
                      quoting_sign(&report, quote, &size) == -ENOSYS &&
                      quoting_open(&fault) == -ENOENT
                  ? 0
                  : 1);
    }
    int status;
    assert_true(wait(&status) > 0 && status == 0);
}

/* ---- files ---- */

static void write_part(const char *path, struct bytes content)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(content.data, 1, content.size, f), content.size);
    assert_int_equal(fclose(f), 0);
}

static mode_t mode_of(const char *path)
{
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    return found.st_mode & 07777;
}

/* Eight processes that find nothing: all end with the root of one. */
static void those_who_start_at_once_agree(void **state)
{
    (void)state;
    int ends[2], go[2];
    struct fault fault;
    struct authority mine;
    uint8_t theirs[AUTHORITY_CERT_MAX];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(go), 0);
    for (int i = 0; i < 8; i++) {
        if (fork() != 0)
            continue;
        char c;
        close(go[1]);
        if (read(go[0], &c, 1) != 0 || authority_open(&mine, &fault) < 0)
            _exit(1);
        memset(theirs, 0, sizeof(theirs));
        memcpy(theirs, mine.certs[SIGNER_ROOT].der, mine.certs[SIGNER_ROOT].size);
        authority_close(&mine);
        _exit(write(ends[1], theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs) ? 0 : 1);
    }
    close(go[1]);
    close(go[0]);
    for (int i = 0; i < 8; i++) {
        int status;
        assert_true(wait(&status) > 0 && status == 0);
    }
    assert_int_equal(authority_open(&mine, &fault), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(read(ends[0], theirs, sizeof(theirs)), (ssize_t)sizeof(theirs));
        assert_memory_equal(theirs, mine.certs[SIGNER_ROOT].der, mine.certs[SIGNER_ROOT].size);
    }
    authority_close(&mine);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(scratch_count("state/enarx/sim"), 1);
    assert_int_equal(mode_of("state/enarx/sim"), 0700);
    assert_int_equal(mode_of(AUTHORITY), 0600);
}

static void expect_fault(int expected, const char *said)
{
    struct authority a;
    struct fault fault = {""};
    assert_int_equal(authority_open(&a, &fault), expected);
    assert_non_null(strstr(fault.text, said));
    for (size_t i = 0; i < SIGNER_COUNT; i++)
        assert_null(a.keys[i]);
}

static void a_file_that_is_not_right_is_told(void **state)
{
    (void)state;
    struct authority a;
    struct fault fault;
    struct stat found;
    assert_int_equal(authority_open(&a, &fault), 0);
    authority_close(&a);
    assert_int_equal(chmod(AUTHORITY, 0640), 0);
    expect_fault(-EPERM, "not a file of yours");
    assert_int_equal(chmod(AUTHORITY, 0600), 0);
    assert_int_equal(stat(AUTHORITY, &found), 0);
    for (off_t size = 0; size < found.st_size - 2; size += 61) {
        assert_int_equal(truncate(AUTHORITY, found.st_size - 2 - size), 0);
        expect_fault(-EBADMSG, "damaged");
    }
    assert_int_equal(unlink(AUTHORITY), 0);
    assert_int_equal(symlink("elsewhere", AUTHORITY), 0);
    expect_fault(-ELOOP, "not a file of yours");
    assert_int_equal(unlink(AUTHORITY), 0);
    assert_int_equal(chmod("state/enarx/sim", 0755), 0);
    expect_fault(-EPERM, "closed to others");
}

/* Any byte of base64 that is another one: what is accepted still proves itself. */
static void one_that_was_changed_is_told(void **state)
{
    (void)state;
    struct authority a;
    struct fault fault;
    char text[16384];
    unsigned told = 0;
    assert_int_equal(authority_open(&a, &fault), 0);
    authority_close(&a);
    FILE *f = fopen(AUTHORITY, "r+e");
    assert_non_null(f);
    const size_t size = fread(text, 1, sizeof(text), f);
    for (size_t i = 0; i < size; i += 97) {
        assert_int_equal(fseek(f, (long)i, SEEK_SET), 0);
        assert_int_equal(fputc(text[i] == 'A' ? 'B' : 'A', f), text[i] == 'A' ? 'B' : 'A');
        assert_int_equal(fflush(f), 0);
        if (authority_open(&a, &fault) == 0) {
            make_set();
            assert_int_equal(verify()->verdict, ACCEPTED);
            quoting_close();
            authority_close(&a);
        } else {
            assert_non_null(strstr(fault.text, "state/enarx/sim/authority.pem is damaged"));
            told++;
        }
        assert_int_equal(fseek(f, (long)i, SEEK_SET), 0);
        assert_int_equal(fputc(text[i], f), text[i]);
    }
    assert_int_equal(fclose(f), 0);
    assert_true(told > size / 97 / 2);
}

static void write_authority(const struct authority *a)
{
    static uint8_t pem[16384];
    struct put out = put_init(pem, sizeof(pem));
    for (size_t i = 0; i < SIGNER_COUNT; i++) {
        uint8_t der[256];
        struct put key = put_init(der, sizeof(der));
        assert_int_equal(key_put(a->keys[i], &key), 0);
        pem_put(&out, "EC PRIVATE KEY", put_done(&key));
        pem_put(&out, "CERTIFICATE", (struct bytes){a->certs[i].der, a->certs[i].size});
    }
    write_part(AUTHORITY, put_done(&out));
}

/* A file by a build whose processor was another one: the root stays. */
static void an_older_processor_is_certified_anew(void **state)
{
    (void)state;
    static const uint8_t older[] = {0x30, 0x00};
    struct authority a;
    struct authority next;
    struct fault fault;
    assert_int_equal(authority_open(&a, &fault), 0);
    struct issuer issuer;
    uint8_t key[KEY_PUBLIC_SIZE];
    const struct bytes platform = {a.certs[SIGNER_PLATFORM].der, a.certs[SIGNER_PLATFORM].size};
    assert_int_equal(issuer_of(platform, a.keys[SIGNER_PLATFORM], &issuer), 0);
    assert_int_equal(key_public(a.keys[SIGNER_PCK], key), 0);
    const struct certificate_extension pck = {
        "1.2.840.113741.1.13.1", false, {older, sizeof(older)}};
    const struct certificate wanted = {.organisation = "of a test",
                                       .name = "older",
                                       .public_key = {key, sizeof(key)},
                                       .not_before = (int64_t)time(NULL) - DAY,
                                       .not_after = (int64_t)time(NULL) + DAY,
                                       .extensions = &pck,
                                       .extension_count = 1};
    struct put put = put_init(a.certs[SIGNER_PCK].der, sizeof(a.certs[SIGNER_PCK].der));
    assert_int_equal(certificate_issue(&wanted, &issuer, &put), 0);
    a.certs[SIGNER_PCK].size = put_done(&put).size;
    write_authority(&a);
    assert_int_equal(authority_open(&next, &fault), 0);
    assert_memory_equal(next.certs[SIGNER_ROOT].der, a.certs[SIGNER_ROOT].der,
                        a.certs[SIGNER_ROOT].size);
    make_set();
    assert_int_equal(verify()->verdict, ACCEPTED);
    authority_close(&next);
    authority_close(&a);
}

static int refuse_part(void *context, const char *name, struct bytes content)
{
    (void)context, (void)content;
    return strcmp(name, "root_ca_crl.der") == 0 ? -ENOSPC : 0;
}

static void who_takes_no_more_is_heard(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(quoting_collateral(refuse_part, NULL, &fault), -ENOSPC);
}

/* ---- openssl(1) ---- */

static void run(const char *command)
{
    char line[600];
    snprintf(line, sizeof(line), "(%s) >out 2>&1", command);
    if (system(line) != 0) {
        assert_int_equal(system("cat out"), 0);
        fail_msg("%s", command);
    }
}

static void openssl_finds_it_in_order(void **state)
{
    (void)state;
    struct quote q;
    if (system("openssl version >/dev/null 2>&1") != 0) {
        print_message("openssl(1) is not installed\n");
        skip();
    }
    make_set();
    assert_int_equal(quote_parse((struct bytes){set.quote, set.quote_size}, &q), 0);
    for (size_t i = 0; i < PARTS; i++)
        write_part(names[i], set.part[i]);
    write_part("pck.pem", q.certs);
    run("openssl crl -inform DER -in pck_crl.der -out 1.pem");
    run("openssl crl -inform DER -in root_ca_crl.der -out 2.pem");
    run("openssl verify -x509_strict -check_ss_sig -CAfile root.pem root.pem");
    run("openssl verify -x509_strict -crl_check_all -CAfile root.pem -CRLfile 1.pem -CRLfile 2.pem "
        "-untrusted pck_crl_issuer_chain.pem pck.pem");
    run("openssl verify -x509_strict -crl_check_all -CAfile root.pem -CRLfile 1.pem -CRLfile 2.pem "
        "tcb_signing_chain.pem");
    run("for f in root pck tcb_signing_chain pck_crl_issuer_chain; do openssl x509 -in $f.pem "
        "-noout -subject -issuer | grep -c 'Enarx simulation, not Intel' | grep -q 2; done");
    run("! openssl verify -untrusted pck_crl_issuer_chain.pem pck.pem");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_without_opening),
        TEST(is_accepted_where_the_root_is_named),
        TEST(is_refused_where_it_is_not),
        TEST(is_refused_under_another_root),
        TEST(says_what_it_is),
        TEST(grows_old),
        TEST(no_byte_of_it_is_free),
        TEST(only_this_processor_gets_quotes),
        TEST(room_is_asked_for),
        TEST(those_who_start_at_once_agree),
        TEST(a_file_that_is_not_right_is_told),
        TEST(one_that_was_changed_is_told),
        TEST(an_older_processor_is_certified_anew),
        TEST(who_takes_no_more_is_heard),
        TEST(openssl_finds_it_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
