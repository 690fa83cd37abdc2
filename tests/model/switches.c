/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into the command for tests alone: the model's switches, from ENARX_MODEL, a
 * list of words and word=number with commas between, and its counters, on standard
 * error when the keep ends, with the word "counters". */
#define _GNU_SOURCE
#include "host/port_host.h"
#include "sim/sgx/model.h"
#include "sim/sgx/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    bool counters;
    bool start_only; /* stepping ends at the first call of the port */
} switches;

static void set_strict(unsigned n) { (void)n, model_set_strict(true); }
static void set_stepping(unsigned n) { (void)n, model_set_stepping_unmeasured(true); }
static void set_counters(unsigned n) { (void)n, switches.counters = true; }
static void set_skip(unsigned n) { model_set_hostile(MODEL_SKIP, n); }
static void set_duplicate(unsigned n) { model_set_hostile(MODEL_DUPLICATE, n); }
static void set_page(unsigned n) { model_set_hostile(MODEL_WRONG_PAGE, n); }
static void set_permission(unsigned n) { model_set_hostile(MODEL_WRONG_PERMISSION, n); }

static void set_start(unsigned n)
{
    (void)n;
    switches.start_only = true;
    model_set_stepping_unmeasured(true);
}

static const struct {
    const char *name;
    void (*set)(unsigned n);
} words[] = {
    {"strict", set_strict},
    {"stepping", set_stepping},
    {"stepping-start", set_start},
    {"interrupt", model_set_single_step_attack},
    {"skip", set_skip},
    {"duplicate", set_duplicate},
    {"wrong-page", set_page},
    {"wrong-permission", set_permission},
    {"counters", set_counters},
};

static void set(const char *word)
{
    size_t size = strcspn(word, "=");
    unsigned n = word[size] == '=' ? (unsigned)strtoul(word + size + 1, NULL, 10) : 0;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (strlen(words[i].name) == size && memcmp(words[i].name, word, size) == 0) {
            words[i].set(n);
            return;
        }
    fprintf(stderr, "ENARX_MODEL has no %s\n", word);
    exit(99);
}

__attribute__((constructor)) static void read_switches(void)
{
    const char *list = getenv("ENARX_MODEL");
    char *copy = strdup(list == NULL ? "" : list);
    char *rest = copy;
    for (char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ","))
        if (word[0] != '\0')
            set(word);
    free(copy);
}

/* One line: name=value, and whether the kernel has lied. */
static void print_counters(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
#define ROW(name, text) {#name, offsetof(struct model_counters, name)},
        COUNTERS_MODEL(ROW)
#undef ROW
    };
    static char line[2048]; /* no stdio: the sandbox has no lseek(2) */
    int size = snprintf(line, sizeof(line), "model: lied=%d", model_has_lied());
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        size += snprintf(
            line + size, sizeof(line) - (size_t)size, " %s=%llu", rows[i].name,
            *(const unsigned long long *)((const char *)model_counters() + rows[i].offset));
    line[size++] = '\n';
    (void)!write(STDERR_FILENO, line, (size_t)size);
}

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
    if (switches.counters && model_counters()->eadd > 0)
        print_counters();
    __real__exit(status);
}

void __real_port_host_serve(struct port_host *h, struct shared *block);
void __wrap_port_host_serve(struct port_host *h, struct shared *block);
void __wrap_port_host_serve(struct port_host *h, struct shared *block)
{
    if (switches.start_only)
        model_set_stepping(false);
    __real_port_host_serve(h, block);
}
