/* SPDX-License-Identifier: Apache-2.0 */
/* keep SHIM GUEST TREE [NAME]...: runs the guest's tests in a keep on the model, with
 * an honest host and under attack, and says of each whether it ended as it must. A
 * keep that is attacked stops, by itself; it never says "survived". */
#define _GNU_SOURCE
#include "host/sgx/image.h"
#include "host/sgx/measure.h"
#include "host/sgx/sigstruct.h"
#include "tests/keep/attacks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct sgx_image keep_image;
struct sgx_sigstruct keep_sigstruct;

/* How a keep must end. STOPS: whichever reason, as long as it stops. MAY_STOP: it
 * passes, or stops for that reason, and nothing else. */
enum must { PASSES, FAILS, STOPS, STOPS_FOR, MAY_STOP };

struct attempt {
    const char *item; /* of the checklist, or "" */
    const char *test;
    const char *attack;
    enum must must;
    enum sgx_keep_stop stop;
    const char *says; /* in its log: FAILS, and PASSES */
    uint64_t value, value2;
};

#define PASS(item, test, attack, ...)                        \
    {                                                        \
        item, test, attack, PASSES, 0, "passed", __VA_ARGS__ \
    }
#define SAYS(item, test, attack, says)            \
    {                                             \
        item, test, attack, PASSES, 0, says, 0, 0 \
    }
#define FAIL(item, test, says)                   \
    {                                            \
        item, test, "none", FAILS, 0, says, 0, 0 \
    }
#define STOP(item, test, attack, why, ...)                                    \
    {                                                                         \
        item, test, attack, STOPS_FOR, SGX_KEEP_STOP_##why, NULL, __VA_ARGS__ \
    }
#define MAY(item, test, attack, why, ...)                                        \
    {                                                                            \
        item, test, attack, MAY_STOP, SGX_KEEP_STOP_##why, "passed", __VA_ARGS__ \
    }
#define DIES(item, test, attack, ...)                   \
    {                                                   \
        item, test, attack, STOPS, 0, NULL, __VA_ARGS__ \
    }

#include "tests/keep/attempts.h"

/* ---- files ---- */

static uint8_t *read_file(const char *path, size_t *size)
{
    struct stat s;
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &s) < 0) {
        fprintf(stderr, "keep: cannot read %s\n", path);
        exit(2);
    }
    *size = (size_t)s.st_size;
    uint8_t *at = mmap(NULL, ((size_t)s.st_size + 4095) / 4096 * 4096 + 65536,
                       PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (read(fd, at, *size) != (ssize_t)*size)
        exit(2);
    close(fd);
    return at;
}

static void prepare(const char *path)
{
    size_t size;
    uint8_t mrenclave[32];
    EVP_PKEY *key;
    const uint8_t *file = read_file(path, &size);
    if (sgx_image_parse((struct bytes){file, size}, &keep_image) < 0 ||
        sgx_measure(&keep_image, SGX_KEEP_SIZE, SGX_KEEP_SSA_PAGES, NULL, mrenclave) < 0 ||
        rsa_new(&key) < 0 || sgx_sigstruct_sign(key, mrenclave, 0x20260101, &keep_sigstruct) < 0) {
        fprintf(stderr, "keep: %s is no shim\n", path);
        exit(2);
    }
    EVP_PKEY_free(key);
}

/* ---- verdicts ---- */

static const char *const stop_texts[] = {
#define TEXT(name, text) #name,
    SGX_KEEP_STOPS(TEXT)
#undef TEXT
};

static void describe(const struct outcome *o, char *text, size_t size)
{
    switch (o->ending) {
    case END_EXIT:
        snprintf(text, size, "ended with %s %llu",
                 (o->code & 0xff) == PORT_END_DONE ? "status" : "failure",
                 (unsigned long long)o->code >> 8);
        return;
    case END_STOP:
        snprintf(text, size, "stopped: %s",
                 o->code < SGX_KEEP_STOP_COUNT ? stop_texts[o->code] : "for no known reason");
        return;
    default:
        snprintf(text, size, "the host gave up: %s", o->host);
    }
}

static bool as_it_must(const struct attempt *a, const struct outcome *o)
{
    if (strstr(o->log, "survived") != NULL)
        return false;
    const bool passed =
        o->ending == END_EXIT && o->code == PORT_END_DONE && strstr(o->log, "passed") != NULL;
    switch (a->must) {
    case PASSES:
        return passed && strstr(o->log, a->says) != NULL;
    case MAY_STOP:
        return passed || (o->ending == END_STOP && o->code == a->stop);
    case FAILS:
        return o->ending == END_EXIT && (o->code & 0xff) == PORT_END_FAILED &&
               strstr(o->log, a->says) != NULL;
    case STOPS:
        return o->ending == END_STOP && strstr(o->log, "passed") == NULL;
    default:
        return o->ending == END_STOP && o->code == a->stop;
    }
}

static const struct attack *find_attack(const char *name)
{
    for (const struct attack *a = attacks; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0)
            return a;
    }
    fprintf(stderr, "keep: there is no attack %s\n", name);
    exit(2);
}

static bool wanted(const struct attempt *a, int argc, char **argv)
{
    char name[128];
    snprintf(name, sizeof(name), "%s.%s", a->test, a->attack);
    for (int i = 4; i < argc; i++) {
        if (strcmp(argv[i], name) == 0 || strcmp(argv[i], a->item) == 0)
            return true;
    }
    return argc <= 4;
}

int main(int argc, char **argv)
{
    struct host h = {0};
    unsigned passed = 0;
    unsigned failed = 0;
    if (argc < 4) {
        fprintf(stderr, "usage: keep SHIM GUEST TREE [TEST.ATTACK|ITEM]...\n");
        return 2;
    }
    prepare(argv[1]);
    h.exec = read_file(argv[2], &h.exec_size);
    h.nodes = read_file(argv[3], &h.nodes_size);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        const struct attempt *a = &attempts[i];
        struct outcome o;
        char how[160];
        if (!wanted(a, argc, argv))
            continue;
        h.attack = find_attack(a->attack);
        h.test = a->test;
        h.value = a->value;
        h.value2 = a->value2;
        host_run(&h, &o);
        const bool ok = as_it_must(a, &o);
        describe(&o, how, sizeof(how));
        passed += ok;
        failed += !ok;
        if (!ok || argc > 4)
            printf("%s %s %s.%s (%lld, %lld): %s\n%s", ok ? "ok  " : "FAIL", a->item, a->test,
                   a->attack, (long long)a->value, (long long)a->value2, how, o.log);
        fflush(stdout);
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
