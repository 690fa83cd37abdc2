/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the simulation claims to be, and its quoting enclave: values that
 * no real one has, most of them text. */
#ifndef SIM_SGX_PLATFORM_H
#define SIM_SGX_PLATFORM_H

#include "include/sgx_arch.h"

#define SIM_NAME "Enarx simulation, not Intel"

#define SIM_FMSPC      "enxsim" /* 6 bytes: family, model, stepping, platform, SKU */
#define SIM_PCE_ID     0xffffu
#define SIM_PCE_SVN    1u
#define SIM_TCB_DATE   "2025-01-01T00:00:00Z" /* since when there is nothing newer */
#define SIM_EVALUATION 1u                     /* tcbEvaluationDataNumber */

/* The quoting enclave. 32 bytes each, padded with zeros. */
#define SIM_QE_MRENCLAVE  "Enarx simulated quoting enclave"
#define SIM_QE_MRSIGNER   SIM_NAME
#define SIM_QE_ATTRIBUTES (SGX_ATTR_INIT | SGX_ATTR_MODE64BIT | SGX_ATTR_PROVISIONKEY)
#define SIM_QE_XFRM       (SGX_XFRM_X87 | SGX_XFRM_SSE)
#define SIM_QE_PROD_ID    1u
#define SIM_QE_SVN        1u

#endif
