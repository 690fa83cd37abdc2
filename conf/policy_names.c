/* SPDX-License-Identifier: Apache-2.0 */
/* Which host names a steward certifies for which workload in which keep: [[names]] of
 * policy.toml. Trusts nothing in the text. */
#include "conf/policy_names.h"

#include "conf/config_key.h"
#include "conf/host_name.h"
#include "conf/policy_block.h"
#include "conf/policy_value.h"

#include <errno.h>
#include <string.h>

struct names_reader {
    struct policy_file *file;
    struct toml_error *error;
};

/* ---- host names ---- */

static bool is_listed(const struct bytes *items, size_t count, struct bytes item)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(items[i], item))
            return true;
    }
    return false;
}

static int read_host(const struct names_reader *r, const struct toml_value *v, struct bytes *items,
                     size_t index)
{
    int result = config_text(v, "dns", r->error, &items[index]);
    if (result == 0 && !host_name_ok(items[index]))
        return toml_error_set(r->error, v->place,
                              "%s is no host name; write one like \"api.example.org\", in lower "
                              "case and without a wildcard",
                              toml_quote(items[index]).text);
    if (result == 0 && is_listed(items, index, items[index]))
        return toml_error_set(r->error, v->place, "%s stands there twice",
                              toml_quote(items[index]).text);
    return result;
}

static int read_hosts(const struct names_reader *r, const struct toml_value *v,
                      struct bytes_list *out)
{
    int result = config_type(v, TOML_ARRAY, "dns", r->error);
    if (result < 0)
        return result;
    const size_t count = v->array.count;
    struct bytes *items = policy_block_new(r->file, (count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    size_t size = 0;
    for (size_t i = 0; result == 0 && i < count && i < POLICY_HOSTS_MAX; i++) {
        result = read_host(r, v->array.items[i], items, i);
        size += items[i].size;
    }
    if (result == 0 && (count > POLICY_HOSTS_MAX || size > POLICY_HOSTS_SIZE))
        return toml_error_set(r->error, v->place,
                              "dns may hold at most %u names of %u characters together",
                              POLICY_HOSTS_MAX, POLICY_HOSTS_SIZE);
    *out = (struct bytes_list){items, count};
    return result;
}

/* ---- entries ---- */

static int read_digest(const struct names_reader *r, const struct toml_value *entry,
                       const char *name, bool longer, struct bytes *out)
{
    const struct toml_value *v = toml_get(entry, name);
    if (v == NULL)
        return toml_error_set(r->error, entry->place, "an entry of [[names]] needs %s", name);
    int result = policy_value_hex(v, name, r->file, r->error, out);
    if (result == 0 && out->size != 32 && !(longer && out->size == 48))
        return toml_error_set(r->error, v->place, "%s must be %s hexadecimal digits, not %zu", name,
                              longer ? "64 or 96" : "64", 2 * out->size);
    return result;
}

static bool is_same(const struct policy_names *a, const struct policy_names *b)
{
    return bytes_equal(a->measurement, b->measurement) && bytes_equal(a->workload, b->workload);
}

static int read_entry(const struct names_reader *r, const struct toml_value *v,
                      struct policy_names *out)
{
    static const char *const keys[] = {"measurement", "workload", "dns", NULL};
    int result = config_type(v, TOML_TABLE, "names", r->error);
    if (result == 0)
        result = config_keys(v, keys, r->error);
    if (result == 0)
        result = read_digest(r, v, "measurement", true, &out->measurement);
    if (result == 0)
        result = read_digest(r, v, "workload", false, &out->workload);
    const struct toml_value *hosts = toml_get(v, "dns");
    if (result == 0 && hosts == NULL)
        return toml_error_set(r->error, v->place,
                              "an entry of [[names]] needs dns, which may be []");
    return result < 0 ? result : read_hosts(r, hosts, &out->hosts);
}

int policy_names_read(const struct toml_value *value, struct policy_file *file,
                      struct toml_error *error)
{
    const struct names_reader r = {file, error};
    int result = value == NULL ? 0 : config_type(value, TOML_ARRAY, "names", error);
    if (value == NULL || result < 0)
        return result;
    const size_t count = value->array.count;
    if (count > POLICY_NAMES_MAX)
        return toml_error_set(error, value->place, "there may be at most %u entries of [[names]]",
                              POLICY_NAMES_MAX);
    struct policy_names *all = policy_block_new(file, (count + 1) * sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = read_entry(&r, value->array.items[i], &all[i]);
        for (size_t j = 0; result == 0 && j < i; j++) {
            if (is_same(&all[i], &all[j]))
                return toml_error_set(error, value->array.items[i]->place,
                                      "another entry of [[names]] has the same measurement and "
                                      "workload; put all names into one");
        }
    }
    file->names = all;
    file->names_count = count;
    return result;
}
