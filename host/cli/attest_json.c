/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and verdicts as JSON; see attest_json.h. */
#include "host/cli/attest_json.h"

#include "base/hex.h"
#include "base/rfc3339.h"
#include "host/cli/attest_hint.h"

#include <stdlib.h>
#include <string.h>

#define REGISTER_SIZE 48u

/* ---- fields ---- */

static json_t *hex_json(struct bytes value)
{
    char *text = malloc(2 * value.size + 1);
    if (text == NULL)
        return NULL;
    hex_put(value, text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

/* An integer of the host's, 1 to 8 bytes wide. */
static uint64_t number_at(const void *from, size_t size)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case sizeof(u8):
        memcpy(&u8, from, size);
        return u8;
    case sizeof(u16):
        memcpy(&u16, from, size);
        return u16;
    case sizeof(u32):
        memcpy(&u32, from, size);
        return u32;
    default:
        memcpy(&u64, from, sizeof(u64));
        return u64;
    }
}

static json_t *flags_json(uint64_t value)
{
    return json_sprintf("0x%llx", (unsigned long long)value);
}

static json_t *time_json(const void *from)
{
    int64_t seconds;
    char text[RFC3339_SIZE];
    memcpy(&seconds, from, sizeof(seconds));
    if (seconds == 0)
        return json_null();
    rfc3339_put(seconds, text);
    return json_string(text);
}

static json_t *status_json(enum tcb_status status)
{
    const char *text = tcb_status_text(status);
    return text == NULL ? json_null() : json_string(text);
}

static json_t *status_at(const void *from)
{
    enum tcb_status status;
    memcpy(&status, from, sizeof(status));
    return status_json(status);
}

static json_t *product_at(const void *from)
{
    enum product product;
    memcpy(&product, from, sizeof(product));
    return json_string(product_text(product));
}

static json_t *signer_json(unsigned signer)
{
    const char *text = signer == SNP_SIGNER_VCEK   ? "VCEK"
                       : signer == SNP_SIGNER_VLEK ? "VLEK"
                       : signer == SNP_SIGNER_NONE ? "none"
                                                   : "unknown";
    return json_string(text);
}

static json_t *version_json(const struct snp_version *v)
{
    return json_sprintf("%u.%u.%u", v->major, v->minor, v->build);
}

static json_t *tcb_json(const struct snp_tcb *tcb)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i}", "fmc", tcb->fmc, "bootloader", tcb->bootloader,
                     "tee", tcb->tee, "snp", tcb->snp, "microcode", tcb->microcode);
}

/* The count lies behind the names. */
static json_t *advisories_json(const char *names, size_t size)
{
    size_t count;
    memcpy(&count, names + size, sizeof(count));
    json_t *all = json_array();
    for (size_t i = 0; i < count && i < size / ADVISORY_SIZE; i++)
        json_array_append_new(all, json_string(names + i * ADVISORY_SIZE));
    return all;
}

static json_t *registers_json(const uint8_t *from, size_t size)
{
    json_t *all = json_array();
    for (size_t i = 0; i < size / REGISTER_SIZE; i++)
        json_array_append_new(all,
                              hex_json((struct bytes){from + i * REGISTER_SIZE, REGISTER_SIZE}));
    return all;
}

json_t *claim_json(const struct field *field, const void *base)
{
    const uint8_t *from = (const uint8_t *)base + field->offset;
    switch (field->type) {
    case FIELD_UINT:
        return json_integer((json_int_t)number_at(from, field->size));
    case FIELD_FLAGS:
        return flags_json(number_at(from, field->size));
    case FIELD_BYTES:
        return hex_json((struct bytes){from, field->size});
    case FIELD_TEXT:
        return json_string((const char *)from);
    case FIELD_BOOL:
        return json_boolean(*from != 0);
    case FIELD_TIME:
        return time_json(from);
    case FIELD_STATUS:
        return status_at(from);
    case FIELD_PRODUCT:
        return product_at(from);
    case FIELD_SIGNER:
        return signer_json(*from);
    case FIELD_VERSION:
        return version_json((const struct snp_version *)(const void *)from);
    case FIELD_SNP_TCB:
        return tcb_json((const struct snp_tcb *)(const void *)from);
    case FIELD_ADVISORIES:
        return advisories_json((const char *)from, field->size);
    case FIELD_REGISTERS:
        return registers_json(from, field->size);
    }
    return json_null();
}

json_t *claims_json(const struct claims *claims)
{
    const void *base;
    const struct field_table table = claims_fields(claims, &base);
    json_t *all = json_object();
    for (size_t i = 0; claims->decoded && i < table.count; i++)
        json_object_set_new(all, table.fields[i].name, claim_json(&table.fields[i], base));
    return all;
}

/* ---- the verdict ---- */

static json_t *notes_json(const struct attest_result *r)
{
    json_t *all = json_array();
    for (size_t i = 0; i < r->note_count; i++)
        json_array_append_new(all, json_string(r->notes[i].text));
    return all;
}

const char *accepted_by(const struct attest_result *r)
{
    if (r->verdict != ACCEPTED)
        return NULL;
    return r->simulated ? "simulated_roots" : "evidence";
}

json_t *ear_json(const struct ar4si *v)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "instance-identity",
                     v->instance_identity, "configuration", v->configuration, "executables",
                     v->executables, "file-system", v->file_system, "hardware", v->hardware,
                     "runtime-opaque", v->runtime_opaque, "storage-opaque", v->storage_opaque,
                     "sourced-data", v->sourced_data);
}

static json_t *checks_json(const struct attest_result *r)
{
    json_t *all = json_array();
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        const struct check *c = &r->checks[i];
        const struct check_info *info = check_info(c->id);
        json_array_append_new(all,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "check", info->name, "item",
                                        info->item, "outcome", outcome_text(c->outcome), "expected",
                                        c->expected.text, "found", c->found.text));
    }
    return all;
}

/* What would have made it pass, for each check that did not. */
static json_t *hints_json(const struct attest_result *r, int64_t time)
{
    json_t *all = json_array();
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        struct attest_hint hint;
        const struct check *c = &r->checks[i];
        if (c->outcome != OUTCOME_PASSED && attest_hint(r, time, c, &hint))
            json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "check",
                                                 check_info(c->id)->name, "section", hint.section,
                                                 "line", hint.line, "gives_up", hint.weaker));
    }
    return all;
}

json_t *verdict_json(const struct attest_result *r, int64_t time, bool explain)
{
    const struct check_info *reason = check_info(r->reason);
    const bool accepted = r->verdict == ACCEPTED;
    json_t *json = json_pack(
        "{s:s, s:s, s:s?, s:b, s:s?, s:s?, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "kind",
        kind_text(r->claims.kind), "verdict", verdict_text(r->verdict), "accepted_by",
        accepted_by(r), "simulated", r->simulated, "reason", accepted ? NULL : reason->name,
        "detail", accepted ? NULL : reason->reason, "signature", signature_text(r->signature),
        "collateral", collateral_text(r->collateral), "tcb_status", status_json(r->tcb_status),
        "identity", identity_text(r->identity), "claims", claims_json(&r->claims), "notes",
        notes_json(r), "ear", ear_json(&r->ar4si), "policy", hints_json(r, time));
    if (explain && json != NULL)
        json_object_set_new(json, "checks", checks_json(r));
    return json;
}
