/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx steward`: certificates for keeps that prove what they are. Trusts its operator. */
#include "svc/steward/steward.h"
#include "host/cli/cli.h"
#include "host/cli/message.h"
#include "host/cli/policy_text.h"
#include "host/cli/units.h"
#include "net/listener.h"

#include <stdlib.h>

#define LIFETIME_LEAST 60 /* seconds, over what is before now */
#define RATE_DEFAULT   200u
#define RATE_MAX       1000000u

/* ---- numbers ---- */

static int read_lifetime(const struct setting *s, int64_t *out)
{
    const uint64_t least = (CERTIFICATE_BACKDATE + LIFETIME_LEAST) * 1000ull;
    uint64_t ms;
    *out = CERTIFICATE_LIFETIME;
    if (s == NULL)
        return 0;
    if (duration_parse(s->value, &ms) < 0 || ms < least || ms > CERTIFICATE_LIFETIME * 1000ull)
        return misuse("%s: '%s' must be 6m to 24h, the five minutes before now included", s->from,
                      s->value);
    *out = (int64_t)(ms / 1000);
    return 0;
}

static int read_rate(const struct setting *s, uint32_t *out)
{
    *out = RATE_DEFAULT;
    if (s != NULL && count_parse(s->value, RATE_MAX, out) < 0)
        return misuse("%s: '%s' is no number from 1 to %u", s->from, s->value, RATE_MAX);
    return 0;
}

/* ---- what goes together ---- */

static int check_keys(const struct line *line, const struct steward_config *c)
{
    const bool dev = line_has(line, OPTION_DEV);
    struct sockaddr_storage address;
    if (address_parse(c->listen, &address) < 0)
        return misuse("--listen: '%s' is no address; write one in numbers, with its port, as in "
                      "127.0.0.1:7444 or [::]:7444",
                      c->listen);
    if ((c->tls_key == NULL) != (c->tls_cert == NULL))
        return misuse("--tls-key and --tls-cert go together; give both or none");
    if (dev && (c->signer.key != NULL || c->signer.cert != NULL))
        return misuse("--dev makes its own key and certificate; leave out --key and --cert, or "
                      "--dev");
    if (dev && !address_is_loopback(&address))
        return misuse("--dev is for this machine alone: use 127.0.0.1 or [::1] with --listen, or "
                      "--key and --cert in place of --dev");
    if (!dev && (c->signer.key == NULL || c->signer.cert == NULL))
        return misuse("'enarx steward' needs --key FILE and --cert FILE of the authority; to try "
                      "it out on this machine alone, use --dev");
    return 0;
}

/* ---- the whole ---- */

static int run(const struct line *line, const struct steward_config *given)
{
    struct steward_config config = *given;
    struct policy_file policy = {.names_count = 0};
    struct bytes text = {0};
    struct fault fault;
    int status = policy_text_read(config.policy_name, &text);
    if (status == 0)
        status = policy_text_parse(config.policy_name, text, &policy);
    config.signer.policy = &policy;
    config.signer.legacy = line_has(line, OPTION_LEGACY);
    if (status == 0 && steward_run(&config, &fault) < 0)
        status = fail("%s", fault.text);
    policy_toml_fini(&policy);
    free((void *)text.data);
    return status;
}

int steward_command(const struct line *line)
{
    const char *listen = line_value(line, OPTION_LISTEN);
    struct steward_config config = {
        .listen = listen != NULL               ? listen
                  : line_has(line, OPTION_DEV) ? "127.0.0.1:7444"
                                               : "[::]:7444",
        .tls_key = line_value(line, OPTION_TLS_KEY),
        .tls_cert = line_value(line, OPTION_TLS_CERT),
        .collateral = line_value(line, OPTION_COLLATERAL),
        .nonce_key = line_value(line, OPTION_NONCE_KEY),
        .policy_name = line_value(line, OPTION_POLICY),
        .signer = {.key = line_value(line, OPTION_KEY), .cert = line_value(line, OPTION_CERT)},
    };
    if (config.policy_name == NULL)
        return misuse("'enarx steward' needs --policy FILE: who may have a certificate?");
    int status = check_keys(line, &config);
    if (status == 0)
        status = read_lifetime(line_setting(line, OPTION_LIFETIME), &config.signer.lifetime);
    if (status == 0)
        status = read_rate(line_setting(line, OPTION_RATE), &config.signer.rate);
    return status == 0 ? run(line, &config) : status;
}
