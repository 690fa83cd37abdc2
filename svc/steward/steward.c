/* SPDX-License-Identifier: Apache-2.0 */
/* The steward from its start to its end; see steward.h. One thread, one loop, and the process
 * that signs. */
#define _GNU_SOURCE
#include "base/wipe.h"
#include "host/clock.h"
#include "host/sandbox.h"
#include "host/service_file.h"
#include "svc/steward/steward_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CHAINS             256u  /* chains of certificates that the verifier remembers */
#define REFRESH_MS         5000u /* between looks at the folder of collateral */
#define CONNECTIONS_MAX    1024u
#define CONNECTIONS_OF_ONE 768u /* a load balancer has most of them */
#define PEM_MAX            (1u << 20)
#define LAST_WORDS_MS      500u

/* ---- signals ---- */

static void on_signal(void *context, uint32_t events)
{
    struct steward *s = context;
    (void)events;
    s->over = true;
}

static int open_signals(struct steward *s)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    s->signals = (struct watch){
        .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = on_signal, .context = s};
    return s->signals.fd < 0 ? -errno : loop_add(&s->loop, &s->signals, EPOLLIN);
}

/* ---- the start ---- */

static int load_nonce_key(struct steward *s, struct fault *fault)
{
    struct bytes text = {0};
    const char *path = s->config->nonce_key;
    if (path == NULL)
        return RAND_bytes(s->judge.nonce_key, NONCE_KEY_SIZE) == 1
                   ? 0
                   : fault_set(fault, -EIO, "no random numbers");
    int error = service_file_read(AT_FDCWD, path, true, NONCE_KEY_SIZE, &text, fault);
    if (error == 0 && text.size != NONCE_KEY_SIZE)
        error = fault_set(fault, -EINVAL,
                          "%s has %zu bytes instead of %u; make it with 'head -c %u /dev/urandom'",
                          path, text.size, NONCE_KEY_SIZE, NONCE_KEY_SIZE);
    if (error == 0)
        memcpy(s->judge.nonce_key, text.data, NONCE_KEY_SIZE);
    service_file_forget(&text);
    return error;
}

static int load_tls(struct steward *s, struct fault *fault)
{
    const struct steward_config *c = s->config;
    struct bytes cert = {0}, key = {0};
    if (c->tls_cert == NULL)
        return 0;
    int error = service_file_read(AT_FDCWD, c->tls_cert, false, PEM_MAX, &cert, fault);
    if (error == 0)
        error = service_file_read(AT_FDCWD, c->tls_key, true, PEM_MAX, &key, fault);
    if (error == 0) {
        const struct server_identity identity = {.chain = {cert, c->tls_cert},
                                                 .key = {key, c->tls_key}};
        error = server_tls_new(&identity, &s->tls, fault);
    }
    service_file_forget(&key);
    service_file_forget(&cert);
    return error;
}

/* Who tries things out needs the authority's certificate first: a workload names it, and
 * [[names]] the workload. */
static int check_policy(const struct steward *s, struct fault *fault)
{
    const struct signer_config *c = &s->config->signer;
    const bool tried = c->key == NULL;
    const char *why = decision_policy_fault(c->policy, c->legacy || tried);
    if (why != NULL)
        return fault_set(fault, -EINVAL, "%s %s", s->config->policy_name, why);
    if (tried && !c->legacy && c->policy->names_count == 0)
        dprintf(STDERR_FILENO, "enarx: %s has no [[names]]: nobody gets a certificate\n",
                s->config->policy_name);
    return 0;
}

static int open_judge(struct steward *s, struct fault *fault)
{
    const struct signer_config *c = &s->config->signer;
    int error = check_policy(s, fault);
    if (error < 0)
        return error;
    s->judge.policy = c->policy;
    s->judge.legacy = c->legacy;
    s->judge.curve = s->authority.ec;
    s->judge.used = nonces_used_new();
    s->judge.cache = attest_cache_new(CHAINS);
    if (s->judge.used == NULL || s->judge.cache == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    error = load_nonce_key(s, fault);
    if (error == 0)
        error = store_open(s->config->collateral, &s->store, fault);
    s->judge.store = s->store;
    return error;
}

static int open_server(struct steward *s, struct fault *fault)
{
    const struct server_config config = {
        .address = s->config->listen,
        .tls = s->tls,
        .routes = s->judge.legacy ? steward_routes_legacy : steward_routes,
        .route_count = STEWARD_ROUTES,
        .connections_max = CONNECTIONS_MAX,
        .connections_of_one_max = CONNECTIONS_OF_ONE,
        .context = s,
    };
    s->rate = rate_start(s->config->signer.rate, clock_ms());
    s->refreshed_at = clock_ms();
    return server_open(&s->loop, &config, &s->server, fault);
}

/* The key's file may be of this user: whoever takes over this process is not to read it. */
static int confine(const struct steward *s, struct fault *fault)
{
    int error = sandbox_shed();
    if (error == 0)
        error = sandbox_confine_files(store_folder(s->store));
    if (error == -ENOSYS) {
        dprintf(STDERR_FILENO,
                "enarx: this kernel has no Landlock: the process that faces the network can read "
                "what its user can; let that be another user than the key's\n");
        return 0;
    }
    return error < 0 ? fault_system(fault, error, "cannot give up other files") : 0;
}

/* The process that signs comes first: it has nothing of all that follows. */
static int start(struct steward *s, struct fault *fault)
{
    int error = signer_start(&s->config->signer, &s->signer, fault);
    if (error < 0)
        return error;
    error = loop_open(&s->loop);
    if (error == 0)
        error = open_signals(s);
    if (error < 0)
        return fault_system(fault, error, "cannot start the steward");
    error = x509_parse_cert(s->signer.certs[0], NULL, &s->authority);
    if (error < 0)
        return fault_set(fault, error, "the authority's certificate cannot be used");
    error = open_judge(s, fault);
    if (error == 0)
        error = load_tls(s, fault);
    if (error == 0)
        error = open_server(s, fault);
    return error == 0 ? confine(s, fault) : error;
}

/* ---- the rest ---- */

static void refresh(struct steward *s)
{
    struct fault fault;
    if (clock_ms() - s->refreshed_at < REFRESH_MS)
        return;
    s->refreshed_at = clock_ms();
    const int result = store_refresh(s->store, &fault);
    s->reloads += result > 0;
    if (result < 0 && audit_takes(STDERR_FILENO)) /* nobody waits for who does not read */
        dprintf(STDERR_FILENO, "enarx: %s; what was read before stays\n", fault.text);
}

/* Who was told that it fails is to hear it before it ends. */
static bool is_over(struct steward *s)
{
    if (s->failed && s->ends_at == 0)
        s->ends_at = clock_ms() + LAST_WORDS_MS;
    return s->over || (s->ends_at != 0 && clock_ms() >= s->ends_at);
}

static void serve(struct steward *s)
{
    while (!is_over(s)) {
        const int most = s->failed ? (int)LAST_WORDS_MS : (int)REFRESH_MS;
        const int wait = server_timeout(s->server);
        if (loop_run(&s->loop, wait < 0 || wait > most ? most : wait) < 0)
            break;
        server_run(s->server);
        if (s->audit.line != NULL) /* and not all of it is there */
            (void)steward_records(s);
        refresh(s);
    }
}

static void stop(struct steward *s)
{
    server_close(s->server);
    audit_close(&s->audit);
    signer_stop(&s->signer);
    x509_cert_fini(&s->authority);
    SSL_CTX_free(s->tls);
    store_close(s->store);
    nonces_used_free(s->judge.used);
    attest_cache_free(s->judge.cache);
    if (s->signals.fd >= 0)
        close(s->signals.fd);
    loop_close(&s->loop);
    wipe(s->judge.nonce_key, sizeof(s->judge.nonce_key));
    free(s);
}

int steward_run(const struct steward_config *config, struct fault *fault)
{
    struct steward *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    s->config = config;
    s->loop.fd = s->signals.fd = s->signer.fd = -1;
    s->audit.fd = STDOUT_FILENO;
    int error = start(s, fault);
    if (error == 0) {
        dprintf(STDERR_FILENO, "enarx: listening on %s://%s\n", s->tls == NULL ? "http" : "https",
                server_address(s->server));
        serve(s);
        if (s->failed)
            error = fault_set(fault, -EPIPE,
                              "the steward ends: it can sign no more, or not write its audit log");
    }
    stop(s);
    return error;
}
