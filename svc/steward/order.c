/* SPDX-License-Identifier: Apache-2.0 */
/* Orders to sign; see order.h. */
#include "svc/steward/order.h"

#include "base/put.h"

#include <string.h>

const char *order_tee(const struct order *o)
{
    static const char *const simulated[] = {
        [KIND_SNP] = "simulated snp", [KIND_SGX] = "simulated sgx", [KIND_TDX] = "simulated tdx"};
    const bool told = o->simulated && o->kind >= KIND_SNP && o->kind <= KIND_TDX;
    return told ? simulated[o->kind] : kind_text(o->kind);
}

struct bytes order_measurement(const struct order *o)
{
    return (struct bytes){o->measurement, o->measurement_size};
}

struct bytes order_public_key(const struct order *o)
{
    return (struct bytes){o->public_key, o->public_key_size};
}

void order_put(const struct order *o, uint8_t message[static ORDER_SIZE])
{
    struct put p = put_init(message, ORDER_SIZE);
    memset(message, 0, ORDER_SIZE);
    put_u8(&p, (uint8_t)o->kind);
    put_u8(&p, o->original);
    put_u8(&p, (uint8_t)o->measurement_size);
    put_u8(&p, (uint8_t)o->public_key_size);
    put_be32(&p, o->entry);
    put_be32(&p, o->hosts);
    put_bytes(&p, (struct bytes){o->measurement, sizeof(o->measurement)});
    put_bytes(&p, (struct bytes){o->workload, sizeof(o->workload)});
    put_bytes(&p, (struct bytes){o->evidence, sizeof(o->evidence)});
    put_bytes(&p, (struct bytes){o->public_key, sizeof(o->public_key)});
    put_u8(&p, o->simulated);
}

static void take_into(struct cur *c, uint8_t *out, size_t size)
{
    const struct bytes from = cur_take(c, size);
    if (from.size > 0)
        memcpy(out, from.data, from.size);
}

enum steward_check order_parse(const uint8_t message[static ORDER_SIZE], struct order *out)
{
    struct cur c = cur_init((struct bytes){message, ORDER_SIZE});
    *out = (struct order){.kind = (enum kind)cur_u8(&c)};
    const uint8_t original = cur_u8(&c);
    out->original = original != 0;
    out->measurement_size = cur_u8(&c);
    out->public_key_size = cur_u8(&c);
    out->entry = cur_be32(&c);
    out->hosts = cur_be32(&c);
    take_into(&c, out->measurement, sizeof(out->measurement));
    take_into(&c, out->workload, sizeof(out->workload));
    take_into(&c, out->evidence, sizeof(out->evidence));
    take_into(&c, out->public_key, sizeof(out->public_key));
    const uint8_t simulated = cur_u8(&c);
    out->simulated = simulated != 0;
    cur_zero(&c, cur_left(&c));
    const size_t measured = out->kind == KIND_SGX ? 32 : ORDER_MEASUREMENT_MAX;
    const bool whole = cur_done(&c) && original <= 1 && simulated <= 1 &&
                       out->measurement_size == measured && out->kind >= KIND_SNP &&
                       out->kind <= KIND_TDX && out->public_key_size <= ORDER_KEY_MAX;
    return steward_passes(order_form, whole) ? STEWARD_PASSED : STEWARD_order_form;
}
