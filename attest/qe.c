/* SPDX-License-Identifier: Apache-2.0 */
/* The quoting enclave: it made the attestation key, the PCK signed its report, and
 * Intel names it in its QE identity. Trusts the certificates of the set as far as
 * endorsement_check() finds nothing wrong with them. */
#include <errno.h>
#include <string.h>

#include "attest/intel.h"
#include "attest/pck.h"
#include "attest/tcb_status.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"

/* The QE's report data is the digest of the attestation key and the QE's own
 * authentication data, behind it zeros [DCAP-QUOTE A.4, table 6]. */
static int check_report_data(struct intel *x)
{
    const struct bytes parts[] = {x->quote.key, x->quote.qe_auth};
    uint8_t expected[REPORT_DATA_SIZE] = {0};

    if (sha256_parts(parts, ARRAY_COUNT(parts), expected) < 0)
        return -ENOMEM;
    check(x->r, qe_report_data, bytes_equal(x->qe.report_data, BYTES(expected)),
          show_hex(BYTES(expected)), show_hex(x->qe.report_data));
    return 0;
}

/* The PCK certificate whose key signed the QE's report; the first one if none did. */
static int find_pck(struct intel *x, bool *valid)
{
    *valid = false;
    for (size_t i = 0; i < x->set->cert_count && !*valid; i++) {
        const struct x509_cert *cert = x->set->certs[i];
        struct bytes extension;

        if (cert->ca || !x509_extension(cert, PCK_EXTENSION_OID, &extension))
            continue;
        int rc = ecdsa_verify(cert->ec, x->quote.qe_report, x->quote.qe_signature);

        if (rc == -ENOMEM)
            return rc;
        *valid = rc == 0;
        if (*valid || !x->pck)
            x->pck = cert;
    }
    return 0;
}

static void check_chip(struct intel *x)
{
    const struct bytes_list chips = x->policy->chips;
    const struct bytes ppid = BYTES(x->claims->ppid);
    const struct bytes instance = BYTES(x->claims->platform_instance_id);

    check(x->r, pck_chip,
          chips.count == 0 || bytes_list_has(chips, ppid) ||
              (x->claims->platform_instance_id_given && bytes_list_has(chips, instance)),
          show_hex_list(chips), show_hex(ppid));
}

static int check_pck(struct intel *x)
{
    const struct shown wanted = show_text(PCK_SUBJECT);
    struct bytes extension = {0};
    bool valid;

    if (find_pck(x, &valid) < 0)
        return -ENOMEM;
    if (!x->pck) {
        check_undecided(x->r, cert_present, wanted, show_text("none"));
        check_undecided(x->r, qe_report_signature, wanted, show_text("no such certificate"));
        return 0;
    }
    x->claims->cert = endorsement_claims(x->pck);
    check(x->r, cert_present, true, wanted, show_text(x->claims->cert.subject));
    check(x->r, qe_report_signature, valid, wanted, show_text(valid ? PCK_SUBJECT : "wrong"));
    x->pck_decoded = x509_extension(x->pck, PCK_EXTENSION_OID, &extension) &&
                     pck_parse(extension, x->claims) == 0;
    check(x->r, pck_extensions, x->pck_decoded, show_text(PCK_EXTENSION_OID),
          show_text(x->pck_decoded ? PCK_EXTENSION_OID : "malformed"));
    if (x->pck_decoded)
        check_chip(x);
    return 0;
}

/* ---- identity ---- */

static bool masked_equal(struct bytes found, const uint8_t *mask, const uint8_t *wanted)
{
    uint8_t differ = 0;

    for (size_t i = 0; i < found.size; i++)
        differ |= (uint8_t)((found.data[i] & mask[i]) ^ wanted[i]);
    return differ == 0;
}

static void check_enclave(struct intel *x)
{
    const struct qe_identity *id = x->identity;
    const struct enclave_report *qe = &x->qe;
    const struct masked misc = {.mask = id->misc_select_mask, .value = id->misc_select};

    check_bytes(x->r, qe_mrsigner, BYTES(id->mrsigner), qe->mrsigner);
    check(x->r, qe_isv_prod_id, qe->isv_prod_id == id->isv_prod_id, show_uint(id->isv_prod_id),
          show_uint(qe->isv_prod_id));
    check_masked(x->r, qe_misc_select, misc, qe->misc_select);
    check(x->r, qe_attributes, masked_equal(qe->attributes, id->attributes_mask, id->attributes),
          show_hex(BYTES(id->attributes)), show_hex(qe->attributes));
}

static void check_identity(struct intel *x)
{
    const struct qe_identity *id = x->identity;
    const int64_t now = x->in->time;
    const char *wanted = x->kind == KIND_TDX ? "TD_QE" : "QE";
    const char *found = id->kind == KIND_TDX ? "TD_QE" : id->kind == KIND_SGX ? "QE" : "another";

    x->claims->qe_evaluation_data_number = id->evaluation_number;
    x->claims->qe_identity_issued = id->issued;
    x->claims->qe_identity_next_update = id->next_update;
    const bool right =
        check(x->r, qe_identity_id, id->kind == x->kind, show_text(wanted), show_text(found));

    check(x->r, qe_identity_validity, id->issued <= now && now <= id->next_update, show_time(now),
          show_time(now < id->issued ? id->issued : id->next_update));
    check_enclave(x);
    if (!right)
        return;
    const struct tcb_rating *rating = svn_levels_match(&id->levels, x->qe.isv_svn);

    x->claims->qe_status = rating ? rating->status : TCB_NO_MATCHING_LEVEL;
    check(x->r, qe_status, tcb_status_accepted(x->policy, x->claims->qe_status, x->in->time),
          show_text("accepted by the policy"),
          show_text(rating && rating->status == TCB_NONE ? "unknown"
                                                         : tcb_status_text(x->claims->qe_status)));
}

static int parse(const struct signed_json *cut, void **parsed)
{
    struct qe_identity *identity;
    int rc = qe_identity_parse(cut, &identity);

    *parsed = identity;
    return rc;
}

int qe_appraise(struct intel *x)
{
    const struct document document = {
        .sort = CACHED_QE_IDENTITY,
        .name = "enclaveIdentity",
        .text = x->in->qe_identity,
        .present = CHECK_qe_identity_present,
        .format = CHECK_qe_identity_format,
        .signature = CHECK_qe_identity_signature,
        .parse = parse,
    };
    const void *parsed;

    if (check_report_data(x) < 0 || check_pck(x) < 0 || document_load(x, &document, &parsed) < 0)
        return -ENOMEM;
    x->identity = parsed;
    if (x->identity)
        check_identity(x);
    return 0;
}
