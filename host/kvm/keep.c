/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a machine; see keep.h. All that takes the kernel's help beyond running it
 * is done before the sandbox step. */
#define _GNU_SOURCE
#include "host/kvm/keep.h"

#include "host/clock.h"
#include "host/exec_image.h"
#include "host/inside.h"
#include "host/kvm/vm.h"
#include "host/port_host.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE (2ull << 20)

/* Beyond WebAssembly's memory and files: exec, its heap, compiled code. */
#define ROOM_FOR_EXEC (1ull << 30)

/* The machine of this process. */
static struct {
    struct kvm_vm vm;
    struct shared *block;
    uint64_t started_us;
} kvm;

/* ---- before the sandbox ---- */

/* Addresses, no more: pages come as the guest touches them. */
static uint64_t memory_size(const struct boot_record *boot)
{
    const uint64_t most = KVM_KEEP_MEMORY_MAX;
    if (boot->memory_size >= most || boot->files_size >= most)
        return most;
    const uint64_t size = boot->memory_size + boot->files_size + ROOM_FOR_EXEC;
    return size >= most ? most : (size + LARGE - 1) / LARGE * LARGE;
}

/* Aligned as the guest sees it, so that the kernel can give 2 MiB at a first touch: each
 * first touch is an exit. Where it cannot, pages come one by one. */
static int show_memory(struct kvm_vm *vm, uint64_t size)
{
    uint8_t *memory = mmap(NULL, size + LARGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        vm->failed = "addresses for its memory";
        return -errno;
    }
    memory += LARGE - (uintptr_t)memory % LARGE;
    (void)madvise(memory, size, MADV_HUGEPAGE);
    (void)madvise(memory, size, MADV_DONTDUMP);
    return kvm_vm_show(vm, KVM_KEEP_MEMORY, memory, size);
}

/* The block, exec as it lies in the command's file, and the tree over it. */
static int show_files(struct kvm_vm *vm, const struct keep *keep)
{
    const struct bytes exec = keep->exec.data;
    const struct bytes tree = exec_image_tree();
    int error = kvm_vm_show(vm, KVM_KEEP_BLOCK, kvm.block, PORT_BLOCK_SIZE);
    if (error == 0)
        error = kvm_vm_show_read_only(vm, KVM_KEEP_NODES, tree.data, tree.size);
    return error < 0 ? error : kvm_vm_show_read_only(vm, KVM_KEEP_EXEC, exec.data, exec.size);
}

int kvm_prepare(struct keep *keep)
{
    const uint64_t size = memory_size(&keep->boot);
    keep->boot.cpus = 1;
    kvm.started_us = keep->started_us;
    kvm.block = inside_block(&keep->boot);
    if (kvm.block == NULL)
        return inside_fail(-errno, "memory for its calls");
    if (keep->cache_key != NULL)
        shared_write(kvm.block, KVM_KEEP_KEY, keep->cache_key, 32);
    int error = kvm_vm_open(&kvm.vm, kvm_shim_file(), size);
    if (error == 0)
        error = show_memory(&kvm.vm, size);
    if (error == 0)
        error = show_files(&kvm.vm, keep);
    return error < 0 ? inside_fail(error, kvm.vm.failed) : 0;
}

/* ---- counting ---- */

static uint64_t since_start_us(void) { return clock_us() - kvm.started_us; }

/* exec asks for its workload and its cache before the module runs; the module for the
 * rest. */
static bool is_the_modules(uint32_t verb)
{
    return verb != PORT_EXCHANGE && verb != PORT_CLOCK && verb != PORT_LOG;
}

static void note_time(struct counters *c)
{
    uint32_t verb;
    shared_read(kvm.block, PORT_FRAME_OFFSET, &verb, sizeof(verb));
    if (c->value[COUNTER_kvm_exec_us] == 0)
        c->value[COUNTER_kvm_exec_us] = since_start_us();
    if (c->value[COUNTER_kvm_module_us] == 0 && is_the_modules(verb))
        c->value[COUNTER_kvm_module_us] = since_start_us();
}

static void count(struct counters *c, enum kvm_turn turn)
{
    struct kvm_keep_counts counts;
    memcpy(&counts, kvm.vm.image + KVM_IMAGE_DATA, sizeof(counts));
    memcpy(&c->value[COUNTER_calls], &counts, sizeof(counts));
    c->value[COUNTER_kvm_run]++;
    c->value[turn == KVM_TURN_SERVE ? COUNTER_kvm_exit_port : COUNTER_kvm_exit_again]++;
    if (turn == KVM_TURN_SERVE)
        note_time(c);
    c->first = COUNTER_kvm_run;
    c->known = COUNTER_KVM_COUNT;
}

/* ---- running ---- */

no_return void kvm_enter(struct keep *keep)
{
    close(keep->exec.fd);
    keep->counters->value[COUNTER_kvm_started_us] = since_start_us();
    for (;;) {
        struct kvm_left left;
        const char *why = "KVM did not run it";
        const enum kvm_turn turn =
            kvm_vm_run(&kvm.vm, &left) < 0 ? KVM_TURN_END : kvm_turn_take(&left, &why);
        if (turn == KVM_TURN_END)
            inside_stop(keep->log_fd, why);
        count(keep->counters, turn);
        if (turn == KVM_TURN_SERVE)
            port_host_serve(keep->host, kvm.block);
    }
}
