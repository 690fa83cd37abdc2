/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log; see audit.h. */
#define _GNU_SOURCE
#include "svc/steward/audit.h"

#include "base/hex.h"
#include "base/rfc3339.h"
#include "crypto/digest.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *json_hex(struct bytes value)
{
    char text[2 * 64 + 1] = "";
    if (value.size > 0 && value.size <= 64)
        hex_put(value, text);
    return value.size == 0 ? json_null() : json_string(text);
}

static json_t *json_digest(struct bytes data)
{
    uint8_t digest[SHA256_SIZE];
    const bool made = data.size > 0 && sha256(data, digest) == 0;
    return json_hex(made ? (struct bytes){digest, sizeof(digest)} : (struct bytes){0});
}

static json_t *json_names(const struct audit_entry *e)
{
    json_t *names = json_array();
    const struct order *o = &e->decision->order;
    if (e->cert.size == 0 || o->original || o->entry >= e->policy->names_count)
        return names;
    const struct bytes_list *hosts = &e->policy->names[o->entry].hosts;
    for (size_t i = 0; i < hosts->count; i++) {
        if ((o->hosts & 1u << i) != 0)
            json_array_append_new(
                names, json_stringn((const char *)hosts->items[i].data, hosts->items[i].size));
    }
    return names;
}

/* What the verifier had against the evidence; null when nothing, or it was not asked. */
static json_t *json_evidence(const struct decision *d)
{
    if (!d->appraised || d->result.verdict == ACCEPTED)
        return json_null();
    const struct check *found = NULL;
    for (size_t i = 0; i < d->result.check_count && i < CHECKS_MAX && found == NULL; i++) {
        if (d->result.checks[i].id == d->result.reason)
            found = &d->result.checks[i];
    }
    return json_pack("{s:s, s:s, s:s, s:s}", "check", check_info(d->result.reason)->name, "reason",
                     check_info(d->result.reason)->reason, "expected",
                     found == NULL ? "" : found->expected.text, "found",
                     found == NULL ? "" : found->found.text);
}

static json_t *make(const struct audit_entry *e)
{
    const struct decision *d = e->decision;
    const struct order *o = &d->order;
    static const uint8_t zero[ORDER_DIGEST_SIZE];
    const bool named = memcmp(o->workload, zero, sizeof(zero)) != 0;
    char time[RFC3339_SIZE];
    rfc3339_put(e->time, time);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "time", time,
        "from", e->from, "verdict", e->cert.size > 0 ? "issued" : "refused", "check",
        steward_check_name(d->check), "reason", steward_check_reason(d->check), "evidence",
        json_evidence(d), "tee", order_tee(o), "measurement", json_hex(order_measurement(o)),
        "workload",
        json_hex(named ? (struct bytes){o->workload, sizeof(o->workload)} : (struct bytes){0}),
        "original", o->original, "names", json_names(e), "key", json_digest(order_public_key(o)),
        "evidence_sha256",
        json_hex(o->public_key_size > 0 ? (struct bytes){o->evidence, sizeof(o->evidence)}
                                        : (struct bytes){0}),
        "certificate_sha256", json_digest(e->cert));
}

/* ---- writing ---- */

/* What is ready takes as much without waiting [POSIX PIPE_BUF]. */
#define PIECE 4096u

bool audit_takes(int fd)
{
    struct pollfd row = {.fd = fd, .events = POLLOUT};
    return poll(&row, 1, 0) == 1;
}

static void forget(struct audit *a)
{
    free(a->line);
    a->line = NULL;
}

int audit_flush(struct audit *a)
{
    while (audit_takes(a->fd)) {
        if (a->line == NULL)
            return 0;
        const size_t left = a->size - a->done;
        const ssize_t n = write(a->fd, a->line + a->done, left < PIECE ? left : PIECE);
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        a->done += (size_t)n;
        if (a->done == a->size)
            forget(a);
    }
    return -EAGAIN;
}

int audit_put(struct audit *a, const struct audit_entry *entry)
{
    json_t *line = make(entry);
    a->line = line == NULL ? NULL : json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(line);
    if (a->line == NULL)
        return -ENOMEM;
    a->size = strlen(a->line);
    a->line[a->size++] = '\n'; /* in place of the NUL */
    a->done = 0;
    const int error = audit_flush(a);
    return error == -EAGAIN && a->line == NULL ? 0 : error;
}

void audit_close(struct audit *a)
{
    (void)!audit_flush(a);
    forget(a);
}
