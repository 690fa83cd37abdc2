/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and verdicts for people; see attest_text.h. */
#include "host/cli/attest_text.h"

#include "base/escape.h"
#include "host/cli/attest_hint.h"
#include "host/cli/attest_json.h"
#include "host/cli/message.h"

#include <stdlib.h>

/* ---- claims ---- */

/* Names in certificates are the sender's. */
static void print_text(FILE *out, const char *name, const char *text)
{
    const struct bytes from = bytes_of_text(text);
    char *shown = malloc(ESCAPE_GROWTH * from.size + 1);
    const size_t size = shown == NULL ? 0 : escape_controls(from, "", shown);
    fprintf(out, "%-28s %.*s\n", name, (int)size, shown == NULL ? "" : shown);
    free(shown);
}

static void print_value(FILE *out, const char *name, const json_t *value)
{
    if (json_is_string(value)) {
        print_text(out, name, json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    print_text(out, name, text == NULL ? "" : text);
    free(text);
}

/* Each on a line of its own; without any the name alone. */
static void print_list(FILE *out, const char *name, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        print_value(out, i == 0 ? name : "", json_array_get(list, i));
    if (json_array_size(list) == 0)
        fprintf(out, "%-28s -\n", name);
}

int claims_print(FILE *out, const struct claims *claims)
{
    json_t *all = claims_json(claims);
    if (all == NULL)
        return fail("out of memory");
    const char *name;
    json_t *value;
    fprintf(out, "%-28s %s\n", "kind", kind_text(claims->kind));
    if (claims->kind == KIND_KVM)
        fprintf(out, "%-28s %s\n", "proves", CLAIMS_UNSIGNED);
    json_object_foreach(all, name, value)
    {
        if (json_is_array(value))
            print_list(out, name, value);
        else if (json_is_null(value))
            fprintf(out, "%-28s -\n", name);
        else
            print_value(out, name, value);
    }
    json_decref(all);
    return 0;
}

/* ---- the verdict ---- */

static void print_checks(FILE *out, const struct attest_result *r)
{
    fprintf(out, "\nchecks:\n");
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        const struct check *c = &r->checks[i];
        fprintf(out, "  %-9s %-24s expected %s; found %s\n", outcome_text(c->outcome),
                check_info(c->id)->name, c->expected.text, c->found.text);
    }
}

static void print_failures(FILE *out, const struct attest_result *r)
{
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        const struct check *c = &r->checks[i];
        if (c->outcome != OUTCOME_PASSED)
            fprintf(out, "  %s: %s\n    expected %s; found %s\n", check_info(c->id)->name,
                    check_info(c->id)->reason, c->expected.text, c->found.text);
    }
}

static void print_hints(FILE *out, const struct attest_result *r, int64_t time)
{
    size_t hopeless = 0;
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        struct attest_hint hint;
        if (r->checks[i].outcome == OUTCOME_PASSED)
            continue;
        if (!attest_hint(r, time, &r->checks[i], &hint)) {
            hopeless++;
            continue;
        }
        fprintf(out, "\nto accept %s, in policy.toml%s%s%s:\n    %s\n  what that gives up: %s\n",
                check_info(r->checks[i].id)->name, hint.section[0] == '\0' ? "" : " under [",
                hint.section, hint.section[0] == '\0' ? "" : "]", hint.line, hint.weaker);
    }
    if (hopeless > 0)
        fprintf(
            out, "\n%s\n",
            "No policy accepts the rest: it takes other evidence, or collateral that is missing "
            "('enarx attest fetch').");
}

void verdict_print(FILE *out, const struct attest_result *r, int64_t time, bool explain)
{
    const char *status = tcb_status_text(r->tcb_status);
    fprintf(out, "%s: %s%s evidence\n", verdict_text(r->verdict), r->simulated ? "simulated " : "",
            kind_text(r->claims.kind));
    fprintf(out, "  signature %s, collateral %s, TCB %s, identity %s\n",
            signature_text(r->signature), collateral_text(r->collateral),
            status == NULL ? "unknown" : status, identity_text(r->identity));
    if (r->verdict != ACCEPTED)
        print_failures(out, r);
    for (size_t i = 0; i < r->note_count; i++)
        fprintf(out, "note: %s\n", r->notes[i].text);
    if (explain)
        print_checks(out, r);
    if (r->verdict != ACCEPTED)
        print_hints(out, r, time);
}
