/* SPDX-License-Identifier: Apache-2.0 */
/* After an exit; see turn.h. */
#include "host/sgx/turn.h"

#define DEPTH_MAX   2u    /* at the second the shim says that it stops */
#define REPEATS_MAX 1000u /* of one page fault that the shim took and that came back */

static const char *stop_text(uint64_t stop)
{
#define TEXT(name, text) [SGX_KEEP_STOP_##name] = (text),
    static const char *const texts[SGX_KEEP_STOP_COUNT] = {SGX_KEEP_STOPS(TEXT)};
#undef TEXT
    return stop < SGX_KEEP_STOP_COUNT ? texts[stop] : "for a reason that is none";
}

static enum sgx_turn end(const char *reason, const char **why)
{
    *why = reason;
    return SGX_TURN_END;
}

/* The host cannot see where in the enclave it was; that it is the same page again
 * and again shows that nothing moves. */
static bool no_progress(struct sgx_turns *t, const struct sgx_left *left)
{
    const bool again =
        left->vector == VECTOR_PF && left->address == t->fault && t->fault_repeated > 0;
    t->fault = left->address;
    t->fault_repeated = left->vector != VECTOR_PF ? 0 : again ? t->fault_repeated + 1 : 1;
    return t->fault_repeated > REPEATS_MAX;
}

static enum sgx_turn take_exception(struct sgx_turns *t, const struct sgx_left *left,
                                    const char **why)
{
    if (left->leaf != SGX_ERESUME)
        return end("the processor refused to enter it: its memory may have been lost when the "
                   "machine slept",
                   why);
    if (t->depth >= DEPTH_MAX)
        return end("exceptions came while it handled one", why);
    if (no_progress(t, left))
        return end("one of its pages faults again and again", why);
    t->depth++;
    return SGX_TURN_HANDLE;
}

enum sgx_turn sgx_turn_take(struct sgx_turns *t, const struct sgx_left *left, const char **why)
{
    if (left->leaf != SGX_EEXIT)
        return take_exception(t, left, why);
    switch (left->reason) {
    case SGX_KEEP_EXIT_PORT:
        if (t->depth > 0)
            return end("it called the host while it handled an exception", why);
        t->fault_repeated = 0;
        return SGX_TURN_SERVE;
    case SGX_KEEP_EXIT_RESUME:
        if (t->depth == 0)
            return end("it asked to be resumed where nothing was interrupted", why);
        t->depth--;
        return SGX_TURN_RESUME;
    case SGX_KEEP_EXIT_DEAD:
        return end(stop_text(left->stop), why);
    default:
        return end("it left without saying why", why);
    }
}
