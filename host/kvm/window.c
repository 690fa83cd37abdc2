/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of exec's file; see window.h. */
#include "host/kvm/window.h"

#include "host/check.h"
#include "include/kvm_keep.h"

#include <string.h>

bool window_fill(uint8_t *window, struct bytes exec, struct window_wish wish)
{
    const uint64_t offset = (uint64_t)wish.first * KVM_KEEP_RUN_SIZE;
    const uint64_t size = (uint64_t)wish.count * KVM_KEEP_RUN_SIZE;
    if (!CHECK(kvm_window_count, size <= KVM_KEEP_WINDOW_SIZE) ||
        !CHECK(kvm_window_first, offset < exec.size))
        return false;
    const uint64_t left = exec.size - offset;
    const uint64_t there = CHECKED(kvm_window_end, size < left, true) ? size : left;
    memcpy(window, exec.data + offset, there);
    memset(window + there, 0, size - there);
    return true;
}
