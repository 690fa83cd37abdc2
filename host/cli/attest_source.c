/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and collateral from files; see attest_source.h. */
#include "host/cli/attest_source.h"

#include "attest/quote.h"
#include "conf/collateral.h"
#include "host/cli/file.h"
#include "host/cli/message.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (1u << 20) /* bytes: TCB info is some ten thousand, a CRL as many */

/* ---- evidence ---- */

/* Quoting services hand out buffers longer than the quote. */
static void cut_padding(struct attest_source *s)
{
    struct quote quote;
    if (s->kind == KIND_SNP || quote_parse(s->evidence, &quote) < 0)
        return;
    for (size_t i = 0; i < quote.trailing.size; i++) {
        if (quote.trailing.data[i] != 0)
            return;
    }
    s->padding = quote.trailing.size;
    s->evidence.size -= s->padding;
}

static int read_carrier(const char *path, struct attest_source *s)
{
    int error = carrier_parse(s->file, &s->carrier);
    if (error == -ENOENT)
        return fail("%s: this certificate or request carries no evidence; name one that does, or "
                    "a report or quote",
                    path);
    if (error == -ENOTSUP)
        return fail("%s: this request comes from a plain virtual machine, which has no evidence "
                    "to show",
                    path);
    if (error == -EBADMSG)
        return fail("%s is neither a whole certificate nor a request, or its evidence is "
                    "malformed",
                    path);
    if (error < 0)
        return fail("out of memory");
    const struct carrier *c = &s->carrier;
    s->evidence = c->evidence;
    memcpy(s->certs, c->certs, sizeof(c->certs));
    memcpy(s->crls, c->crls, sizeof(c->crls));
    s->cert_count = c->cert_count;
    s->crl_count = c->crl_count;
    s->tcb_info = c->tcb_info;
    s->qe_identity = c->qe_identity;
    return 0;
}

static int parse(const char *path, struct attest_source *s)
{
    s->evidence = s->file;
    int status = carrier_is(s->file) ? read_carrier(path, s) : 0;
    if (status != 0)
        return status;
    s->kind = attest_kind(s->evidence);
    if (s->kind == KIND_UNKNOWN)
        return fail("%s holds no evidence that is known: neither an SEV-SNP report nor an SGX or "
                    "TDX quote, nor a certificate or request with one",
                    path);
    cut_padding(s);
    return 0;
}

int source_read(const char *path, struct attest_source *s)
{
    *s = (struct attest_source){0};
    int error = file_read(path, FILE_MAX, &s->file);
    if (error == -EFBIG)
        return fail("%s is too large: evidence has at most %u bytes", path, FILE_MAX);
    if (error == -EISDIR)
        return fail("%s is a directory; name the file with the evidence", path);
    return error < 0 ? fail("cannot read %s: %s", path, strerror(-error)) : parse(path, s);
}

static int parse_owned(const char *name, struct bytes content, struct attest_source *s)
{
    *s = (struct attest_source){.file = content};
    return parse(name, s);
}

int source_take(const char *name, struct bytes content, struct attest_source *s)
{
    uint8_t *copy = malloc(content.size + 1);
    *s = (struct attest_source){0};
    if (copy == NULL)
        return fail("out of memory");
    if (content.size > 0)
        memcpy(copy, content.data, content.size);
    return parse_owned(name, (struct bytes){copy, content.size}, s);
}

/* ---- collateral ---- */

_Static_assert(COLLATERAL_NAMES + CARRIER_CERTS_MAX + CARRIER_CRLS_MAX <= SOURCE_FILES_MAX,
               "room for every file");

static void add(struct attest_source *s, size_t name, struct bytes content)
{
    const enum collateral_role role = collateral_names[name].role;
    s->names |= 1u << name;
    s->named[name] = content;
    s->read[s->read_count++] = content;
    if (role == ROLE_CERTS)
        s->certs[s->cert_count++] = content;
    if (role == ROLE_CRLS)
        s->crls[s->crl_count++] = content;
    if (role == ROLE_TCB_INFO)
        s->tcb_info = content;
    if (role == ROLE_QE_IDENTITY)
        s->qe_identity = content;
    if (role == ROLE_CLAIMS)
        s->claims_buffer = content;
}

/* Before the evidence is known, all that there is may be wanted. */
static unsigned makers_of(enum kind kind)
{
    if (kind == KIND_UNKNOWN)
        return MAKER_AMD | MAKER_INTEL;
    return kind == KIND_SNP ? MAKER_AMD : MAKER_INTEL;
}

int source_read_collateral(const char *path, struct attest_source *s)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return fail("cannot read %s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail("%s is no directory; name the one that holds the collateral", path);
    for (size_t i = 0; i < COLLATERAL_NAMES; i++) {
        char file[PATH_MAX];
        struct bytes content;
        if ((collateral_names[i].makers & makers_of(s->kind)) == 0)
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, collateral_names[i].name);
        int error = file_read(file, FILE_MAX, &content);
        if (error < 0 && error != -ENOENT)
            return fail("cannot read %s: %s", file, strerror(-error));
        if (error == 0)
            add(s, i, content);
    }
    return 0;
}

int source_add_collateral(void *context, const char *name, struct bytes content)
{
    struct attest_source *s = context;
    size_t i = 0;
    while (i < COLLATERAL_NAMES && strcmp(collateral_names[i].name, name) != 0)
        i++;
    if (i == COLLATERAL_NAMES || (s->names & 1u << i) != 0)
        return 0;
    uint8_t *copy = malloc(content.size + 1);
    if (copy == NULL)
        return -ENOMEM;
    if (content.size > 0)
        memcpy(copy, content.data, content.size);
    add(s, i, (struct bytes){copy, content.size});
    return 0;
}

int source_each_collateral(const struct attest_source *s, collateral_put *put, void *context)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < COLLATERAL_NAMES; i++) {
        if ((s->names & 1u << i) != 0)
            error = put(context, collateral_names[i].name, s->named[i]);
    }
    return error;
}

/* AMD's are one of two certificates, and what signs them. */
bool source_has_collateral(const struct attest_source *s, enum kind kind)
{
    const unsigned maker = kind == KIND_SNP ? MAKER_AMD : MAKER_INTEL;
    unsigned missing = 0;
    for (size_t i = 0; i < COLLATERAL_NAMES; i++) {
        const bool there = (s->names & 1u << i) != 0 || collateral_names[i].role == ROLE_CLAIMS;
        missing += (collateral_names[i].makers & maker) != 0 && !there;
    }
    return missing <= (maker == MAKER_AMD ? 1u : 0u);
}

/* ---- for the library ---- */

/* What a certificate carries is not to be replaced from beside it. */
struct attest_input source_input(const struct attest_source *s)
{
    const bool beside = s->carrier.binding == BIND_NONE && s->claims_buffer.size > 0;
    return (struct attest_input){
        .evidence = s->evidence,
        .certificates = {s->certs, s->cert_count},
        .crls = {s->crls, s->crl_count},
        .tcb_info = s->tcb_info,
        .qe_identity = s->qe_identity,
        .binding = beside ? BIND_CLAIMS : s->carrier.binding,
        .claims_buffer = beside ? s->claims_buffer : s->carrier.claims_buffer,
        .public_key = s->carrier.public_key,
        .key_unproven = s->carrier.key_unproven,
    };
}

/* An appraisal learns more than decoding does: it reads the certificates, too. */
int source_claims(const struct attest_source *s, struct claims *claims)
{
    const struct policy policy = policy_default();
    struct attest_input in = source_input(s);
    in.policy = &policy;
    struct attest_result *result = calloc(1, sizeof(*result));
    if (result == NULL || attest_verify(&in, result) < 0) {
        free(result);
        return fail("out of memory");
    }
    *claims = result->claims;
    free(result);
    if (!claims->decoded)
        return fail("this %s evidence is malformed; 'enarx attest verify --explain' tells how",
                    kind_text(s->kind));
    return 0;
}

void source_fini(struct attest_source *s)
{
    carrier_fini(&s->carrier);
    for (size_t i = 0; i < s->read_count; i++)
        free((void *)s->read[i].data);
    free((void *)s->file.data);
    *s = (struct attest_source){0};
}
