/* SPDX-License-Identifier: Apache-2.0 */
/* Every check that evidence undergoes, in one list. A check that failed or could
 * not be decided is a reason to refuse. Trusts nothing.
 *
 * X(name, item, effect, trust, reason)
 *   name    of enum check_id (CHECK_name), of --explain, and of its mutation
 *   item    of the checklist that it stands for, "" for none
 *   effect  which field of the result it decides, beside the verdict; EFFECT_x
 *   trust   which claim of the AR4SI vector it decides; TRUST_x
 *   reason  what is said when it does not pass
 */
#ifndef ATTEST_CHECK_H
#define ATTEST_CHECK_H

#include <stdint.h>

enum effect {
    EFFECT_NONE = 0,
    EFFECT_SIGNATURE = 1 << 0, /* failed: invalid; undecided: unchecked */
    EFFECT_MISSING = 1 << 1,   /* collateral missing */
    EFFECT_EXPIRED = 1 << 2,   /* collateral expired */
    EFFECT_REVOKED = 1 << 3,   /* collateral revoked */
    EFFECT_TCB = 1 << 4,       /* SNP: below_policy */
};

/* Trustworthiness claims [AR4SI 2.3.4]. */
enum trust {
    TRUST_NONE,
    TRUST_INSTANCE,
    TRUST_CONFIGURATION,
    TRUST_EXECUTABLES,
    TRUST_HARDWARE,
    TRUST_RUNTIME,
    TRUST_COUNT
};

/* clang-format off */
#define CHECKS_COMMON(X)                                                                           \
    X(kind, "", NONE, INSTANCE, "the evidence is of no known kind")                                \
    X(kind_allowed, "", NONE, INSTANCE, "the policy accepts no evidence of this kind")             \
    X(report_data, "VN12", NONE, INSTANCE, "the report data is not what was asked for")            \
    X(binding, "VN12", NONE, INSTANCE,                                                             \
      "the report data does not bind the claims buffer or key that came with the evidence")        \
    X(possession, "SV2", SIGNATURE, INSTANCE,                                                      \
      "the certificate or request is not signed by the key that it names")                         \
    X(claims_buffer, "SV2", NONE, INSTANCE, "the claims buffer is malformed, or there is none")    \
    X(claims_key, "SV2", NONE, INSTANCE, "the claims buffer names another public key")             \
    X(claims_nonce, "SV1", NONE, INSTANCE, "the nonce is not the one that was sent")               \
    X(claims_exporter, "SV3", NONE, INSTANCE, "the evidence was made for another TLS session")     \
    X(claims_purpose, "SV2", NONE, INSTANCE, "the evidence was made for another purpose")          \
    X(claims_profile, "SV2", NONE, INSTANCE, "the claims buffer is of another profile")            \
    X(claims_workload, "SV2", NONE, EXECUTABLES, "another workload is loaded, or none")

/* One path of certificates, from a leaf to a pinned root. Most are FAULT_x of
 * crypto/x509.h. */
#define CHECKS_CERT(X)                                                                             \
    X(endorsement_format, "VX1", SIGNATURE, INSTANCE, "a certificate or CRL that was given is malformed") \
    X(endorsement_stray, "VX2", SIGNATURE, INSTANCE,                                               \
      "a CRL was given whose issuer is not among the certificates")                               \
    X(cert_present, "VX2", SIGNATURE | EFFECT_MISSING, INSTANCE, "the certificate that vouches for the evidence is missing") \
    X(cert_issuer, "VX2", SIGNATURE | EFFECT_MISSING, INSTANCE, "a certificate's issuer is missing")                \
    X(cert_anchor, "VX2", SIGNATURE, INSTANCE, "the certificates lead to a root that is not pinned") \
    X(cert_algorithm, "VX2", SIGNATURE, INSTANCE, "a certificate is signed by an algorithm or key not allowed") \
    X(cert_signature, "VX2", SIGNATURE, INSTANCE, "a certificate's signature is wrong")            \
    X(cert_constraints, "VX2", SIGNATURE, INSTANCE, "a certificate may not issue others, or not so deep") \
    X(cert_key_usage, "VX2", SIGNATURE, INSTANCE, "a certificate's key is not meant for this use") \
    X(cert_extensions, "VX2", SIGNATURE, INSTANCE, "a certificate has a critical extension that is not understood") \
    X(cert_validity, "VX2", EXPIRED, INSTANCE, "a certificate is not valid at this time")          \
    X(cert_revoked, "VX2", REVOKED, INSTANCE, "a certificate has been revoked")                    \
    X(crl_present, "VX2", MISSING, INSTANCE, "an issuer's list of revoked certificates (CRL) is missing") \
    X(crl_signature, "VX2", SIGNATURE, INSTANCE, "a CRL's signature is wrong")                     \
    X(crl_extensions, "VX2", SIGNATURE, INSTANCE, "a CRL has a critical extension that is not understood") \
    X(crl_validity, "VX2", EXPIRED, INSTANCE, "a CRL is not valid at this time")

#define CHECKS_SNP(X)                                                                              \
    X(snp_size, "VN1", NONE, INSTANCE, "the report is not 1184 bytes long")                   \
    X(snp_report_version, "VN1", NONE, INSTANCE, "the report's version is not 2, 3 or 5")          \
    X(snp_reserved, "VN1", NONE, INSTANCE, "a reserved field of the report is not zero")           \
    X(snp_signature_algorithm, "VN4", SIGNATURE, INSTANCE, "the report is not signed with ECDSA P-384") \
    X(snp_signature_encoding, "VN4", SIGNATURE, INSTANCE, "the report's signature has bytes beyond its 48") \
    X(snp_signature, "VN2", SIGNATURE, INSTANCE, "the report's signature is wrong")                \
    X(snp_masked_key, "VN2", NONE, INSTANCE, "the chip's key was masked, so that nothing vouches for the report") \
    X(snp_signing_key, "VN2", SIGNATURE, INSTANCE, "the report names another signing key than the certificate has") \
    X(snp_signing_key_allowed, "VN2", NONE, INSTANCE, "the policy does not accept this signing key") \
    X(snp_csp, "VN2", NONE, INSTANCE, "the VLEK belongs to another cloud provider")                \
    X(snp_cert_extensions, "VN3", SIGNATURE, INSTANCE, "the VCEK or VLEK lacks an extension or has a malformed one") \
    X(snp_cert_tcb, "VN3", SIGNATURE, INSTANCE, "the certificate is for another TCB than the one reported") \
    X(snp_cert_hwid, "VN3", SIGNATURE, INSTANCE, "the certificate is for another chip")            \
    X(snp_cert_product, "VN3", SIGNATURE, INSTANCE, "report, certificate and root are of different product lines") \
    X(snp_product_line, "VN9", NONE, HARDWARE, "the policy does not accept this product line")     \
    X(snp_chip, "VN9", NONE, INSTANCE, "the chip is not on the policy's list")                     \
    X(snp_debug, "VN5", NONE, RUNTIME, "the guest's policy allows debugging: the host can read its memory") \
    X(snp_migration, "VN5", NONE, RUNTIME, "the guest's policy allows a migration agent")          \
    X(snp_policy_reserved, "VN5", NONE, CONFIGURATION, "reserved bits of the guest's policy are wrong") \
    X(snp_policy_abi, "VN5", NONE, CONFIGURATION, "the guest's policy admits firmware with too old an ABI") \
    X(snp_policy_required, "VN5", NONE, CONFIGURATION, "the guest's policy lacks a required bit")  \
    X(snp_policy_forbidden, "VN5", NONE, CONFIGURATION, "the guest's policy has a forbidden bit")  \
    X(snp_reported_tcb, "VN6", TCB, HARDWARE, "the reported TCB is below the policy's minimum")    \
    X(snp_committed_tcb, "VN6", TCB, HARDWARE, "the committed TCB is below the policy's minimum")  \
    X(snp_launch_tcb, "VN6", TCB, HARDWARE, "the TCB at launch is below the policy's minimum")     \
    X(snp_tcb_order, "VN6", NONE, HARDWARE, "the reported TCB is above the one that runs")         \
    X(snp_provisional, "VN6", NONE, HARDWARE, "firmware that is not committed runs, and may be rolled back") \
    X(snp_firmware, "VN6", NONE, HARDWARE, "the firmware is older than the policy's minimum")      \
    X(snp_vmpl, "VN7", NONE, RUNTIME, "the report was asked for at another privilege level")       \
    X(snp_alias_check, "VN8", NONE, HARDWARE, "the check for aliased memory did not run (BadRAM)") \
    X(snp_platform_reserved, "VN1", NONE, HARDWARE, "a reserved bit of the platform information is set") \
    X(snp_platform_required, "VN8", NONE, HARDWARE, "the platform lacks a required property")      \
    X(snp_platform_forbidden, "VN8", NONE, HARDWARE, "the platform has a forbidden property")      \
    X(snp_measurement, "VN10", NONE, EXECUTABLES, "the launch measurement is not on the policy's list") \
    X(snp_id_key, "VN10", NONE, EXECUTABLES, "the ID key is not on the policy's list")             \
    X(snp_author_key, "VN10", NONE, EXECUTABLES, "the author key is not on the policy's list")     \
    X(snp_author_revoked, "VN10", NONE, EXECUTABLES, "the policy revokes this author key")         \
    X(snp_guest_svn, "VN10", NONE, EXECUTABLES, "the guest's security version is too low")         \
    X(snp_family_id, "VN10", NONE, EXECUTABLES, "the family id is another")                        \
    X(snp_image_id, "VN10", NONE, EXECUTABLES, "the image id is another")                          \
    X(snp_launch_mitigations, "VN11", NONE, HARDWARE, "a required mitigation was missing at launch") \
    X(snp_current_mitigations, "VN11", NONE, HARDWARE, "a required mitigation is missing")         \
    X(snp_host_data, "VN12", NONE, CONFIGURATION, "the host data is another")

/* SGX and TDX alike. */
#define CHECKS_QUOTE(X)                                                                            \
    X(quote_format, "VX1", NONE, INSTANCE, "the quote is malformed")                          \
    X(quote_trailing, "VX1", NONE, INSTANCE, "bytes follow the quote")                             \
    X(quote_version, "VX1", NONE, INSTANCE, "the quote's version and TEE type do not go together") \
    X(quote_reserved, "VX1", NONE, INSTANCE, "a reserved field of the quote is not zero")          \
    X(quote_key_type, "VX1", SIGNATURE, INSTANCE, "the attestation key is not ECDSA P-256")        \
    X(quote_qe_vendor, "VX3", NONE, INSTANCE, "the quoting enclave is not Intel's")                \
    X(quote_cert_data, "VX1", SIGNATURE, INSTANCE, "the quote does not carry its certificates")    \
    X(quote_key_point, "VX10", SIGNATURE, INSTANCE, "the attestation key is no point of the curve") \
    X(quote_signature, "VX10", SIGNATURE, INSTANCE, "the quote's signature is wrong")              \
    X(qe_report_signature, "VX3", SIGNATURE, INSTANCE, "the quoting enclave's report is not signed by the PCK") \
    X(qe_report_data, "VX4", SIGNATURE, INSTANCE, "the quoting enclave does not vouch for the attestation key") \
    X(qe_identity_present, "VX3", SIGNATURE | EFFECT_MISSING, INSTANCE, "the QE identity is missing") \
    X(qe_identity_signature, "VX3", SIGNATURE, INSTANCE, "the QE identity's signature is wrong")   \
    X(qe_identity_format, "VX3", SIGNATURE, INSTANCE, "the QE identity is malformed")              \
    X(qe_identity_id, "VX3", SIGNATURE, INSTANCE, "the QE identity is of another enclave, or of an unknown version") \
    X(qe_identity_validity, "VX3", EXPIRED, INSTANCE, "the QE identity is not valid at this time") \
    X(qe_mrsigner, "VX3", SIGNATURE, INSTANCE, "the quoting enclave has another signer")           \
    X(qe_isv_prod_id, "VX3", SIGNATURE, INSTANCE, "the quoting enclave is another product")        \
    X(qe_misc_select, "VX3", SIGNATURE, INSTANCE, "the quoting enclave's MISCSELECT is wrong")     \
    X(qe_attributes, "VX3", SIGNATURE, INSTANCE, "the quoting enclave's attributes are wrong")     \
    X(qe_status, "VX3", NONE, HARDWARE, "the quoting enclave's TCB status is not accepted")        \
    X(pck_extensions, "VX5", SIGNATURE, INSTANCE, "the PCK certificate lacks an SGX extension or has a malformed one") \
    X(pck_chip, "VN9", NONE, INSTANCE, "the platform is not on the policy's list")                     \
    X(tcb_info_present, "VX5", SIGNATURE | EFFECT_MISSING, INSTANCE, "the TCB info is missing")    \
    X(tcb_info_format, "VX5", SIGNATURE, INSTANCE, "the TCB info is malformed")                    \
    X(tcb_info_signature, "VX5", SIGNATURE, INSTANCE, "the TCB info's signature is wrong")         \
    X(tcb_info_id, "VX5", SIGNATURE, INSTANCE, "the TCB info is for another TEE, or of an unknown version") \
    X(tcb_info_fmspc, "VX5", SIGNATURE, INSTANCE, "the TCB info is for another platform (FMSPC)")  \
    X(tcb_info_pce_id, "VX5", SIGNATURE, INSTANCE, "the TCB info is for another PCE")              \
    X(tcb_info_validity, "VX5", EXPIRED, INSTANCE, "the TCB info is not valid at this time")       \
    X(tcb_evaluation_number, "VX5", NONE, HARDWARE, "the TCB info is older than the policy's floor") \
    X(tcb_level, "VX6", NONE, HARDWARE, "the platform matches no TCB level")                       \
    X(tdx_module_identity, "VX6", SIGNATURE, HARDWARE, "the TDX module is of no known identity")   \
    X(tdx_module_level, "VX6", NONE, HARDWARE, "the TDX module matches no TCB level")              \
    X(tcb_status_known, "VX7", NONE, HARDWARE, "the TCB info holds a status that is not known")    \
    X(tcb_status, "VX7", NONE, HARDWARE, "the policy does not accept this TCB status")             \
    X(tcb_advisories, "VX9", NONE, HARDWARE, "an advisory applies that the policy does not list as mitigated") \
    X(tcb_advisories_denied, "VX9", NONE, HARDWARE, "an advisory applies that the policy denies")  \
    X(tcb_date, "VX9", NONE, HARDWARE, "the TCB level is older than the policy's minimum date")

#define CHECKS_SGX(X)                                                                              \
    X(sgx_reserved, "VX1", NONE, INSTANCE, "a reserved field of the report body is not zero")      \
    X(sgx_debug, "VX8", NONE, RUNTIME, "the enclave can be debugged: the host can read its memory") \
    X(sgx_init, "VX8", NONE, RUNTIME, "the enclave is not initialised, or not of 64 bits")         \
    X(sgx_provision_key, "VX8", NONE, RUNTIME, "the enclave may use a key meant for Intel's enclaves") \
    X(sgx_mrenclave, "VX8", NONE, EXECUTABLES, "MRENCLAVE is not on the policy's list")            \
    X(sgx_mrsigner, "VX8", NONE, EXECUTABLES, "MRSIGNER is not on the policy's list")              \
    X(sgx_isv_prod_id, "VX8", NONE, EXECUTABLES, "ISVPRODID is another")                           \
    X(sgx_isv_svn, "VX8", NONE, EXECUTABLES, "ISVSVN is below the policy's minimum")               \
    X(sgx_family_id, "VX8", NONE, EXECUTABLES, "ISVFAMILYID is another")                           \
    X(sgx_ext_prod_id, "VX8", NONE, EXECUTABLES, "ISVEXTPRODID is another")                        \
    X(sgx_config_id, "VX8", NONE, CONFIGURATION, "CONFIGID is another")                            \
    X(sgx_config_svn, "VX8", NONE, CONFIGURATION, "CONFIGSVN is below the policy's minimum")       \
    X(sgx_attributes, "VX8", NONE, RUNTIME, "the attributes are not as the policy wants them")     \
    X(sgx_xfrm, "VX8", NONE, RUNTIME, "XFRM is not as the policy wants it")                        \
    X(sgx_misc_select, "VX8", NONE, RUNTIME, "MISCSELECT is not as the policy wants it")

#define CHECKS_TDX(X)                                                                              \
    X(tdx_reserved, "VX1", NONE, INSTANCE, "a reserved bit of the TD's attributes is set")         \
    X(tdx_seam_signer, "VX6", SIGNATURE, HARDWARE, "the TDX module is not signed as its identity says") \
    X(tdx_seam_attributes, "VX6", SIGNATURE, HARDWARE, "the TDX module's attributes are not as its identity says") \
    X(tdx_debug, "VX8", NONE, RUNTIME, "the TD can be debugged: the host can read its memory")     \
    X(tdx_migration, "VX8", NONE, RUNTIME, "a service TD may move the TD to any machine")          \
    X(tdx_mrseam, "VX8", NONE, HARDWARE, "MRSEAM is not on the policy's list")                     \
    X(tdx_mrtd, "VX8", NONE, EXECUTABLES, "MRTD is not on the policy's list")                      \
    X(tdx_rtmr, "VX8", NONE, EXECUTABLES, "an RTMR is not on the policy's list")                   \
    X(tdx_mr_config_id, "VX8", NONE, CONFIGURATION, "MRCONFIGID is another")                       \
    X(tdx_mr_owner, "VX8", NONE, CONFIGURATION, "MROWNER is another")                              \
    X(tdx_mr_owner_config, "VX8", NONE, CONFIGURATION, "MROWNERCONFIG is another")                 \
    X(tdx_mr_service_td, "VX8", NONE, CONFIGURATION, "MRSERVICETD is another")                     \
    X(tdx_attributes, "VX8", NONE, RUNTIME, "the TD's attributes are not as the policy wants them") \
    X(tdx_xfam, "VX8", NONE, RUNTIME, "XFAM is not as the policy wants it")

#define CHECKS_KVM(X)                                                                              \
    X(kvm_format, "", NONE, INSTANCE, "the statement is malformed")                                \
    X(kvm_signature, "", SIGNATURE | EFFECT_MISSING, INSTANCE, "nobody has signed it: a virtual machine whose memory its host can read proves nothing")
/* clang-format on */

#define CHECKS(X)    \
    CHECKS_COMMON(X) \
    CHECKS_CERT(X) CHECKS_SNP(X) CHECKS_QUOTE(X) CHECKS_SGX(X) CHECKS_TDX(X) CHECKS_KVM(X)

enum check_id {
    CHECK_NONE,
#define X(name, item, effect, trust, reason) CHECK_##name,
    CHECKS(X)
#undef X
        CHECK_COUNT
};

struct check_info {
    const char *name;
    const char *item;
    const char *reason;
    unsigned effect; /* enum effect, bits */
    enum trust trust;
};

/* What is known of a check; all empty for CHECK_NONE. */
const struct check_info *check_info(enum check_id id);

/* Undecided: what it would have looked at is not there. It refuses as well. */
enum outcome { OUTCOME_NONE, OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_UNDECIDED };

#define SHOWN_MAX 136u /* characters of a value shown, with the NUL: 64 bytes in hex, and more */

/* A value as text; what is longer ends in "...". */
struct shown {
    char text[SHOWN_MAX];
};

struct check {
    enum check_id id;
    enum outcome outcome;
    struct shown expected; /* "any" when the policy does not care */
    struct shown found;
};

#endif
