/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a machine; see keep.h. All that takes the kernel's help beyond running it
 * is done before the sandbox step. */
#define _GNU_SOURCE
#include "host/kvm/keep.h"

#include "host/clock.h"
#include "host/exec_image.h"
#include "host/inside.h"
#include "host/kvm/interrupt.h"
#include "host/kvm/room.h"
#include "host/kvm/statement.h"
#include "host/kvm/statistics.h"
#include "host/kvm/vm.h"
#include "host/kvm/window.h"
#include "host/port_host.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The machine of this process. */
static struct {
    struct kvm_vm vm;
    struct shared *block;
    struct statistics statistics;
    uint64_t started_us;
} kvm;

/* ---- what it may ask for besides ---- */

static int64_t serve_quote(maybe_unused const uint64_t arg[static 4], struct bytes in, uint8_t *out,
                           size_t out_size)
{
    return kvm_statement_make(in, out, out_size);
}

static int64_t serve_memory(maybe_unused const uint64_t arg[static 4]) { return -ENOSYS; }

static const struct keep_verbs verbs = {.memory = serve_memory, .quote = serve_quote};

/* ---- before the sandbox ---- */

/* Addresses, no more: pages come as the guest touches them. */
static int show_memory(struct kvm_vm *vm, uint64_t size)
{
    void *memory = kvm_vm_memory(size);
    if (memory == MAP_FAILED) {
        vm->failed = "addresses for its memory";
        return -errno;
    }
    return kvm_vm_show(vm, KVM_KEEP_MEMORY, memory, size);
}

/* What the keep is to find in its first slot: the tree over exec, the block. */
static void fill_first(const struct keep *keep, struct bytes tree)
{
    memcpy(kvm_vm_at(&kvm.vm, KVM_KEEP_NODES), tree.data, tree.size);
    kvm.block = (struct shared *)kvm_vm_at(&kvm.vm, KVM_KEEP_BLOCK);
    shared_write(kvm.block, PORT_BOOT_OFFSET, &keep->boot, sizeof(keep->boot));
    if (keep->cache_key != NULL)
        shared_write(kvm.block, KVM_KEEP_KEY, keep->cache_key, 32);
}

int kvm_prepare(struct keep *keep)
{
    const uint64_t size = kvm_room(keep->boot.memory_size, keep->boot.files_size);
    const struct bytes tree = exec_image_tree();
    if (tree.size > KVM_KEEP_NODES_SIZE)
        return inside_fail(-E2BIG, "exec in this command");
    keep->boot.cpus = 1;
    keep->verbs = &verbs;
    kvm.started_us = keep->started_us;
    int error = kvm_vm_open(&kvm.vm, kvm_shim_file(), size);
    if (error == 0)
        error = show_memory(&kvm.vm, size);
    if (error < 0)
        return inside_fail(error, kvm.vm.failed);
    fill_first(keep, tree);
    statistics_open(&kvm.statistics, kvm.vm.processor);
    error = interrupt_prepare(kvm.vm.run);
    return error < 0 ? inside_fail(error, "handlers of signals") : 0;
}

/* ---- counting ---- */

static uint64_t since_start_us(void) { return clock_us() - kvm.started_us; }

/* exec asks for its workload and its cache before the module runs; the module for the
 * rest. */
static bool is_the_modules(uint32_t verb)
{
    return verb != PORT_EXCHANGE && verb != PORT_CLOCK && verb != PORT_LOG;
}

/* The first run that the shim asks for holds exec's first instruction. */
static void note_time(struct counters *c, enum kvm_turn turn)
{
    uint32_t verb;
    shared_read(kvm.block, PORT_FRAME_OFFSET, &verb, sizeof(verb));
    if (c->value[COUNTER_kvm_exec_us] == 0)
        c->value[COUNTER_kvm_exec_us] = since_start_us();
    if (turn == KVM_TURN_SERVE && c->value[COUNTER_kvm_module_us] == 0 && is_the_modules(verb))
        c->value[COUNTER_kvm_module_us] = since_start_us();
    if (turn == KVM_TURN_SERVE && verb == PORT_EXIT)
        statistics_read(&kvm.statistics, &c->value[COUNTER_kvm_all_exits]);
}

static void count(struct counters *c, enum kvm_turn turn)
{
    static const enum counter kinds[] = {
        [KVM_TURN_SERVE] = COUNTER_kvm_exit_port,
        [KVM_TURN_EXEC] = COUNTER_kvm_exit_exec,
        [KVM_TURN_AGAIN] = COUNTER_kvm_exit_again,
    };
    struct kvm_keep_counts counts;
    memcpy(&counts, kvm_vm_at(&kvm.vm, KVM_KEEP_IMAGE + KVM_IMAGE_DATA), sizeof(counts));
    memcpy(&c->value[COUNTER_calls], &counts, sizeof(counts));
    c->value[COUNTER_kvm_run]++;
    c->value[kinds[turn]]++;
    if (turn != KVM_TURN_AGAIN)
        note_time(c, turn);
    c->first = COUNTER_kvm_run;
    c->known = COUNTER_KVM_COUNT;
}

/* ---- running ---- */

static bool give_exec(const struct keep *keep, const struct kvm_left *left)
{
    const struct window_wish wish = kvm_turn_wish(left);
    keep->counters->value[COUNTER_kvm_window_runs] += wish.count;
    return window_fill(kvm_vm_at(&kvm.vm, KVM_KEEP_WINDOW), keep->exec.data, wish);
}

/* What the guest cannot go on after. */
static no_return void end(const struct keep *keep, const char *why)
{
    statistics_read(&kvm.statistics, &keep->counters->value[COUNTER_kvm_all_exits]);
    inside_stop(keep->log_fd, why);
}

static no_return void end_by_signal(const struct keep *keep)
{
    statistics_read(&kvm.statistics, &keep->counters->value[COUNTER_kvm_all_exits]);
    interrupt_end(interrupt_taken());
}

no_return void kvm_enter(struct keep *keep)
{
    close(keep->exec.fd);
    close(kvm.vm.fd); /* its processor is enough to run it */
    keep->counters->value[COUNTER_kvm_started_us] = since_start_us();
    for (;;) {
        struct kvm_left left;
        const char *why = "KVM did not run it";
        const enum kvm_turn turn =
            kvm_vm_run(&kvm.vm, &left) < 0 ? KVM_TURN_END : kvm_turn_take(&left, &why);
        if (turn == KVM_TURN_END)
            end(keep, why);
        if (turn == KVM_TURN_EXEC && !give_exec(keep, &left))
            end(keep, "it asked for more of exec than there is");
        count(keep->counters, turn);
        if (turn == KVM_TURN_AGAIN && interrupt_taken() != 0)
            end_by_signal(keep);
        if (turn == KVM_TURN_SERVE)
            port_host_serve(keep->host, kvm.block);
    }
}
