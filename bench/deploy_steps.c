/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into `enarx` by ld --wrap: the owner's command notes when a deployment gets from
 * one step to the next, and appends "NAME NANOSECONDS" for each to the file BENCH_STEPS.
 */
#define _GNU_SOURCE
#include "host/deploy/owner.h"
#include "host/deploy/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    const char *names[32];
    uint64_t times[32];
    size_t count;
} steps;

static void step(const char *name)
{
    struct timespec t;
    if (steps.count == ARRAY_COUNT(steps.names))
        return;
    clock_gettime(CLOCK_MONOTONIC, &t);
    steps.names[steps.count] = name;
    steps.times[steps.count++] = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((constructor)) static void begin(void) { step("begin"); }

__attribute__((destructor)) static void print(void)
{
    const char *path = getenv("BENCH_STEPS");
    FILE *f = path == NULL ? NULL : fopen(path, "ae");
    if (f == NULL)
        return;
    step("end");
    for (size_t i = 0; i < steps.count; i++)
        fprintf(f, "%s %llu\n", steps.names[i], (unsigned long long)steps.times[i]);
    fclose(f);
}

/* In place of each function: the function, and a step where it begins or ends. */

int __real_remote_ask(struct remote *r, const char *method, const char *path, const json_t *body,
                      json_t **answer, struct fault *fault);
int __wrap_remote_ask(struct remote *r, const char *method, const char *path, const json_t *body,
                      json_t **answer, struct fault *fault);
int __wrap_remote_ask(struct remote *r, const char *method, const char *path, const json_t *body,
                      json_t **answer, struct fault *fault)
{
    const bool creates = strcmp(method, "POST") == 0;
    if (creates)
        step("asked");
    const int error = __real_remote_ask(r, method, path, body, answer, fault);
    if (creates)
        step("created");
    return error;
}

int __real_remote_channel(struct remote *r, const char *id, struct upgrade **wire,
                          struct fault *fault);
int __wrap_remote_channel(struct remote *r, const char *id, struct upgrade **wire,
                          struct fault *fault);
int __wrap_remote_channel(struct remote *r, const char *id, struct upgrade **wire,
                          struct fault *fault)
{
    const int error = __real_remote_channel(r, id, wire, fault);
    step("channel");
    return error;
}

void __real_owner_challenge(struct owner *o, uint64_t time, struct put *out);
void __wrap_owner_challenge(struct owner *o, uint64_t time, struct put *out);
void __wrap_owner_challenge(struct owner *o, uint64_t time, struct put *out)
{
    step("session");
    __real_owner_challenge(o, time, out);
}

enum owner_fault __real_owner_appraise(struct owner *o, const struct channel_evidence *evidence,
                                       const struct attest_input *with, int64_t time,
                                       struct attest_result *result);
enum owner_fault __wrap_owner_appraise(struct owner *o, const struct channel_evidence *evidence,
                                       const struct attest_input *with, int64_t time,
                                       struct attest_result *result);
enum owner_fault __wrap_owner_appraise(struct owner *o, const struct channel_evidence *evidence,
                                       const struct attest_input *with, int64_t time,
                                       struct attest_result *result)
{
    const bool ready = o->phase == OWNER_LOADED;
    step(ready ? "ready" : "evidence");
    const enum owner_fault fault = __real_owner_appraise(o, evidence, with, time, result);
    step(ready ? "ready-verified" : "verified");
    return fault;
}

void __real_owner_loaded(struct owner *o);
void __wrap_owner_loaded(struct owner *o);
void __wrap_owner_loaded(struct owner *o)
{
    if (o->phase == OWNER_LOADING)
        step("uploaded");
    __real_owner_loaded(o);
}

enum owner_fault __real_owner_take(struct owner *o, const struct channel_part *part,
                                   struct owner_action *action);
enum owner_fault __wrap_owner_take(struct owner *o, const struct channel_part *part,
                                   struct owner_action *action);
enum owner_fault __wrap_owner_take(struct owner *o, const struct channel_part *part,
                                   struct owner_action *action)
{
    static bool speaks;
    const enum owner_fault fault = __real_owner_take(o, part, action);
    if (action->what == OWNER_OUTPUT && !speaks)
        step("output");
    if (action->what == OWNER_END)
        step("exit");
    speaks = speaks || action->what == OWNER_OUTPUT;
    return fault;
}
