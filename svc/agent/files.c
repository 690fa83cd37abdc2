/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's files: certificate, key, tokens; see agent_parts.h. Trusts what is in them. */
#define _GNU_SOURCE
#include "svc/agent/agent_parts.h"

#include "base/wipe.h"
#include "crypto/issue.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "host/newfile.h"
#include "host/service_file.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX         (1u << 20)
#define TOKENS_MAX_SIZE (1u << 20)
#define DEV_CERT        "dev.crt"
#define DEV_KEY         "dev.key"
#define DEV_YEARS       10

/* ---- the certificate for --dev ---- */

/* localhost, 127.0.0.1, ::1 [RFC 5280 4.2.1.6]. */
static const uint8_t dev_names[] = {
    0x30, 35,                                              /* SEQUENCE */
    0x82, 9,  'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't', /* dNSName */
    0x87, 4,  127, 0,   0,   1,                            /* iPAddress */
    0x87, 16, 0,   0,   0,   0,   0,   0,   0,   0,   0,   0, 0, 0, 0, 0, 0, 1,
};

static int put_pem(int dir, const char *name, const char *label, struct bytes der)
{
    uint8_t text[4096];
    struct put p = put_init(text, sizeof(text));
    pem_put(&p, label, der);
    const int error = p.bad ? -ENOSPC : newfile_put(dir, name, put_done(&p), true);
    wipe(text, sizeof(text));
    return error;
}

static int issue_dev(EVP_PKEY *key, struct put *out)
{
    const int64_t now = time(NULL);
    uint8_t public_key[KEY_PUBLIC_SIZE];
    const struct certificate_extension names = {
        OID_SUBJECT_ALT_NAME, false, {dev_names, sizeof(dev_names)}};
    const struct certificate cert = {
        .organisation = "Enarx host",
        .name = "localhost",
        .public_key = {public_key, sizeof(public_key)},
        .not_before = now - 86400,
        .not_after = now + DEV_YEARS * 365 * (int64_t)86400,
        .extensions = &names,
        .extension_count = 1,
    };
    const int error = key_public(key, public_key);
    return error < 0 ? error : certificate_issue(&cert, &(struct issuer){.key = key}, out);
}

static int make_dev(int dir, struct fault *fault)
{
    uint8_t cert[2048], secret[512];
    struct put cert_der = put_init(cert, sizeof(cert));
    struct put key_der = put_init(secret, sizeof(secret));
    EVP_PKEY *key = NULL;
    int error = key_generate(&key);
    if (error == 0)
        error = key_put(key, &key_der);
    if (error == 0)
        error = issue_dev(key, &cert_der);
    if (error == 0)
        error = put_pem(dir, DEV_KEY, "EC PRIVATE KEY", put_done(&key_der));
    if (error == 0)
        error = put_pem(dir, DEV_CERT, "CERTIFICATE", put_done(&cert_der));
    EVP_PKEY_free(key);
    wipe(secret, sizeof(secret));
    return error < 0 ? fault_system(fault, error, "cannot make a certificate") : 0;
}

/* ---- what the agent loads ---- */

static int load(const struct agent *a, int dir, const char *cert, const char *key, SSL_CTX **out,
                struct fault *fault)
{
    const char *ca = a->config->client_ca;
    struct bytes cert_text = {0}, key_text = {0}, ca_text = {0};
    int error = service_file_read(dir, cert, false, PEM_MAX, &cert_text, fault);
    if (error == 0)
        error = service_file_read(dir, key, true, PEM_MAX, &key_text, fault);
    if (error == 0 && ca != NULL)
        error = service_file_read(AT_FDCWD, ca, false, PEM_MAX, &ca_text, fault);
    if (error == 0 && ca != NULL && ca_text.size == 0)
        error = fault_set(fault, -EINVAL, "%s is empty", ca);
    if (error == 0) {
        const struct server_identity identity = {
            .chain = {cert_text, cert},
            .key = {key_text, key},
            .client_ca = {ca_text, ca},
        };
        error = server_tls_new(&identity, out, fault);
    }
    service_file_forget(&key_text);
    service_file_forget(&cert_text);
    service_file_forget(&ca_text);
    return error;
}

int agent_tls_load(const struct agent *a, SSL_CTX **out, struct fault *fault)
{
    if (!a->config->dev)
        return load(a, AT_FDCWD, a->config->cert, a->config->key, out, fault);
    if (faccessat(a->state_fd, DEV_CERT, F_OK, 0) < 0) {
        int error = make_dev(a->state_fd, fault);
        if (error < 0)
            return error;
    }
    return load(a, a->state_fd, DEV_CERT, DEV_KEY, out, fault);
}

int agent_tokens_load(const struct agent *a, struct tokens *out, struct fault *fault)
{
    struct bytes text = {0};
    struct tokens_fault why;
    const char *path = a->config->tokens;
    *out = (struct tokens){0};
    if (path == NULL)
        return 0;
    int error = service_file_read(AT_FDCWD, path, true, TOKENS_MAX_SIZE, &text, fault);
    if (error < 0)
        return error;
    error = tokens_parse(text, out, &why);
    service_file_forget(&text);
    if (error == -EINVAL)
        return fault_set(fault, error, "%s: line %u %s", path, why.line, why.why);
    return error < 0 ? fault_set(fault, error, "out of memory") : 0;
}
