/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx attest evidence`: starts a keep that only shows what it is, and puts its
 * evidence, what it takes to verify it, and a policy that accepts it into a folder.
 * Trusts the user. The evidence is judged by whoever verifies it, not here. */
#define _GNU_SOURCE
#include "attest/attest.h"
#include "base/hex.h"
#include "conf/evidence_claims.h"
#include "host/backend.h"
#include "host/cli/attest_fetch.h"
#include "host/cli/cli.h"
#include "host/cli/folder.h"
#include "host/cli/inspect.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NONCE_DEFAULT 32u
#define ROOT_FILE     "root.pem"
#define POLICY_FILE   "policy.toml"

struct making {
    const struct line *line;
    const struct backend *backend;
    uint8_t nonce[PORT_NONCE_MAX];
    size_t nonce_size;
    char output[PATH_MAX]; /* without a slash at its end */

    struct inspected inspected;
    struct claims claims; /* what the quote says */
    struct bytes root;    /* of a simulation; owned */
    struct folder folder;
};

/* ---- the options ---- */

static int choose_backend(struct making *m)
{
    const char *name = line_value(m->line, OPTION_BACKEND);
    char why[512];
    struct probe failed;
    m->backend = name != NULL ? backend_find(name) : backend_select(why, sizeof(why));
    if (m->backend == NULL)
        return fail("no keep can run here: %s; see 'enarx platform info'", why);
    if (m->backend->technology == TECHNOLOGY_NONE)
        return fail("backend %s makes no evidence that proves anything: its keeps cannot show "
                    "what they are; name another with --backend, see 'enarx platform info'",
                    m->backend->name);
    if (!backend_probe(m->backend, &failed))
        return fail("backend %s does not work here: %s: %s; see 'enarx platform info'",
                    m->backend->name, failed.what, failed.why);
    return 0;
}

static int read_nonce(struct making *m)
{
    const struct setting *set = line_setting(m->line, OPTION_NONCE);
    if (set == NULL) {
        m->nonce_size = NONCE_DEFAULT;
        return getrandom(m->nonce, NONCE_DEFAULT, 0) == (ssize_t)NONCE_DEFAULT
                   ? 0
                   : fail("no random numbers: %s", strerror(errno));
    }
    const char *text = set->value;
    if (text[0] == '0' && text[1] == 'x')
        text += 2;
    m->nonce_size = strlen(text) / 2;
    if (m->nonce_size < 1 || m->nonce_size > sizeof(m->nonce) ||
        hex_parse(text, m->nonce, m->nonce_size) < 0)
        return misuse("%s: '%s' must be 2 to 128 hexadecimal digits", set->from, set->value);
    return 0;
}

static int read_output(struct making *m)
{
    const struct setting *set = line_setting(m->line, OPTION_OUTPUT);
    if (set == NULL || set->value[0] == '\0')
        return misuse("'%s' needs -o DIR, a folder to make", m->line->path);
    size_t length = strlen(set->value);
    while (length > 1 && set->value[length - 1] == '/')
        length--;
    if (length >= sizeof(m->output))
        return fail("cannot make %s: %s", set->value, strerror(ENAMETOOLONG));
    memcpy(m->output, set->value, length); /* all else in it is zero */
    return 0;
}

static int make_evidence(struct making *m)
{
    const struct bytes nonce = {.data = m->nonce, .size = m->nonce_size};
    int status =
        inspect_keep(m->backend, line_value(m->line, OPTION_SIGNATURES), nonce, &m->inspected);
    if (status == 0 &&
        (attest_decode(m->inspected.evidence, &m->claims) < 0 || m->claims.kind != KIND_SGX))
        return fail("what the keep made is no SGX quote");
    return status;
}

/* ---- what lies beside it ---- */

static int keep_root(struct making *m, struct bytes content)
{
    uint8_t *data = malloc(content.size);
    if (data == NULL)
        return -ENOMEM;
    memcpy(data, content.data, content.size);
    m->root = (struct bytes){.data = data, .size = content.size};
    return 0;
}

static int put_collateral(void *context, const char *name, struct bytes content)
{
    struct making *m = context;
    int error = folder_write(&m->folder, name, content);
    if (error == 0 && strcmp(name, ROOT_FILE) == 0)
        error = keep_root(m, content);
    return error;
}

/* Made before the keep is, so that what is wrong with the simulation's keys is told
 * in so many words. */
static int make_collateral(struct making *m)
{
    struct fault fault;
    if (m->backend->collateral == NULL)
        return 0;
    return m->backend->collateral(put_collateral, m, &fault) < 0 ? fail("%s", fault.text) : 0;
}

/* What a manufacturer publishes is known once there is a quote. */
static int fetch_collateral(struct making *m)
{
    const struct fetch_sink sink = fetch_to_folder(&m->folder);
    return m->backend->collateral == NULL ? attest_fetch(m->line, &m->claims, &sink) : 0;
}

struct digits {
    char nonce[2 * PORT_NONCE_MAX + 1];
    char mrenclave[2 * 32 + 1];
};

static struct digits digits_of(const struct making *m)
{
    struct digits d;
    const uint8_t *mrenclave = m->claims.sgx.mrenclave;
    hex_put((struct bytes){.data = m->nonce, .size = m->nonce_size}, d.nonce);
    hex_put((struct bytes){.data = mrenclave, .size = sizeof(m->claims.sgx.mrenclave)},
            d.mrenclave);
    return d;
}

static void put_simulated(FILE *out, struct bytes root)
{
    if (root.size == 0)
        return;
    fprintf(out,
            "\n# A simulation. Whoever holds the key of this root can make any evidence.\n"
            "simulated_roots = [\"\"\"\n%.*s\"\"\"]\n",
            (int)root.size, (const char *)root.data);
}

static int put_policy(const struct making *m)
{
    const struct digits d = digits_of(m);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return fail("out of memory");
    fprintf(out,
            "# Accepts the evidence beside it, from which it was made: that alone proves\n"
            "# nothing. Before you rely on it, compare mrenclaves with what you built.\n"
            "tees = [\"sgx\"]\n"
            "purpose = \"%s\"\n"
            "nonce = \"%s\"\n",
            PURPOSE_INSPECT, d.nonce);
    put_simulated(out, m->root);
    fprintf(out, "\n[sgx]\nmrenclaves = [\"%s\"]\n", d.mrenclave);
    int status = fclose(out) != 0 ? fail("out of memory")
                                  : folder_put(&m->folder, POLICY_FILE,
                                               (struct bytes){(const uint8_t *)text, size});
    free(text);
    return status;
}

static int fill_folder(struct making *m)
{
    int status = folder_put(&m->folder, "quote.bin", m->inspected.evidence);
    if (status == 0)
        status = folder_put(&m->folder, "claims.cbor", m->inspected.claims_buffer);
    if (status == 0)
        status = fetch_collateral(m);
    if (status == 0)
        status = put_policy(m);
    return status == 0 ? folder_commit(&m->folder) : status;
}

/* ---- the whole ---- */

static int tell(const struct making *m)
{
    const struct digits d = digits_of(m);
    if (!line_has(m->line, OPTION_JSON)) {
        printf("%s: evidence of an empty %s keep\n"
               "mrenclave %s\n"
               "verify it: enarx attest verify --policy %s/" POLICY_FILE " --collateral %s "
               "%s/quote.bin\n",
               m->output, m->backend->name, d.mrenclave, m->output, m->output, m->output);
        return stdout_finish();
    }
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "kind", kind_text(m->claims.kind),
                  "backend", m->backend->name, "folder", m->output, "purpose", PURPOSE_INSPECT,
                  "nonce", d.nonce, "mrenclave", d.mrenclave, "simulated", m->root.size > 0);
    int status = json_put(json, stdout);
    json_decref(json);
    return status != 0 ? status : stdout_finish();
}

static int prepare(struct making *m)
{
    int status = read_output(m);
    if (status == 0)
        status = read_nonce(m);
    return status == 0 ? choose_backend(m) : status;
}

int attest_evidence_command(const struct line *line)
{
    struct making m = {.line = line, .folder = {.fd = -1}};
    int status = prepare(&m);
    if (status == 0)
        status = folder_stage(m.output, &m.folder);
    if (status == 0)
        status = make_collateral(&m);
    if (status == 0)
        status = make_evidence(&m);
    if (status == 0)
        status = fill_folder(&m);
    if (status == 0)
        status = tell(&m);
    folder_close(&m.folder);
    inspected_fini(&m.inspected);
    free((void *)m.root.data);
    return status;
}
