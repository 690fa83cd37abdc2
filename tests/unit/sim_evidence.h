/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep of the software model of SGX would prove, for tests of those who have it
 * proved to them: real quotes and real collateral, under a root of the test's own. Needs
 * an empty XDG_STATE_HOME. */
#ifndef SIM_EVIDENCE_H
#define SIM_EVIDENCE_H

#include "attest/attest.h"
#include "conf/evidence_claims.h"

#define SIM_MRENCLAVE_BYTE 0x5e /* every byte of the measurement */

/* Ends the test when it cannot. */
void sim_evidence_open(void);
void sim_evidence_close(void);

/* All endorsements that there are; nothing else is set. */
struct attest_input sim_evidence_endorsements(void);

/* That root and that measurement; all else as usual. */
struct policy sim_evidence_policy(void);

/* What the processor says of a keep with that measurement, as an evidence_entry
 * (include/port.h). */
int64_t sim_evidence_quote(const uint8_t report_data[64], void *quote, size_t size);

/* Claims buffer and quote of a keep with that key (DER SubjectPublicKeyInfo); both are good
 * until the next call. */
struct sim_evidence {
    struct bytes claims;
    struct bytes quote;
};
struct sim_evidence sim_evidence_make(const struct evidence_claims *claims, struct bytes key);

#endif
