/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that SGX and TDX share in their tables of claims; see claims.h. */
#ifndef ATTEST_INTEL_FIELDS_H
#define ATTEST_INTEL_FIELDS_H

#include "attest/claims.h"

/* clang-format off */
#define INTEL_FIELDS(c)                                                                     \
    FIELD(c, "quote_version", FIELD_UINT, intel.quote_version),                             \
    FIELD(c, "attestation_key_type", FIELD_UINT, intel.attestation_key_type),               \
    FIELD(c, "tee_type", FIELD_FLAGS, intel.tee_type),                                      \
    FIELD(c, "qe_svn", FIELD_UINT, intel.qe_svn),                                           \
    FIELD(c, "pce_svn", FIELD_UINT, intel.pce_svn),                                         \
    FIELD(c, "qe_vendor_id", FIELD_BYTES, intel.qe_vendor_id),                              \
    FIELD(c, "user_data", FIELD_BYTES, intel.user_data),                                    \
    FIELD(c, "cert_data_type", FIELD_UINT, intel.cert_data_type),                           \
    FIELD(c, "qe_cpu_svn", FIELD_BYTES, intel.qe_cpu_svn),                                  \
    FIELD(c, "qe_misc_select", FIELD_FLAGS, intel.qe_misc_select),                          \
    FIELD(c, "qe_attributes", FIELD_BYTES, intel.qe_attributes),                            \
    FIELD(c, "qe_mrenclave", FIELD_BYTES, intel.qe_mrenclave),                              \
    FIELD(c, "qe_mrsigner", FIELD_BYTES, intel.qe_mrsigner),                                \
    FIELD(c, "qe_isv_prod_id", FIELD_UINT, intel.qe_isv_prod_id),                           \
    FIELD(c, "qe_isv_svn", FIELD_UINT, intel.qe_isv_svn),                                   \
    FIELD(c, "pck_present", FIELD_BOOL, intel.cert.present),                                \
    FIELD(c, "pck_subject", FIELD_TEXT, intel.cert.subject),                                \
    FIELD(c, "pck_issuer", FIELD_TEXT, intel.cert.issuer),                                  \
    FIELD(c, "pck_serial", FIELD_BYTES, intel.cert.serial),                                 \
    FIELD(c, "pck_not_before", FIELD_TIME, intel.cert.not_before),                          \
    FIELD(c, "pck_not_after", FIELD_TIME, intel.cert.not_after),                            \
    FIELD(c, "ppid", FIELD_BYTES, intel.ppid),                                              \
    FIELD(c, "tcb_components", FIELD_BYTES, intel.tcb_comp),                                \
    FIELD(c, "pck_pce_svn", FIELD_UINT, intel.cert_pce_svn),                                \
    FIELD(c, "pck_cpu_svn", FIELD_BYTES, intel.cert_cpu_svn),                               \
    FIELD(c, "pce_id", FIELD_BYTES, intel.pce_id),                                          \
    FIELD(c, "fmspc", FIELD_BYTES, intel.fmspc),                                            \
    FIELD(c, "sgx_type", FIELD_UINT, intel.sgx_type),                                       \
    FIELD(c, "platform_instance_id_given", FIELD_BOOL, intel.platform_instance_id_given),   \
    FIELD(c, "platform_instance_id", FIELD_BYTES, intel.platform_instance_id),              \
    FIELD(c, "dynamic_platform", FIELD_BOOL, intel.dynamic_platform),                       \
    FIELD(c, "cached_keys", FIELD_BOOL, intel.cached_keys),                                 \
    FIELD(c, "smt_enabled", FIELD_BOOL, intel.smt_enabled),                                 \
    FIELD(c, "tcb_evaluation_data_number", FIELD_UINT, intel.tcb_evaluation_data_number),   \
    FIELD(c, "qe_evaluation_data_number", FIELD_UINT, intel.qe_evaluation_data_number),     \
    FIELD(c, "tcb_info_issued", FIELD_TIME, intel.tcb_info_issued),                         \
    FIELD(c, "tcb_info_next_update", FIELD_TIME, intel.tcb_info_next_update),               \
    FIELD(c, "qe_identity_issued", FIELD_TIME, intel.qe_identity_issued),                   \
    FIELD(c, "qe_identity_next_update", FIELD_TIME, intel.qe_identity_next_update),         \
    FIELD(c, "platform_status", FIELD_STATUS, intel.platform_status),                       \
    FIELD(c, "module_status", FIELD_STATUS, intel.module_status),                           \
    FIELD(c, "qe_status", FIELD_STATUS, intel.qe_status),                                   \
    FIELD(c, "platform_tcb_date", FIELD_TIME, intel.platform_tcb_date),                     \
    FIELD(c, "advisories", FIELD_ADVISORIES, intel.advisories)
/* clang-format on */

#endif
