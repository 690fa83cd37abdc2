/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates from a steward; see enrolment.h. */
#include "exec/enrolment.h"

#include "base/rfc3339.h"
#include "exec/check.h"
#include "exec/report.h"
#include "exec/steward_answer.h"
#include "exec/time.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND     1000000000u
#define GLANCE     20000000u /* ns from a request to the first look at the host, and twice, ... */
#define GLANCE_MAX 250000000u
#define LOOK_TICKS 200000000u /* of the processor: a tenth of a second or less */

static int64_t now_seconds(void) { return (int64_t)(time_now(NULL, false) / SECOND); }

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static bool is_first(const struct enrolment *e) { return e->not_after == 0; }

/* ---- failures ---- */

/* Half of it or more, so that keeps that failed together do not come back together. */
static uint64_t jitter(uint64_t ns)
{
    uint16_t random = 0;
    (void)!RAND_bytes((uint8_t *)&random, sizeof(random));
    return ns / 2 + ns / 2 / UINT16_MAX * random;
}

static uint64_t pause_after(unsigned failures)
{
    uint64_t pause = ENROLMENT_PAUSE_NS;
    for (unsigned i = 1; i < failures && pause < ENROLMENT_PAUSE_MAX; i++)
        pause *= 2;
    return jitter(least(pause, ENROLMENT_PAUSE_MAX));
}

/* Nobody was there, which may change. */
static bool is_passing(int error)
{
    return error == -ETIMEDOUT || error == -ECONNREFUSED || error == -EHOSTUNREACH ||
           error == -ENETUNREACH || error == -ECONNRESET || error == -EIO;
}

static const char *words_of(int error)
{
    switch (error) {
    case -EACCES:
        return "it refuses, or the host does not let keeps ask it ('enarx host --allow-connect'); "
               "its audit log, and the host's log, say why";
    case -EMSGSIZE:
        return "what answers there is no steward";
    case -EIO:
        return "the way to it is broken, or what answers there is no steward; the host's log says "
               "more";
    case -ETIMEDOUT:
        return "it has no answer now";
    case -ENOSYS:
    case -EINVAL:
        return "this host cannot ask it; its log says why";
    default:
        return strerror(-error);
    }
}

static void tell_first(const struct enrolment *e, const char *why)
{
    const struct bytes url = e->config.steward;
    const bool over = e->phase == ENROLMENT_OVER;
    if (over || e->failures == 1)
        report(over ? PORT_LOG_ERROR : PORT_LOG_WARN, "no certificate from the steward %.*s: %s%s",
               (int)url.size, (const char *)url.data, why, over ? "" : "; trying again");
}

/* Once for each row of failures, and once more when it has come to matter. */
static void tell_later(struct enrolment *e, const char *why)
{
    const struct bytes url = e->config.steward;
    const bool over = now_seconds() >= e->not_after;
    char until[RFC3339_SIZE];
    if (e->failures > 1 && over == e->expired)
        return;
    e->expired = over;
    rfc3339_put(e->not_after, until);
    report(
        over ? PORT_LOG_ERROR : PORT_LOG_WARN,
        "no new certificate from the steward %.*s: %s; the one that is shown %s %s; trying again",
        (int)url.size, (const char *)url.data, why,
        over ? "is refused by peers since" : "is good until", until);
}

static void fail(struct enrolment *e, bool passing, const char *why)
{
    e->failures++;
    const bool over = is_first(e) && (!passing || e->failures >= ENROLMENT_TRIES);
    e->phase = over ? ENROLMENT_OVER : ENROLMENT_IDLE;
    e->next = over ? UINT64_MAX : port_now(true) + pause_after(e->failures);
    if (is_first(e))
        tell_first(e, why);
    else
        tell_later(e, why);
}

static void fail_by(struct enrolment *e, const char *what, int error)
{
    char why[128];
    snprintf(why, sizeof(why), "%s: %s", what, strerror(-error));
    fail(e, false, why);
}

/* ---- a new certificate ---- */

static struct bytes copy_of(struct bytes from, uint8_t *to)
{
    if (from.size > 0)
        memcpy(to, from.data, from.size);
    return (struct bytes){to, from.size};
}

static int show(struct enrolment *e, struct bytes cert, struct bytes above)
{
    uint8_t *bytes = malloc(cert.size + above.size);
    if (bytes == NULL)
        return -ENOMEM;
    const struct tls_identity own = {
        .key = e->config.certificate->identity.key,
        .cert = copy_of(cert, bytes),
        .above = copy_of(above, bytes + cert.size),
    };
    const int error = e->config.show(e->config.context, &own);
    if (error < 0) {
        free(bytes);
        return error;
    }
    free((void *)e->own.cert.data); /* and what is above */
    e->own = own;
    return 0;
}

/* After two thirds of the time that it has left. */
static void plan_next(struct enrolment *e, int64_t now, int64_t not_after)
{
    const struct bytes url = e->config.steward;
    char until[RFC3339_SIZE];
    e->not_after = not_after;
    e->renew = now + (not_after - now) / 3 * 2;
    e->failures = 0;
    e->expired = false;
    e->phase = ENROLMENT_IDLE;
    e->next = port_now(true) + CHECKED(enrolment_pace, ENROLMENT_LEAST_NS, 0);
    rfc3339_put(not_after, until);
    report(PORT_LOG_DEBUG, "the steward %.*s certifies the key of this keep until %s",
           (int)url.size, (const char *)url.data, until);
}

static void take_certificate(struct enrolment *e, struct bytes path)
{
    const struct keep_certificate *c = e->config.certificate;
    const struct steward_asked asked = {
        .public_key = {c->identity.public_key, sizeof(c->identity.public_key)},
        .names = c->subject.names,
        .name_count = c->subject.name_count,
        .roots = e->config.roots,
        .now = now_seconds(),
    };
    struct steward_answer answer;
    struct put above = put_init(e->buffer + path.size, PORT_REQUEST_MAX - path.size);
    const char *why = steward_answer_check(path, &asked, &above, &answer);
    if (why != NULL) {
        char text[256];
        const bool more = answer.detail[0] != '\0';
        snprintf(text, sizeof(text), "its answer %s%s%s%s", why, more ? " (" : "", answer.detail,
                 more ? ")" : "");
        fail(e, false, text);
        return;
    }
    const int error = show(e, answer.cert, put_done(&above));
    if (error < 0)
        fail_by(e, "its certificate cannot be shown", error);
    else
        plan_next(e, asked.now, answer.not_after);
}

/* ---- the host ---- */

/* `input` is in the buffer. */
static void begin(struct enrolment *e, enum enrolment_phase phase, struct bytes input)
{
    e->phase = phase;
    e->number++;
    e->input = input;
    e->began = e->next = port_now(true);
    e->pause = GLANCE;
}

static void ask_certificate(struct enrolment *e, struct bytes given)
{
    uint8_t copy[PORT_NONCE_MAX];
    if (!CHECK(enrolment_nonce, given.size > 0 && given.size <= sizeof(copy))) {
        fail(e, false, words_of(-EMSGSIZE));
        return;
    }
    const struct bytes nonce = copy_of(given, copy);
    struct put request = put_init(e->buffer, PORT_REQUEST_MAX);
    put_bytes(&request, e->config.steward);
    put_u8(&request, 0);
    const int error = keep_certificate_request(e->config.certificate, nonce, &request);
    if (error < 0)
        fail_by(e, "this keep has no evidence for it", error);
    else
        begin(e, ENROLMENT_CERTIFICATE, put_done(&request));
}

static void wait_on(struct enrolment *e, uint64_t now)
{
    if (!CHECK(enrolment_patience, now - e->began < ENROLMENT_PATIENCE_NS)) {
        fail(e, true, words_of(-ETIMEDOUT));
        return;
    }
    e->next = now + e->pause;
    e->pause = least(2 * e->pause, GLANCE_MAX);
}

/* Asks the host, or looks whether it has an answer by now. */
static void ask_host(struct enrolment *e, uint64_t now)
{
    const bool nonce = e->phase == ENROLMENT_NONCE;
    const enum port_blob kind = nonce ? PORT_BLOB_STEWARD_NONCE : PORT_BLOB_STEWARD_CERTIFICATE;
    const int64_t got = port_ask_steward(kind, e->number, e->input, e->buffer, PORT_REQUEST_MAX);
    const struct bytes answer = {e->buffer, got < 0 ? 0 : (size_t)got};
    e->input = (struct bytes){0};
    if (got == -EAGAIN)
        wait_on(e, now);
    else if (got < 0)
        fail(e, is_passing((int)got), words_of((int)got));
    else if (nonce)
        ask_certificate(e, answer);
    else
        take_certificate(e, answer);
}

/* ---- in its turn ---- */

/* Clocks may jump: the one that certificates go by is looked at now and then, by the other. */
static void step(struct enrolment *e)
{
    const uint64_t now = port_now(true);
    if (now < e->next)
        return;
    if (e->phase != ENROLMENT_IDLE) {
        ask_host(e, now);
        return;
    }
    const int64_t left = e->renew - now_seconds();
    if (left <= 0)
        begin(e, ENROLMENT_NONCE, copy_of(e->config.steward, e->buffer));
    else
        e->next = now + least((uint64_t)left * SECOND, ENROLMENT_LOOK_NS);
}

static size_t ask(void *context, struct port_poll_row *rows, size_t room, uint64_t *timeout_ns)
{
    const struct enrolment *e = context;
    const struct wait_company *before = e->config.before;
    const uint64_t now = port_now(true);
    *timeout_ns = least(*timeout_ns, e->next > now ? e->next - now : 0);
    return before == NULL ? 0 : before->ask(before->context, rows, room, timeout_ns);
}

/* Others first: to report something may be to wait, and then they must have had their answer. */
static int answer(void *context, const struct port_poll_row *rows, size_t count)
{
    struct enrolment *e = context;
    const struct wait_company *before = e->config.before;
    const int error = before == NULL ? 0 : before->answer(before->context, rows, count);
    if (error == 0)
        step(e);
    const bool done = e->phase == ENROLMENT_OVER || !is_first(e);
    return error == 0 && e->waited_for && done ? -ECANCELED : error;
}

void enrolment_look(struct enrolment *e)
{
    const uint64_t ticks = __builtin_ia32_rdtsc();
    if (ticks - e->ticks < LOOK_TICKS)
        return;
    e->ticks = ticks;
    step(e);
}

int enrolment_first(struct enrolment *e)
{
    e->waited_for = true;
    const int ended = wait_for(&e->company, NULL, 0, ENROLMENT_FIRST_NS);
    e->waited_for = false;
    if (!is_first(e))
        return 0;
    if (e->phase != ENROLMENT_OVER) {
        e->phase = ENROLMENT_OVER;
        e->next = UINT64_MAX;
        tell_first(e, ended == 0 ? words_of(-ETIMEDOUT) : strerror(-ended));
    }
    return ended == 0 || ended == -ECANCELED ? -ENOTCONN : ended;
}

int enrolment_init(struct enrolment *e, const struct enrolment_config *config)
{
    *e = (struct enrolment){
        .config = *config,
        .company = {.ask = ask, .answer = answer, .context = e},
        .buffer = malloc(PORT_REQUEST_MAX),
    };
    return e->buffer == NULL ? -ENOMEM : 0;
}

void enrolment_fini(struct enrolment *e)
{
    free(e->buffer);
    free((void *)e->own.cert.data);
    *e = (struct enrolment){.buffer = NULL};
}
