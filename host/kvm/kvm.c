/* SPDX-License-Identifier: Apache-2.0 */
/* The kvm backend: a keep in a virtual machine of its own. The host can look into it. */
#include "host/backend.h"
#include "host/kvm/keep.h"
#include "host/kvm/probe.h"

#include <linux/kvm.h>
#include <sys/syscall.h>

/* A signal is taken during a run, and ends the process after it. */
static const int calls[] = {SYS_rt_sigreturn, SYS_tgkill};

static const uint32_t ioctls[] = {KVM_RUN};

extern const struct backend kvm_backend;
const struct backend kvm_backend = {
    .name = "kvm",
    .summary = "a virtual machine: kept apart from the host, no confidentiality",
    .selectable = true,
    .probe = kvm_probe,
    .prepare = kvm_prepare,
    .own_kernel = true,
    .calls = calls,
    .call_count = ARRAY_COUNT(calls),
    .ioctls = ioctls,
    .ioctl_count = ARRAY_COUNT(ioctls),
    .enter = kvm_enter,
};
