/* SPDX-License-Identifier: Apache-2.0 */
/* Names in certificates; see names.h. */
#include "svc/steward/names.h"

#include "crypto/host_names.h"

#include <string.h>

enum steward_check names_parse(struct bytes value, struct names_asked *out)
{
    *out = (struct names_asked){.given = true};
    const int count = host_names_parse(value, out->hosts, POLICY_HOSTS_MAX);
    out->count = count < 0 ? 0 : (size_t)count;
    return steward_passes(names_form, count > 0) ? STEWARD_PASSED : STEWARD_names_form;
}

static struct bytes workload_of(const struct order *order)
{
    return (struct bytes){order->workload, sizeof(order->workload)};
}

static uint32_t all_hosts(const struct policy_names *entry)
{
    return entry->hosts.count == 32 ? UINT32_MAX : (1u << entry->hosts.count) - 1;
}

/* The bit of a name; 0 for one that is not there. */
static uint32_t host_bit(const struct policy_names *entry, struct bytes host)
{
    for (size_t i = 0; i < entry->hosts.count; i++) {
        if (bytes_equal(entry->hosts.items[i], host))
            return 1u << i;
    }
    return 0;
}

static enum steward_check select_hosts(const struct policy_names *entry,
                                       const struct names_asked *asked, uint32_t *hosts)
{
    *hosts = asked->given ? 0 : all_hosts(entry);
    for (size_t i = 0; i < asked->count; i++) {
        const uint32_t bit = host_bit(entry, asked->hosts[i]);
        if (!steward_passes(names_listed, bit != 0))
            return STEWARD_names_listed;
        *hosts |= bit;
    }
    return STEWARD_PASSED;
}

enum steward_check names_select(const struct policy_file *policy, const struct names_asked *asked,
                                struct order *order)
{
    for (size_t i = 0; i < policy->names_count; i++) {
        const struct policy_names *entry = &policy->names[i];
        if (!bytes_equal(entry->measurement, order_measurement(order)) ||
            !steward_passes(names_entry, bytes_equal(entry->workload, workload_of(order))))
            continue;
        order->entry = (uint32_t)i;
        return select_hosts(entry, asked, &order->hosts);
    }
    return STEWARD_names_entry;
}

enum steward_check names_check(const struct policy_file *policy, const struct order *order)
{
    if (!steward_passes(order_entry, order->entry < policy->names_count))
        return STEWARD_order_entry;
    const struct policy_names *entry = &policy->names[order->entry];
    if (!steward_passes(order_measurement,
                        bytes_equal(entry->measurement, order_measurement(order))))
        return STEWARD_order_measurement;
    if (!steward_passes(order_workload, bytes_equal(entry->workload, workload_of(order))))
        return STEWARD_order_workload;
    if (!steward_passes(order_names, (order->hosts & ~all_hosts(entry)) == 0))
        return STEWARD_order_names;
    return STEWARD_PASSED;
}
