/* SPDX-License-Identifier: Apache-2.0 */
/* Telling of deployments; see deploy_tell.h. Shows nothing of a host's or keep's that could
 * rewrite the terminal. */
#include "host/cli/deploy_tell.h"

#include "base/hex.h"
#include "host/cli/attest_json.h"
#include "host/cli/attest_text.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_AFTER_MS 500u /* that an upload may take without a bar */
#define BAR_EVERY_MS 100u
#define BAR_WIDTH    30u

void deploy_tell_init(struct deploy_tell *t, bool json, enum port_level level)
{
    const bool wanted =
        level >= PORT_LOG_DEBUG || (level >= PORT_LOG_INFO && isatty(STDERR_FILENO));
    *t = (struct deploy_tell){.json = json, .shown = wanted && !json, .level = level};
    t->start = clock_ms();
}

/* ---- objects ---- */

/* Takes `event`, and tells when. Where it does not get out, the exit status still tells. */
static void put_event(const struct deploy_tell *t, json_t *event)
{
    if (event != NULL)
        json_object_set_new(event, "elapsed_ms", json_integer((json_int_t)(clock_ms() - t->start)));
    if (json_put(event, stderr) != 0)
        clearerr(stderr);
    json_decref(event);
}

/* What was cut to fit may end within a character. */
static json_t *text_or_null(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *json = json_string(text);
    for (size_t length = strlen(text); json == NULL && length > 0; length--)
        json = json_stringn(text, length - 1);
    return json;
}

/* ---- attested ---- */

struct measurement {
    const char *name;
    char hex[2 * 48 + 1];
};

static struct measurement measurement_of(const struct claims *c)
{
    struct measurement m = {.name = NULL};
    switch (c->kind) {
    case KIND_SGX:
        m.name = "MRENCLAVE";
        hex_put((struct bytes){c->sgx.mrenclave, sizeof(c->sgx.mrenclave)}, m.hex);
        break;
    case KIND_SNP:
        m.name = "measurement";
        hex_put((struct bytes){c->snp.measurement, sizeof(c->snp.measurement)}, m.hex);
        break;
    case KIND_TDX:
        m.name = "MRTD";
        hex_put((struct bytes){c->tdx.mrtd, sizeof(c->tdx.mrtd)}, m.hex);
        break;
    case KIND_KVM:
        m.name = "measurement";
        hex_put((struct bytes){c->kvm.measurement, sizeof(c->kvm.measurement)}, m.hex);
        break;
    case KIND_UNKNOWN:
        break;
    }
    return m;
}

static void put_attested(const struct deploy_tell *t, const struct deploy_subject *s,
                         const struct attest_result *r, const struct measurement *m)
{
    const bool accepted = r->verdict == ACCEPTED;
    const char *by = accepted_by(r);
    json_t *notes = json_array();
    for (size_t i = 0; notes != NULL && i < r->note_count; i++)
        json_array_append_new(notes, json_string(r->notes[i].text));
    put_event(t, json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:s, s:b, s:o, s:o, s:o, s:o, s:o}",
                           "event", "attested", "host", s->host, "keep", s->keep, "backend",
                           s->backend, "proven", accepted && !r->simulated, "accepted_by",
                           by == NULL ? "allow_insecure" : by, "simulated", r->simulated, "tee",
                           text_or_null(accepted ? kind_text(r->claims.kind) : NULL), "measurement",
                           text_or_null(m->name == NULL || !accepted ? NULL : m->hex), "tcb_status",
                           text_or_null(tcb_status_text(r->tcb_status)), "ear", ear_json(&r->ar4si),
                           "notes", notes));
}

void deploy_tell_attested(struct deploy_tell *t, const struct deploy_subject *s,
                          const struct attest_result *r)
{
    const struct measurement m = measurement_of(&r->claims);
    if (t->json)
        put_attested(t, s, r, &m);
    if (!t->shown)
        return;
    if (r->verdict != ACCEPTED) {
        note(PORT_LOG_INFO, "attested: nothing, keep %s on %s proves nothing of itself%s%s",
             s->keep, s->host, m.name == NULL ? "" : "; its host says, unsigned: measurement ",
             m.hex);
        return;
    }
    const char *tcb = tcb_status_text(r->tcb_status);
    note(PORT_LOG_INFO, "attested: keep %s on %s: %s%s, %s %s, TCB %s", s->keep, s->host,
         r->simulated ? "simulated " : "", kind_text(r->claims.kind), m.name, m.hex,
         tcb == NULL ? "unknown" : tcb);
    for (size_t i = 0; i < r->note_count; i++)
        note(PORT_LOG_INFO, "attested: %s", r->notes[i].text);
}

/* ---- packaged, provisioned ---- */

struct amount {
    char text[32];
};

static struct amount amount_of(uint64_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    struct amount a;
    size_t unit = 0;
    double value = (double)size;
    for (; value >= 1024 && unit + 1 < ARRAY_COUNT(units); unit++)
        value /= 1024;
    snprintf(a.text, sizeof(a.text), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return a;
}

void deploy_tell_packaged(struct deploy_tell *t, const uint8_t digest[static EVIDENCE_DIGEST_SIZE],
                          uint64_t size)
{
    char hex[2 * EVIDENCE_DIGEST_SIZE + 1];
    hex_put((struct bytes){digest, EVIDENCE_DIGEST_SIZE}, hex);
    if (t->json)
        put_event(t, json_pack("{s:s, s:s, s:I}", "event", "packaged", "workload_digest", hex,
                               "size", (json_int_t)size));
    if (t->shown)
        note(PORT_LOG_INFO, "packaged: workload %s, %s", hex, amount_of(size).text);
    t->bar_next = clock_ms() + BAR_AFTER_MS;
}

/* The program does not run yet, so the line may be written anew. */
static void draw_bar(struct deploy_tell *t, uint64_t sent, uint64_t size)
{
    char line[160], bar[BAR_WIDTH + 1];
    const unsigned full = (unsigned)(sent * BAR_WIDTH / size);
    memset(bar, '#', full);
    memset(bar + full, '.', BAR_WIDTH - full);
    bar[BAR_WIDTH] = '\0';
    const int length =
        snprintf(line, sizeof(line), "\renarx: sending [%s] %3u %%, %s of %s\033[K", bar,
                 (unsigned)(sent * 100 / size), amount_of(sent).text, amount_of(size).text);
    t->bar = write(STDERR_FILENO, line, (size_t)length) > 0;
}

static void drop_bar(struct deploy_tell *t)
{
    if (t->bar)
        t->bar = write(STDERR_FILENO, "\r\033[K", 4) < 0;
}

void deploy_tell_progress(struct deploy_tell *t, uint64_t sent, uint64_t size)
{
    if (!t->shown || !isatty(STDERR_FILENO) || size == 0 || size > UINT64_MAX / 100)
        return;
    const uint64_t now = clock_ms();
    if (sent == size) {
        drop_bar(t);
    } else if (now >= t->bar_next) {
        draw_bar(t, sent, size);
        t->bar_next = now + BAR_EVERY_MS;
    }
}

void deploy_tell_provisioned(struct deploy_tell *t, const struct deploy_subject *s)
{
    if (t->json)
        put_event(t, json_pack("{s:s, s:s?}", "event", "provisioned", "keep", s->keep));
    if (t->shown)
        note(PORT_LOG_INFO, "provisioned: keep %s runs %s", s->keep, s->program);
}

/* ---- refused ---- */

static const struct check *first_failed(const struct attest_result *r)
{
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        if (r->checks[i].outcome != OUTCOME_PASSED)
            return &r->checks[i];
    }
    return NULL;
}

static void put_refused(const struct deploy_tell *t, const struct deploy_subject *s,
                        enum owner_fault fault, const struct attest_result *r, bool sent)
{
    const struct check *c = first_failed(r);
    json_t *verdict = verdict_json(r, (int64_t)time(NULL), false);
    put_event(t, json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:o, s:o, s:o, s:O, s:b, s:i}", "event",
                           "refused", "host", s->host, "keep", s->keep, "backend", s->backend,
                           "message", owner_fault_text(fault), "check",
                           text_or_null(c == NULL ? NULL : check_info(c->id)->name), "expected",
                           text_or_null(c == NULL ? NULL : c->expected.text), "found",
                           text_or_null(c == NULL ? NULL : c->found.text), "policy",
                           json_object_get(verdict, "policy"), "sent", sent, "status",
                           STATUS_REFUSED));
    json_decref(verdict);
}

void deploy_tell_refused(struct deploy_tell *t, const struct deploy_subject *s,
                         enum owner_fault fault, const struct attest_result *r, bool sent)
{
    drop_bar(t);
    if (t->json) {
        put_refused(t, s, fault, r, sent);
        return;
    }
    fail("keep %s on %s is refused: %s", s->keep, s->host, owner_fault_text(fault));
    if (r->check_count > 0 && fault != OWNER_FAULT_KEEP && fault != OWNER_FAULT_SECRETS)
        verdict_print(stderr, r, (int64_t)time(NULL), false);
    fail(sent ? "what was sent before went to a keep whose evidence had been accepted; it is "
                "stopped"
              : "nothing of the workload was sent");
}

void deploy_tell_unfit(struct deploy_tell *t, const char *why)
{
    if (t->json)
        put_event(t, json_pack("{s:s, s:s, s:b, s:i}", "event", "refused", "message", why, "sent",
                               0, "status", STATUS_REFUSED));
    else
        fail("%s; no keep was made, and nothing was sent", why);
}

/* ---- ends ---- */

void deploy_tell_exit(struct deploy_tell *t, const char *ending, int status)
{
    drop_bar(t);
    if (t->json)
        put_event(
            t, json_pack("{s:s, s:s, s:i}", "event", "exit", "ending", ending, "status", status));
}

void deploy_tell_failed(struct deploy_tell *t, const char *message, int status)
{
    drop_bar(t);
    if (t->json)
        put_event(t, json_pack("{s:s, s:o, s:i}", "event", "failed", "message",
                               text_or_null(message), "status", status));
    else if (message != NULL)
        fail("%s", message);
}
