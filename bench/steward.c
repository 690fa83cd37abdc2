/* SPDX-License-Identifier: Apache-2.0 */
/* bench/steward [COUNT]: certificates per second of one processor, beside the signatures
 * alone that each of them takes: of the request, the quote and the quoting enclave's report,
 * verified, and its own, made. Then the built steward itself, over HTTP: processor time of its
 * two processes for each certificate. */
/* links: svc/steward/application.c svc/steward/check.c svc/steward/collateral.c */
/* links: svc/steward/decision.c svc/steward/machine.c svc/steward/names.c svc/steward/nonce.c */
/* links: svc/steward/nonces_used.c svc/steward/order.c svc/steward/certificate.c svc/steward/rate.c */
/* links: tests/steward/keep.c sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c */
/* links: sim/sgx/collateral.c sim/sgx/pck_extension.c net/collateral_item.c host/user_dir.c */
/* links: host/newfile.c host/fault.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c */
/* links: base/[a-z]*.c conf/[a-z]*.c */
/* libs: -ljansson -lcrypto */
#define _GNU_SOURCE
#include "crypto/ecdsa.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "svc/steward/certificate.h"
#include "svc/steward/decision.h"
#include "tests/steward/keep.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT_DEFAULT 4000u
#define COUNT_MAX     20000u
#define CLIENTS       8u /* with a request under way each */

static const char entry[] =
    "[sgx]\nmrenclaves = [\"0102030000000000000000000000000000000000000000000000000000000000\"]\n"
    "[[names]]\n"
    "measurement = \"0102030000000000000000000000000000000000000000000000000000000000\"\n"
    "workload = \"770f000000000000000000000000000000000000000000000000000000000000\"\n"
    "dns = [\"a.example\", \"b.example\"]\n";

static char *policy_text;
static struct policy_file policy;
static struct bytes requests[COUNT_MAX];
static size_t count = COUNT_DEFAULT;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench/steward: %s\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct bytes copy(struct bytes from)
{
    uint8_t *data = malloc(from.size);
    need(data != NULL, "memory");
    memcpy(data, from.data, from.size);
    return (struct bytes){data, from.size};
}

/* ---- the signatures alone ---- */

static EC_KEY *key_at(const uint8_t *point)
{
    EC_KEY *key = NULL;
    need(ecdsa_key((struct bytes){point, KEY_POINT_SIZE}, NULL, &key) == 0, "a key");
    return key;
}

static double bare(EVP_PKEY *own)
{
    uint8_t point[KEY_POINT_SIZE], signature[KEY_SIGNATURE_SIZE];
    static const uint8_t message[1024]; /* of the size of what is signed */
    const struct bytes m = {message, sizeof(message)}, s = {signature, sizeof(signature)};
    need(key_point(own, point) == 0 && key_sign(own, m, signature) == 0, "a signature");
    EC_KEY *key = key_at(point);
    const double begin = now_us();
    for (size_t i = 0; i < count; i++) {
        bool ok = true;
        for (int verified = 0; verified < 3; verified++)
            ok = ok && ecdsa_verify(key, m, s) == 0;
        need(ok && key_sign(own, m, signature) == 0, "a signature");
    }
    const double each = (now_us() - begin) / (double)count;
    ecdsa_key_free(key);
    return each;
}

/* ---- what surrounds them ---- */

static void make_policy(void)
{
    struct toml_error error;
    const struct bytes root = keep_root();
    need(asprintf(&policy_text, "tees = [\"sgx\"]\nsimulated_roots = [\"\"\"\n%.*s\"\"\"]\n%s",
                  (int)root.size, (const char *)root.data, entry) > 0,
         "memory");
    need(policy_toml_parse(bytes_of_text(policy_text), &policy, &error) == 0, "the policy");
}

static void make_requests(const struct judge *judge, EVP_PKEY *key, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t random[NONCE_RANDOM_SIZE] = {[6] = (uint8_t)(i >> 8), (uint8_t)i};
        uint8_t nonce[NONCE_SIZE];
        need(nonce_make(judge->nonce_key, now, random, nonce) == 0, "a nonce");
        const struct keep keep = keep_usual(key, (struct bytes){nonce, sizeof(nonce)});
        requests[i] = copy(keep_request(&keep));
    }
}

static double in_process(EVP_PKEY *key)
{
    struct fault fault;
    struct store *store;
    static struct decision decision;
    static uint8_t der[CERTIFICATE_MAX], ca[2048];
    struct judge judge = {
        .policy = &policy, .used = nonces_used_new(), .cache = attest_cache_new(64)};
    uint8_t point[KEY_POINT_SIZE], public_key[KEY_PUBLIC_SIZE];
    const int64_t now = (int64_t)time(NULL);
    need(store_open("collateral", &store, &fault) == 0, fault.text);
    judge.store = store;
    need(key_point(key, point) == 0 && key_public(key, public_key) == 0, "a key");
    struct put out = put_init(ca, sizeof(ca));
    const struct certificate self = {.organisation = "bench",
                                     .name = "authority",
                                     .ca = true,
                                     .public_key = {public_key, sizeof(public_key)},
                                     .not_before = now - 1000,
                                     .not_after = now + 100000};
    need(certificate_issue(&self, &(const struct issuer){.key = key}, &out) == 0, "authority");
    struct authority authority = {.not_before = self.not_before,
                                  .not_after = self.not_after,
                                  .curve = key_at(point),
                                  .policy = &policy,
                                  .lifetime = 86400};
    need(issuer_of(put_done(&out), key, &authority.issuer) == 0, "authority");
    judge.curve = authority.curve;
    make_requests(&judge, key, now);
    const double begin = now_us();
    for (size_t i = 0; i < count; i++) {
        int error;
        struct put cert = put_init(der, sizeof(der));
        need(decide(&judge, requests[i], now, &decision) == 0, "memory");
        if (decision.check != STEWARD_PASSED)
            need(false, steward_check_name(decision.check));
        need(certificate_make(&authority, &decision.order, now, &cert, &error) == STEWARD_PASSED,
             "a certificate");
    }
    return (now_us() - begin) / (double)count;
}

/* ---- the built steward ---- */

/* A certificate costs so much of one processor: where its two processes wake each other on
 * two, the machine's way of waking a processor is measured as well. */
static void stay_on_one(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    (void)!sched_setaffinity(0, sizeof(one), &one);
}

static pid_t start(const char *enarx, unsigned port)
{
    char listen[32];
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", port);
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* ends with the bench, however that ends */
        const int none = open("audit.log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(none, STDOUT_FILENO);
        stay_on_one();
        execl(enarx, enarx, "steward", "--dev", "--policy", "policy.toml", "--collateral",
              "collateral", "--rate", "1000000", "--listen", listen, (char *)NULL);
        _exit(1);
    }
    return pid;
}

static int dial(unsigned port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 100; i++) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
            return fd;
        close(fd);
        usleep(50000);
    }
    need(false, "the steward does not listen");
    return -1;
}

static void say(int fd, const char *head, struct bytes body)
{
    need(send(fd, head, strlen(head), body.size > 0 ? MSG_MORE : 0) > 0 &&
             (body.size == 0 || send(fd, body.data, body.size, 0) == (ssize_t)body.size),
         "the connection");
}

/* The body of the answer. */
static struct bytes hear(int fd)
{
    static char room[65536];
    size_t have = 0;
    for (;;) {
        const ssize_t n = recv(fd, room + have, sizeof(room) - 1 - have, 0);
        need(n > 0, "the connection");
        have += (size_t)n;
        room[have] = '\0';
        const char *end = strstr(room, "\r\n\r\n"), *length = strstr(room, "Content-Length: ");
        if (end == NULL || length == NULL)
            continue;
        const size_t size = strtoul(length + 16, NULL, 10);
        if (have < (size_t)(end + 4 - room) + size)
            continue;
        need(strncmp(room, "HTTP/1.1 200", 12) == 0, room);
        return (struct bytes){(const uint8_t *)end + 4, size};
    }
}

/* Microseconds of processor time, by the clock of the scheduler. */
static double spent(pid_t pid)
{
    char path[64], text[256] = "";
    double total = 0;
    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    FILE *f = fopen(path, "re");
    need(f != NULL && fgets(text, sizeof(text), f) != NULL, path);
    total = strtod(text, NULL) / 1e3;
    fclose(f);
    return total;
}

static pid_t child_of(pid_t pid)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "re");
    need(f != NULL && fscanf(f, "%d", &child) == 1, path);
    fclose(f);
    return child;
}

static void ask(int fd, struct bytes request)
{
    char head[160];
    snprintf(head, sizeof(head),
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
             "Content-Length: %zu\r\n\r\n",
             request.size);
    say(fd, head, request);
}

static double over_http(const char *enarx, EVP_PKEY *key, double *wall)
{
    const unsigned port = 20000u + (unsigned)getpid() % 20000u;
    FILE *f = fopen("policy.toml", "we");
    need(f != NULL && fputs(policy_text, f) >= 0 && fclose(f) == 0, "policy.toml");
    const pid_t pid = start(enarx, port);
    int fds[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++)
        fds[i] = dial(port);
    for (size_t i = 0; i < count; i++) {
        uint8_t nonce[NONCE_SIZE];
        say(fds[0], "GET /nonce HTTP/1.1\r\nHost: x\r\n\r\n", (struct bytes){0});
        const struct bytes got = hear(fds[0]);
        need(got.size == sizeof(nonce), "a nonce");
        memcpy(nonce, got.data, sizeof(nonce));
        const struct keep keep = keep_usual(key, (struct bytes){nonce, sizeof(nonce)});
        requests[i] = copy(keep_request(&keep));
    }
    const pid_t signer = child_of(pid);
    struct timespec from, to;
    const double begin = spent(pid) + spent(signer);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t i = 0; i < count + CLIENTS; i++) {
        if (i >= CLIENTS)
            hear(fds[i % CLIENTS]);
        if (i < count)
            ask(fds[i % CLIENTS], requests[i]);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    const double each = (spent(pid) + spent(signer) - begin) / (double)count;
    *wall = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
    *wall /= (double)count;
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return each;
}

int main(int argc, char **argv)
{
    char enarx[4096], folder[] = "/tmp/bench-steward-XXXXXX", clean[64];
    EVP_PKEY *key;
    double wall;
    if (argc > 1)
        count = strtoul(argv[1], NULL, 10);
    need(count >= 1 && count <= COUNT_MAX, "COUNT");
    need(realpath("build/enarx", enarx) != NULL, "build/enarx is missing: run make");
    need(mkdtemp(folder) != NULL && chdir(folder) == 0, folder);
    setenv("XDG_STATE_HOME", folder, 1);
    keep_machine_open("collateral");
    need(key_generate(&key) == 0, "a key");
    make_policy();
    const double b = bare(key), in = in_process(key), http = over_http(enarx, key, &wall);
    printf("| what | µs of one processor | a second | times the signatures |\n"
           "|---|---|---|---|\n"
           "| three signatures verified, one made | %.0f | %.0f | 1.00 |\n"
           "| decided and made, in one process | %.0f | %.0f | %.2f |\n"
           "| `enarx steward` over HTTP, both processes | %.0f | %.0f | %.2f |\n\n"
           "%u clients, the steward on one processor: a certificate each %.0f µs.\n",
           b, 1e6 / b, in, 1e6 / in, in / b, http, 1e6 / http, http / b, CLIENTS, wall);
    snprintf(clean, sizeof(clean), "rm -rf %s", folder);
    return system(clean) == 0 ? 0 : 1;
}
