/* SPDX-License-Identifier: Apache-2.0 */
/* The handler at CSSA 1: believes only what the processor wrote into the SSA frame.
 * It takes exec's registers, makes the thread go on in the shim, and no more. */
#include "shim/core/check.h"
#include "shim/core/string.h"
#include "shim/sgx/sgx.h"

/* What the shim serves next; read at CSSA 0. */
static struct fault fault;

/* The shim's stack in use: sgx_dispatch starts on an empty one. */
extern const uint8_t sgx_shim_stack_top[];

void sgx_exception(void)
{
    struct sgx_gpr *gpr = &sgx_ssa[0].gpr;
    const struct sgx_exinfo *exinfo = &sgx_ssa[0].exinfo;
    const uint32_t info = gpr->exit_info;
    const uint64_t base = (uint64_t)sgx_base;
    if (!CHECK(exception_valid, info & SGX_EXIT_VALID) ||
        !CHECK(exception_type, (info & SGX_EXIT_TYPE) == SGX_EXIT_HARDWARE))
        sgx_stop(SGX_KEEP_STOP_EXCEPTION);
    if (!CHECK(exception_place,
               gpr->rip - base >= SGX_KEEP_EXEC && gpr->rip - base < SGX_KEEP_SIZE))
        sgx_stop(SGX_KEEP_STOP_FATAL); /* in the shim: it causes none */
    fault = (struct fault){
        .vector = info & SGX_EXIT_VECTOR, .error = exinfo->errcd, .address = exinfo->maddr};
    memcpy(&sgx_frame, gpr, sizeof(sgx_frame.rax) * 16);
    sgx_frame.rflags = gpr->rflags;
    sgx_frame.rip = gpr->rip;
    memset(gpr, 0, sizeof(uint64_t) * 16);
    gpr->rsp = (uint64_t)sgx_shim_stack_top;
    gpr->rflags = 2;
    gpr->rip = (uint64_t)sgx_dispatch;
    if (!CHECK(exception_once, gpr->exit_info == 0))
        gpr->exit_info = 0;
}

void sgx_serve(void) { kernel_fault(&sgx_kernel, &sgx_frame, &fault); }
