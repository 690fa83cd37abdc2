/* SPDX-License-Identifier: Apache-2.0 */
/* Files that TLS needs; see trust.h. Trusts nothing in the files. */
#include "host/cli/trust.h"

#include "conf/manifest_check.h"
#include "conf/policy_toml.h"
#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/cli/trust_ca.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CA_FILE_MAX (16u << 20) /* bytes: a system's has some two hundred thousand */

/* Where a message points to: a path in the Enarx.toml, or the stream that needs it. */
struct place {
    const char *config;
    struct toml_place at;
};
#define PLACE_FORMAT  "%s:%u:%u: "
#define PLACE_ARGS(p) (p)->config, (p)->at.line, (p)->at.column

/* The file of that name, beside Enarx.toml unless it is absolute. */
static int find(const struct place *p, struct bytes name, char path[static PATH_MAX])
{
    const char *slash = strrchr(p->config, '/');
    const size_t folder =
        slash == NULL || name.data[0] == '/' ? 0 : (size_t)(slash + 1 - p->config);
    if (folder + name.size >= PATH_MAX)
        return fail(PLACE_FORMAT "this path is too long", PLACE_ARGS(p));
    memcpy(path, p->config, folder);
    memcpy(path + folder, name.data, name.size);
    path[folder + name.size] = '\0';
    return 0;
}

static int read_file(const struct place *p, const char *path, size_t size_max, struct bytes *text)
{
    const int error = file_read(path, size_max, text);
    if (error == -EFBIG)
        return fail(PLACE_FORMAT "%s is too large: at most %zu bytes", PLACE_ARGS(p), path,
                    size_max);
    return error < 0
               ? fail(PLACE_FORMAT "cannot read %s: %s", PLACE_ARGS(p), path, strerror(-error))
               : 0;
}

/* Puts `content`, which is owned, to where it is already or to the end. */
static size_t keep_once(struct bytes content, struct bytes *items, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (bytes_equal(items[i], content)) {
            free((void *)content.data);
            return i;
        }
    }
    items[*count] = content;
    return (*count)++;
}

/* ---- CAs ---- */

static int read_ca(const struct place *p, const char *path, struct bytes *set)
{
    struct bytes text = {0};
    const int status = read_file(p, path, CA_FILE_MAX, &text);
    if (status != 0)
        return status;
    const int error = trust_ca_parse(text, set);
    free((void *)text.data);
    if (error == -ENOENT)
        return fail(PLACE_FORMAT "%s holds no certificate; name a file with those of CAs, in PEM "
                                 "or one in DER",
                    PLACE_ARGS(p), path);
    if (error == -EBADMSG)
        return fail(PLACE_FORMAT "a certificate in %s is malformed", PLACE_ARGS(p), path);
    return error < 0 ? fail("out of memory") : 0;
}

/* From a file that is named, or the system's. */
static int take_ca(struct place *p, const struct config_path *named, struct config *c,
                   size_t *index)
{
    char path[PATH_MAX];
    struct bytes set;
    const char *from = path;
    int status = 0;
    if (named->path.size > 0) {
        p->at = named->place;
        status = find(p, named->path, path);
    } else {
        from = trust_ca_system();
        if (from == NULL)
            return fail(PLACE_FORMAT "this system has no CA certificates where they are looked "
                                     "for; install ca-certificates, or name a file with ca",
                        PLACE_ARGS(p));
    }
    if (status == 0)
        status = read_ca(p, from, &set);
    if (status == 0)
        *index = keep_once(set, c->cas, &c->ca_count);
    return status;
}

/* ---- policies ---- */

/* What a keep would refuse is refused before there is one. */
static int check_policy(const struct place *p, const char *path, struct bytes text)
{
    struct toml_error wrong;
    struct policy_file file;
    if (!manifest_text_ok(text))
        return fail(PLACE_FORMAT "%s is no text in UTF-8", PLACE_ARGS(p), path);
    const int error = policy_toml_parse(text, &file, &wrong);
    if (error == -EBADMSG)
        return fail("%s:%u:%u: %s", path, wrong.place.line, wrong.place.column, wrong.what);
    if (error < 0)
        return fail("out of memory");
    bool named = true;
    for (unsigned kind = KIND_SNP; kind <= KIND_TDX; kind++)
        named &= (file.policy.kinds & 1u << kind) == 0 || policy_names_identity(&file.policy, kind);
    policy_toml_fini(&file);
    return named ? 0
                 : fail("%s: any program passes in one of its tees; name one with measurement = "
                        "\"self\" or lists of measurements, and in tees only whose are there",
                        path);
}

static int take_policy(struct place *p, struct config *c, size_t index)
{
    char path[PATH_MAX];
    struct bytes text = {0};
    p->at = c->notes[index].policy.place;
    int status = find(p, c->notes[index].policy.path, path);
    if (status == 0)
        status = read_file(p, path, TOML_SIZE_MAX, &text);
    if (status == 0)
        status = check_policy(p, path, text);
    if (status == 0)
        c->streams[index].tls.trust = keep_once(text, c->policies, &c->policy_count);
    else
        free((void *)text.data);
    return status;
}

static int take(struct place *p, struct config *c, size_t index)
{
    struct manifest_tls *t = &c->streams[index].tls;
    if (t->verify == VERIFY_CA)
        return take_ca(p, &c->notes[index].ca, c, &t->trust);
    return t->verify == VERIFY_ATTESTED ? take_policy(p, c, index) : 0;
}

int trust_read(const char *path, struct config *c)
{
    c->cas = calloc(c->stream_count + 1, sizeof(*c->cas)); /* and one for the steward */
    c->policies = calloc(c->stream_count + 1, sizeof(*c->policies));
    if (c->cas == NULL || c->policies == NULL)
        return fail("out of memory");
    int status = 0;
    for (size_t i = 0; status == 0 && i < c->stream_count; i++) {
        struct place p = {.config = path, .at = c->notes[i].place};
        status = take(&p, c, i);
    }
    struct place steward = {.config = path};
    if (status == 0 && c->steward.size > 0)
        status = take_ca(&steward, &c->certificate_ca, c, &c->steward_ca);
    return status;
}
