/* SPDX-License-Identifier: Apache-2.0 */
/* keep TECHNOLOGY SHIM GUEST TREE [NAME]...: runs the guest's tests in a keep, with an
 * honest host and under attack, and says of each whether it ended as it must. A keep that
 * is attacked stops, by itself; it never says "survived"; and an attack that was never made
 * proves nothing. What has no meaning on a technology is counted as skipped. On nil there is
 * no shim: any name will do. */
#define _GNU_SOURCE
#include "tests/keep/attacks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a keep must end. STOPS: whichever reason, as long as it stops. ENDS: the same, or
 * exec is ended for it. MISSES: it passes, since the attack has nothing to act on; of all others an
 * attack that was not made has failed to try anything. */
enum must { PASSES, FAILS, ENDS, STOPS, STOPS_FOR, MISSES };

struct attempt {
    const char *item; /* of the checklist, or "" */
    const char *test;
    const char *attack;
    enum must must;
    const char *stop; /* the reason */
    const char *says; /* in its log: FAILS, and PASSES */
    uint64_t value, value2;
};

#define PASS(item, test, attack, ...)                           \
    {                                                           \
        item, test, attack, PASSES, NULL, "passed", __VA_ARGS__ \
    }
#define SAYS(item, test, attack, says)               \
    {                                                \
        item, test, attack, PASSES, NULL, says, 0, 0 \
    }
#define FAIL(item, test, says)                      \
    {                                               \
        item, test, "none", FAILS, NULL, says, 0, 0 \
    }
#define END(item, test)                            \
    {                                              \
        item, test, "none", ENDS, NULL, NULL, 0, 0 \
    }
#define STOP(item, test, attack, why, ...)                     \
    {                                                          \
        item, test, attack, STOPS_FOR, #why, NULL, __VA_ARGS__ \
    }
#define DIES(item, test, attack, ...)                      \
    {                                                      \
        item, test, attack, STOPS, NULL, NULL, __VA_ARGS__ \
    }
#define MISS(item, test, attack, ...)                           \
    {                                                           \
        item, test, attack, MISSES, NULL, "passed", __VA_ARGS__ \
    }

#include "tests/keep/attempts.h"

/* ---- files ---- */

uint8_t *host_read_file(const char *path, size_t *size)
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

/* ---- verdicts ---- */

static const char *stop_name(const struct kind *t, uint64_t code)
{
    return code < t->stop_count ? t->stops[code] : "for no known reason";
}

static void describe(const struct kind *t, const struct outcome *o, char *text, size_t size)
{
    switch (o->ending) {
    case END_EXIT:
        snprintf(text, size, "ended with %s %llu",
                 (o->code & 0xff) == PORT_END_DONE ? "status" : "failure",
                 (unsigned long long)o->code >> 8);
        return;
    case END_STOP:
        snprintf(text, size, "stopped: %s", stop_name(t, o->code));
        return;
    default:
        snprintf(text, size, "the host gave up: %s", o->host);
    }
}

/* Why it stopped; of a process, what it was killed for is fatal. */
static const char *reason(const struct kind *t, const struct outcome *o)
{
    if (t->process && strstr(o->log, "ended by signal") != NULL)
        return "FATAL";
    return o->ending == END_STOP ? stop_name(t, o->code) : "";
}

static bool as_it_must(const struct kind *t, const struct attempt *a, const struct outcome *o)
{
    const bool passed =
        o->ending == END_EXIT && o->code == PORT_END_DONE && strstr(o->log, "passed") != NULL;
    const bool stopped = a->stop != NULL && strcmp(reason(t, o), a->stop) == 0;
    if (strstr(o->log, "survived") != NULL)
        return false;
    switch (a->must) {
    case PASSES:
    case MISSES:
        return passed && strstr(o->log, a->says) != NULL;
    case FAILS:
        return o->ending == END_EXIT && (o->code & 0xff) == PORT_END_FAILED &&
               strstr(o->log, a->says) != NULL;
    case ENDS:
        return o->ending == END_STOP ||
               (o->ending == END_EXIT && (o->code & 0xff) == PORT_END_FAILED);
    case STOPS:
        return o->ending == END_STOP && strstr(o->log, "passed") == NULL;
    default:
        return stopped;
    }
}

static bool was_tried(const struct attempt *a, const struct outcome *o)
{
    if (a->must == MISSES)
        return o->made == 0;
    return o->made > 0 || strcmp(a->attack, "none") == 0;
}

/* ---- the table ---- */

static const struct attack *find_in(const struct attack *a, const char *name)
{
    for (; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0)
            return a;
    }
    return NULL;
}

/* Null: there is no such boundary on this technology. */
static const struct attack *find_attack(const struct kind *t, const char *name)
{
    const struct attack *found = find_in(attacks, name);
    return found != NULL ? found : find_in(t->attacks, name);
}

/* ---- what has no meaning on a technology ---- */

static const struct kind *const kinds[] = {&sgx_kind, &kvm_kind, &nil_kind};

static const char *boundary_of(const char *attack)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct attack *found = find_in(kinds[i]->attacks, attack);
        if (found != NULL && found->boundary != NULL)
            return found->boundary;
    }
    fprintf(stderr, "keep: there is no attack %s\n", attack);
    exit(2);
}

/* Null: it has one. */
static const char *why_not(const struct kind *t, const struct attempt *a)
{
    for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++) {
        if (strcmp(only[i].test, a->test) == 0 && strstr(only[i].technologies, t->name) == NULL)
            return only[i].why;
    }
    if (t->process && strcmp(a->attack, "none") != 0)
        return "a host that lies; who uses nil trusts theirs";
    return find_attack(t, a->attack) != NULL ? NULL : boundary_of(a->attack);
}

#define REASONS_MAX 16u

/* How many for which reason. */
static struct {
    const char *why;
    unsigned count;
} skipped[REASONS_MAX];

static void skip(const char *why)
{
    size_t i = 0;
    while (i < REASONS_MAX - 1 && skipped[i].why != NULL && strcmp(skipped[i].why, why) != 0)
        i++;
    skipped[i].why = why;
    skipped[i].count++;
}

/* How many in all. */
static unsigned tell_skipped(const char *technology)
{
    unsigned all = 0;
    for (size_t i = 0; i < REASONS_MAX && skipped[i].why != NULL; i++) {
        printf("skip %u x keep: not on %s: %s\n", skipped[i].count, technology, skipped[i].why);
        all += skipped[i].count;
    }
    return all;
}

static bool is_named(const struct attempt *a, const char *as)
{
    char name[128];
    snprintf(name, sizeof(name), "%s.%s", a->test, a->attack);
    return strcmp(as, name) == 0 || strcmp(as, a->item) == 0;
}

static bool wanted(const struct attempt *a, int argc, char **argv)
{
    for (int i = 5; i < argc; i++) {
        if (is_named(a, argv[i]))
            return true;
    }
    return argc <= 5;
}

/* Else nothing would be run, and nothing fail. */
static unsigned tell_unknown(int argc, char **argv)
{
    unsigned unknown = 0;
    for (int i = 5; i < argc; i++) {
        bool known = false;
        for (size_t n = 0; n < sizeof(attempts) / sizeof(attempts[0]); n++)
            known = known || is_named(&attempts[n], argv[i]);
        if (!known)
            printf("FAIL %s: there is no such test of a keep\n", argv[i]);
        unknown += !known;
    }
    return unknown;
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    }
    fprintf(stderr, "keep: there is no technology %s\n", name);
    exit(2);
}

/* A line of the report, and what the keep said where that matters. */
static void tell(const struct kind *t, const struct attempt *a, const struct outcome *o, bool ok,
                 bool verbose)
{
    char how[160];
    describe(t, o, how, sizeof(how));
    printf("%s %s %s.%s (%lld, %lld): %s", ok ? "ok  " : "FAIL", a->item, a->test, a->attack,
           (long long)a->value, (long long)a->value2, how);
    if (!was_tried(a, o))
        printf(a->must == MISSES ? "; the attack was made all the same"
                                 : "; the attack was never made");
    else if (o->made > 0)
        printf("; made %u times", o->made);
    if (t->exits != NULL)
        printf("; backend=%s kvm_run_exits=%llu", t->name, (unsigned long long)o->exits);
    printf("\n%s", ok && !verbose ? "" : o->log);
    fflush(stdout);
}

static bool run_attempt(struct host *h, const struct attempt *a, bool verbose)
{
    struct outcome o;
    h->test = a->test;
    h->value = a->value;
    h->value2 = a->value2;
    host_run(h, &o);
    const bool ok = as_it_must(h->kind, a, &o) && was_tried(a, &o);
    if (!ok || verbose || h->kind->exits != NULL)
        tell(h->kind, a, &o, ok, verbose);
    return ok;
}

int main(int argc, char **argv)
{
    struct host h = {0};
    unsigned passed = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: keep TECHNOLOGY SHIM GUEST TREE [TEST.ATTACK|ITEM]...\n");
        return 2;
    }
    unsigned failed = tell_unknown(argc, argv);
    h.kind = find_kind(argv[1]);
    h.kind->open(argv[2]);
    h.guest = argv[3];
    h.exec = host_read_file(argv[3], &h.exec_size);
    h.nodes = host_read_file(argv[4], &h.nodes_size);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        const struct attempt *a = &attempts[i];
        if (!wanted(a, argc, argv))
            continue;
        const char *why = why_not(h.kind, a);
        if (why != NULL) {
            skip(why);
            continue;
        }
        h.attack = find_attack(h.kind, a->attack);
        const bool ok = run_attempt(&h, a, argc > 5);
        passed += ok;
        failed += !ok;
    }
    const unsigned skips = tell_skipped(argv[1]);
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skips);
    return failed == 0 && passed > 0 ? 0 : 1;
}
