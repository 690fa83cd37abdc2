/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of the shim that a promise rests on, in one list, so that a test build
 * can leave out one and see which test fails (tools/checklist).
 *
 * X(name, item, kind)
 *   name  CHECK(name, condition) in C, and CHECKED(name, value, what it would be without);
 *         lines within #ifndef WITHOUT_name in assembly
 *   item  of the checklist that it stands for, "" for none
 *   kind  what proves it: UNIT tests/unit; KEEP a whole keep on the software model;
 *         MACHINE one in an emulated machine */
#ifndef SHIM_CORE_CHECK_H
#define SHIM_CORE_CHECK_H

#include "base/without.h"

/* clang-format off */
/* Entry and exit: shim/sgx/entry.S. */
#define SHIM_CHECKS_ENTRY(X)          \
    X(entry_df, "SX1", KEEP)          \
    X(entry_ac, "SX2", KEEP)          \
    X(entry_mxcsr, "SX3", KEEP)       \
    X(entry_vectors, "SX4", KEEP)     \
    X(exit_registers, "SX5", KEEP)    \
    X(exit_flags, "SX5", KEEP)        \
    X(exit_vectors, "SX5", KEEP)      \
    X(entry_stack, "SX6", KEEP)       \
    X(entry_barrier, "SX7", KEEP)     \
    X(entry_depth, "SX8", KEEP)       \
    X(entry_once, "SX9", KEEP)        \
    X(entry_exception, "SX11", KEEP)  \
    X(entry_dead, "SB17", KEEP)       \
    X(entry_frames, "SB17", KEEP)

/* The rest of shim/sgx. */
#define SHIM_CHECKS_SGX(X)            \
    X(exception_valid, "SX10", UNIT)  \
    X(exception_type, "SX10", UNIT)   \
    X(exception_place, "SX10", UNIT)  \
    X(exception_once, "SX10", UNIT)   \
    X(accept_new, "SX14", UNIT)       \
    X(accept_copy, "SX14", UNIT)      \
    X(accept_change, "SX14", UNIT)    \
    X(restrict_first, "SX15", UNIT)   \
    X(self_base, "SB1", UNIT)         \
    X(self_debug, "SX16", UNIT)       \
    X(self_miscselect, "SX16", UNIT)  \
    X(self_xfrm, "SX16", UNIT)        \
    X(self_key, "SX16", UNIT)         \
    X(outside_range, "SB1", UNIT)     \
    X(outside_wrap, "SB1", UNIT)      \
    X(outside_pages, "SB1", UNIT)     \
    X(read_aligned, "SB3", UNIT)      \
    X(write_aligned, "SB3", UNIT)     \
    X(write_filled, "SB4", UNIT)      \
    X(quote_target, "SB5", UNIT)      \
    X(quote_size, "SB5", UNIT)        \
    X(quote_version, "SB5", UNIT)     \
    X(quote_body, "SB5", UNIT)

/* shim/kvm. */
#define SHIM_CHECKS_KVM(X)            \
    X(kvm_flags, "SX1", MACHINE)      \
    X(kvm_mask, "SX1", MACHINE)       \
    X(kvm_vectors, "SX4", MACHINE)    \
    X(kvm_local, "SN15", MACHINE)     \
    X(kvm_features, "SN18", UNIT)     \
    X(kvm_smep, "", UNIT)             \
    X(kvm_smap, "", UNIT)             \
    X(kvm_umip, "", UNIT)             \
    X(kvm_nx, "SX15", UNIT)           \
    X(kvm_supervisor, "SB1", UNIT)    \
    X(kvm_memory, "SB1", UNIT)        \
    X(kvm_exhausted, "SB21", UNIT)    \
    X(kvm_cleared, "", UNIT)          \
    X(kvm_flush, "SX15", UNIT)        \
    X(kvm_cpuid, "SX10", UNIT)        \
    X(statement_size, "SB5", UNIT)    \
    X(statement_form, "SB5", UNIT)    \
    X(statement_data, "SB5", UNIT)

/* What the host says: the boot record, the port, exec's pages, time. */
#define SHIM_CHECKS_HOST(X)           \
    X(boot_magic, "SB2", UNIT)        \
    X(boot_version, "SB2", UNIT)      \
    X(boot_reserved, "SB2", UNIT)     \
    X(boot_cpus, "SB2", UNIT)         \
    X(port_once, "SB2", UNIT)         \
    X(port_errno, "SB5", UNIT)        \
    X(port_zero, "SB5", UNIT)         \
    X(port_taken, "SB5", UNIT)        \
    X(port_given, "SB5", UNIT)        \
    X(port_rows, "SB5", UNIT)         \
    X(port_handle, "SB5", UNIT)       \
    X(port_total, "SB21", UNIT)       \
    X(port_ended, "SB17", UNIT)       \
    X(page_tree, "", UNIT)            \
    X(clock_monotone, "SX13", UNIT)   \
    X(clock_rate, "SX13", UNIT)

/* What an exception may be. */
#define SHIM_CHECKS_FAULT(X)          \
    X(fault_vector, "SX10", UNIT)     \
    X(fault_opcode, "SX10", UNIT)     \
    X(fault_division, "SX10", UNIT)   \
    X(fault_present, "SX10", UNIT)

/* The processor's random numbers. */
#define SHIM_CHECKS_RANDOM(X)         \
    X(random_tries, "SB13", UNIT)     \
    X(random_stuck, "SB14", UNIT)     \
    X(random_zeroes, "SB14", UNIT)    \
    X(random_ones, "SB14", UNIT)

/* exec's system calls, signals and calls of the port. */
#define SHIM_CHECKS_EXEC(X)           \
    X(user_range, "SB1", UNIT)        \
    X(user_prot, "SB1", UNIT)         \
    X(port_in, "SB1", UNIT)           \
    X(port_out, "SB1", UNIT)          \
    X(port_size, "SB8", UNIT)         \
    X(port_row_in, "SB8", UNIT)       \
    X(port_row_out, "SB8", UNIT)      \
    X(port_even, "SB8", UNIT)         \
    X(port_verb, "SB11", UNIT)        \
    X(port_own, "SB11", UNIT)         \
    X(write_local, "HO12", UNIT)      \
    X(map_range, "SB10", UNIT)        \
    X(map_size, "SB10", UNIT)         \
    X(map_exclusive, "SX15", UNIT)    \
    X(map_discard, "", UNIT)          \
    X(fs_range, "", UNIT)             \
    X(return_flags, "", UNIT)         \
    X(return_code, "", UNIT)          \
    X(return_stack, "", UNIT)         \
    X(return_mask, "", UNIT)          \
    X(xstate_components, "SX12", UNIT) \
    X(xstate_reserved, "SX12", UNIT)  \
    X(xstate_mxcsr, "SX12", UNIT)
/* clang-format on */

#define SHIM_CHECKS(X)   \
    SHIM_CHECKS_ENTRY(X) \
    SHIM_CHECKS_SGX(X)   \
    SHIM_CHECKS_KVM(X)   \
    SHIM_CHECKS_HOST(X) SHIM_CHECKS_FAULT(X) SHIM_CHECKS_RANDOM(X) SHIM_CHECKS_EXEC(X)

enum shim_check { SHIM_CHECK_NONE, SHIM_CHECKS(CHECK_NUMBER) };

#endif
