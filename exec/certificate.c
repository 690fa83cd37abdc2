/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's certificate; see certificate.h. */
#include "exec/certificate.h"

#include "attest/attest.h"
#include "exec/check.h"
#include "exec/evidence.h"
#include "include/port.h"
#include "tls/certificate.h"

#include <errno.h>
#include <stdlib.h>

#define NAME      "Enarx keep"
#define EXTRA_MAX 8192u /* names of hosts, and what is around evidence */
#define CERT_MAX  (TLS_CERTIFICATE_MAX + PORT_EVIDENCE_MAX + EVIDENCE_CLAIMS_MAX + EXTRA_MAX)

static int put_evidence(struct put *out, const struct evidence *e)
{
    const struct bytes quote = {.data = e->quote, .size = e->quote_size};
    const bool snp = attest_kind(quote) == KIND_SNP;
    evidence_extension_put(out, snp ? EVIDENCE_SNP_REPORT : EVIDENCE_INTEL_QUOTE, quote,
                           (struct bytes){.data = e->claims, .size = e->claims_size});
    return out->bad ? -EMSGSIZE : 0;
}

/* The extension with evidence about this key; empty where there is none. */
static int prove(struct keep_certificate *c, const uint8_t *workload, struct put *extension)
{
    const struct evidence_claims claims = {
        .purpose = CHECKED(certificate_purpose, PURPOSE_CERTIFICATE, PURPOSE_READY),
        .workload = CHECKED(certificate_workload, workload, NULL),
    };
    struct evidence e;
    int error = evidence_make(&c->identity, claims, &e);
    if (error == -ENOSYS) {
        evidence_fini(&e);
        return 0;
    }
    if (error < 0)
        return error;
    error = attest_decode((struct bytes){.data = e.quote, .size = e.quote_size}, &c->claims);
    if (error == 0)
        error = put_evidence(extension, &e);
    evidence_fini(&e);
    return error;
}

static int make(struct keep_certificate *c, const uint8_t *workload, const struct bytes *names,
                size_t name_count, struct put *extension)
{
    int error = prove(c, workload, extension);
    uint8_t *der = error < 0 ? NULL : malloc(CERT_MAX);
    if (der == NULL)
        return error < 0 ? error : -ENOMEM;
    struct put out = put_init(der, CERT_MAX);
    const struct tls_certificate cert = {
        .name = NAME, .hosts = names, .host_count = name_count, .evidence = put_done(extension)};
    error = tls_certificate_make(c->identity.key, &cert, &out);
    if (error == 0 && out.bad)
        error = -EMSGSIZE;
    c->own = (struct tls_identity){.key = c->identity.key, .cert = {der, out.size}};
    return error;
}

int keep_certificate_init(struct keep_certificate *c, const uint8_t *workload,
                          const struct bytes *names, size_t name_count)
{
    *c = (struct keep_certificate){0};
    int error = identity_init(&c->identity);
    if (error < 0)
        return error;
    uint8_t *buffer = malloc(CERT_MAX);
    struct put extension = put_init(buffer, CERT_MAX);
    error = buffer == NULL ? -ENOMEM : make(c, workload, names, name_count, &extension);
    free(buffer);
    if (error < 0)
        keep_certificate_fini(c);
    return error;
}

void keep_certificate_fini(struct keep_certificate *c)
{
    identity_fini(&c->identity);
    free((void *)c->own.cert.data);
    *c = (struct keep_certificate){0};
}
