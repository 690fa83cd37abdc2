/* SPDX-License-Identifier: Apache-2.0 */
/* What the kvm backend needs of this machine. */
#ifndef HOST_KVM_PROBE_H
#define HOST_KVM_PROBE_H

#include "host/backend.h"

size_t kvm_probe(struct probe *rows);

#endif
