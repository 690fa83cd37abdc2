/* SPDX-License-Identifier: Apache-2.0 */
/* Parses QE identities; see qe_identity.h. Trusts nothing. */
#include "attest/qe_identity.h"

#include <errno.h>
#include <stdlib.h>

static enum kind kind_read(struct reader *r, const json_t *from)
{
    struct bytes id = read_text(r, from, "id");

    if (bytes_equal(id, bytes_of_text("QE")))
        return KIND_SGX;
    return bytes_equal(id, bytes_of_text("TD_QE")) ? KIND_TDX : KIND_UNKNOWN;
}

/* MISCSELECT is written as its bytes lie in a report: little-endian. */
static uint32_t misc_read(struct reader *r, const json_t *from, const char *name)
{
    uint8_t bytes[4] = {0};

    read_hex(r, from, name, bytes, sizeof(bytes));
    struct cur c = cur_init((struct bytes){bytes, sizeof(bytes)});

    return cur_le32(&c);
}

static void identity_read(struct reader *r, const json_t *from, struct qe_identity *id)
{
    id->kind = kind_read(r, from);
    if (read_uint(r, from, "version", UINT32_MAX) != 2)
        r->bad = true;
    id->issued = read_time(r, from, "issueDate");
    id->next_update = read_time(r, from, "nextUpdate");
    id->evaluation_number = read_uint(r, from, "tcbEvaluationDataNumber", UINT32_MAX);
    id->misc_select = misc_read(r, from, "miscselect");
    id->misc_select_mask = misc_read(r, from, "miscselectMask");
    read_hex(r, from, "attributes", id->attributes, sizeof(id->attributes));
    read_hex(r, from, "attributesMask", id->attributes_mask, sizeof(id->attributes_mask));
    read_hex(r, from, "mrsigner", id->mrsigner, sizeof(id->mrsigner));
    id->isv_prod_id = (uint16_t)read_uint(r, from, "isvprodid", UINT16_MAX);
    svn_levels_read(r, from, &id->names, &id->levels);
    id->statuses_known = svn_levels_known(&id->levels);
}

int qe_identity_parse(const struct signed_json *cut, struct qe_identity **identity)
{
    struct reader r = {.bad = false};
    json_t *json = signed_json_parse(cut);

    *identity = NULL;
    if (!json)
        return -EBADMSG;
    struct qe_identity *parsed = calloc(1, sizeof(*parsed));

    if (!parsed) {
        json_decref(json);
        return -ENOMEM;
    }
    identity_read(&r, json, parsed);
    json_decref(json);
    if (r.bad) {
        free(parsed);
        return -EBADMSG;
    }
    *identity = parsed;
    return 0;
}
