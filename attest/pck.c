/* SPDX-License-Identifier: Apache-2.0 */
/* The SGX extension of a PCK certificate, DER read as a flat list of
 * what has to be there, in the order of the specification. Trusts nothing. */
#include "attest/pck.h"

#include <errno.h>
#include <string.h>

#include "base/der.h"

/* Members of the extension; the last arc of their object identifiers. */
enum {
    PCK_PPID = 1,
    PCK_TCB = 2,
    PCK_PCE_ID = 3,
    PCK_FMSPC = 4,
    PCK_SGX_TYPE = 5,
    PCK_PLATFORM_INSTANCE_ID = 6,
    PCK_CONFIGURATION = 7,
};
enum { TCB_PCE_SVN = 17, TCB_CPU_SVN = 18 };

static void der_octets(struct cur *c, uint8_t *out, size_t size)
{
    struct bytes octets = der_take(c, DER_OCTET_STRING);

    if (octets.size != size)
        cur_fail(c);
    else
        memcpy(out, octets.data, size);
}

/* A non-negative number up to `max`, which is below 2^24, in its shortest form. */
static uint32_t der_uint(struct cur *c, uint8_t tag, uint32_t max)
{
    struct bytes number = der_take(c, tag);
    uint32_t value = 0;

    if (number.size == 0 || number.size > 4 || number.data[0] > 0x7f ||
        (number.size > 1 && number.data[0] == 0 && number.data[1] < 0x80)) {
        cur_fail(c);
        return 0;
    }
    for (size_t i = 0; i < number.size; i++)
        value = value << 8 | number.data[i];
    if (value > max)
        cur_fail(c);
    return value;
}

/* SEQUENCE { OID 1.2.840.113741.1.13.1.a[.b], value }: a cursor on the value. The
 * caller asks member_done(). */
static struct cur member(struct cur *c, uint8_t a, uint8_t b)
{
    const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, a, b};
    struct bytes expected = {oid, b != 0 ? sizeof(oid) : sizeof(oid) - 1};
    struct cur inner = cur_init(der_take(c, DER_SEQUENCE));

    if (!bytes_equal(der_take(&inner, DER_OID), expected))
        cur_fail(&inner);
    return inner;
}

static void member_done(struct cur *c, const struct cur *inner)
{
    if (!cur_done(inner))
        cur_fail(c);
}

static void octets_member(struct cur *c, uint8_t a, uint8_t b, uint8_t *out, size_t size)
{
    struct cur inner = member(c, a, b);

    der_octets(&inner, out, size);
    member_done(c, &inner);
}

static uint32_t uint_member(struct cur *c, uint8_t a, uint8_t b, uint8_t tag, uint32_t max)
{
    struct cur inner = member(c, a, b);
    uint32_t value = der_uint(&inner, tag, max);

    member_done(c, &inner);
    return value;
}

static bool bool_member(struct cur *c, uint8_t a, uint8_t b)
{
    struct cur inner = member(c, a, b);
    bool value = der_take_boolean(&inner);

    member_done(c, &inner);
    return value;
}

static void tcb_parse(struct cur *c, struct intel_claims *claims)
{
    struct cur outer = member(c, PCK_TCB, 0);
    struct cur tcb = cur_init(der_take(&outer, DER_SEQUENCE));

    for (size_t i = 0; i < sizeof(claims->tcb_comp); i++)
        claims->tcb_comp[i] =
            (uint8_t)uint_member(&tcb, PCK_TCB, (uint8_t)(i + 1), DER_INTEGER, 0xff);
    claims->cert_pce_svn = (uint16_t)uint_member(&tcb, PCK_TCB, TCB_PCE_SVN, DER_INTEGER, 0xffff);
    octets_member(&tcb, PCK_TCB, TCB_CPU_SVN, claims->cert_cpu_svn, sizeof(claims->cert_cpu_svn));
    member_done(&outer, &tcb);
    member_done(c, &outer);
}

/* Only certificates of the Platform CA have these. */
static void platform_parse(struct cur *c, struct intel_claims *claims)
{
    octets_member(c, PCK_PLATFORM_INSTANCE_ID, 0, claims->platform_instance_id,
                  sizeof(claims->platform_instance_id));
    claims->platform_instance_id_given = true;

    struct cur outer = member(c, PCK_CONFIGURATION, 0);
    struct cur configuration = cur_init(der_take(&outer, DER_SEQUENCE));

    claims->dynamic_platform = bool_member(&configuration, PCK_CONFIGURATION, 1);
    claims->cached_keys = bool_member(&configuration, PCK_CONFIGURATION, 2);
    claims->smt_enabled = bool_member(&configuration, PCK_CONFIGURATION, 3);
    member_done(&outer, &configuration);
    member_done(c, &outer);
}

int pck_parse(struct bytes extension, struct intel_claims *claims)
{
    struct intel_claims parsed = *claims;
    struct cur c = cur_init(extension);
    struct cur list = cur_init(der_take(&c, DER_SEQUENCE));

    octets_member(&list, PCK_PPID, 0, parsed.ppid, sizeof(parsed.ppid));
    tcb_parse(&list, &parsed);
    octets_member(&list, PCK_PCE_ID, 0, parsed.pce_id, sizeof(parsed.pce_id));
    octets_member(&list, PCK_FMSPC, 0, parsed.fmspc, sizeof(parsed.fmspc));
    parsed.sgx_type = (uint8_t)uint_member(&list, PCK_SGX_TYPE, 0, DER_ENUMERATED, 2);
    if (cur_left(&list) > 0)
        platform_parse(&list, &parsed);
    if (!cur_done(&list) || !cur_done(&c))
        return -EBADMSG;
    *claims = parsed;
    return 0;
}
