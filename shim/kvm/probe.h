/* SPDX-License-Identifier: Apache-2.0 */
/* A machine without memory: the host asks whether exec could run in it. User code at the
 * gate makes an exception and a call; both must come as they would from exec. */
#ifndef SHIM_KVM_PROBE_H
#define SHIM_KVM_PROBE_H

#include "shim/core/machine.h"

/* From now on; the frame for the user code. */
void probe_start(struct frame *f);

/* True when a probe is going on, and the step was its own; any other one stops it. */
bool probe_exception(const struct fault *x, struct frame *f);
bool probe_call(const struct frame *f);

#endif
