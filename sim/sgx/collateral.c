/* SPDX-License-Identifier: Apache-2.0 */
/* Makes collateral of the simulation; see collateral.h. The formats are Intel's
 * [PCS v4]: TCB info 3, QE identity 2, CRLs in DER. */
#include "sim/sgx/collateral.h"

#include "base/hex.h"
#include "base/rfc3339.h"
#include "crypto/issue.h"
#include "crypto/key.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/platform.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX 8192u
#define SLACK    3600
#define DAY      86400

struct making {
    const struct authority *authority;
    int64_t issued;
    int64_t next_update;
    collateral_put *put;
    void *context;
};

static int hand_over(const struct making *m, const char *name, const struct put *content)
{
    return content->bad ? -ENOSPC : m->put(m->context, name, put_done(content));
}

/* ---- certificates and CRLs ---- */

static int put_chain(const struct making *m, enum signer signer, const char *name)
{
    uint8_t buffer[FILE_MAX];
    struct put chain = put_init(buffer, sizeof(buffer));
    authority_put_chain(m->authority, signer, &chain);
    return hand_over(m, name, &chain);
}

static int put_crl(const struct making *m, enum signer signer, const char *name)
{
    const struct authority *a = m->authority;
    const struct revocations list = {
        .number = (uint64_t)m->issued,
        .this_update = m->issued,
        .next_update = m->next_update,
    };
    const struct bytes cert = {.data = a->certs[signer].der, .size = a->certs[signer].size};
    struct issuer issuer;
    uint8_t buffer[FILE_MAX];
    struct put crl = put_init(buffer, sizeof(buffer));
    int error = issuer_of(cert, a->keys[signer], &issuer);
    if (error == 0)
        error = revocations_issue(&list, &issuer, &crl);
    return error < 0 ? error : hand_over(m, name, &crl);
}

/* ---- signed JSON ---- */

struct dates {
    char issued[RFC3339_SIZE];
    char next_update[RFC3339_SIZE];
};

static struct dates dates_of(const struct making *m)
{
    struct dates dates;
    rfc3339_put(m->issued, dates.issued);
    rfc3339_put(m->next_update, dates.next_update);
    return dates;
}

format_like(2, 3) static void add(struct put *p, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof(text))
        p->bad = true;
    else
        put_bytes(p, bytes_of_text(text));
}

static void add_hex(struct put *p, const char *name, struct bytes value)
{
    char digits[2 * 64 + 1];
    hex_put(value, digits);
    add(p, "\"%s\":\"%s\",", name, digits);
}

static int put_signed(const struct making *m, const char *file, const char *member,
                      const struct put *object)
{
    uint8_t signature[KEY_SIGNATURE_SIZE], buffer[FILE_MAX];
    char digits[2 * KEY_SIGNATURE_SIZE + 1];
    struct put text = put_init(buffer, sizeof(buffer));
    if (object->bad)
        return -ENOSPC;
    int error = key_sign(m->authority->keys[SIGNER_TCB], put_done(object), signature);
    if (error < 0)
        return error;
    hex_put((struct bytes){.data = signature, .size = sizeof(signature)}, digits);
    add(&text, "{\"%s\":", member);
    put_bytes(&text, put_done(object));
    add(&text, ",\"signature\":\"%s\"}", digits);
    return hand_over(m, file, &text);
}

static void add_head(struct put *p, const struct making *m, const char *id, unsigned version)
{
    const struct dates dates = dates_of(m);
    add(p, "{\"id\":\"%s\",\"version\":%u,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\",", id, version,
        dates.issued, dates.next_update);
    add(p, "\"tcbEvaluationDataNumber\":%u,", SIM_EVALUATION);
}

/* The end of the one level, of the list of levels, and of the object. */
static void add_tail(struct put *p)
{
    add(p, "\"tcbDate\":\"%s\",\"tcbStatus\":\"UpToDate\"}]}", SIM_TCB_DATE);
}

static int put_tcb_info(const struct making *m)
{
    static const uint8_t pce_id[] = {SIM_PCE_ID & 0xff, SIM_PCE_ID >> 8};
    uint8_t buffer[FILE_MAX / 2];
    struct put p = put_init(buffer, sizeof(buffer));
    add_head(&p, m, "SGX", 3);
    add_hex(&p, "fmspc", bytes_of_text(SIM_FMSPC));
    add_hex(&p, "pceId", (struct bytes){.data = pce_id, .size = sizeof(pce_id)});
    add(&p, "\"tcbType\":0,\"tcbLevels\":[{\"tcb\":{\"sgxtcbcomponents\":[");
    for (size_t i = 0; i < sizeof(model_cpu_svn); i++)
        add(&p, "%s{\"svn\":%u}", i > 0 ? "," : "", model_cpu_svn[i]);
    add(&p, "],\"pcesvn\":%u},", SIM_PCE_SVN);
    add_tail(&p);
    return put_signed(m, "tcb_info.json", "tcbInfo", &p);
}

/* As Intel's: which mode the enclave is in, 64 bits or not, and XFRM do not count. */
static void add_attributes(struct put *p)
{
    const uint64_t mask = ~SGX_ATTR_MODE64BIT;
    uint8_t value[16] = {0}, masks[16] = {0};
    struct put v = put_init(value, sizeof(value)), k = put_init(masks, sizeof(masks));
    put_le64(&v, SIM_QE_ATTRIBUTES & mask);
    put_le64(&k, mask);
    add_hex(p, "attributes", (struct bytes){.data = value, .size = sizeof(value)});
    add_hex(p, "attributesMask", (struct bytes){.data = masks, .size = sizeof(masks)});
}

static int put_qe_identity(const struct making *m)
{
    uint8_t mrsigner[32] = {0};
    uint8_t buffer[FILE_MAX / 2];
    struct put p = put_init(buffer, sizeof(buffer));
    memcpy(mrsigner, SIM_QE_MRSIGNER, strlen(SIM_QE_MRSIGNER));
    add_head(&p, m, "QE", 2);
    add(&p, "\"miscselect\":\"00000000\",\"miscselectMask\":\"ffffffff\",");
    add_attributes(&p);
    add_hex(&p, "mrsigner", (struct bytes){.data = mrsigner, .size = sizeof(mrsigner)});
    add(&p, "\"isvprodid\":%u,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%u},", SIM_QE_PROD_ID,
        SIM_QE_SVN);
    add_tail(&p);
    return put_signed(m, "qe_identity.json", "enclaveIdentity", &p);
}

int sim_collateral_make(const struct authority *a, int64_t now, collateral_put *put, void *context)
{
    const struct making m = {
        .authority = a,
        .issued = now - SLACK,
        .next_update = now + SIM_COLLATERAL_DAYS * DAY,
        .put = put,
        .context = context,
    };
    int error = put_chain(&m, SIGNER_ROOT, "root.pem");
    if (error == 0)
        error = put_chain(&m, SIGNER_TCB, "tcb_signing_chain.pem");
    if (error == 0)
        error = put_tcb_info(&m);
    if (error == 0)
        error = put_qe_identity(&m);
    if (error == 0)
        error = put_chain(&m, SIGNER_PLATFORM, "pck_crl_issuer_chain.pem");
    if (error == 0)
        error = put_crl(&m, SIGNER_PLATFORM, "pck_crl.der");
    return error == 0 ? put_crl(&m, SIGNER_ROOT, "root_ca_crl.der") : error;
}
