/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx measure`: what evidence of a keep from this build says. */
#include "base/hex.h"
#include "host/cli/cli.h"
#include "host/cli/enclave.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/cli/request.h"
#include "host/cli/workload.h"
#include "host/exec_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HEX_SIZE (2 * SHA256_SIZE + 1)

struct measured {
    const char *backend;
    char mrenclave[HEX_SIZE];
    char mrsigner[HEX_SIZE]; /* "": nobody's key was named */
    char exec[HEX_SIZE];
    char workload[HEX_SIZE]; /* "": no program was named */
    json_t *records;         /* null: not asked for */
};

static void put_hex(const uint8_t digest[static SHA256_SIZE], char text[static HEX_SIZE])
{
    hex_put((struct bytes){digest, SHA256_SIZE}, text);
}

/* ---- records ---- */

static void digest_hex(struct bytes data, char text[static HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    text[0] = '\0';
    if (sha256(data, digest) == 0)
        put_hex(digest, text);
}

static void print_record(maybe_unused void *context, const struct sgx_record *r)
{
    char digest[HEX_SIZE];
    switch (r->kind) {
    case SGX_RECORD_ECREATE:
        printf("ECREATE ssa_frame_size=%" PRIu32 " size=0x%" PRIx64 "\n", r->ssa_pages, r->size);
        break;
    case SGX_RECORD_EADD:
        printf("EADD offset=0x%" PRIx64 " flags=0x%" PRIx64 "\n", r->offset, r->flags);
        break;
    case SGX_RECORD_EEXTEND:
        digest_hex(r->data, digest);
        printf("EEXTEND offset=0x%" PRIx64 " sha256=%s\n", r->offset, digest);
        break;
    }
}

static void add_record(void *context, const struct sgx_record *r)
{
    char digest[HEX_SIZE];
    json_t *records = context;
    json_t *record = NULL;
    switch (r->kind) {
    case SGX_RECORD_ECREATE:
        record = json_pack("{s:s, s:I, s:I}", "record", "ECREATE", "ssa_frame_size",
                           (json_int_t)r->ssa_pages, "size", (json_int_t)r->size);
        break;
    case SGX_RECORD_EADD:
        record = json_pack("{s:s, s:I, s:I}", "record", "EADD", "offset", (json_int_t)r->offset,
                           "flags", (json_int_t)r->flags);
        break;
    case SGX_RECORD_EEXTEND:
        digest_hex(r->data, digest);
        record = json_pack("{s:s, s:I, s:s}", "record", "EEXTEND", "offset", (json_int_t)r->offset,
                           "sha256", digest);
        break;
    }
    json_array_append_new(records, record);
}

/* ---- the signer ---- */

static int find_modulus(const struct line *line, const uint8_t mrenclave[static SHA256_SIZE],
                        uint8_t modulus[static RSA_SIZE])
{
    const char *file = line_value(line, OPTION_KEY);
    struct sgx_sigstruct sigstruct = {0};
    EVP_PKEY *key;
    if (file != NULL) {
        int status = enclave_read_key(file, &key);
        if (status == 0 && rsa_modulus(key, modulus) < 0)
            status = fail("out of memory");
        EVP_PKEY_free(key);
        return status;
    }
    int status =
        enclave_read_signatures(line_value(line, OPTION_SIGNATURES), mrenclave, &sigstruct);
    for (size_t i = 0; i < RSA_SIZE; i++)
        modulus[i] = sigstruct.modulus[i];
    return status;
}

static int find_signer(const struct line *line, const uint8_t mrenclave[static SHA256_SIZE],
                       struct measured *m)
{
    uint8_t modulus[RSA_SIZE];
    uint8_t mrsigner[SHA256_SIZE];
    if (!line_has(line, OPTION_KEY) && !line_has(line, OPTION_SIGNATURES))
        return 0;
    int status = find_modulus(line, mrenclave, modulus);
    if (status == 0 && sgx_mrsigner(modulus, mrsigner) < 0)
        status = fail("out of memory");
    if (status == 0)
        put_hex(mrsigner, m->mrsigner);
    return status;
}

/* ---- the workload ---- */

static int find_workload(const struct line *line, struct measured *m)
{
    struct request request;
    struct workload workload = {.output = NULL};
    if (line->arg_count == 0)
        return 0;
    int status = request_read(line, &request);
    if (status == 0)
        status = workload_read(&request, message_level(getenv("ENARX_LOG"), false), &workload);
    if (status == 0)
        put_hex(workload.plan.workload_digest, m->workload);
    workload_fini(&workload);
    request_fini(&request);
    return status;
}

/* ---- telling ---- */

static int print_text(const struct measured *m)
{
    printf("mrenclave: %s\n", m->mrenclave);
    printf("mrsigner:  %s\n", m->mrsigner[0] != '\0'
                                  ? m->mrsigner
                                  : "that of the key that signs; --key or --signatures name one");
    printf("exec:      %s\n", m->exec);
    if (m->workload[0] != '\0')
        printf("workload:  %s\n", m->workload);
    return stdout_finish();
}

static int print_json(const struct measured *m)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s?, s:s, s:s*, s:O*}", "backend", m->backend, "mrenclave", m->mrenclave,
        "mrsigner", m->mrsigner[0] != '\0' ? m->mrsigner : NULL, "exec_digest", m->exec,
        "workload_digest", m->workload[0] != '\0' ? m->workload : NULL, "records", m->records);
    int status = json_put(json, stdout);
    json_decref(json);
    return status != 0 ? status : stdout_finish();
}

static int measure(const struct line *line, struct measured *m)
{
    const bool json = line_has(line, OPTION_JSON);
    const struct sgx_listener listener = {
        .hear = json ? add_record : print_record,
        .context = m->records,
    };
    uint8_t mrenclave[SHA256_SIZE];
    int status = enclave_measure(line_has(line, OPTION_EXPLAIN) ? &listener : NULL, mrenclave);
    if (status != 0)
        return status;
    put_hex(mrenclave, m->mrenclave);
    put_hex(exec_identity, m->exec);
    status = find_signer(line, mrenclave, m);
    if (status == 0)
        status = find_workload(line, m);
    if (status != 0)
        return status;
    return json ? print_json(m) : print_text(m);
}

int measure_command(const struct line *line)
{
    const char *backend = line_value(line, OPTION_BACKEND);
    struct measured m = {.backend = backend != NULL ? backend : "sgx"};
    if (line_has(line, OPTION_KEY) && line_has(line, OPTION_SIGNATURES))
        return misuse("--key and --signatures exclude each other; give one of them");
    if (line_has(line, OPTION_JSON) && line_has(line, OPTION_EXPLAIN))
        m.records = json_array();
    int status = measure(line, &m);
    json_decref(m.records);
    return status;
}
