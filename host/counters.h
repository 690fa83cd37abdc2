/* SPDX-License-Identifier: Apache-2.0 */
/* How often a keep was entered and left, why, and what became of its pages. Each
 * technology has its own; none counts on nil. Plain numbers that a keep's process tells: nothing is
 * decided by them. */
#ifndef HOST_COUNTERS_H
#define HOST_COUNTERS_H

#include "include/kvm_keep.h"

#include <stdint.h>

/* X(name, text): what SGX's loader sees, on hardware too. There interrupts, and faults
 * that the kernel serves, leave and resume an enclave unseen. */
#define COUNTERS_LOADER(X)                              \
    X(enter, "entries")                                 \
    X(resume, "resumptions")                            \
    X(exit_port, "exits for a call of the port")        \
    X(exit_resume, "exits to be resumed")               \
    X(exception_ud, "exits by #UD, system calls' too")  \
    X(exception_pf, "exits by #PF, first touches' too") \
    X(exception_other, "exits by another exception")

/* X(name, text): what a model of the processor counts besides. */
#define COUNTERS_MODEL(X)                                     \
    X(eenter, "EENTER")                                       \
    X(eresume, "ERESUME")                                     \
    X(eexit, "EEXIT")                                         \
    X(aex_syscall, "AEX by a system call")                    \
    X(aex_touch, "AEX by the first touch of a page")          \
    X(aex_eaug, "AEX that the kernel served with EAUG alone") \
    X(aex_page_fault, "AEX by another page fault")            \
    X(aex_interrupt, "AEX by an interrupt")                   \
    X(aex_other, "AEX by another exception")                  \
    X(eadd, "EADD")                                           \
    X(eextend_bytes, "bytes measured with EEXTEND")           \
    X(eaug, "EAUG")                                           \
    X(emodpr, "EMODPR")                                       \
    X(emodt, "EMODT")                                         \
    X(eremove, "EREMOVE")                                     \
    X(ereport, "EREPORT")                                     \
    X(egetkey, "EGETKEY")                                     \
    X(eaccept, "EACCEPT")                                     \
    X(eacceptcopy, "EACCEPTCOPY")                             \
    X(emodpe, "EMODPE")                                       \
    X(traps, "signals that the model took: none on hardware")

/* X(name, text): of a virtual machine: what its monitor sees, then the shim's own. */
#define COUNTERS_KVM(X)                                                       \
    X(kvm_run, "runs of the machine")                                         \
    X(kvm_exit_port, "exits for a call of the port")                          \
    X(kvm_exit_exec, "exits for runs of exec's file")                         \
    X(kvm_exit_again, "exits by a signal")                                    \
    X(kvm_all_exits, "exits by KVM's own count")                              \
    X(kvm_touches, "of them by a first touch of memory")                      \
    X(kvm_interrupts, "of them by an interrupt of the host's")                \
    X(kvm_window_runs, "runs of exec's file copied, 64 KiB each")             \
    X(kvm_started_us, "microseconds to the first run of the machine")         \
    X(kvm_exec_us, "microseconds to exec's first instruction")                \
    X(kvm_module_us, "microseconds to the first call that the module caused") \
    KVM_KEEP_COUNTS(X)

#define COUNTERS(X) COUNTERS_LOADER(X) COUNTERS_MODEL(X) COUNTERS_KVM(X)

#define COUNTER_NAME(name, text) COUNTER_##name,
#define COUNTER_ONE(name, text)  +1
enum counter { COUNTERS(COUNTER_NAME) COUNTER_COUNT };
enum {
    COUNTER_LOADER_COUNT = 0 COUNTERS_LOADER(COUNTER_ONE),
    COUNTER_MODEL_COUNT = 0 COUNTERS_MODEL(COUNTER_ONE),
    COUNTER_KVM_COUNT = 0 COUNTERS_KVM(COUNTER_ONE),
};
#undef COUNTER_NAME
#undef COUNTER_ONE

struct counters {
    uint32_t first; /* those that are known: from here on */
    uint32_t known; /* so many; 0 where nothing was counted */
    uint64_t value[COUNTER_COUNT];
};

#endif
