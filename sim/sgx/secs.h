/* SPDX-License-Identifier: Apache-2.0 */
/* What ECREATE asks of a SECS, and EADD of a TCS [SDM 38.3], on the processor that
 * the model stands for: SGX2, no KSS, no CET, no AEX-Notify, 64-bit enclaves. */
#ifndef SIM_SGX_SECS_H
#define SIM_SGX_SECS_H

#include "include/sgx_arch.h"

#include <stdbool.h>

/* CPUID.12H.0:EDX[15:8]. */
#define MODEL_SIZE_MAX (1ull << 36)
#define MODEL_XFRM     (SGX_XFRM_X87 | SGX_XFRM_SSE | SGX_XFRM_AVX)
#define MODEL_MISC     SGX_MISC_EXINFO

/* XSAVE area of what XFRM may select, standard format [SDM 1 13.4]. */
#define XSAVE_LEGACY   512u
#define XSAVE_HEADER   64u
#define XSAVE_AVX      (XSAVE_LEGACY + XSAVE_HEADER)
#define XSAVE_AVX_SIZE 256u
#define XSAVE_SIZE     (XSAVE_AVX + XSAVE_AVX_SIZE)

/* False: #GP. */
bool secs_is_valid(const struct sgx_secs *secs);
bool tcs_is_valid(const struct sgx_tcs *tcs);

#endif
