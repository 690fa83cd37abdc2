/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx attest show` and `verify`: reads files, asks the library, tells what it says.
 * Trusts the user's policy and clock; nothing else. */
#include "base/hex.h"
#include "base/rfc3339.h"
#include "host/cli/attest_json.h"
#include "host/cli/attest_source.h"
#include "host/cli/attest_text.h"
#include "host/cli/cli.h"
#include "host/cli/json.h"
#include "host/cli/message.h"
#include "host/cli/policy_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- show ---- */

static int show(const struct line *line, const struct attest_source *s)
{
    struct claims claims;
    int status = source_claims(s, &claims);
    if (status != 0)
        return status;
    if (!line_has(line, OPTION_JSON)) {
        status = claims_print(stdout, &claims);
        return status != 0 ? status : stdout_finish();
    }
    json_t *json =
        json_pack("{s:s, s:o}", "kind", kind_text(claims.kind), "claims", claims_json(&claims));
    if (json != NULL && claims.kind == KIND_KVM)
        json_object_set_new(json, "proves", json_string(CLAIMS_UNSIGNED));
    status = json_put(json, stdout);
    json_decref(json);
    return status != 0 ? status : stdout_finish();
}

int attest_show_command(const struct line *line)
{
    struct attest_source source;
    int status = source_read(line->args[0], &source);
    if (status == 0)
        status = show(line, &source);
    source_fini(&source);
    return status;
}

/* ---- verify: what the options say ---- */

#define WANTED_MAX 64u /* bytes of a nonce or of report data */

struct question {
    struct policy_file policy;
    struct bytes policy_text; /* owned */
    uint8_t wanted[WANTED_MAX];
    int64_t time;
};

static int read_policy(const char *path, struct question *q)
{
    if (path == NULL)
        return policy_text_parse("policy", bytes_of_text(""), &q->policy);
    int status = policy_text_read(path, &q->policy_text);
    return status == 0 ? policy_text_parse(path, q->policy_text, &q->policy) : status;
}

/* RFC 3339, or seconds since 1970; without an option, now. */
static int read_time(const struct setting *at, struct question *q)
{
    if (at == NULL) {
        q->time = (int64_t)time(NULL);
        return 0;
    }
    if (rfc3339_parse(bytes_of_text(at->value), &q->time) == 0)
        return 0;
    char *end;
    errno = 0;
    q->time = strtoll(at->value, &end, 10);
    const bool digits = at->value[0] >= '0' && at->value[0] <= '9';
    if (digits && *end == '\0' && errno == 0)
        return 0;
    return misuse(
        "%s: '%s' is no time; write 2026-03-31T22:20:07Z, 2026-03-31 or seconds since 1970",
        at->from, at->value);
}

/* Hexadecimal into q->wanted; at least `least` bytes. */
static int read_wanted(const struct setting *set, size_t least, struct question *q,
                       struct bytes *out)
{
    const char *text = set->value;
    if (text[0] == '0' && text[1] == 'x')
        text += 2;
    const size_t size = strlen(text) / 2;
    if (size < least || size > WANTED_MAX || hex_parse(text, q->wanted, size) < 0)
        return misuse("%s: '%s' must be %s hexadecimal digits", set->from, set->value,
                      least == WANTED_MAX ? "128" : "2 to 128");
    *out = (struct bytes){q->wanted, size};
    return 0;
}

static int read_question(const struct line *line, struct question *q)
{
    const struct setting *nonce = line_setting(line, OPTION_NONCE);
    const struct setting *data = line_setting(line, OPTION_REPORT_DATA);
    if (nonce != NULL && data != NULL)
        return misuse("--nonce and --report-data exclude each other; give one of them");
    int status = read_time(line_setting(line, OPTION_AT), q);
    if (status == 0)
        status = read_policy(line_value(line, OPTION_POLICY), q);
    if (status == 0 && nonce != NULL)
        status = read_wanted(nonce, 1, q, &q->policy.policy.nonce);
    if (status == 0 && data != NULL)
        status = read_wanted(data, WANTED_MAX, q, &q->policy.policy.report_data);
    return status;
}

/* ---- verify ---- */

static void note_padding(size_t padding, struct attest_result *r)
{
    if (padding == 0 || r->note_count == NOTES_MAX)
        return;
    struct shown *note = &r->notes[r->note_count++];
    snprintf(note->text, sizeof(note->text),
             "%zu zero bytes after the quote were cut off: quoting services pad", padding);
}

static int tell(const struct line *line, const struct attest_result *r, int64_t time)
{
    const bool explain = line_has(line, OPTION_EXPLAIN);
    int status = 0;
    if (line_has(line, OPTION_JSON)) {
        json_t *json = verdict_json(r, time, explain);
        status = json_put(json, stdout);
        json_decref(json);
    } else {
        verdict_print(stdout, r, time, explain);
    }
    if (status == 0)
        status = stdout_finish();
    if (status != 0)
        return status;
    return r->verdict == ACCEPTED ? 0 : STATUS_REFUSED;
}

static int verify(const struct line *line, const struct attest_source *s, const struct question *q)
{
    struct attest_input in = source_input(s);
    in.policy = &q->policy.policy;
    in.time = q->time;
    struct attest_result *result = calloc(1, sizeof(*result));
    if (result == NULL || attest_verify(&in, result) < 0) {
        free(result);
        return fail("out of memory");
    }
    note_padding(s->padding, result);
    int status = tell(line, result, q->time);
    free(result);
    return status;
}

int attest_verify_command(const struct line *line)
{
    const char *collateral = line_value(line, OPTION_COLLATERAL);
    struct question question = {.time = 0};
    struct attest_source source = {.kind = KIND_UNKNOWN};
    int status = read_question(line, &question);
    if (status == 0)
        status = source_read(line->args[0], &source);
    if (status == 0 && collateral != NULL)
        status = source_read_collateral(collateral, &source);
    if (status == 0)
        status = verify(line, &source, &question);
    source_fini(&source);
    policy_toml_fini(&question.policy);
    free((void *)question.policy_text.data);
    return status;
}
