/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of keeps; see certificate.h. */
#include "svc/steward/certificate.h"

#include "base/der_put.h"
#include "crypto/x509_parse.h"
#include "svc/steward/names.h"

#include <errno.h>

#define OID_EXTENDED_KEY_USAGE "2.5.29.37"
#define OID_SERVER_AUTH        "1.3.6.1.5.5.7.3.1"
#define OID_CLIENT_AUTH        "1.3.6.1.5.5.7.3.2"

#define NAMES_MAX     (POLICY_HOSTS_SIZE + 4 * POLICY_HOSTS_MAX + 8)
#define STATEMENT_MAX 192u

/* ---- what is asked of an order ---- */

static bool is_zero(const uint8_t *data, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++)
        any |= data[i];
    return any == 0;
}

/* A point on one of two curves, and nothing more. */
static bool key_is_known(const struct authority *a, const struct order *order)
{
    struct x509_cert holder = {.spki = order_public_key(order)};
    const bool known = x509_parse_key(a->curve, &holder) == 0 && holder.ec != NULL;
    x509_cert_fini(&holder);
    return known;
}

static bool is_only_original(const struct authority *a, const struct order *order)
{
    return a->legacy && order->entry == 0 && order->hosts == 0 &&
           is_zero(order->workload, sizeof(order->workload));
}

static enum steward_check check_order(const struct authority *a, const struct order *order,
                                      int64_t now)
{
    if (!steward_passes(order_authority, now >= a->not_before && now < a->not_after))
        return STEWARD_order_authority;
    if (!steward_passes(order_key, key_is_known(a, order)))
        return STEWARD_order_key;
    if (!order->original)
        return names_check(a->policy, order);
    return steward_passes(order_original, is_only_original(a, order)) ? STEWARD_PASSED
                                                                      : STEWARD_order_original;
}

/* ---- what the certificate says ---- */

static void put_names(struct put *p, const struct authority *a, const struct order *order)
{
    struct bytes hosts[POLICY_HOSTS_MAX];
    size_t count = 0;
    const struct policy_names *entry = &a->policy->names[order->entry];
    for (size_t i = 0; i < entry->hosts.count; i++) {
        if ((order->hosts & 1u << i) != 0)
            hosts[count++] = entry->hosts.items[i];
    }
    certificate_put_host_names(p, hosts, count);
}

static void put_usage(struct put *p)
{
    const size_t all = der_open(p, DER_SEQUENCE);
    der_put_oid(p, OID_SERVER_AUTH);
    der_put_oid(p, OID_CLIENT_AUTH);
    der_close(p, all);
}

static void put_statement(struct put *p, const struct order *order)
{
    const struct bytes workload = {order->workload, sizeof(order->workload)};
    const struct bytes evidence = {order->evidence, sizeof(order->evidence)};
    const size_t all = der_open(p, DER_SEQUENCE);
    der_put(p, DER_UTF8_STRING, bytes_of_text(order_tee(order)));
    der_put(p, DER_OCTET_STRING, order_measurement(order));
    der_put(p, DER_OCTET_STRING, order->original ? (struct bytes){0} : workload);
    der_put(p, DER_OCTET_STRING, evidence);
    der_close(p, all);
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int issue(const struct authority *a, const struct order *order, int64_t now, struct put *out)
{
    uint8_t names[NAMES_MAX], usage[32], statement[STATEMENT_MAX];
    struct put n = put_init(names, sizeof(names)), u = put_init(usage, sizeof(usage)),
               s = put_init(statement, sizeof(statement));
    if (order->hosts != 0)
        put_names(&n, a, order);
    put_usage(&u);
    put_statement(&s, order);
    const struct certificate_extension extensions[] = {
        {OID_EXTENDED_KEY_USAGE, false, put_done(&u)},
        {STATEMENT_OID, false, put_done(&s)},
        {OID_SUBJECT_ALT_NAME, false, put_done(&n)},
    };
    const int64_t from = now - CERTIFICATE_BACKDATE;
    const struct certificate cert = {
        .organisation = "Enarx",
        .name = "Enarx keep",
        .public_key = order_public_key(order),
        .not_before = from < a->not_before ? a->not_before : from,
        .not_after = least(from + a->lifetime, a->not_after),
        .extensions = extensions,
        .extension_count = ARRAY_COUNT(extensions) - (order->hosts == 0),
    };
    return n.bad || u.bad || s.bad ? -EMSGSIZE : certificate_issue(&cert, &a->issuer, out);
}

enum steward_check certificate_make(const struct authority *a, const struct order *order,
                                    int64_t now, struct put *out, int *error)
{
    *error = 0;
    const enum steward_check check = check_order(a, order, now);
    if (check == STEWARD_PASSED)
        *error = issue(a, order, now, out);
    return check;
}

enum steward_check certificate_answer(const struct authority *a, struct rate *rate,
                                      struct moment at, const uint8_t message[static ORDER_SIZE],
                                      struct put *out, int *error)
{
    struct order order;
    *error = 0;
    if (!steward_passes(order_rate, rate_take(rate, at.ms)))
        return STEWARD_order_rate;
    const enum steward_check check = order_parse(message, &order);
    return check != STEWARD_PASSED ? check : certificate_make(a, &order, at.now, out, error);
}
