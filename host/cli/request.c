/* SPDX-License-Identifier: Apache-2.0 */
/* Options of `enarx run` and `enarx deploy`; see request.h. */
#include "host/cli/request.h"

#include "base/wipe.h"
#include "conf/manifest_check.h"
#include "conf/secrets.h"
#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/cli/units.h"
#include "host/guest_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_DEFAULT (4ull << 30) /* all that 32-bit addresses reach */

/* ---- values ---- */

static int read_compiler(struct request *r, const struct setting *s)
{
    r->compiler = strcmp(s->value, "winch") == 0 ? COMPILER_WINCH : COMPILER_CRANELIFT;
    return 0;
}

static int read_memory(struct request *r, const struct setting *s)
{
    if (size_parse(s->value, &r->memory_size) < 0)
        return misuse("%s: '%s' is no size; write a number with K, M or G, as in 512M", s->from,
                      s->value);
    return 0;
}

static int read_timeout(struct request *r, const struct setting *s)
{
    r->timeout = s->value;
    if (duration_parse(s->value, &r->timeout_ms) < 0)
        return misuse("%s: '%s' is no time; write a number with ms, s, m or h, as in 30s", s->from,
                      s->value);
    return 0;
}

/* What Enarx.toml may not set either. */
static bool is_ours(struct bytes name)
{
    return bytes_equal(name, bytes_of_text("FD_COUNT")) ||
           bytes_equal(name, bytes_of_text("FD_NAMES"));
}

/* "NAME=VALUE", or "NAME" for the value it has here. Borrows. No value is shown. */
static int split_variable(const struct setting *s, struct bytes *name, struct bytes *value)
{
    const char *equals = strchr(s->value, '=');
    const size_t length = equals != NULL ? (size_t)(equals - s->value) : strlen(s->value);
    *name = (struct bytes){.data = (const uint8_t *)s->value, .size = length};
    if (!manifest_env_name_ok(*name))
        return misuse("%s: '%.*s' is no name in UTF-8; write NAME=VALUE", s->from, (int)length,
                      s->value);
    if (is_ours(*name))
        return misuse("%s: %.*s tells of the files in Enarx.toml and cannot be set", s->from,
                      (int)length, s->value);
    const char *text = equals != NULL ? equals + 1 : getenv(s->value);
    if (text == NULL)
        return fail("%s: %s is not set here; write %s=VALUE", s->from, s->value, s->value);
    *value = bytes_of_text(text);
    if (!manifest_text_ok(*value))
        return misuse("%s: the value of %.*s is not UTF-8", s->from, (int)length, s->value);
    return 0;
}

static int read_env(struct request *r, const struct setting *s)
{
    struct manifest_env *env = &r->env[r->env_count++];
    return split_variable(s, &env->name, &env->value);
}

/* ---- folders ---- */

/* Cuts "A::B" in a copy that lives as long as the request. */
static int split(struct request *r, const struct setting *s, char **first, char **second)
{
    char *text = strdup(s->value);
    if (text == NULL)
        return fail("out of memory");
    r->texts[r->text_count++] = text;
    char *mark = strstr(text, "::");
    *first = text;
    *second = mark == NULL ? NULL : mark + 2;
    if (mark != NULL)
        *mark = '\0';
    return mark == NULL || text[0] == '\0' || mark[2] == '\0' ? STATUS_USAGE : 0;
}

static bool has_parent(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at++) {
        if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
            return true;
    }
    return false;
}

static bool guest_ok(const char *guest)
{
    return guest[0] == '/' && strchr(guest, ':') == NULL && !has_parent(guest);
}

static int read_dir(struct request *r, const struct setting *s)
{
    struct tree_dir *dir = &r->dirs[r->dir_count++];
    char *host;
    char *guest;
    if (split(r, s, &host, &guest) != 0)
        return misuse("%s: '%s' is not HOST::GUEST, as in ./data::/data", s->from, s->value);
    char *suffix = strchr(guest, ':');
    *dir = (struct tree_dir){.guest = guest, .host = host};
    if (suffix != NULL && strcmp(suffix, ":ro") == 0) {
        *suffix = '\0';
        dir->read_only = true;
    }
    if (!guest_ok(guest))
        return misuse("%s: GUEST must be an absolute path without '..', not '%s'; only :ro may "
                      "follow it",
                      s->from, guest);
    return 0;
}

static int read_dir_out(struct request *r, const struct setting *s)
{
    struct tree_dir *dir = &r->dirs[r->dir_count++];
    char *guest;
    char *host;
    if (split(r, s, &guest, &host) != 0)
        return misuse("%s: '%s' is not GUEST::HOST, as in /data::./data", s->from, s->value);
    *dir = (struct tree_dir){.guest = guest, .out = host};
    if (!guest_ok(guest))
        return misuse("%s: GUEST must be an absolute path without '..' and ':', not '%s'", s->from,
                      guest);
    return 0;
}

/* ---- secrets ---- */

static int read_secret_variable(struct request_secret *secret, const struct setting *s)
{
    struct bytes value;
    int status = split_variable(s, &secret->name, &value);
    if (status != 0)
        return status;
    uint8_t *copy = malloc(value.size + 1);
    if (copy == NULL)
        return fail("out of memory");
    memcpy(copy, value.data, value.size);
    secret->value = (struct bytes){.data = copy, .size = value.size};
    return 0;
}

/* A path in the keep that lives as long as the request. */
static int read_secret_path(struct request *r, const struct setting *s, const char *guest,
                            struct bytes *name)
{
    char *path = malloc(strlen(guest) + 1);
    if (path == NULL)
        return fail("out of memory");
    r->texts[r->text_count++] = path;
    if (!guest_ok(guest) || guest[strlen(guest) - 1] == '/' ||
        guest_path_normalise(guest, path) < 0)
        return misuse(
            "%s: GUEST must be the absolute path of a file, without '..' and ':', not '%s'",
            s->from, guest);
    *name = bytes_of_text(path);
    return 0;
}

static int read_secret_file(struct request *r, struct request_secret *secret,
                            const struct setting *s)
{
    char *host;
    char *guest;
    if (split(r, s, &host, &guest) != 0)
        return misuse(
            "%s: FILE::GUEST lacks one of the two; write it as in ./key.pem::/run/key.pem",
            s->from);
    int status = read_secret_path(r, s, guest, &secret->name);
    if (status != 0)
        return status;
    int error = file_read(host, SECRETS_SIZE_MAX, &secret->value);
    if (error == -EFBIG)
        return fail("%s: '%s' is larger than %u MiB, the most that all secrets may be together",
                    s->from, host, SECRETS_SIZE_MAX >> 20);
    return error < 0 ? fail("%s: cannot read '%s': %s", s->from, host, strerror(-error)) : 0;
}

/* A value may hold "::", and so may no name of a variable; a file's name with a '=' in it
 * is told by a '/' before that. */
static bool is_secret_file(const char *text)
{
    const char *mark = strstr(text, "::");
    const char *equals = strchr(text, '=');
    if (mark == NULL || equals == NULL || mark < equals)
        return mark != NULL;
    return memchr(text, '/', (size_t)(equals - text)) != NULL;
}

static int read_secret(struct request *r, const struct setting *s)
{
    const bool file = is_secret_file(s->value);
    const size_t at = file ? r->secret_count : r->secret_env_count++;
    struct request_secret *secret = &r->secrets[at];
    memmove(secret + 1, secret, (r->secret_count++ - at) * sizeof(*secret));
    *secret = (struct request_secret){0};
    return file ? read_secret_file(r, secret, s) : read_secret_variable(secret, s);
}

/* ---- all of it ---- */

static int read_setting(struct request *r, const struct setting *s)
{
    switch (s->option->id) {
    case OPTION_BACKEND:
        r->backend = s->value;
        return 0;
    case OPTION_CONFIG:
        r->config = s->value;
        return 0;
    case OPTION_ENV:
        return read_env(r, s);
    case OPTION_SECRET:
        return read_secret(r, s);
    case OPTION_DIR:
        return read_dir(r, s);
    case OPTION_DIR_OUT:
        return read_dir_out(r, s);
    case OPTION_SIGNATURES:
        r->signatures = s->value;
        return 0;
    case OPTION_COMPILER:
        return read_compiler(r, s);
    case OPTION_MAX_MEMORY:
        return read_memory(r, s);
    case OPTION_TIMEOUT:
        return read_timeout(r, s);
    default:
        return 0;
    }
}

static int read_args(struct request *r, const struct line *line)
{
    r->module = line->args[0];
    r->args = line->args + 1;
    r->arg_count = line->arg_count - 1;
    for (size_t i = 0; i < r->arg_count; i++) {
        if (!manifest_text_ok(bytes_of_text(r->args[i])))
            return misuse("argument %zu of the program is not UTF-8: '%s'", i + 1, r->args[i]);
    }
    return 0;
}

int request_read(const struct line *line, struct request *r)
{
    size_t count = line->setting_count + 1;
    *r = (struct request){
        .memory_size = MEMORY_DEFAULT,
        .own_signature = line_has(line, OPTION_UNSIGNED),
        .quiet = line_has(line, OPTION_QUIET),
        .json = line_has(line, OPTION_JSON),
        .stats = line_has(line, OPTION_STATS),
        .env = calloc(count, sizeof(*r->env)),
        .secrets = calloc(count, sizeof(*r->secrets)),
        .dirs = calloc(count, sizeof(*r->dirs)),
        .texts = calloc(2 * count, sizeof(*r->texts)),
    };
    if (r->env == NULL || r->secrets == NULL || r->dirs == NULL || r->texts == NULL)
        return fail("out of memory");
    int status = read_args(r, line);
    if (status == 0 && r->own_signature && line_has(line, OPTION_SIGNATURES))
        status = misuse("--signatures and --unsigned exclude each other; give one of them");
    for (size_t i = 0; status == 0 && i < line->setting_count; i++)
        status = read_setting(r, &line->settings[i]);
    return status;
}

void request_fini(struct request *r)
{
    for (size_t i = 0; i < r->secret_count; i++) {
        struct bytes value = r->secrets[i].value;
        wipe((void *)value.data, value.size);
        free((void *)value.data);
    }
    for (size_t i = 0; i < r->text_count; i++)
        free(r->texts[i]);
    free(r->secrets);
    free(r->texts);
    free(r->env);
    free(r->dirs);
    *r = (struct request){0};
}
