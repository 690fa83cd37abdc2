/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx host`: makes this machine offer keeps to those who deploy. Trusts its operator. */
#define _GNU_SOURCE
#include "base/hex.h"
#include "host/cli/cli.h"
#include "host/cli/enclave.h"
#include "host/cli/message.h"
#include "host/cli/units.h"
#include "net/listener.h"
#include "svc/agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEPS_MAX      4096u
#define KEEPS_DEFAULT  128u
#define MEMORY_DEFAULT (4ull << 30)
#define UNCLAIMED_MS   30000u
#define DRAIN_MS       30000u
#define ID_FIRST       1900000000u /* of no system's users, containers included */
#define ID_LAST        1900065535u

struct hosting {
    const struct line *line;
    struct agent_config config;
    struct sgx_sigstruct signature;
    char measurement[2 * SHA256_SIZE + 1];
    struct usher_rules rules;
};

/* ---- numbers ---- */

static int read_time(const struct setting *s, uint64_t *out)
{
    return duration_parse(s->value, out) < 0
               ? misuse("%s: '%s' is no time; write a number with ms, s, m or h, as in 30s",
                        s->from, s->value)
               : 0;
}

static int read_size(const struct setting *s, uint64_t *out)
{
    return size_parse(s->value, out) < 0
               ? misuse("%s: '%s' is no size; write a number with K, M or G, as in 512M", s->from,
                        s->value)
               : 0;
}

static int read_limits(struct hosting *h)
{
    struct agent_config *c = &h->config;
    const struct {
        enum option_id id;
        int (*read)(const struct setting *s, uint64_t *out);
        uint64_t *out;
    } rows[] = {
        {OPTION_MAX_MEMORY, read_size, &c->memory_max},
        {OPTION_MAX_ENCLAVE_MEMORY, read_size, &c->enclave_memory_max},
        {OPTION_MAX_UPLOAD, read_size, &c->upload_max},
        {OPTION_MAX_CPU, read_time, &c->cpu_max},
        {OPTION_MAX_LIFETIME, read_time, &c->lifetime_max},
        {OPTION_UNCLAIMED, read_time, &c->unclaimed_max},
        {OPTION_IDLE, read_time, &c->idle_max},
        {OPTION_DRAIN, read_time, &c->drain_max},
    };
    int status = 0;
    for (size_t i = 0; status == 0 && i < ARRAY_COUNT(rows); i++) {
        const struct setting *s = line_setting(h->line, rows[i].id);
        status = s == NULL ? 0 : rows[i].read(s, rows[i].out);
    }
    return status;
}

/* A number, and where it ended; false for none or too large a one. */
static bool take_number(const char **text, uint32_t *out)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(*text, &end, 10);
    if (**text < '0' || **text > '9' || errno != 0 || value > UINT32_MAX)
        return false;
    *text = end;
    *out = (uint32_t)value;
    return true;
}

static int read_count(const struct line *line, enum option_id id, uint32_t *out)
{
    const struct setting *s = line_setting(line, id);
    if (s != NULL && count_parse(s->value, KEEPS_MAX, out) < 0)
        return misuse("%s: '%s' is no number from 1 to %u", s->from, s->value, KEEPS_MAX);
    return 0;
}

static int read_counts(struct hosting *h)
{
    struct agent_config *c = &h->config;
    int status = read_count(h->line, OPTION_MAX_KEEPS, &c->keeps_max);
    if (status != 0)
        return status;
    c->keeps_of_one_max = c->keeps_max;
    return read_count(h->line, OPTION_MAX_KEEPS_PER_OWNER, &c->keeps_of_one_max);
}

static int read_ids(struct hosting *h)
{
    struct agent_config *c = &h->config;
    const struct setting *s = line_setting(h->line, OPTION_UID_RANGE);
    uint32_t first = ID_FIRST, last = ID_LAST;
    if (s != NULL) {
        const char *text = s->value;
        const bool first_ok = take_number(&text, &first) && *text++ == '-';
        if (!first_ok || !take_number(&text, &last) || *text != '\0' || first == 0 ||
            last < first || last == UINT32_MAX)
            return misuse("%s: '%s' is no range of user ids above 0, as in %u-%u", s->from,
                          s->value, ID_FIRST, ID_LAST);
    }
    if (last - first < c->keeps_max - 1)
        return misuse("--uid-range has fewer users than the %u keeps that there may be; make it "
                      "larger, or --max-keeps smaller",
                      c->keeps_max);
    c->id_first = first;
    c->id_count = last - first + 1;
    return 0;
}

/* ---- who may, and where ---- */

static int check_dev(const struct agent_config *c)
{
    struct sockaddr_storage address;
    if (c->cert != NULL || c->key != NULL || c->tokens != NULL || c->client_ca != NULL)
        return misuse("--dev makes its own certificate and asks nobody who they are; leave out "
                      "--cert, --key, --tokens and --client-ca, or --dev");
    if (address_parse(c->listen, &address) == 0 && !address_is_loopback(&address))
        return misuse("--dev lets anybody in and so listens for this machine alone: use 127.0.0.1 "
                      "or [::1] with --listen, or --cert, --key and --tokens in place of --dev");
    return 0;
}

static int check_access(const struct agent_config *c)
{
    if (c->dev)
        return check_dev(c);
    if (c->cert == NULL || c->key == NULL)
        return misuse("'enarx host' needs --cert FILE and --key FILE; to try it out on this "
                      "machine alone, use --dev");
    if (c->tokens == NULL && c->client_ca == NULL)
        return misuse("who may have keeps here? Name them with --tokens FILE or --client-ca FILE, "
                      "or use --dev on this machine alone");
    return 0;
}

static int read_address(struct hosting *h)
{
    struct agent_config *c = &h->config;
    struct sockaddr_storage address;
    const struct setting *s = line_setting(h->line, OPTION_LISTEN);
    c->listen = s != NULL ? s->value : c->dev ? "127.0.0.1:7443" : "[::]:7443";
    if (address_parse(c->listen, &address) < 0)
        return misuse("--listen: '%s' is no address; write one in numbers, with its port, as in "
                      "127.0.0.1:7443 or [::]:7443",
                      c->listen);
    return check_access(c);
}

/* ---- what keeps may open ---- */

/* All settings of one option, which may stand there often; how many there were. */
static int read_rules(struct hosting *h, enum option_id id,
                      int (*add)(struct usher_rules *rules, const char *text), const char *example,
                      size_t *count)
{
    const struct line *line = h->line;
    for (size_t i = 0; i < line->setting_count; i++) {
        const struct setting *s = &line->settings[i];
        if (s->option->id != id)
            continue;
        const int error = add(&h->rules, s->value);
        if (error == -E2BIG)
            return misuse("%s: these are more than %u rules", s->from, USHER_RULES_MAX);
        if (error < 0)
            return misuse("%s: '%s' is no such rule; write it like %s", s->from, s->value, example);
        (*count)++;
    }
    return 0;
}

static int read_streams(struct hosting *h)
{
    size_t listens = 0, connects = 0;
    int status = read_rules(h, OPTION_ALLOW_LISTEN, usher_rules_listen,
                            "8443, 9000-9100 or 127.0.0.1:8443", &listens);
    if (status == 0)
        status = read_rules(h, OPTION_ALLOW_CONNECT, usher_rules_connect,
                            "example.org:443, '*.example.org', 10.0.0.5:5000-5999 or '*:443'",
                            &connects);
    h->config.rules = &h->rules;
    if (status != 0 || !h->config.dev)
        return status;
    h->rules.anywhere = connects == 0;
    return listens > 0 || usher_rules_listen(&h->rules, "1024-65535") == 0 ? 0 : STATUS_FAILED;
}

/* ---- backends ---- */

static int add_backend(struct agent_config *c, const char *name, size_t length)
{
    char text[32];
    snprintf(text, sizeof(text), "%.*s", (int)length, name);
    const struct backend *b = backend_find(text);
    if (b == NULL)
        return misuse("--backends: there is no backend '%s'; see 'enarx platform info'", text);
    for (size_t i = 0; i < c->backend_count; i++) {
        if (c->backends[i] == b)
            return misuse("--backends: '%s' stands there twice", text);
    }
    c->backends[c->backend_count++] = b;
    return 0;
}

static int read_backends(struct hosting *h)
{
    struct agent_config *c = &h->config;
    const char *list = line_value(h->line, OPTION_BACKENDS);
    int status = 0;
    if (list == NULL) {
        for (size_t i = 0; i < backend_count; i++)
            c->backends[c->backend_count++] = backends[i];
        return 0;
    }
    for (bool more = true; status == 0 && more;) {
        const size_t length = strcspn(list, ",");
        status = add_backend(c, list, length);
        more = list[length] == ',';
        list += length + more;
    }
    return status;
}

/* One signature for all its enclaves. */
static int sign(struct hosting *h)
{
    uint8_t mrenclave[SHA256_SIZE];
    bool needed = false;
    for (size_t i = 0; i < h->config.backend_count; i++)
        needed = needed || h->config.backends[i]->technology == TECHNOLOGY_SGX;
    if (!needed)
        return 0;
    int status = enclave_measure(NULL, mrenclave);
    if (status == 0)
        status = enclave_sign(line_value(h->line, OPTION_SIGNATURES), false, h->config.log_level,
                              &h->signature);
    hex_put((struct bytes){.data = mrenclave, .size = sizeof(mrenclave)}, h->measurement);
    h->config.signature =
        (struct bytes){.data = (const uint8_t *)&h->signature, .size = sizeof(h->signature)};
    h->config.measurement = h->measurement;
    return status;
}

/* ---- the whole ---- */

int host_command(const struct line *line)
{
    struct fault fault;
    struct hosting h = {
        .line = line,
        .config =
            {
                .state_dir = line_value(line, OPTION_STATE_DIR),
                .cert = line_value(line, OPTION_CERT),
                .key = line_value(line, OPTION_KEY),
                .tokens = line_value(line, OPTION_TOKENS),
                .client_ca = line_value(line, OPTION_CLIENT_CA),
                .dev = line_has(line, OPTION_DEV),
                .metrics_open = line_has(line, OPTION_METRICS_OPEN),
                .keeps_max = KEEPS_DEFAULT,
                .memory_max = MEMORY_DEFAULT,
                .unclaimed_max = UNCLAIMED_MS,
                .drain_max = DRAIN_MS,
                .log_level = message_level(getenv("ENARX_LOG"), false),
            },
    };
    int status = read_address(&h);
    if (status == 0)
        status = read_limits(&h);
    if (status == 0)
        status = read_counts(&h);
    if (status == 0)
        status = read_ids(&h);
    if (status == 0)
        status = read_streams(&h);
    if (status == 0)
        status = read_backends(&h);
    if (status == 0)
        status = sign(&h);
    if (status != 0)
        return status;
    return agent_run(&h.config, &fault) < 0 ? fail("%s", fault.text) : 0;
}
