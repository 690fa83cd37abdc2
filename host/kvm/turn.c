/* SPDX-License-Identifier: Apache-2.0 */
/* After an exit; see turn.h. [Linux Documentation/virt/kvm/api.rst 5] */
#include "host/kvm/turn.h"

#include "host/check.h"

#include <linux/kvm.h>
#include <string.h>

static const char *stop_text(uint32_t stop)
{
#define TEXT(name, text) [KVM_KEEP_STOP_##name] = (text),
    static const char *const texts[KVM_KEEP_STOP_COUNT] = {KVM_KEEP_STOPS(TEXT)};
#undef TEXT
    if (!CHECK(kvm_stop, stop < KVM_KEEP_STOP_COUNT))
        return "for a reason that is none";
    return texts[stop];
}

struct kvm_left kvm_turn_read(const struct kvm_run *run, size_t size)
{
    struct kvm_left left = {.reason = run->exit_reason};
    if (left.reason != KVM_EXIT_IO)
        return left;
    const uint64_t offset = run->io.data_offset;
    if (!CHECK(kvm_data, size >= sizeof(left.value) && offset <= size - sizeof(left.value)))
        return (struct kvm_left){.reason = KVM_EXIT_UNKNOWN};
    left.out = run->io.direction == KVM_EXIT_IO_OUT;
    left.port = run->io.port;
    left.size = run->io.size;
    left.count = run->io.count;
    memcpy(&left.value, (const uint8_t *)run + offset, sizeof(left.value));
    return left;
}

/* The one way to leave: a write of four bytes to one port. */
static bool is_ours(const struct kvm_left *left)
{
    return CHECK(kvm_reason, left->reason == KVM_EXIT_IO) && CHECK(kvm_out, left->out) &&
           CHECK(kvm_port, left->port == KVM_KEEP_PORT) && CHECK(kvm_size, left->size == 4) &&
           CHECK(kvm_count, left->count == 1);
}

static bool is_dead(const struct kvm_left *left)
{
    return is_ours(left) && (left->value & 0xff) == KVM_KEEP_EXIT_DEAD &&
           CHECK(kvm_dead, left->value >> 16 == 0);
}

static const char *text_of(const struct kvm_left *left)
{
    switch (left->reason) {
    case KVM_EXIT_IO:
        return is_dead(left) ? stop_text(left->value >> 8) : "it left without saying why";
    case KVM_EXIT_MMIO:
        return "it touched memory that it does not have";
    case KVM_EXIT_SHUTDOWN:
        return "its processor gave up (triple fault)";
    case KVM_EXIT_HLT:
        return "its processor halted";
    case KVM_EXIT_FAIL_ENTRY:
        return "the processor refused to enter it";
    case KVM_EXIT_INTERNAL_ERROR:
        return "KVM could not go on with it";
    default:
        return "KVM left it for a reason that has no meaning here";
    }
}

enum kvm_turn kvm_turn_take(const struct kvm_left *left, const char **why)
{
    if (left->reason == KVM_EXIT_INTR)
        return KVM_TURN_AGAIN;
    const uint32_t call = CHECKED(kvm_call, left->value, left->value & 0xff);
    if (is_ours(left) && call == KVM_KEEP_EXIT_PORT)
        return KVM_TURN_SERVE;
    if (is_ours(left) && (left->value & 0xff) == KVM_KEEP_EXIT_EXEC)
        return KVM_TURN_EXEC;
    *why = text_of(left);
    return KVM_TURN_END;
}

struct window_wish kvm_turn_wish(const struct kvm_left *left)
{
    return (struct window_wish){.first = left->value >> 16, .count = left->value >> 8 & 0xff};
}

const char *kvm_turn_probed(const struct kvm_left *left)
{
    if (is_dead(left) && CHECK(kvm_probed, left->value >> 8 == KVM_KEEP_STOP_ENDED))
        return NULL;
    return text_of(left);
}
