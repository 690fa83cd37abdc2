/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the extension of PCK certificates; see pck_extension.h. */
#include "sim/sgx/pck_extension.h"

#include "sim/sgx/keys.h"
#include "sim/sgx/platform.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_SEQUENCE = 0x30,
};

#define TCB_COMPONENTS sizeof(model_cpu_svn) /* which CPUSVN is made of */
#define SCALABLE       1u                    /* SGX type */

/* ---- DER ---- */

static void put_element(struct put *out, uint8_t tag, struct bytes value)
{
    put_u8(out, tag);
    if (value.size > 0xff) {
        put_u8(out, 0x82);
        put_be16(out, (uint16_t)value.size);
    } else {
        if (value.size > 0x7f)
            put_u8(out, 0x81);
        put_u8(out, (uint8_t)value.size);
    }
    put_bytes(out, value);
}

/* SEQUENCE { OID 1.2.840.113741.1.13.1.a[.b], value } */
static void put_member(struct put *out, uint8_t a, uint8_t b, uint8_t tag, struct bytes value)
{
    const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, a, b};
    uint8_t buffer[1024];
    struct put inner = put_init(buffer, sizeof(buffer));
    put_element(&inner, DER_OID,
                (struct bytes){.data = oid, .size = b != 0 ? sizeof(oid) : sizeof(oid) - 1});
    put_element(&inner, tag, value);
    put_element(out, DER_SEQUENCE, put_done(&inner));
}

static void put_byte(struct put *out, uint8_t a, uint8_t b, uint8_t tag, uint8_t value)
{
    put_member(out, a, b, tag, (struct bytes){.data = &value, .size = 1});
}

/* ---- the members, in their order ---- */

enum { PPID = 1, TCB, PCE_ID, FMSPC, SGX_TYPE, PLATFORM_INSTANCE_ID, CONFIGURATION };
enum { TCB_PCE_SVN = 17, TCB_CPU_SVN = 18 };
enum { DYNAMIC_PLATFORM = 1, CACHED_KEYS, SMT_ENABLED };

_Static_assert(SIM_PCE_SVN < 0x80, "an integer of one byte");

static void put_svn(struct put *out, uint8_t b, uint8_t svn)
{
    const uint8_t value[] = {0, svn};
    const size_t size = svn < 0x80 ? 1 : 2; /* else it would be negative */
    put_member(out, TCB, b, DER_INTEGER,
               (struct bytes){.data = value + sizeof(value) - size, .size = size});
}

static void put_tcb(struct put *out)
{
    uint8_t buffer[512];
    struct put tcb = put_init(buffer, sizeof(buffer));
    for (unsigned i = 0; i < TCB_COMPONENTS; i++)
        put_svn(&tcb, (uint8_t)(i + 1), model_cpu_svn[i]);
    put_byte(&tcb, TCB, TCB_PCE_SVN, DER_INTEGER, SIM_PCE_SVN);
    put_member(&tcb, TCB, TCB_CPU_SVN, DER_OCTETS,
               (struct bytes){.data = model_cpu_svn, .size = sizeof(model_cpu_svn)});
    put_member(out, TCB, 0, DER_SEQUENCE, put_done(&tcb));
}

static void put_configuration(struct put *out)
{
    uint8_t buffer[128];
    struct put configuration = put_init(buffer, sizeof(buffer));
    put_byte(&configuration, CONFIGURATION, DYNAMIC_PLATFORM, DER_BOOLEAN, 0);
    put_byte(&configuration, CONFIGURATION, CACHED_KEYS, DER_BOOLEAN, 0);
    put_byte(&configuration, CONFIGURATION, SMT_ENABLED, DER_BOOLEAN, 0xff);
    put_member(out, CONFIGURATION, 0, DER_SEQUENCE, put_done(&configuration));
}

void pck_extension_put(struct put *out, const uint8_t id[static SIM_PLATFORM_ID_SIZE])
{
    static const uint8_t pce_id[] = {SIM_PCE_ID & 0xff, SIM_PCE_ID >> 8};
    const struct bytes ppid = {.data = id, .size = SIM_PLATFORM_ID_SIZE};
    uint8_t buffer[1024];
    struct put list = put_init(buffer, sizeof(buffer));
    put_member(&list, PPID, 0, DER_OCTETS, ppid);
    put_tcb(&list);
    put_member(&list, PCE_ID, 0, DER_OCTETS,
               (struct bytes){.data = pce_id, .size = sizeof(pce_id)});
    put_member(&list, FMSPC, 0, DER_OCTETS, bytes_of_text(SIM_FMSPC));
    put_byte(&list, SGX_TYPE, 0, DER_ENUMERATED, SCALABLE);
    put_member(&list, PLATFORM_INSTANCE_ID, 0, DER_OCTETS, ppid);
    put_configuration(&list);
    put_element(out, DER_SEQUENCE, put_done(&list));
}
