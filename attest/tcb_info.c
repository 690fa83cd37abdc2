/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and matches TCB info; see tcb_info.h. Trusts nothing. */
#include "attest/tcb_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

/* Version 2: "sgxtcbcomp01svn": 1, ... */
static void components_v2(struct reader *r, const json_t *tcb, uint8_t out[static TCB_COMPONENTS])
{
    char name[] = "sgxtcbcomp00svn";

    for (unsigned i = 0; i < TCB_COMPONENTS; i++) {
        name[10] = (char)('0' + (i + 1) / 10);
        name[11] = (char)('0' + (i + 1) % 10);
        out[i] = (uint8_t)read_uint(r, tcb, name, UINT8_MAX);
    }
}

/* Version 3: "sgxtcbcomponents": [{"svn": 1, ...}, ...] */
static void components_v3(struct reader *r, const json_t *tcb, const char *name,
                          uint8_t out[static TCB_COMPONENTS])
{
    size_t count;
    const json_t *list = read_array(r, tcb, name, TCB_COMPONENTS, TCB_COMPONENTS, &count);

    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)read_uint(r, json_array_get(list, i), "svn", UINT8_MAX);
}

static void level_read(struct reader *r, const json_t *from, struct tcb_info *info,
                       struct tcb_level *level)
{
    const json_t *tcb = read_object(r, from, "tcb");

    if (info->version == 2)
        components_v2(r, tcb, level->sgx);
    else
        components_v3(r, tcb, "sgxtcbcomponents", level->sgx);
    if (info->kind == KIND_TDX)
        components_v3(r, tcb, "tdxtcbcomponents", level->tdx);
    level->pce_svn = (uint16_t)read_uint(r, tcb, "pcesvn", UINT16_MAX);
    tcb_rating_read(r, from, &info->names, &level->rating);
}

static void levels_read(struct reader *r, const json_t *from, struct tcb_info *info)
{
    const json_t *list = read_array(r, from, "tcbLevels", 1, TCB_LEVELS_MAX, &info->level_count);

    for (size_t i = 0; i < info->level_count; i++)
        level_read(r, json_array_get(list, i), info, &info->levels[i]);
}

static void module_read(struct reader *r, const json_t *from, struct tdx_module *module)
{
    read_hex(r, from, "mrsigner", module->mrsigner, sizeof(module->mrsigner));
    read_hex(r, from, "attributes", module->attributes, sizeof(module->attributes));
    read_hex(r, from, "attributesMask", module->attributes_mask, sizeof(module->attributes_mask));
}

/* "TDX_01": the major version in hexadecimal. */
static uint8_t module_version(struct reader *r, const json_t *from)
{
    struct bytes id = read_text(r, from, "id");
    char digits[3] = "";
    uint8_t version = 0;

    if (id.size != 6 || memcmp(id.data, "TDX_", 4) != 0) {
        r->bad = true;
        return 0;
    }
    memcpy(digits, id.data + 4, 2);
    if (hex_parse(digits, &version, 1) < 0 || version == 0)
        r->bad = true;
    return version;
}

static void modules_read(struct reader *r, const json_t *from, struct tcb_info *info)
{
    module_read(r, read_object(r, from, "tdxModule"), &info->modules[0]);
    info->module_count = 1;
    if (!json_object_get(from, "tdxModuleIdentities"))
        return;

    size_t count;
    const json_t *list = read_array(r, from, "tdxModuleIdentities", 0, TDX_MODULES_MAX, &count);

    for (size_t i = 0; i < count; i++) {
        const json_t *identity = json_array_get(list, i);
        struct tdx_module *module = &info->modules[info->module_count++];

        module->version = module_version(r, identity);
        module_read(r, identity, module);
        svn_levels_read(r, identity, &info->names, &module->levels);
    }
}

/* Version 2 has no id: it is SGX's. */
static enum kind kind_read(struct reader *r, const json_t *from, uint32_t version)
{
    if (version == 2)
        return KIND_SGX;
    struct bytes id = read_text(r, from, "id");

    if (bytes_equal(id, bytes_of_text("SGX")))
        return KIND_SGX;
    return bytes_equal(id, bytes_of_text("TDX")) ? KIND_TDX : KIND_UNKNOWN;
}

static bool statuses_known(const struct tcb_info *info)
{
    bool known = true;

    for (size_t i = 0; i < info->level_count; i++)
        known = known && info->levels[i].rating.status != TCB_NONE;
    for (size_t i = 0; i < info->module_count; i++)
        known = known && svn_levels_known(&info->modules[i].levels);
    return known;
}

static void info_read(struct reader *r, const json_t *from, struct tcb_info *info)
{
    info->version = read_uint(r, from, "version", UINT32_MAX);
    if (info->version != 2 && info->version != 3)
        r->bad = true;
    info->kind = kind_read(r, from, info->version);
    info->issued = read_time(r, from, "issueDate");
    info->next_update = read_time(r, from, "nextUpdate");
    read_hex(r, from, "fmspc", info->fmspc, sizeof(info->fmspc));
    read_hex(r, from, "pceId", info->pce_id, sizeof(info->pce_id));
    info->evaluation_number = read_uint(r, from, "tcbEvaluationDataNumber", UINT32_MAX);
    read_uint(r, from, "tcbType", 0); /* how to compare: 0 is the only way defined */
    levels_read(r, from, info);
    if (info->kind == KIND_TDX)
        modules_read(r, from, info);
    info->statuses_known = statuses_known(info);
}

int tcb_info_parse(const struct signed_json *cut, struct tcb_info **info)
{
    struct reader r = {.bad = false};
    json_t *json = signed_json_parse(cut);

    *info = NULL;
    if (!json)
        return -EBADMSG;
    struct tcb_info *parsed = calloc(1, sizeof(*parsed));

    if (!parsed) {
        json_decref(json);
        return -ENOMEM;
    }
    info_read(&r, json, parsed);
    json_decref(json);
    if (r.bad) {
        free(parsed);
        return -EBADMSG;
    }
    *info = parsed;
    return 0;
}

static bool reaches(const uint8_t *found, const uint8_t *wanted, size_t from)
{
    for (size_t i = from; i < TCB_COMPONENTS; i++)
        if (found[i] < wanted[i])
            return false;
    return true;
}

const struct tcb_level *tcb_info_match(const struct tcb_info *info, const uint8_t sgx[static 16],
                                       uint16_t pce_svn, const uint8_t *tee_tcb_svn)
{
    for (size_t i = 0; i < info->level_count; i++) {
        const struct tcb_level *level = &info->levels[i];

        if (!reaches(sgx, level->sgx, 0) || pce_svn < level->pce_svn)
            continue;
        if (!tee_tcb_svn || reaches(tee_tcb_svn, level->tdx, tee_tcb_svn[1] > 0 ? 2 : 0))
            return level;
    }
    return NULL;
}

const struct tdx_module *tcb_info_module(const struct tcb_info *info, uint8_t version)
{
    for (size_t i = 0; i < info->module_count; i++)
        if (info->modules[i].version == version)
            return &info->modules[i];
    return NULL;
}
