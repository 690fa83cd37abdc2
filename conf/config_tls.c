/* SPDX-License-Identifier: Apache-2.0 */
/* TLS in Enarx.toml; see config_tls.h. Trusts nothing: what is contradictory or would be
 * without effect is an error, since it was meant to protect. */
#include "conf/config_tls.h"

#include "conf/config_key.h"
#include "conf/host_name.h"
#include "conf/manifest_check.h"

#include <errno.h>
#include <stdlib.h>

static const char *const clients_names[] = {
    [CLIENTS_NONE] = "none",
    [CLIENTS_OPTIONAL] = "optional",
    [CLIENTS_REQUIRED] = "required",
    NULL,
};
static const char *const verify_names[] = {"ca", "attested", NULL};
_Static_assert(VERIFY_ATTESTED - VERIFY_CA == 1, "order of verify_names");

static struct toml_place place_of(const struct toml_value *table, const char *key)
{
    const struct toml_value *value = toml_get(table, key);
    return value != NULL ? value->place : table->place;
}

/* None of `keys` is there: `why` says what they need. */
static int refuse_keys(const struct toml_value *table, const char *const *keys, const char *why,
                       struct toml_error *error)
{
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (toml_get(table, keys[i]) != NULL)
            return toml_error_set(error, place_of(table, keys[i]), "%s is for %s; remove it",
                                  keys[i], why);
    }
    return 0;
}

static int parse_insecure(const struct toml_value *table, struct config_stream *note,
                          struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "insecure");
    int result = value == NULL ? 0 : config_type(value, TOML_BOOLEAN, "insecure", error);
    if (value != NULL && result == 0)
        note->insecure = value->boolean;
    return result;
}

/* ---- whom to believe ---- */

static int parse_path(const struct toml_value *table, const char *key, struct config_path *path,
                      struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, key);
    if (value == NULL)
        return 0;
    path->place = value->place;
    int result = config_text(value, key, error, &path->path);
    if (result == 0 && path->path.size == 0)
        return toml_error_set(error, value->place, "%s is empty; name a file", key);
    return result;
}

static int parse_clients(const struct toml_value *table, struct manifest_tls *t,
                         struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "clients");
    size_t clients = CLIENTS_NONE;
    int result =
        value == NULL ? 0 : config_choice(value, "clients", clients_names, error, &clients);
    t->clients = (enum tls_clients)clients;
    return result;
}

static int parse_verify(const struct toml_value *table, struct manifest_tls *t,
                        struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "verify");
    size_t verify = 0;
    int result = value == NULL ? 0 : config_choice(value, "verify", verify_names, error, &verify);
    t->verify = (enum tls_verify)(VERIFY_CA + verify);
    return result;
}

/* A client needs a policy to attest by, or may take the system's CAs; a server has to say
 * whose certificates it takes: the system's CAs give one to anybody. */
static int parse_trust(const struct toml_value *table, const struct manifest_stream *s,
                       struct config_stream *note, struct toml_error *error)
{
    static const char *const ca[] = {"ca", NULL}, *const policy[] = {"policy", NULL};
    const bool attested = s->tls.verify == VERIFY_ATTESTED;
    int result = attested ? refuse_keys(table, ca, "verify = \"ca\"", error)
                          : refuse_keys(table, policy, "verify = \"attested\"", error);
    if (result == 0)
        result = parse_path(table, "ca", &note->ca, error);
    if (result == 0)
        result = parse_path(table, "policy", &note->policy, error);
    if (result == 0 && attested && note->policy.path.size == 0)
        return toml_error_set(
            error, place_of(table, "verify"),
            "it is not said what evidence has to pass; add policy = \"policy.toml\"");
    if (result == 0 && !attested && s->kind == STREAM_LISTEN && note->ca.path.size == 0)
        return toml_error_set(error, place_of(table, "clients"),
                              "it is not said who may connect; add ca = \"ca.pem\", or verify "
                              "= \"attested\" and a policy");
    return result;
}

static int parse_peer(const struct toml_value *table, struct manifest_stream *s,
                      struct config_stream *note, struct toml_error *error)
{
    static const char *const keys[] = {"verify", "ca", "policy", NULL};
    int result = s->kind == STREAM_LISTEN ? parse_clients(table, &s->tls, error) : 0;
    if (result == 0 && s->kind == STREAM_LISTEN && s->tls.clients == CLIENTS_NONE)
        return refuse_keys(table, keys, "clients = \"required\" or \"optional\"", error);
    if (result == 0)
        result = parse_verify(table, &s->tls, error);
    return result < 0 ? result : parse_trust(table, s, note, error);
}

static int parse_server_name(const struct toml_value *table, struct manifest_tls *t,
                             struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "server_name");
    if (value == NULL)
        return 0;
    int result = config_text(value, "server_name", error, &t->server_name);
    if (result == 0 && t->server_name.size == 0)
        return toml_error_set(error, value->place,
                              "server_name is empty; remove it, and it is the host");
    return result;
}

/* ---- protocols ---- */

static int parse_protocol(const struct toml_value *value, struct put *out, struct toml_error *error)
{
    struct bytes name;
    int result = config_text(value, "each of alpn", error, &name);
    if (result < 0)
        return result;
    if (name.size == 0 || name.size > UINT8_MAX)
        return toml_error_set(error, value->place,
                              "a protocol's name has 1 to 255 bytes, like \"http/1.1\"");
    put_u8(out, (uint8_t)name.size);
    put_bytes(out, name);
    return 0;
}

static int parse_alpn(const struct toml_value *table, struct manifest_tls *t,
                      struct config_stream *note, struct toml_error *error)
{
    const struct toml_value *value = toml_get(table, "alpn");
    if (value == NULL)
        return 0;
    int result = config_type(value, TOML_ARRAY, "alpn", error);
    size_t capacity = 1;
    for (size_t i = 0; result == 0 && i < value->array.count; i++) {
        const struct toml_value *name = value->array.items[i];
        capacity += 1 + (name->type == TOML_STRING ? name->string.size : 0);
    }
    if (result == 0)
        note->alpn = malloc(capacity);
    if (result == 0 && note->alpn == NULL)
        return -ENOMEM;
    struct put p = put_init(note->alpn, capacity);
    for (size_t i = 0; result == 0 && i < value->array.count; i++)
        result = parse_protocol(value->array.items[i], &p, error);
    if (result < 0)
        return result;
    t->alpn = put_done(&p);
    return manifest_alpn_ok(t->alpn)
               ? 0
               : toml_error_set(error, value->place,
                                "a protocol stands there twice, or there are too many");
}

int config_tls_parse(const struct toml_value *table, struct manifest_stream *s,
                     struct config_stream *note, struct toml_error *error)
{
    static const char *const tls[] = {"clients",     "verify", "ca", "policy",
                                      "server_name", "alpn",   NULL};
    static const char *const tcp[] = {"insecure", NULL};
    if (s->protocol == PROTOCOL_TCP) {
        int result = refuse_keys(table, tls, "prot = \"tls\"", error);
        return result < 0 ? result : parse_insecure(table, note, error);
    }
    int result = refuse_keys(table, tcp, "prot = \"tcp\"", error);
    if (result == 0)
        result = parse_peer(table, s, note, error);
    if (result == 0)
        result = parse_server_name(table, &s->tls, error);
    return result < 0 ? result : parse_alpn(table, &s->tls, note, error);
}

/* ---- the certificate ---- */

static int parse_cert_name(const struct toml_value *value, struct config *c,
                           struct toml_error *error)
{
    struct bytes *name = &c->cert_names[c->cert_name_count];
    int result = config_text(value, "each of names", error, name);
    if (result < 0)
        return result;
    if (!host_name_ok(*name))
        return toml_error_set(error, value->place,
                              "%s is no host name; write one like \"api.example.org\", in lower "
                              "case and without a wildcard",
                              toml_quote(*name).text);
    for (size_t i = 0; i < c->cert_name_count; i++) {
        if (bytes_equal(c->cert_names[i], *name))
            return toml_error_set(error, value->place, "%s stands there twice",
                                  toml_quote(*name).text);
    }
    c->cert_name_count++;
    return 0;
}

static int parse_cert_names(const struct toml_value *table, struct config *c,
                            struct toml_error *error)
{
    const struct toml_value *names = toml_get(table, "names");
    if (names == NULL)
        return 0;
    int result = config_type(names, TOML_ARRAY, "names", error);
    if (result == 0 && names->array.count > MANIFEST_NAMES_MAX)
        return toml_error_set(error, names->place, "%zu names; at most %u are possible",
                              names->array.count, MANIFEST_NAMES_MAX);
    if (result < 0)
        return result;
    c->cert_names = calloc(names->array.count + 1, sizeof(*c->cert_names));
    if (c->cert_names == NULL)
        return -ENOMEM;
    for (size_t i = 0; result == 0 && i < names->array.count; i++)
        result = parse_cert_name(names->array.items[i], c, error);
    return result;
}

static int parse_certificate(const struct toml_value *table, struct config *c,
                             struct toml_error *error)
{
    static const char *const keys[] = {"names", "ca", NULL};
    int result = config_type(table, TOML_TABLE, "certificate", error);
    if (result == 0)
        result = config_keys(table, keys, error);
    if (result == 0)
        result = parse_path(table, "ca", &c->certificate_ca, error);
    return result < 0 ? result : parse_cert_names(table, c, error);
}

static int parse_steward(const struct toml_value *value, struct config *c, struct toml_error *error)
{
    int result = config_text(value, "steward", error, &c->steward);
    if (result < 0)
        return result;
    if (!manifest_url_ok(c->steward))
        return toml_error_set(error, value->place,
                              "steward must be a URL like \"https://steward.example.com\", its "
                              "host in lower case, without user, query and fragment");
    if (c->certificate_ca.path.size == 0)
        return toml_error_set(error, value->place,
                              "a steward's certificates are checked against its authority; add "
                              "ca = \"steward.pem\" to [certificate]");
    if (manifest_count_tls(c->streams, c->stream_count) == 0)
        return toml_error_set(error, value->place,
                              "a steward is for a file with prot = \"tls\", and there is none; "
                              "add one, or remove this");
    return 0;
}

int config_certificate_parse(const struct toml_value *root, struct config *c,
                             struct toml_error *error)
{
    const struct toml_value *table = toml_get(root, "certificate");
    const struct toml_value *steward = toml_get(root, "steward");
    int result = table == NULL ? 0 : parse_certificate(table, c, error);
    if (result < 0)
        return result;
    if (steward != NULL)
        return parse_steward(steward, c, error);
    if (c->certificate_ca.path.size > 0)
        return toml_error_set(error, c->certificate_ca.place,
                              "ca is for a steward's certificates; add steward = \"https://...\" "
                              "at the top, or remove this");
    return 0;
}
