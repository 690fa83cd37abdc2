/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that appraise reports share. */
#ifndef ATTEST_SNP_H
#define ATTEST_SNP_H

#include "attest/appraise.h"
#include "attest/snp_cert.h"
#include "attest/snp_report.h"

/* Its components, from FMC to microcode, in hexadecimal. */
struct shown snp_show_tcb(struct snp_tcb tcb);

/* Records the checks of VN5 to VN12 and sets result->tcb_status. */
void snp_check_policy(const struct policy *policy, struct attest_result *result);

#endif
