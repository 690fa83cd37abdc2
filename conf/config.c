/* SPDX-License-Identifier: Apache-2.0 */
/* Enarx.toml to struct config; see config.h. Trusts nothing: every value is
 * checked by the rules of the manifest that it goes to. */
#include "conf/config.h"

#include "conf/config_key.h"
#include "conf/config_tls.h"
#include "conf/manifest_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {"args", "env", "files", "steward", "certificate", NULL};

/* ---- args, env ---- */

static int parse_args(const struct toml_value *value, struct config *c, struct toml_error *error)
{
    int result = config_type(value, TOML_ARRAY, "args", error);
    if (result < 0)
        return result;
    c->args = calloc(value->array.count + 1, sizeof(*c->args));
    if (c->args == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < value->array.count; i++) {
        result = config_text(value->array.items[i], "each of args", error, &c->args[i]);
        if (result < 0)
            return result;
        c->arg_count++;
    }
    return 0;
}

static int check_env_name(const struct toml_pair *pair, struct toml_error *error)
{
    if (!manifest_env_name_ok(pair->key))
        return toml_error_set(error, pair->place,
                              "%s cannot name a variable; take text without = and NUL",
                              toml_quote(pair->key).text);
    if (bytes_equal(pair->key, bytes_of_text("FD_COUNT")) ||
        bytes_equal(pair->key, bytes_of_text("FD_NAMES")))
        return toml_error_set(error, pair->place, "enarx sets %s from files; remove it",
                              toml_quote(pair->key).text);
    return 0;
}

static int parse_env(const struct toml_value *value, struct config *c, struct toml_error *error)
{
    int result = config_type(value, TOML_TABLE, "env", error);
    if (result < 0)
        return result;
    c->env = calloc(value->table.count + 1, sizeof(*c->env));
    if (c->env == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < value->table.count; i++) {
        const struct toml_pair *pair = &value->table.pairs[i];
        struct manifest_env *env = &c->env[i];
        env->name = pair->key;
        result = check_env_name(pair, error);
        if (result == 0)
            result = config_text(pair->value, toml_quote(pair->key).text, error, &env->value);
        if (result < 0)
            return result;
        c->env_count++;
    }
    return 0;
}

/* ---- files ---- */

static const char *const kind_names[] = {
    [STREAM_NULL] = "null",
    [STREAM_STDIN] = "stdin",
    [STREAM_STDOUT] = "stdout",
    [STREAM_STDERR] = "stderr",
    [STREAM_LISTEN] = "listen",
    [STREAM_CONNECT] = "connect",
    NULL,
};
static const char *const kind_keys[][12] = {
    [STREAM_NULL] = {"kind", "name"},
    [STREAM_STDIN] = {"kind", "name"},
    [STREAM_STDOUT] = {"kind", "name"},
    [STREAM_STDERR] = {"kind", "name"},
    [STREAM_LISTEN] = {"kind", "name", "prot", "addr", "port", "clients", "verify", "ca", "policy",
                       "alpn", "insecure"},
    [STREAM_CONNECT] = {"kind", "name", "prot", "host", "port", "verify", "ca", "policy",
                        "server_name", "alpn", "insecure"},
};
static const char *const protocol_names[] = {[PROTOCOL_TLS] = "tls", [PROTOCOL_TCP] = "tcp", NULL};
static const char *const file_keys[] = {"kind",        "name",    "prot",     "addr", "host",
                                        "port",        "clients", "verify",   "ca",   "policy",
                                        "server_name", "alpn",    "insecure", NULL};

static int missing(const struct toml_value *table, const char *what, struct toml_error *error)
{
    return toml_error_set(error, table->place, "%s is missing here; add it", what);
}

static int parse_kind(const struct toml_value *table, struct manifest_stream *s,
                      struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "kind");
    if (value == NULL)
        return missing(table, "kind = \"stdin\", \"listen\" or another", error);
    size_t kind = STREAM_NULL;
    int result = config_choice(value, "kind", kind_names, error, &kind);
    s->kind = (enum stream_kind)kind;
    return result < 0 ? result : config_keys(table, kind_keys[kind], error);
}

static int parse_host(const struct toml_value *table, struct manifest_stream *s,
                      struct toml_error *error)
{
    const bool listens = s->kind == STREAM_LISTEN;
    const char *key = listens ? "addr" : "host";
    const struct toml_value *value = toml_get(table, key);
    if (value == NULL && !listens)
        return missing(table, "host = \"name or address to connect to\"", error);
    s->host = bytes_of_text("::");
    if (value == NULL)
        return 0;
    int result = config_text(value, key, error, &s->host);
    if (result == 0 && s->host.size == 0)
        return toml_error_set(error, value->place, "%s is empty; give a name or an address", key);
    return result;
}

static int parse_port(const struct toml_value *table, struct manifest_stream *s,
                      struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "port");
    s->port = s->protocol == PROTOCOL_TLS ? 443 : 80;
    if (value == NULL)
        return 0;
    int result = config_type(value, TOML_INTEGER, "port", error);
    if (result < 0)
        return result;
    if (value->integer < 1 || value->integer > UINT16_MAX)
        return toml_error_set(error, value->place, "port must be 1 to 65535");
    s->port = (uint16_t)value->integer;
    return 0;
}

static int parse_endpoint(const struct toml_value *table, struct manifest_stream *s,
                          struct config_stream *note, struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "prot");
    size_t protocol = PROTOCOL_TLS;
    int result = value == NULL ? 0 : config_choice(value, "prot", protocol_names, error, &protocol);
    if (result < 0)
        return result;
    s->protocol = (enum stream_protocol)protocol;
    result = parse_host(table, s, error);
    if (result == 0)
        result = parse_port(table, s, error);
    return result < 0 ? result : config_tls_parse(table, s, note, error);
}

static int parse_name(const struct toml_value *table, struct manifest_stream *s,
                      struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "name");
    if (value == NULL && s->kind == STREAM_LISTEN)
        return missing(table, "name = \"what the program calls this listener\"", error);
    s->name = s->kind == STREAM_CONNECT ? s->host : bytes_of_text(kind_names[s->kind]);
    int result = value == NULL ? 0 : config_text(value, "name", error, &s->name);
    if (result == 0 && !manifest_stream_name_ok(s->name))
        return toml_error_set(error, value != NULL ? value->place : table->place,
                              "%s cannot name a file; set a name that is not empty, without :",
                              toml_quote(s->name).text);
    return result;
}

static int parse_stream(const struct toml_value *table, struct manifest_stream *s,
                        struct config_stream *note, struct toml_error *error)
{
    int result = config_type(table, TOML_TABLE, "each of files", error);
    if (result == 0)
        result = config_keys(table, file_keys, error);
    if (result == 0)
        result = parse_kind(table, s, error);
    if (result == 0 && (s->kind == STREAM_LISTEN || s->kind == STREAM_CONNECT))
        result = parse_endpoint(table, s, note, error);
    return result < 0 ? result : parse_name(table, s, error);
}

static int check_unique(const struct config *c, struct toml_place place, struct toml_error *error)
{
    const struct bytes name = c->streams[c->stream_count].name;
    for (size_t i = 0; i < c->stream_count; i++) {
        if (bytes_equal(c->streams[i].name, name))
            return toml_error_set(error, place,
                                  "the file on line %u is named %s too; set another "
                                  "name",
                                  c->notes[i].place.line, toml_quote(name).text);
    }
    return 0;
}

static int new_streams(struct config *c, size_t count)
{
    c->streams = calloc(count + 1, sizeof(*c->streams));
    c->notes = calloc(count + 1, sizeof(*c->notes));
    return c->streams != NULL && c->notes != NULL ? 0 : -ENOMEM;
}

static int parse_files(const struct toml_value *value, struct config *c, struct toml_error *error)
{
    int result = config_type(value, TOML_ARRAY, "files", error);
    if (result < 0)
        return result;
    const size_t count = value->array.count;
    if (count > CONFIG_STREAM_MAX)
        return toml_error_set(error, value->place, "%zu files; at most %u are possible", count,
                              CONFIG_STREAM_MAX);
    result = new_streams(c, count);
    for (size_t i = 0; result == 0 && i < count; i++) {
        const struct toml_value *table = value->array.items[i];
        c->notes[i].place = table->place;
        result = parse_stream(table, &c->streams[i], &c->notes[i], error);
        if (result == 0)
            result = check_unique(c, table->place, error);
        c->stream_count++; /* config_fini() frees what this one owns, too */
    }
    return result;
}

static int default_files(struct config *c)
{
    static const enum stream_kind standard[] = {STREAM_STDIN, STREAM_STDOUT, STREAM_STDERR};
    int result = new_streams(c, ARRAY_COUNT(standard));
    if (result < 0)
        return result;
    for (size_t i = 0; i < ARRAY_COUNT(standard); i++) {
        const struct bytes name = bytes_of_text(kind_names[standard[i]]);
        c->streams[i] = (struct manifest_stream){.kind = standard[i], .name = name};
    }
    c->stream_count = ARRAY_COUNT(standard);
    return 0;
}

/* ---- the whole ---- */

static int parse(struct bytes text, struct config *c, struct toml_error *error)
{
    int result = toml_parse(text, &c->toml, error);
    if (result < 0)
        return result;
    const struct toml_value *root = toml_root(c->toml);
    const struct toml_value *args = toml_get(root, "args");
    const struct toml_value *env = toml_get(root, "env");
    const struct toml_value *files = toml_get(root, "files");
    result = config_keys(root, top_keys, error);
    if (result == 0 && args != NULL)
        result = parse_args(args, c, error);
    if (result == 0 && env != NULL)
        result = parse_env(env, c, error);
    if (result == 0)
        result = files != NULL ? parse_files(files, c, error) : default_files(c);
    return result < 0 ? result : config_certificate_parse(root, c, error);
}

int config_parse(struct bytes text, struct config *config, struct toml_error *error)
{
    *config = (struct config){0};
    int result = parse(text, config, error);
    if (result < 0)
        config_fini(config);
    return result;
}

int config_default(struct config *config)
{
    struct toml_error unused;
    return config_parse(bytes_of_text(""), config, &unused);
}

static void free_items(struct bytes *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((void *)items[i].data);
    free(items);
}

void config_fini(struct config *config)
{
    for (size_t i = 0; i < config->stream_count; i++)
        free(config->notes[i].alpn);
    free_items(config->cas, config->ca_count);
    free_items(config->policies, config->policy_count);
    free(config->cert_names);
    free(config->args);
    free(config->env);
    free(config->streams);
    free(config->notes);
    toml_free(config->toml);
    *config = (struct config){0};
}
