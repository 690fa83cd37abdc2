/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx keep list`, `inspect` and `stop`: what a host says of keeps, and does with them.
 * Believes none of it, and shows nothing of it that could rewrite a terminal. */
#include "host/cli/cli.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/cli/visit.h"

#include "base/hex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- a host's words ---- */

struct word {
    char text[80];
};

static struct word word_of(const char *text)
{
    struct word w = {.text = "-"};
    if (text == NULL || text[0] == '\0')
        return w;
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < sizeof(w.text); i++)
        w.text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    w.text[i] = '\0';
    return w;
}

static struct word word_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    struct word w = word_of(json_string_value(value));
    if (json_is_integer(value))
        snprintf(w.text, sizeof(w.text), "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        w = word_of(json_is_true(value) ? "yes" : "no");
    return w;
}

/* ---- list ---- */

static void print_row(const json_t *keep)
{
    printf("%-18s %-9s %-9s %8s s  %s\n", word_at(keep, "id").text, word_at(keep, "backend").text,
           word_at(keep, "state").text, word_at(keep, "uptime_seconds").text,
           word_at(keep, "created").text);
}

static int print_keeps(const struct line *line, const json_t *answer)
{
    const json_t *keeps = json_object_get(answer, "keeps");
    if (line_has(line, OPTION_JSON)) {
        int status = json_put(answer, stdout);
        return status != 0 ? status : stdout_finish();
    }
    printf("%-18s %-9s %-9s %8s    %s\n", "ID", "BACKEND", "STATE", "UP", "CREATED");
    for (size_t i = 0; i < json_array_size(keeps); i++)
        print_row(json_array_get(keeps, i));
    return stdout_finish();
}

static int list(struct visit *v)
{
    struct fault fault;
    json_t *answer;
    visit_hold_signals();
    if (remote_ask(&v->remote, "GET", "/v1/keeps", NULL, &answer, &fault) < 0)
        return visit_fail(v, &fault);
    int status = print_keeps(v->line, answer);
    json_decref(answer);
    return status;
}

int keep_list_command(const struct line *line)
{
    struct visit v;
    int status = visit_begin(line, NULL, &v);
    if (status == 0)
        status = list(&v);
    visit_fini(&v);
    return status;
}

/* ---- one keep ---- */

/* Of a keep that was not left running from here only its host knows. */
static int begin(const struct line *line, struct keep_record *record, struct visit *v)
{
    struct fault fault;
    const char *id = line->args[0];
    *v = (struct visit){.line = line};
    *record = (struct keep_record){.owned = NULL};
    if (!remote_id_ok(id))
        return misuse("'%s' is no keep: ids are letters and digits", id);
    int error = keep_record_get(id, record, &fault);
    if (error < 0 && (error != -ENOENT || !line_has(line, OPTION_HOST)))
        return fail("%s%s", fault.text,
                    error == -ENOENT ? "; --host HOST asks the host that it may be on" : "");
    int status = visit_begin(line, record->host, v);
    visit_hold_signals();
    snprintf(v->keep, sizeof(v->keep), "%s", id);
    return status;
}

static void print_field(const json_t *keep, const char *key)
{
    printf("%-16s %s\n", key, word_at(keep, key).text);
}

static void print_log(const json_t *log)
{
    for (size_t i = 0; i < json_array_size(log); i++)
        printf("%-16s %s\n", i == 0 ? "log" : "",
               word_of(json_string_value(json_array_get(log, i))).text);
}

static void print_record(const struct keep_record *r)
{
    char hex[2 * EVIDENCE_DIGEST_SIZE + 1];
    if (r->owned == NULL)
        return;
    hex_put((struct bytes){r->workload, sizeof(r->workload)}, hex);
    printf("\nremembered here\n%-16s %s\n%-16s %s\n", "program", word_of(r->program).text,
           "workload", hex);
}

static int print_keep(const struct line *line, const json_t *keep, const struct keep_record *r)
{
    static const char *const fields[] = {
        "id",    "backend",        "confidential", "state",   "measurement",    "created",
        "ended", "uptime_seconds", "sessions",     "failure", "received_bytes", "sent_bytes"};
    if (line_has(line, OPTION_JSON)) {
        int status = json_put(keep, stdout);
        return status != 0 ? status : stdout_finish();
    }
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
        print_field(keep, fields[i]);
    print_log(json_object_get(keep, "log"));
    print_record(r);
    return stdout_finish();
}

static int ask_one(struct visit *v, const char *method, json_t **keep)
{
    struct fault fault;
    return remote_ask_keep(&v->remote, method, v->keep, keep, &fault) < 0 ? visit_fail(v, &fault)
                                                                          : 0;
}

int keep_inspect_command(const struct line *line)
{
    struct visit v;
    struct keep_record record;
    json_t *keep = NULL;
    int status = begin(line, &record, &v);
    if (status == 0)
        status = ask_one(&v, "GET", &keep);
    if (status == 0)
        status = print_keep(line, keep, &record);
    json_decref(keep);
    visit_fini(&v);
    keep_record_fini(&record);
    return status;
}

/* ---- stop ---- */

static int tell_stopped(const struct line *line, const json_t *keep)
{
    int status = 0;
    if (line_has(line, OPTION_JSON))
        status = json_put(keep, stdout);
    else
        printf("%s has ended\n", remote_keep_id(keep));
    return status != 0 ? status : stdout_finish();
}

/* What its host does not know any more is as good as stopped, and forgotten: a host can
 * always end a keep. */
static int stop(struct visit *v, const struct keep_record *record)
{
    struct fault fault;
    json_t *keep;
    const bool known = record->owned != NULL && strcmp(record->host, v->remote.authority) == 0;
    const int error = remote_ask_keep(&v->remote, "DELETE", v->keep, &keep, &fault);
    if (known && (error == 0 || error == -ENOENT))
        keep_record_drop(v->keep);
    if (error < 0)
        return visit_fail(v, &fault);
    const int status = tell_stopped(v->line, keep);
    json_decref(keep);
    return status;
}

int keep_stop_command(const struct line *line)
{
    struct visit v;
    struct keep_record record;
    int status = begin(line, &record, &v);
    if (status == 0)
        status = stop(&v, &record);
    visit_fini(&v);
    keep_record_fini(&record);
    return status;
}
