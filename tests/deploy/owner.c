/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile owner: owner [OPTION]... STEP... says to a keep what the steps say, and
 * prints a line for each message that comes and for the end of the session. Judges
 * nothing: the test that wrote the steps knows what has to come. The step "-" reads more
 * of them from standard input, a line each.
 *
 * --unix PATH | --fd N   the keep's channel
 * --key FILE             a private key in PEM: shows a certificate of it, and names it as
 *                        the owner's in WORKLOAD
 * --no-alpn | --alpn NAME | --tls12 | --timeout SECONDS */
/* links: tests/deploy/parcel.c tests/deploy/step.c tests/deploy/wire.c */
/* links: channel/message.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c attest/claims_buffer.c */
/* links: crypto/digest.c crypto/issue.c crypto/key.c base/cbor.c base/cur.c base/hex.c base/put.c */
/* links: base/der.c base/der_put.c base/rfc3339.c base/utf8.c base/wipe.c conf/host_name.c */
/* links: conf/manifest_tls.c */
/* libs: -lssl -lcrypto */
#define _GNU_SOURCE
#include "attest/claims_buffer.h"
#include "base/hex.h"
#include "base/put.h"
#include "channel/message.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "tests/deploy/parcel.h"
#include "tests/deploy/step.h"
#include "tests/deploy/wire.h"

#include <ctype.h>
#include <err.h>
#include <getopt.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct {
    struct wire wire;
    bool ended; /* and it was printed */
    EVP_PKEY *key;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    uint8_t nonce[CHANNEL_NONCE_SIZE];
    uint8_t workload[SHA256_SIZE];
} owner;

static struct bytes nonce(void)
{
    return (struct bytes){.data = owner.nonce, .size = sizeof(owner.nonce)};
}

/* ---- what comes ---- */

static void print_text(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (isprint(text.data[i]))
            putchar(text.data[i]);
        else
            printf("\\x%02x", text.data[i]);
    }
    putchar('\n');
}

static bool is_own_key(const struct claims_buffer *claims)
{
    X509 *cert = SSL_get1_peer_certificate(owner.wire.ssl);
    uint8_t *der = NULL;
    const int size = cert == NULL ? -1 : i2d_PUBKEY(X509_get0_pubkey(cert), &der);
    const bool own =
        size > 0 &&
        claims_buffer_check_key(claims, (struct bytes){.data = der, .size = (size_t)size}) == 0;
    OPENSSL_free(der);
    X509_free(cert);
    return own;
}

/* What of the claims is of this session and this workload. */
static void print_claims(struct bytes claims)
{
    struct claims_buffer c;
    uint8_t exporter[CHANNEL_EXPORTER_SIZE];
    if (claims_buffer_parse(claims, &c) < 0 || wire_export(&owner.wire, nonce(), exporter) < 0) {
        printf(" malformed");
        return;
    }
    printf(" %.*s", (int)c.purpose.size, c.purpose.data);
    if (bytes_equal(c.nonce, nonce()))
        printf(" nonce");
    if (bytes_equal(c.tls_exporter, (struct bytes){exporter, sizeof(exporter)}))
        printf(" exporter");
    if (is_own_key(&c))
        printf(" key");
    if (bytes_equal(c.workload, (struct bytes){owner.workload, sizeof(owner.workload)}))
        printf(" workload");
}

static void print_evidence(const struct message *m)
{
    struct cur c = cur_init(m->payload);
    if (m->type == CHANNEL_READY)
        cur_take(&c, SHA256_SIZE);
    print_claims(cur_take(&c, cur_le32(&c)));
    printf(" evidence %zu\n", cur_left(&c));
}

static void print(const struct message *m)
{
    struct cur c = cur_init(m->payload);
    printf("%s", channel_type_text(m->type));
    switch (m->type) {
    case CHANNEL_EVIDENCE:
    case CHANNEL_READY:
        print_evidence(m);
        break;
    case CHANNEL_LOG:
        printf(" %u ", cur_le32(&c));
        print_text(cur_take(&c, cur_left(&c)));
        break;
    case CHANNEL_CREDIT:
    case CHANNEL_EXIT:
        printf(" %u", cur_le32(&c));
        printf(" %u\n", cur_le32(&c));
        break;
    case CHANNEL_LOST:
        printf(" %llu\n", (unsigned long long)cur_le64(&c));
        break;
    case CHANNEL_STDOUT:
    case CHANNEL_STDERR:
        putchar(' ');
        print_text(m->payload);
        break;
    default:
        printf(" %zu bytes\n", m->payload.size);
    }
}

/* False at the end, which is printed once. */
static bool take(struct message *m)
{
    if (wire_take(&owner.wire, CHANNEL_KEEP, m)) {
        print(m);
        return true;
    }
    if (!owner.ended)
        printf("end %s\n", owner.wire.end);
    owner.ended = true;
    return false;
}

/* ---- what is said ---- */

static void say(uint32_t type, uint64_t size, struct bytes payload)
{
    if (!wire_send(&owner.wire, type, size, payload))
        printf("unsent %s\n", channel_type_text(type));
}

static void do_challenge(const struct step *s)
{
    uint8_t payload[CHANNEL_CHALLENGE_SIZE];
    struct put p = put_init(payload, sizeof(payload));
    const uint64_t now = (uint64_t)time(NULL) * 1000000000u;
    if (RAND_bytes(owner.nonce, sizeof(owner.nonce)) != 1)
        errx(2, "no random bytes");
    put_le32(&p, (uint32_t)step_number(s, "version", CHANNEL_VERSION));
    put_le32(&p, (uint32_t)step_number(s, "what", CHANNEL_DEPLOY));
    put_le64(&p, step_number(s, "time", now));
    put_bytes(&p, nonce());
    say(CHANNEL_CHALLENGE, p.size, put_done(&p));
}

static void do_workload(const struct step *s)
{
    const struct bytes key = {owner.public_key, owner.key == NULL ? 0 : sizeof(owner.public_key)};
    const struct parcel p = parcel_make(s, key);
    const struct bytes part = {p.payload.data, step_number(s, "part", p.payload.size)};
    memcpy(owner.workload, p.digest, sizeof(owner.workload));
    say(CHANNEL_WORKLOAD, p.declared, part);
}

/* type=N size=N: as many zeros; declare=N: what the header says; times=N. */
static void do_message(const struct step *s)
{
    static const uint8_t zeros[1u << 20];
    const struct bytes payload = {zeros, step_number(s, "size", 0)};
    const uint64_t times = step_number(s, "times", 1);
    const uint64_t declared = step_number(s, "declare", payload.size);
    if (payload.size > sizeof(zeros))
        errx(2, "size: too large");
    for (uint64_t i = 0; i < times; i++) {
        if (wire_send(&owner.wire, (uint32_t)step_number(s, "type", 0), declared, payload))
            continue;
        printf("unsent after %s\n", i > 0 ? "some" : "none");
        return;
    }
}

static void do_pair(uint32_t type, uint32_t first, uint32_t second)
{
    uint8_t payload[8];
    struct put p = put_init(payload, sizeof(payload));
    put_le32(&p, first);
    put_le32(&p, second);
    say(type, p.size, put_done(&p));
}

static void do_credit(const struct step *s)
{
    do_pair(CHANNEL_CREDIT, (uint32_t)step_number(s, "type", CHANNEL_STDOUT),
            (uint32_t)step_number(s, "more", CHANNEL_WINDOW));
}

static void do_signal(const struct step *s)
{
    uint8_t payload[4];
    struct put p = put_init(payload, sizeof(payload));
    put_le32(&p, (uint32_t)step_number(s, "number", SIGTERM));
    say(CHANNEL_SIGNAL, p.size, put_done(&p));
}

static void do_stdin(const struct step *s)
{
    const char *text = step_option(s, "text");
    say(CHANNEL_STDIN, strlen(text == NULL ? "" : text), bytes_of_text(text == NULL ? "" : text));
}

/* Bytes that are no message. */
static void do_bytes(const struct step *s)
{
    uint8_t raw[512];
    const char *text = step_option(s, "hex");
    const size_t size = text == NULL ? 0 : strlen(text) / 2;
    if (size > sizeof(raw) || size == 0 || hex_parse(text, raw, size) < 0)
        errx(2, "hex: an even number of digits, at most %zu", 2 * sizeof(raw));
    if (!wire_write(&owner.wire, (struct bytes){.data = raw, .size = size}))
        printf("unsent bytes\n");
}

/* To the next message that is TYPE, or the end. */
static void do_wait(const struct step *s)
{
    struct message m;
    while (take(&m))
        if (s->count > 0 && strcmp(channel_type_text(m.type), s->options[0]) == 0)
            return;
}

/* Reads nothing meanwhile. */
static void do_sleep(const struct step *s)
{
    const uint64_t ms = step_number(s, "ms", 1000);
    const struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void do_notify(const struct step *s)
{
    (void)s;
    SSL_shutdown(owner.wire.ssl);
}

/* The wire ends without close_notify; what comes is still read. */
static void do_cut(const struct step *s)
{
    (void)s;
    shutdown(owner.wire.fd, SHUT_WR);
}

/* Both directions at once, with a reset where the socket has one. */
static void do_abort(const struct step *s)
{
    const struct linger now = {.l_onoff = 1};
    (void)s;
    setsockopt(owner.wire.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(owner.wire.fd);
    printf("end aborted\n");
    owner.ended = true;
}

/* [RFC 8446 4.6.3] */
static void do_key_update(const struct step *s)
{
    for (uint64_t i = step_number(s, "times", 1); i > 0; i--) {
        if (SSL_key_update(owner.wire.ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
            SSL_do_handshake(owner.wire.ssl) != 1) {
            printf("unsent key update\n");
            return;
        }
    }
}

static const struct {
    const char *name;
    void (*run)(const struct step *s);
} steps[] = {
    {"challenge", do_challenge},   {"workload", do_workload}, {"message", do_message},
    {"credit", do_credit},         {"signal", do_signal},     {"stdin", do_stdin},
    {"bytes", do_bytes},           {"wait", do_wait},         {"sleep", do_sleep},
    {"notify", do_notify},         {"cut", do_cut},           {"abort", do_abort},
    {"key-update", do_key_update},
};

static void run(const char *text)
{
    struct step s = step_parse(text);
    size_t i = 0;
    while (i < ARRAY_COUNT(steps) && strcmp(steps[i].name, s.name) != 0)
        i++;
    if (i == ARRAY_COUNT(steps))
        errx(2, "there is no step %s", s.name);
    if (!owner.ended)
        steps[i].run(&s);
    step_fini(&s);
}

static void run_lines(void)
{
    char line[1024];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        run(line);
    }
}

/* ---- command line ---- */

static int dial(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (strlen(path) >= sizeof(to.sun_path))
        errx(2, "%s: too long", path);
    memcpy(to.sun_path, path, strlen(path) + 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        err(2, "%s", path);
    return fd;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f == NULL ? NULL : PEM_read_PrivateKey(f, NULL, NULL, NULL);
    if (key == NULL || key_public(key, owner.public_key) < 0)
        errx(2, "%s: no private key of P-256", path);
    fclose(f);
    return key;
}

enum { UNIX = 1, FD, KEY, NO_ALPN, ALPN, TLS12, TIMEOUT };
static const struct option options[] = {
    {"unix", required_argument, NULL, UNIX},       {"fd", required_argument, NULL, FD},
    {"key", required_argument, NULL, KEY},         {"no-alpn", no_argument, NULL, NO_ALPN},
    {"alpn", required_argument, NULL, ALPN},       {"tls12", no_argument, NULL, TLS12},
    {"timeout", required_argument, NULL, TIMEOUT}, {0},
};

static int configure(int argc, char **argv, struct wire_config *config)
{
    int fd = -1;
    for (int o; (o = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        switch (o) {
        case UNIX:
            fd = dial(optarg);
            break;
        case FD:
            fd = (int)strtol(optarg, NULL, 10);
            break;
        case KEY:
            config->key = owner.key = read_key(optarg);
            break;
        case NO_ALPN:
            config->alpn = NULL;
            break;
        case ALPN:
            config->alpn = optarg;
            break;
        case TLS12:
            config->version = TLS1_2_VERSION;
            break;
        case TIMEOUT:
            config->timeout = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            exit(2);
        }
    }
    if (fd < 0)
        errx(2, "--unix PATH or --fd N");
    return fd;
}

int main(int argc, char **argv)
{
    struct wire_config config = {.version = TLS1_3_VERSION, .alpn = CHANNEL_ALPN, .timeout = 30};
    const int fd = configure(argc, argv, &config);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (wire_open(&owner.wire, fd, &config) < 0) {
        printf("end %s\n", owner.wire.end);
        owner.ended = true;
    } else {
        printf("session\n");
    }
    for (int i = optind; i < argc; i++)
        strcmp(argv[i], "-") == 0 ? run_lines() : run(argv[i]);
    wire_close(&owner.wire);
    EVP_PKEY_free(owner.key);
    return 0;
}
