/* SPDX-License-Identifier: Apache-2.0 */
/* QE identity: which enclaves may sign quotes [PCS v4, Get Quoting Enclave
 * Identity]. Trusts nothing; the signature is verified before anything is parsed. */
#ifndef ATTEST_QE_IDENTITY_H
#define ATTEST_QE_IDENTITY_H

#include "attest/tcb_level.h"

struct qe_identity {
    enum kind kind; /* KIND_SGX for "QE", KIND_TDX for "TD_QE", else KIND_UNKNOWN */
    int64_t issued; /* seconds since 1970 */
    int64_t next_update;
    uint32_t evaluation_number;
    uint32_t misc_select;
    uint32_t misc_select_mask;
    uint8_t attributes[16];
    uint8_t attributes_mask[16];
    uint8_t mrsigner[32];
    uint16_t isv_prod_id;
    bool statuses_known;
    struct svn_levels levels;
    struct advisory_names names;
};

/* 0; -EBADMSG when the object is not the JSON of an identity, or its version not 2;
 * -ENOMEM. Free with free(). */
must_use int qe_identity_parse(const struct signed_json *cut, struct qe_identity **identity);

#endif
