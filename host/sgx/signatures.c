/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures in JSON; see signatures.h. Trusts jansson. */
#include "host/sgx/signatures.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *read_version(const json_t *version, struct signatures *s)
{
    const size_t size = json_string_length(version);
    if (!json_is_string(version) || size == 0 || size >= sizeof(s->version) ||
        strlen(json_string_value(version)) != size)
        return "has no \"version\", the text that 'enarx --version' shows";
    memcpy(s->version, json_string_value(version), size);
    return NULL;
}

static const char *read_sgx(const json_t *sgx, struct signatures *s)
{
    uint8_t *out = (uint8_t *)&s->sgx;
    size_t i;
    const json_t *byte;
    if (!json_is_array(sgx))
        return "has no \"sgx\", a list of bytes";
    if (json_array_size(sgx) != sizeof(s->sgx))
        return "does not have the 1808 bytes of a SIGSTRUCT in \"sgx\"";
    json_array_foreach(sgx, i, byte)
    {
        const json_int_t value = json_integer_value(byte);
        if (!json_is_integer(byte) || value < 0 || value > UINT8_MAX)
            return "has something in \"sgx\" that is no byte";
        out[i] = (uint8_t)value;
    }
    return NULL;
}

static const char *read_root(json_t *root, struct signatures *s)
{
    const char *name;
    json_t *value;
    if (!json_is_object(root))
        return "is not a JSON object";
    json_object_foreach(root, name, value)
    {
        if (strcmp(name, "version") != 0 && strcmp(name, "sgx") != 0 && strcmp(name, "sev") != 0)
            return "has something beside \"version\", \"sgx\" and \"sev\"";
    }
    const char *fault = read_version(json_object_get(root, "version"), s);
    return fault != NULL ? fault : read_sgx(json_object_get(root, "sgx"), s);
}

const char *signatures_parse(struct bytes text, struct signatures *out)
{
    *out = (struct signatures){0};
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL)
        return "is not JSON";
    const char *fault = read_root(root, out);
    json_decref(root);
    return fault;
}

char *signatures_text(const struct signatures *s)
{
    const uint8_t *bytes = (const uint8_t *)&s->sgx;
    json_t *sgx = json_array();
    for (size_t i = 0; sgx != NULL && i < sizeof(s->sgx); i++)
        json_array_append_new(sgx, json_integer(bytes[i]));
    json_t *root = json_pack("{s:s, s:o}", "version", s->version, "sgx", sgx);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}
