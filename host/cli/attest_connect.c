/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx attest connect`: who answers at an address, by the evidence in the certificate that
 * it shows. Trusts the user's policy and clock; nothing that answers. */
#include "attest/claims_buffer.h"
#include "base/hex.h"
#include "conf/evidence_claims.h"
#include "crypto/pem.h"
#include "host/cli/attest_json.h"
#include "host/cli/attest_source.h"
#include "host/cli/attest_text.h"
#include "host/cli/cli.h"
#include "host/cli/file.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/cli/policy_text.h"
#include "host/cli/statement.h"
#include "host/cli/tls_dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct visit {
    const struct line *line;
    const char *address;
    struct policy_file policy;
    struct bytes policy_text; /* owned */
    struct tls_peer peer;
    struct attest_source source;
    struct attest_result result;
    json_t *certificate;
    int64_t time;
    bool carries; /* the certificate has evidence in it */
};

/* ---- before ---- */

static int read_policy(struct visit *v)
{
    const char *path = line_value(v->line, OPTION_POLICY);
    int status = path == NULL ? 0 : policy_text_read(path, &v->policy_text);
    if (status == 0)
        status = policy_text_parse(path == NULL ? "policy" : path, v->policy_text, &v->policy);
    struct policy *p = &v->policy.policy;
    if (status == 0 && p->purpose.size == 0)
        p->purpose = bytes_of_text(PURPOSE_CERTIFICATE);
    return status;
}

static int dial(struct visit *v)
{
    struct fault fault;
    const struct tls_dial how = {
        .address = v->address,
        .server_name = line_value(v->line, OPTION_SERVER_NAME),
        .alpn = line_value(v->line, OPTION_ALPN),
        .ca = line_value(v->line, OPTION_CA_BUNDLE),
    };
    const int error = tls_dial(&how, &v->peer, &fault);
    if (error < 0)
        return error == -EINVAL ? misuse("%s", fault.text) : fail("%s", fault.text);
    return v->peer.cert_size == 0 ? fail("%s showed no certificate, or one of more than %u bytes",
                                         v->address, TLS_PEER_CERT_MAX)
                                  : 0;
}

static struct bytes cert_of(const struct visit *v)
{
    return (struct bytes){v->peer.cert, v->peer.cert_size};
}

static int write_cert(const struct visit *v)
{
    const char *path = line_value(v->line, OPTION_OUT);
    const size_t room = 2 * v->peer.cert_size + 128;
    struct put pem = put_init(malloc(room), room);
    if (path == NULL || pem.data == NULL) {
        free(pem.data);
        return path == NULL ? 0 : fail("out of memory");
    }
    pem_put(&pem, "CERTIFICATE", cert_of(v));
    const int error = file_write(path, put_done(&pem), 0644, true);
    free(pem.data);
    return error < 0 ? fail("cannot write %s: %s", path, strerror(-error)) : 0;
}

/* ---- the evidence ---- */

static int judge(struct visit *v)
{
    struct attest_input in = source_input(&v->source);
    in.policy = &v->policy.policy;
    in.time = v->time;
    return attest_verify(&in, &v->result) < 0 ? fail("out of memory") : 0;
}

static int appraise(struct visit *v)
{
    struct carrier carrier;
    const char *collateral = line_value(v->line, OPTION_COLLATERAL);
    const int found = carrier_parse(cert_of(v), &carrier);
    if (found == -ENOENT)
        return 0;
    if (found == 0)
        carrier_fini(&carrier);
    v->carries = true;
    int status = source_take("the certificate", cert_of(v), &v->source);
    if (status == 0 && collateral != NULL)
        status = source_read_collateral(collateral, &v->source);
    return status == 0 ? judge(v) : status;
}

/* ---- what is told ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "none" : text;
}

static void print_certificate(const json_t *c)
{
    const json_t *statement = json_object_get(c, "statement");
    const json_t *names = json_object_get(c, "names");
    printf("certificate: %s, by %s, until %s\n", text_of(c, "subject"), text_of(c, "issuer"),
           text_of(c, "not_after"));
    for (size_t i = 0; i < json_array_size(names); i++)
        printf("%s%s", i == 0 ? "names: " : ", ", json_string_value(json_array_get(names, i)));
    printf("%skey: SHA-256 %s\n", json_array_size(names) > 0 ? "\n" : "", text_of(c, "key_sha256"));
    if (statement != NULL)
        printf("its issuer states, if you trust it: %s, measurement %s, workload %s\n",
               text_of(statement, "tee"), text_of(statement, "measurement"),
               text_of(statement, "workload"));
}

static void print_workload(const struct visit *v)
{
    char text[2 * 32 + 1] = "none";
    struct claims_buffer claims;
    if (claims_buffer_parse(v->source.carrier.claims_buffer, &claims) == 0 &&
        claims.workload.size == 32)
        hex_put(claims.workload, text);
    printf("workload: %s\n", text);
}

/* The word of its issuer, for whoever named the issuer's authority. */
static bool is_trusted(const struct visit *v)
{
    return line_value(v->line, OPTION_CA_BUNDLE) != NULL && v->peer.distrust[0] == '\0';
}

static void print_authority(const struct visit *v)
{
    const char *ca = line_value(v->line, OPTION_CA_BUNDLE);
    if (ca == NULL)
        printf("refused: the certificate carries no evidence of what holds its key\n");
    else if (is_trusted(v))
        printf("accepted: by the word of its issuer, since the certificate leads to %s\n", ca);
    else
        printf("refused: no evidence, and nothing that leads to %s: %s\n", ca, v->peer.distrust);
}

static int tell_text(const struct visit *v)
{
    printf("%s: %s, %s%s%s\n", v->address, v->peer.version, v->peer.cipher,
           v->peer.protocol[0] == '\0' ? "" : ", ", v->peer.protocol);
    print_certificate(v->certificate);
    if (v->carries) {
        print_workload(v);
        verdict_print(stdout, &v->result, v->time, line_has(v->line, OPTION_EXPLAIN));
    } else {
        print_authority(v);
    }
    return stdout_finish();
}

static int tell_json(const struct visit *v)
{
    json_t *verdict = v->carries
                          ? verdict_json(&v->result, v->time, line_has(v->line, OPTION_EXPLAIN))
                          : json_null();
    json_t *authority =
        line_value(v->line, OPTION_CA_BUNDLE) == NULL
            ? json_null()
            : json_pack("{s:b, s:s}", "trusted", is_trusted(v), "why", v->peer.distrust);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s*, s:O, s:o, s:o}", "address", v->address,
                             "version", v->peer.version, "cipher", v->peer.cipher, "alpn",
                             v->peer.protocol[0] == '\0' ? NULL : v->peer.protocol, "certificate",
                             v->certificate, "authority", authority, "verdict", verdict);
    int status = json_put(json, stdout);
    json_decref(json);
    return status != 0 ? status : stdout_finish();
}

static int tell(struct visit *v)
{
    v->certificate = certificate_json(cert_of(v));
    if (v->certificate == NULL)
        return fail("what %s showed is no certificate of a kind that is known", v->address);
    int status = line_has(v->line, OPTION_JSON) ? tell_json(v) : tell_text(v);
    if (status != 0)
        return status;
    const bool accepted = v->carries ? v->result.verdict == ACCEPTED : is_trusted(v);
    return accepted ? 0 : STATUS_REFUSED;
}

int attest_connect_command(const struct line *line)
{
    struct visit *v = calloc(1, sizeof(*v));
    if (v == NULL)
        return fail("out of memory");
    v->line = line;
    v->address = line->args[0];
    v->time = (int64_t)time(NULL);
    int status = read_policy(v);
    if (status == 0)
        status = dial(v);
    if (status == 0)
        status = write_cert(v);
    if (status == 0)
        status = appraise(v);
    if (status == 0)
        status = tell(v);
    json_decref(v->certificate);
    source_fini(&v->source);
    policy_toml_fini(&v->policy);
    free((void *)v->policy_text.data);
    free(v);
    return status;
}
