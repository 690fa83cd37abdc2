/* SPDX-License-Identifier: Apache-2.0 */
/* Which names go into a certificate: of those that the policy gives to this measurement and
 * workload, the ones asked for, or all. Pure. Trusts the policy. */
#ifndef SVC_STEWARD_NAMES_H
#define SVC_STEWARD_NAMES_H

#include "base/attr.h"
#include "conf/policy_toml.h"
#include "svc/steward/order.h"

struct names_asked {
    bool given; /* the request has a subjectAltName */
    struct bytes hosts[POLICY_HOSTS_MAX];
    size_t count;
};

/* Takes the value of subjectAltName apart: names of hosts and no other kind [RFC 5280
 * 4.2.1.6]. STEWARD_names_form or STEWARD_PASSED. */
must_use enum steward_check names_parse(struct bytes value, struct names_asked *out);

/* Fills in order->entry and order->hosts, by its measurement and workload. */
must_use enum steward_check names_select(const struct policy_file *policy,
                                         const struct names_asked *asked, struct order *order);

/* Whether the entry has the names that the order wants, and is of its measurement and
 * workload. The names are then those of the entry whose bits are set. */
must_use enum steward_check names_check(const struct policy_file *policy,
                                        const struct order *order);

#endif
