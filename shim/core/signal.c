/* SPDX-License-Identifier: Apache-2.0 */
/* Which signals exec takes and when; see signal.h. */
#include "shim/core/signal.h"

#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/kernel.h"
#include "shim/core/signal_frame.h"

#define SIG_DFL 0u
#define SIG_IGN 1u

#define SA_ONSTACK   0x08000000u
#define SA_RESTORER  0x04000000u
#define SA_NODEFER   0x40000000u
#define SA_RESETHAND 0x80000000u

#define SS_ONSTACK 1u
#define SS_DISABLE 2u

#define MINSIGSTKSZ 2048u

#define SI_TKILL (-6)

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

static uint64_t bit(int number) { return 1ull << (number - 1); }

static const uint64_t unblockable = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);

/* By exec's wish, or by default: SIGCHLD, SIGCONT, SIGURG, SIGWINCH [POSIX signal.h]. */
static bool is_ignored(const struct signals *s, int number)
{
    static const uint64_t by_default = 1ull << 16 | 1ull << 17 | 1ull << 22 | 1ull << 27;
    const uint64_t handler = s->actions[number].handler;
    return handler == SIG_IGN || (handler == SIG_DFL && by_default & bit(number));
}

static bool on_stack(const struct signal_stack *s, uint64_t rsp)
{
    return s->size > 0 && rsp > s->address && rsp - s->address <= s->size;
}

void signal_raise(struct kernel *k, struct frame *f, const struct signal_info *info)
{
    struct signals *s = &k->signals;
    struct signal_action *action = &s->actions[info->number];
    const struct signal_action a = *action;
    if (a.handler <= SIG_IGN || s->blocked & bit(info->number) || !(a.flags & SA_RESTORER))
        kernel_fail(k, "the keep failed: exec was ended by signal", (uint64_t)info->number);
    uint64_t top = f->rsp - SIGNAL_RED_ZONE;
    if (a.flags & SA_ONSTACK && s->stack.size > 0 && !on_stack(&s->stack, f->rsp))
        top = s->stack.address + s->stack.size;
    if (!signal_frame_push(k, f, top, info, &a))
        kernel_fail(k, "the keep failed: no stack to take signal on", (uint64_t)info->number);
    s->blocked |= a.mask & ~unblockable;
    if (!(a.flags & SA_NODEFER))
        s->blocked |= bit(info->number);
    if (a.flags & SA_RESETHAND)
        action->handler = SIG_DFL;
}

void signal_flush(struct kernel *k, struct frame *f)
{
    struct signals *s = &k->signals;
    for (uint64_t ready = s->pending & ~s->blocked; ready != 0; ready &= ready - 1) {
        const int number = __builtin_ctzll(ready) + 1;
        s->pending &= ~bit(number);
        if (is_ignored(s, number))
            continue;
        signal_raise(k, f, &(struct signal_info){.number = number, .code = SI_TKILL});
        return;
    }
}

int64_t signal_rt_sigaction(struct kernel *k, const uint64_t *a)
{
    if (a[0] == 0 || a[0] >= SIGNAL_COUNT || a[3] != sizeof(uint64_t))
        return -EINVAL;
    struct signal_action *action = &k->signals.actions[a[0]];
    struct signal_action fresh = *action;
    if (a[1] != 0 && (a[0] == SIGKILL || a[0] == SIGSTOP))
        return -EINVAL;
    if (a[1] != 0 && user_read(k, a[1], &fresh, sizeof(fresh)) < 0)
        return -EFAULT;
    if (a[2] != 0 && user_write(k, a[2], action, sizeof(*action)) < 0)
        return -EFAULT;
    *action = fresh;
    return 0;
}

int64_t signal_rt_sigprocmask(struct kernel *k, const uint64_t *a)
{
    struct signals *s = &k->signals;
    const uint64_t old = s->blocked;
    uint64_t set;
    if (a[3] != sizeof(set))
        return -EINVAL;
    if (a[1] != 0 && user_read(k, a[1], &set, sizeof(set)) < 0)
        return -EFAULT;
    if (a[2] != 0 && user_write(k, a[2], &old, sizeof(old)) < 0)
        return -EFAULT;
    if (a[1] == 0)
        return 0;
    switch (a[0]) {
    case SIG_BLOCK:
        s->blocked |= set;
        break;
    case SIG_UNBLOCK:
        s->blocked &= ~set;
        break;
    case SIG_SETMASK:
        s->blocked = set;
        break;
    default:
        return -EINVAL;
    }
    s->blocked &= ~unblockable;
    return 0;
}

int64_t signal_sigaltstack(struct kernel *k, const struct frame *f, const uint64_t *a)
{
    struct signals *s = &k->signals;
    const bool active = on_stack(&s->stack, f->rsp);
    struct signal_stack fresh;
    struct signal_stack old = s->stack;
    old.flags = old.size == 0 ? SS_DISABLE : active ? SS_ONSTACK : 0;
    if (a[0] != 0 && user_read(k, a[0], &fresh, sizeof(fresh)) < 0)
        return -EFAULT;
    if (a[1] != 0 && user_write(k, a[1], &old, sizeof(old)) < 0)
        return -EFAULT;
    if (a[0] == 0)
        return 0;
    fresh.flags = (uint32_t)fresh.flags;
    if (active)
        return -EPERM;
    if (fresh.flags == SS_DISABLE) {
        s->stack = (struct signal_stack){0};
        return 0;
    }
    if (fresh.flags != 0)
        return -EINVAL;
    if (fresh.size < MINSIGSTKSZ)
        return -ENOMEM;
    s->stack = fresh;
    return 0;
}

/* Only to itself: it is process 1, thread 1. */
int64_t signal_tgkill(struct kernel *k, const uint64_t *a)
{
    if (a[0] != 1 || a[1] != 1 || a[2] >= SIGNAL_COUNT)
        return -EINVAL;
    if (a[2] != 0)
        k->signals.pending |= bit((int)a[2]);
    return 0;
}

uint64_t signal_rt_sigreturn(struct kernel *k, struct frame *f)
{
    uint64_t mask;
    if (!signal_frame_pop(k, f, &mask))
        kernel_fail(k, "the keep failed: exec returned from a signal by no valid frame", 0);
    k->signals.blocked = CHECKED(return_mask, mask & ~unblockable, mask);
    return f->rax;
}
