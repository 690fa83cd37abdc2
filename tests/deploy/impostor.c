/* SPDX-License-Identifier: Apache-2.0 */
/* Plays a keep to an owner, with evidence by the simulation's keys, and is wrong in one
 * thing: impostor --fd N --mrenclave HEX [--wrong NAME]. Prints a line for each message
 * that comes and for the end of the session; what the owner has to do about it, the test
 * knows. Without --wrong it is what a keep of that measurement would be. */
/* links: tests/deploy/proof.c tests/deploy/wire.c channel/message.c conf/evidence_claims.c */
/* links: sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/keys.c sim/sgx/pck_extension.c */
/* links: sim/sgx/quoting.c host/fault.c host/newfile.c host/user_dir.c crypto/cmac.c */
/* links: crypto/digest.c crypto/ecdsa.c crypto/issue.c crypto/key.c crypto/key_pem.c crypto/pem.c */
/* links: crypto/x509.c crypto/issuer.c crypto/x509_link.c crypto/x509_parse.c */
/* links: crypto/x509_signature.c crypto/rsa_pss.c base/base64.c base/der_put.c */
/* links: base/cbor.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c */
/* libs: -lssl -lcrypto */
#define _GNU_SOURCE
#include "base/hex.h"
#include "base/put.h"
#include "channel/message.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "tests/deploy/proof.h"
#include "tests/deploy/wire.h"

#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct wire wire;
    EVP_PKEY *key;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    uint8_t key_hash[SHA256_SIZE];
    uint8_t mrenclave[32];
    uint8_t nonce[CHANNEL_NONCE_SIZE];
    uint8_t exporter[CHANNEL_EXPORTER_SIZE];
    uint8_t workload[SHA256_SIZE];
    uint8_t secrets[SHA256_SIZE]; /* of nonce and secrets */
} keep;

/* ---- what can be wrong beside evidence ---- */

#define KEEP_FAULTS(X)                                                              \
    X(SECRETS, "secrets")             /* READY of other secrets */                  \
    X(READY_FIRST, "ready-first")     /* READY in place of EVIDENCE */              \
    X(EVIDENCE_TWICE, "twice")        /* EVIDENCE once more, before the workload */ \
    X(NO_READY, "no-ready")           /* output at once */                          \
    X(EXIT_FIRST, "exit-first")       /* EXIT in place of READY */                  \
    X(OWNERS, "owners")               /* a message that is the owner's to send */   \
    X(LOG, "log")                     /* words for the terminal, not the user */    \
    X(UNKNOWN, "unknown")             /* a type that is in no table */              \
    X(HUGE, "huge")                   /* EVIDENCE of 2^63 bytes */                  \
    X(WINDOW, "window")               /* output beyond the owner's credit */        \
    X(CREDIT, "credit")               /* more credit than a number holds */         \
    X(AFTER_END, "after-end")         /* output behind its end */                   \
    X(EXIT_ODD, "exit-odd")           /* an end of no known kind */                 \
    X(NO_EXIT, "no-exit")             /* close_notify in place of EXIT */           \
    X(CUT, "cut")                     /* the wire ends in place of EXIT */          \
    X(NOTHING, "silent")              /* nothing after CHALLENGE */                 \
    X(NOTHING_READY, "silent-loaded") /* nothing after WORKLOAD */

enum keep_fault {
    FAULT_NONE,
#define X(name, text) FAULT_##name,
    KEEP_FAULTS(X)
#undef X
};

static const struct {
    const char *name;
    enum keep_fault fault;
} keep_faults[] = {
#define X(name, text) {text, FAULT_##name},
    KEEP_FAULTS(X)
#undef X
};

/* The one thing: in evidence of EVIDENCE or of READY, or elsewhere. */
static struct {
    const struct proof_fault *proof;
    enum channel_type at;
    enum keep_fault fault;
} wrong;

static bool choose_proof(const char *name)
{
    if (strncmp(name, "empty-", 6) == 0)
        wrong.at = CHANNEL_EVIDENCE;
    else if (strncmp(name, "ready-", 6) == 0)
        wrong.at = CHANNEL_READY;
    else
        return false;
    wrong.proof = proof_fault_find(name + 6);
    return wrong.proof != NULL;
}

static void choose(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(keep_faults); i++)
        if (strcmp(keep_faults[i].name, name) == 0)
            wrong.fault = keep_faults[i].fault;
    if (wrong.fault == FAULT_NONE && !choose_proof(name))
        errx(2, "--wrong %s: there is no such thing", name);
}

/* ---- messages ---- */

static void say(enum channel_type type, struct bytes payload)
{
    if (!wire_send(&keep.wire, type, payload.size, payload))
        printf("unsent %s\n", channel_type_text(type));
}

static void say_pair(enum channel_type type, uint32_t first, uint32_t second)
{
    uint8_t payload[8];
    struct put p = put_init(payload, sizeof(payload));
    put_le32(&p, first);
    put_le32(&p, second);
    say(type, put_done(&p));
}

/* The end of the session, and of the program. */
_Noreturn static void leave(void)
{
    struct message m;
    while (wire_take(&keep.wire, CHANNEL_OWNER, &m))
        printf("%s %zu bytes\n", channel_type_text(m.type), m.payload.size);
    printf("end %s\n", keep.wire.end);
    wire_close(&keep.wire);
    exit(0);
}

/* The next one, which has to be of that type. */
static struct bytes take(enum channel_type type)
{
    struct message m;
    if (!wire_take(&keep.wire, CHANNEL_OWNER, &m)) {
        printf("end %s\n", keep.wire.end);
        exit(0);
    }
    printf("%s %zu bytes\n", channel_type_text(m.type), m.payload.size);
    if (m.type != type)
        leave();
    return m.payload;
}

/* ---- evidence ---- */

static void prove(enum channel_type type)
{
    static struct proof p;
    static uint8_t payload[CHANNEL_EVIDENCE_MAX];
    struct put out = put_init(payload, sizeof(payload));
    const bool ready = type == CHANNEL_READY;
    const struct evidence_claims claims = {
        .key_hash = keep.key_hash,
        .nonce = {.data = keep.nonce, .size = sizeof(keep.nonce)},
        .purpose = ready ? PURPOSE_READY : PURPOSE_EMPTY,
        .workload = ready ? keep.workload : NULL,
        .tls_exporter = keep.exporter,
    };
    proof_make(&p, &claims, keep.mrenclave, wrong.at == type ? wrong.proof : NULL);
    if (ready)
        put_bytes(&out, (struct bytes){.data = keep.secrets, .size = sizeof(keep.secrets)});
    put_le32(&out, (uint32_t)p.claims_size);
    put_bytes(&out, (struct bytes){.data = p.claims_buffer, .size = p.claims_size});
    put_bytes(&out, (struct bytes){.data = p.quote, .size = p.quote_size});
    say(type, put_done(&out));
}

/* ---- the conversation ---- */

static void take_challenge(void)
{
    struct cur c = cur_init(take(CHANNEL_CHALLENGE));
    cur_take(&c, CHANNEL_CHALLENGE_SIZE - CHANNEL_NONCE_SIZE);
    memcpy(keep.nonce, cur_take(&c, sizeof(keep.nonce)).data, sizeof(keep.nonce));
    const struct bytes nonce = {.data = keep.nonce, .size = sizeof(keep.nonce)};
    if (wire_export(&keep.wire, nonce, keep.exporter) < 0)
        errx(2, "no exporter");
}

static void take_workload(void)
{
    struct cur c = cur_init(take(CHANNEL_WORKLOAD));
    const uint32_t manifest = cur_le32(&c), secrets = cur_le32(&c), key = cur_le32(&c);
    cur_le32(&c);
    cur_take(&c, key);
    const struct bytes of = cur_take(&c, manifest);
    const struct bytes parts[] = {{.data = keep.nonce, .size = sizeof(keep.nonce)},
                                  cur_take(&c, secrets)};
    if (!cur_ok(&c) || sha256(of, keep.workload) < 0 ||
        sha256_parts(parts, ARRAY_COUNT(parts), keep.secrets) < 0)
        errx(2, "a WORKLOAD that is none");
    keep.secrets[0] ^= wrong.fault == FAULT_SECRETS;
}

static const struct bytes hello = {.data = (const uint8_t *)"hello\n", .size = 6};

/* In place of the answer to CHALLENGE. False: it is to be answered. */
static bool answer_challenge_wrongly(void)
{
    switch (wrong.fault) {
    case FAULT_READY_FIRST:
        prove(CHANNEL_READY);
        return true;
    case FAULT_OWNERS:
        say(CHANNEL_STDIN, hello);
        return true;
    case FAULT_LOG:
        say(CHANNEL_LOG, bytes_of_text("0123\x1b[2J\x1b]0;owned\x07\r\nenarx: all is well\n"));
        return true;
    case FAULT_UNKNOWN:
        say(CHANNEL_TYPE_COUNT, hello);
        return true;
    case FAULT_HUGE:
        return !wire_send(&keep.wire, CHANNEL_EVIDENCE, 1ull << 63, hello) || true;
    case FAULT_NOTHING:
        return true;
    default:
        return false;
    }
}

static bool answer_workload_wrongly(void)
{
    switch (wrong.fault) {
    case FAULT_NO_READY:
        say(CHANNEL_STDOUT, hello);
        return true;
    case FAULT_EXIT_FIRST:
        say_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 0);
        return true;
    case FAULT_NOTHING_READY:
        return true;
    default:
        return false;
    }
}

static void overflow_window(void)
{
    static const uint8_t zeros[CHANNEL_DATA_MAX];
    for (int i = 0; i < 1024; i++)
        if (!wire_send(&keep.wire, CHANNEL_STDOUT, sizeof(zeros),
                       (struct bytes){.data = zeros, .size = sizeof(zeros)}))
            return;
}

/* What a program that says hello would do. */
static void run(void)
{
    if (wrong.fault == FAULT_WINDOW)
        overflow_window();
    if (wrong.fault == FAULT_CREDIT) {
        say_pair(CHANNEL_CREDIT, CHANNEL_STDIN, UINT32_MAX);
        say_pair(CHANNEL_CREDIT, CHANNEL_STDIN, UINT32_MAX);
    }
    say(CHANNEL_STDOUT, hello);
    say(CHANNEL_STDOUT, (struct bytes){0});
    if (wrong.fault == FAULT_AFTER_END)
        say(CHANNEL_STDOUT, hello);
    if (wrong.fault == FAULT_CUT) {
        printf("end\n");
        exit(0);
    }
    if (wrong.fault != FAULT_NO_EXIT)
        say_pair(CHANNEL_EXIT, wrong.fault == FAULT_EXIT_ODD ? 99 : CHANNEL_END_EXIT, 7);
    SSL_shutdown(keep.wire.ssl);
}

static void converse(void)
{
    take_challenge();
    if (answer_challenge_wrongly())
        leave();
    prove(CHANNEL_EVIDENCE);
    if (wrong.fault == FAULT_EVIDENCE_TWICE)
        prove(CHANNEL_EVIDENCE);
    take_workload();
    if (answer_workload_wrongly())
        leave();
    prove(CHANNEL_READY);
    run();
    leave();
}

/* ---- command line ---- */

enum { FD = 1, MRENCLAVE, WRONG, NO_ALPN, TLS12, TIMEOUT };
static const struct option options[] = {
    {"fd", required_argument, NULL, FD},
    {"mrenclave", required_argument, NULL, MRENCLAVE},
    {"wrong", required_argument, NULL, WRONG},
    {"no-alpn", no_argument, NULL, NO_ALPN},
    {"tls12", no_argument, NULL, TLS12},
    {"timeout", required_argument, NULL, TIMEOUT},
    {0},
};

static int configure(int argc, char **argv, struct wire_config *config)
{
    int fd = -1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == FD)
            fd = (int)strtol(optarg, NULL, 10);
        else if (o == WRONG)
            choose(optarg);
        else if (o == NO_ALPN)
            config->alpn = NULL;
        else if (o == TLS12)
            config->version = TLS1_2_VERSION;
        else if (o == TIMEOUT)
            config->timeout = (unsigned)strtoul(optarg, NULL, 10);
        else if (o != MRENCLAVE || hex_parse(optarg, keep.mrenclave, sizeof(keep.mrenclave)) < 0)
            errx(2, "--mrenclave: 64 digits");
    }
    if (fd < 0)
        errx(2, "--fd N");
    return fd;
}

int main(int argc, char **argv)
{
    struct wire_config config = {
        .server = true, .version = TLS1_3_VERSION, .alpn = CHANNEL_ALPN, .timeout = 30};
    const int fd = configure(argc, argv, &config);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    proof_open();
    if (key_generate(&keep.key) < 0 || key_public(keep.key, keep.public_key) < 0 ||
        sha256((struct bytes){keep.public_key, sizeof(keep.public_key)}, keep.key_hash) < 0)
        errx(2, "no key");
    config.key = keep.key;
    if (wire_open(&keep.wire, fd, &config) < 0) {
        printf("end %s\n", keep.wire.end);
        return 0;
    }
    converse();
    return 0;
}
