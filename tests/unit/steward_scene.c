/* SPDX-License-Identifier: Apache-2.0 */
/* A steward for tests; see steward_scene.h. */
#include "tests/unit/steward_scene.h"

#include "crypto/key.h"
#include "sim/sgx/quoting.h"
#include "tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

struct judge judge;
struct policy_file policy;
struct store *store;
struct decision *decision;
int64_t now;
EVP_PKEY *key;
uint8_t nonce[NONCE_SIZE];

void use_policy(const char *format, ...)
{
    static char text[32768];
    struct toml_error error;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    policy_toml_fini(&policy);
    if (policy_toml_parse(bytes_of_text(text), &policy, &error) != 0)
        fail_msg("%u: %s\n%s", error.place.line, error.what, text);
    judge.policy = &policy;
}

void use_usual_policy(void)
{
    use_policy(SGX ENTRY(ENCLAVE, OTHER, "\"other.example\"")
                   ENTRY(ENCLAVE, WORKLOAD, "\"a.example\", \"b.example\""),
               (int)keep_root().size, keep_root().data);
}

void new_nonce(void)
{
    static uint8_t random[NONCE_RANDOM_SIZE];
    random[7]++;
    random[0] = random[8] = random[7];
    assert_int_equal(nonce_make(judge.nonce_key, now, random, nonce), 0);
}

int scene_open(void **state)
{
    struct fault fault;
    if (scratch_open(state) < 0)
        return -1;
    setenv("XDG_STATE_HOME", *state, 1);
    now = (int64_t)time(NULL);
    keep_machine_open("collateral");
    if (store_open("collateral", &store, &fault) < 0 || key_generate(&key) < 0)
        return -1;
    judge = (struct judge){.nonce_key = {9, 8, 7},
                           .used = nonces_used_new(),
                           .store = store,
                           .cache = attest_cache_new(16)};
    decision = calloc(1, sizeof(*decision));
    use_usual_policy();
    new_nonce();
    return 0;
}

int scene_close(void **state)
{
    quoting_close();
    store_close(store);
    nonces_used_free(judge.used);
    attest_cache_free(judge.cache);
    policy_toml_fini(&policy);
    EVP_PKEY_free(key);
    free(decision);
    return scratch_close(state);
}

struct keep usual(void) { return keep_usual(key, (struct bytes){nonce, sizeof(nonce)}); }

void assert_check(struct bytes der, enum steward_check wanted)
{
    assert_int_equal(decide(&judge, der, now, decision), 0);
    if (decision->check != wanted)
        fail_msg("%s (%s) instead of %s", steward_check_name(decision->check),
                 decision->appraised ? check_info(decision->result.reason)->name : "",
                 steward_check_name(wanted));
}

void assert_decided(const struct keep *keep, enum steward_check wanted)
{
    assert_check(keep_request(keep), wanted);
}

void assert_refused(const struct keep *keep, enum check_id reason)
{
    assert_decided(keep, STEWARD_evidence_accepted);
    if (decision->result.reason != reason)
        fail_msg("%s instead of %s", check_info(decision->result.reason)->name,
                 check_info(reason)->name);
}

void ask(struct keep *keep, const char *name)
{
    keep->names[keep->name_count++] = bytes_of_text(name);
}
