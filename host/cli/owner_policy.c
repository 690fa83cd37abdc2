/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of an owner; see owner_policy.h. Trusts the user. */
#include "host/cli/owner_policy.h"

#include "base/hex.h"
#include "conf/evidence_claims.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "host/cli/enclave.h"
#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/cli/policy_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_MAX 65536u

static int copy_text(const char *text, struct bytes *out)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return fail("out of memory");
    *out = bytes_of_text(copy);
    return 0;
}

/* ---- where it comes from ---- */

/* The kinds of TEE that this build has a keep for, and the measurement of each. */
static int write_default(struct owner_policy *p)
{
    uint8_t mrenclave[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1], text[256];
    int status = enclave_measure(NULL, mrenclave);
    if (status != 0)
        return status;
    hex_put((struct bytes){mrenclave, sizeof(mrenclave)}, hex);
    snprintf(text, sizeof(text), "tees = [\"sgx\"]\n\n[sgx]\nmrenclaves = [\"%s\"]\n", hex);
    return copy_text(text, &p->text);
}

/* What is kept for later is text: a file with a NUL in it is none. */
static int read_text(const char *path, struct bytes *out)
{
    struct bytes content;
    int status = policy_text_read(path, &content);
    if (status != 0)
        return status;
    char *text = strndup((const char *)content.data, content.size);
    free((void *)content.data);
    if (text == NULL)
        return fail("out of memory");
    *out = bytes_of_text(text);
    return 0;
}

static bool is_certificate(struct bytes pem)
{
    struct x509_set set;
    x509_set_init(&set);
    const int error = pem_is(pem) ? x509_set_add_certs(&set, pem) : -EBADMSG;
    x509_set_fini(&set);
    return error == 0;
}

static int read_root(const struct setting *set, struct bytes *out)
{
    struct bytes content = {0};
    int error = file_read(set->value, ROOT_MAX, &content);
    if (error < 0 && error != -EFBIG)
        return fail("%s: cannot read %s: %s", set->from, set->value, strerror(-error));
    char *text = error < 0 ? NULL : strndup((const char *)content.data, content.size);
    free((void *)content.data);
    if (text == NULL && error == 0)
        return fail("out of memory");
    *out = text == NULL ? (struct bytes){0} : bytes_of_text(text);
    return is_certificate(*out)
               ? 0
               : fail("%s: %s is no certificate in PEM; 'enarx attest evidence' on the host writes "
                      "its root.pem",
                      set->from, set->value);
}

/* ---- what it may say ---- */

static bool names_any(const struct policy *p)
{
    for (enum kind kind = KIND_SNP; kind <= KIND_TDX; kind++) {
        if ((p->kinds & 1u << kind) != 0 && policy_names_identity(p, kind))
            return true;
    }
    return false;
}

static int check(const char *path, const struct policy *p)
{
    if (!names_any(p))
        return fail("%s names no program: any keep of a genuine TEE would get the workload; name "
                    "the measurement, as 'enarx measure' shows it",
                    path);
    if (p->nonce.size > 0 || p->report_data.size > 0)
        return fail("%s has a nonce or report_data, which are new for each keep; leave them out",
                    path);
    if (p->purpose.size > 0 && !bytes_equal(p->purpose, bytes_of_text(PURPOSE_EMPTY)) &&
        !bytes_equal(p->purpose, bytes_of_text(PURPOSE_READY)))
        return fail("%s wants evidence of another purpose than a deployment's; leave 'purpose' out",
                    path);
    return 0;
}

/* The simulation there is, is of SGX. */
static int add_root(struct owner_policy *p)
{
    const struct bytes_list own = p->file.policy.sgx.tcb.simulated_roots;
    p->policy = p->file.policy;
    if (p->root.size == 0)
        return 0;
    p->roots = calloc(own.count + 1, sizeof(*p->roots));
    if (p->roots == NULL)
        return fail("out of memory");
    for (size_t i = 0; i < own.count; i++)
        p->roots[i] = own.items[i];
    p->roots[own.count] = p->root;
    p->policy.sgx.tcb.simulated_roots = (struct bytes_list){p->roots, own.count + 1};
    return 0;
}

static int understand(const char *path, struct owner_policy *p)
{
    int status = policy_text_parse(path, p->text, &p->file);
    if (status == 0)
        status = check(path, &p->file.policy);
    return status == 0 ? add_root(p) : status;
}

/* ---- the whole ---- */

int owner_policy_read(const struct line *line, struct owner_policy *p)
{
    const struct setting *path = line_setting(line, OPTION_POLICY);
    const struct setting *root = line_setting(line, OPTION_ALLOW_SIMULATED);
    *p = (struct owner_policy){.insecure = line_has(line, OPTION_ALLOW_INSECURE)};
    int status = path == NULL ? write_default(p) : read_text(path->value, &p->text);
    if (status == 0 && root != NULL)
        status = read_root(root, &p->root);
    return status == 0 ? understand(path == NULL ? "the policy" : path->value, p) : status;
}

int owner_policy_recall(const struct keep_record *record, struct owner_policy *p)
{
    *p = (struct owner_policy){.insecure = record->insecure};
    int status = copy_text(record->policy, &p->text);
    if (status == 0 && record->simulated_root != NULL)
        status = copy_text(record->simulated_root, &p->root);
    return status == 0 ? understand("the policy of that keep", p) : status;
}

void owner_policy_fini(struct owner_policy *p)
{
    policy_toml_fini(&p->file);
    free((void *)p->text.data);
    free((void *)p->root.data);
    free(p->roots);
    *p = (struct owner_policy){.insecure = false};
}

const char *owner_policy_against(const struct owner_policy *p, const struct backend *b)
{
    if (b->technology == TECHNOLOGY_NONE)
        return p->insecure ? NULL
                           : "its keeps prove nothing: this host could read and alter all that is "
                             "sent to them; --allow-insecure takes such keeps";
    if (b->collateral != NULL)
        return p->policy.sgx.tcb.simulated_roots.count > 0
                   ? NULL
                   : "it is a simulation, which protects nothing; --allow-simulated ROOT.pem takes "
                     "what the holder of that root makes";
    return NULL;
}
