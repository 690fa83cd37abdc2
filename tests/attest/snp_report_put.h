/* SPDX-License-Identifier: Apache-2.0 */
/* The reverse of attest/snp_report.h [SNP-ABI 7.3, table 23]: the 672 bytes that are signed,
 * and the signature, r || s, big-endian, behind them. */
#ifndef TESTS_ATTEST_SNP_REPORT_PUT_H
#define TESTS_ATTEST_SNP_REPORT_PUT_H

#include "attest/snp_report.h"
#include "base/put.h"

void snp_report_put(struct put *p, const struct snp_claims *claims);
void snp_report_put_signature(struct put *p, const uint8_t signature[static SNP_SIGNATURE_SIZE]);

#endif
