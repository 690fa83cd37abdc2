/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's certificate; see certificate.h. */
#include "exec/certificate.h"

#include "attest/attest.h"
#include "conf/manifest.h"
#include "crypto/pkcs10.h"
#include "exec/check.h"
#include "exec/evidence.h"
#include "include/port.h"
#include "tls/certificate.h"

#include <errno.h>
#include <stdlib.h>

#define ORGANISATION "Enarx"
#define NAME         "Enarx keep"
#define NAMES_MAX    (MANIFEST_NAMES_MAX * 260u) /* each has at most 253 characters */
#define EXTRA_MAX    (NAMES_MAX + 1024u)         /* and what is around evidence */
#define EVIDENCE_MAX (PORT_EVIDENCE_MAX + EVIDENCE_CLAIMS_MAX + 256u)
#define CERT_MAX     (TLS_CERTIFICATE_MAX + EVIDENCE_MAX + EXTRA_MAX)

static int put_evidence(struct put *out, const struct evidence *e)
{
    const struct bytes quote = {.data = e->quote, .size = e->quote_size};
    const bool snp = attest_kind(quote) == KIND_SNP;
    evidence_extension_put(out, snp ? EVIDENCE_SNP_REPORT : EVIDENCE_INTEL_QUOTE, quote,
                           (struct bytes){.data = e->claims, .size = e->claims_size});
    return out->bad ? -EMSGSIZE : 0;
}

/* What the extension holds: evidence about this key. Says what it claims to `claims`, unless
 * that is null. -ENOSYS where there is none that proves anything. */
static int prove(const struct keep_certificate *c, struct bytes nonce, struct put *extension,
                 struct claims *claims)
{
    const struct evidence_claims asked = {
        .purpose = CHECKED(certificate_purpose, PURPOSE_CERTIFICATE, PURPOSE_READY),
        .nonce = nonce,
        .workload = CHECKED(certificate_workload, c->subject.workload, NULL),
    };
    struct evidence e;
    struct claims own;
    int error = evidence_make(&c->identity, asked, &e);
    if (error == 0)
        error = attest_decode((struct bytes){.data = e.quote, .size = e.quote_size}, &own);
    if (error == 0 && (KINDS_SIGNED & 1u << own.kind) == 0)
        error = -ENOSYS;
    if (error == 0 && claims != NULL)
        *claims = own;
    if (error == 0)
        error = put_evidence(extension, &e);
    evidence_fini(&e);
    return error;
}

static int make(struct keep_certificate *c, struct put *extension)
{
    int error = prove(c, (struct bytes){0}, extension, &c->claims);
    if (error < 0 && error != -ENOSYS)
        return error;
    uint8_t *der = malloc(CERT_MAX);
    if (der == NULL)
        return -ENOMEM;
    struct put out = put_init(der, CERT_MAX);
    const struct tls_certificate cert = {.name = NAME,
                                         .hosts = c->subject.names,
                                         .host_count = c->subject.name_count,
                                         .evidence = put_done(extension)};
    error = tls_certificate_make(c->identity.key, &cert, &out);
    if (error == 0 && out.bad)
        error = -EMSGSIZE;
    c->own = (struct tls_identity){.key = c->identity.key, .cert = {der, out.size}};
    return error;
}

int keep_certificate_init(struct keep_certificate *c, const struct keep_subject *subject)
{
    *c = (struct keep_certificate){.subject = *subject};
    int error = identity_init(&c->identity);
    if (error < 0)
        return error;
    uint8_t *buffer = malloc(EVIDENCE_MAX);
    struct put extension = put_init(buffer, EVIDENCE_MAX);
    error = buffer == NULL ? -ENOMEM : make(c, &extension);
    free(buffer);
    if (error < 0)
        keep_certificate_fini(c);
    return error;
}

/* ---- requests ---- */

static int put_request(const struct keep_certificate *c, struct bytes evidence, struct bytes names,
                       struct put *out)
{
    const struct certificate_extension extensions[] = {
        {EVIDENCE_OID, false, evidence},
        {OID_SUBJECT_ALT_NAME, false, names},
    };
    const struct pkcs10 request = {
        .organisation = ORGANISATION,
        .name = NAME,
        .extensions = extensions,
        .extension_count = 1 + (c->subject.name_count > 0),
    };
    const int error = pkcs10_put(&request, c->identity.key, out);
    return error == 0 && out->bad ? -EMSGSIZE : error;
}

int keep_certificate_request(const struct keep_certificate *c, struct bytes nonce, struct put *out)
{
    uint8_t names[NAMES_MAX];
    uint8_t *buffer = malloc(EVIDENCE_MAX);
    if (buffer == NULL)
        return -ENOMEM;
    struct put n = put_init(names, sizeof(names)), evidence = put_init(buffer, EVIDENCE_MAX);
    certificate_put_host_names(&n, c->subject.names, c->subject.name_count);
    int error = prove(c, nonce, &evidence, NULL);
    if (error == 0)
        error = n.bad ? -EMSGSIZE : put_request(c, put_done(&evidence), put_done(&n), out);
    free(buffer);
    return error;
}

void keep_certificate_fini(struct keep_certificate *c)
{
    identity_fini(&c->identity);
    free((void *)c->own.cert.data);
    *c = (struct keep_certificate){0};
}
