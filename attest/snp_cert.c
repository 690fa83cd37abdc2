/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions of VCEK and VLEK certificates; see snp_cert.h. Trusts OpenSSL to have
 * split the certificate into extensions. */
#include "attest/snp_cert.h"

#include <errno.h>
#include <string.h>

#define ARC      "1.3.6.1.4.1.3704.1."
#define ASN1_INT 0x02
#define ASN1_OCT 0x04
#define ASN1_IA5 0x16

#define HWID_SIZE       64u
#define HWID_TURIN_SIZE 8u

static struct bytes take_element(struct cur *c, uint8_t tag)
{
    if (cur_u8(c) != tag)
        cur_fail(c);
    const uint8_t size = cur_u8(c);
    if (size >= 0x80) /* nothing here is that long */
        cur_fail(c);
    return cur_take(c, size);
}

/* The extensions asked for, counted: when all have been, the count is their number. */
struct reader {
    const struct x509_cert *cert;
    size_t count;
    bool bad;
};

static bool has(struct reader *r, const char *oid, struct bytes *value)
{
    const bool there = x509_extension(r->cert, oid, value);
    r->count += there ? 1 : 0;
    return there;
}

/* An INTEGER from 0 to 255; 0 where it is missing and may be. */
static uint8_t take_svn(struct reader *r, const char *oid, bool wanted)
{
    struct bytes value;
    if (!has(r, oid, &value)) {
        r->bad = r->bad || wanted;
        return 0;
    }
    struct cur c = cur_init(value);
    struct cur number = cur_init(take_element(&c, ASN1_INT));
    uint8_t svn = cur_u8(&number);
    const bool leading = svn == 0 && cur_left(&number) > 0; /* before a set high bit */
    const bool negative = svn >= 0x80;
    if (leading)
        svn = cur_u8(&number);
    if (!cur_done(&c) || !cur_done(&number) || negative || (leading && svn < 0x80))
        r->bad = true;
    return svn;
}

static struct bytes take_name(struct reader *r, const char *oid, bool wanted)
{
    struct bytes value;
    if (!has(r, oid, &value)) {
        r->bad = r->bad || wanted;
        return (struct bytes){0};
    }
    struct cur c = cur_init(value);
    const struct bytes name = take_element(&c, ASN1_IA5);
    if (!cur_done(&c) || name.size == 0)
        r->bad = true;
    return name;
}

/* The bytes themselves, or as some certificates have it an OCTET STRING of them. */
static struct bytes take_hwid(struct reader *r, enum product line)
{
    const size_t size = line == PRODUCT_TURIN ? HWID_TURIN_SIZE : HWID_SIZE;
    struct bytes value;
    if (!has(r, ARC "4", &value))
        return (struct bytes){0};
    if (value.size == size + 2) {
        struct cur c = cur_init(value);
        value = take_element(&c, ASN1_OCT);
        r->bad = r->bad || !cur_done(&c);
    }
    r->bad = r->bad || value.size != size;
    return value;
}

static bool begins(struct bytes text, const char *with)
{
    const struct bytes start = bytes_of_text(with);
    struct cur c = cur_init(text);
    return bytes_equal(cur_take(&c, start.size), start);
}

/* "Milan-B0" is of Milan; the line may be followed by a stepping alone. */
static enum product line_of(struct bytes name)
{
    static const struct {
        const char *name;
        enum product line;
    } lines[] = {
        {"Milan", PRODUCT_MILAN}, {"Genoa", PRODUCT_GENOA}, {"Bergamo", PRODUCT_GENOA},
        {"Siena", PRODUCT_GENOA}, {"Turin", PRODUCT_TURIN},
    };
    for (size_t i = 0; i < ARRAY_COUNT(lines) && name.size > 0; i++) {
        const size_t size = strlen(lines[i].name);
        if (begins(name, lines[i].name) && (name.size == size || name.data[size] == '-'))
            return lines[i].line;
    }
    return PRODUCT_UNKNOWN;
}

static struct snp_tcb take_tcb(struct reader *r, enum product line)
{
    const bool turin = line == PRODUCT_TURIN;
    const struct snp_tcb tcb = {
        .bootloader = take_svn(r, ARC "3.1", true),
        .tee = take_svn(r, ARC "3.2", true),
        .snp = take_svn(r, ARC "3.3", true),
        .microcode = take_svn(r, ARC "3.8", true),
        .fmc = take_svn(r, ARC "3.9", turin),
    };
    static const char *const spare[] = {ARC "3.4", ARC "3.5", ARC "3.6", ARC "3.7"};
    for (size_t i = 0; i < ARRAY_COUNT(spare); i++)
        r->bad = take_svn(r, spare[i], false) != 0 || r->bad;
    r->bad = r->bad || (!turin && tcb.fmc != 0);
    return tcb;
}

bool snp_cert_is(const struct x509_cert *cert)
{
    char name[32];
    x509_subject(cert, name, sizeof(name));
    return strcmp(name, "SEV-VCEK") == 0 || strcmp(name, "SEV-VLEK") == 0;
}

int snp_cert_parse(const struct x509_cert *cert, struct snp_cert *out)
{
    struct reader r = {.cert = cert};
    char subject[32];
    char issuer[64];
    x509_subject(cert, subject, sizeof(subject));
    x509_issuer(cert, issuer, sizeof(issuer));
    *out = (struct snp_cert){.vlek = strcmp(subject, "SEV-VLEK") == 0};
    out->struct_version = take_svn(&r, ARC "1", true);
    out->product = take_name(&r, ARC "2", true);
    out->line = line_of(out->product);
    out->tcb = take_tcb(&r, out->line);
    out->hwid = take_hwid(&r, out->line);
    out->csp_id = take_name(&r, ARC "5", false);
    const bool ours = snp_cert_is(cert) && out->struct_version <= 1 &&
                      begins(bytes_of_text(issuer), "SEV-VLEK-") == out->vlek &&
                      (out->hwid.size == 0) == out->vlek && (out->csp_id.size != 0) == out->vlek;
    return ours && !r.bad && r.count == cert->extension_count ? 0 : -EBADMSG;
}
