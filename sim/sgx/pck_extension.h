/* SPDX-License-Identifier: Apache-2.0 */
/* What a PCK certificate of the simulation says of its machine: the value of the
 * extension 1.2.840.113741.1.13.1 [PCK-CERT 1.3.5]. */
#ifndef SIM_SGX_PCK_EXTENSION_H
#define SIM_SGX_PCK_EXTENSION_H

#include "base/put.h"

#define SIM_PCK_EXTENSION_OID "1.2.840.113741.1.13.1"
#define SIM_PLATFORM_ID_SIZE  16u /* bytes of a PPID, and of a platform instance id */

void pck_extension_put(struct put *out, const uint8_t id[static SIM_PLATFORM_ID_SIZE]);

#endif
