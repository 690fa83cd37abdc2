/* SPDX-License-Identifier: Apache-2.0 */
/* The host's loop for KVM; see host_kvm.h. */
#define _GNU_SOURCE
#include "tests/keep/host_kvm.h"

#include "host/kvm/statement.h"
#include "host/kvm/window.h"
#include "tests/keep/attacks.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_SIZE (512ull << 20)
#define STATISTICS  "/sys/kernel/debug/kvm"

struct kvm_host kvm_host;

static struct bytes shim;

static void open_shim(const char *path)
{
    size_t size;
    shim.data = host_read_file(path, &size);
    shim.size = size;
}

/* Where the guest sees it, shared with attackers in other processes. */
static void share_block(struct host *h)
{
    uint8_t *const place = kvm_vm_at(&kvm_host.vm, KVM_KEEP_BLOCK);
    h->block =
        mremap(h->block, PORT_BLOCK_SIZE, PORT_BLOCK_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    host_must(h->block == place, "the block");
}

static void place_nodes(struct host *h)
{
    uint8_t *const place = kvm_vm_at(&kvm_host.vm, KVM_KEEP_NODES);
    h->nodes = memcpy(place, h->nodes, h->nodes_size);
}

static void give_exec(struct host *h)
{
    const struct bytes exec = {.data = h->exec, .size = h->exec_size};
    host_must(
        window_fill(kvm_vm_at(&kvm_host.vm, KVM_KEEP_WINDOW), exec, kvm_turn_wish(&kvm_host.left)),
        "runs of exec that there are not");
}

static void start(struct host *h)
{
    struct kvm_vm *vm = &kvm_host.vm;
    const char *const said = "the machine";
    host_must(kvm_vm_open(vm, shim, MEMORY_SIZE) == 0, vm->failed != NULL ? vm->failed : said);
    kvm_host.memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    host_must(kvm_vm_show(vm, KVM_KEEP_MEMORY, kvm_host.memory, MEMORY_SIZE) == 0, said);
    share_block(h);
    place_nodes(h);
}

/* KVM's own count of this machine's exits, as long as there is the machine. */
static uint64_t exits(void)
{
    char path[96];
    unsigned long long count = 0;
    snprintf(path, sizeof(path), STATISTICS "/%d-%d/exits", (int)getpid(), kvm_host.vm.fd);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%llu", &count) != 1)
        return 0;
    fclose(f);
    return count;
}

static void after_exit(struct host *h)
{
    const char *why = "";
    switch (kvm_turn_take(&kvm_host.left, &why)) {
    case KVM_TURN_SERVE:
        host_serve(h);
        return;
    case KVM_TURN_EXEC:
        give_exec(h);
        return;
    case KVM_TURN_AGAIN:
        return;
    default:
        break;
    }
    if (kvm_host.left.reason != KVM_EXIT_IO || (kvm_host.left.value & 0xff) != KVM_KEEP_EXIT_DEAD)
        host_fail(why);
    if (!h->attack->again || h->done)
        host_finish(END_STOP, kvm_host.left.value >> 8);
    host_again(h);
}

_Noreturn static void loop(struct host *h)
{
    for (;; h->exits++) {
        if (h->exits == HOST_EXITS_MAX)
            host_fail("it goes on and on");
        host_must(kvm_vm_run(&kvm_host.vm, &kvm_host.left) == 0, "not run");
        after_exit(h);
        if (h->attack->exited != NULL)
            h->attack->exited(h);
    }
}

static const char *const stops[] = {
#define TEXT(name, text) #name,
    KVM_KEEP_STOPS(TEXT)
#undef TEXT
};

/* As host/kvm serves it. */
static int64_t serve(struct host *h, const struct port_frame *f)
{
    const uint8_t *in = h->block + PORT_DATA_OFFSET;
    uint8_t *out = h->block + PORT_DATA_OFFSET + (f->in_size + 63) / 64 * 64;
    if (f->verb != PORT_QUOTE)
        return -9;
    return kvm_statement_make((struct bytes){in, (size_t)f->in_size}, out, (size_t)f->out_size);
}

const struct kind kvm_kind = {
    .name = "kvm",
    .attacks = kvm_attacks,
    .stops = stops,
    .stop_count = KVM_KEEP_STOP_COUNT,
    .slow = true,
    .open = open_shim,
    .start = start,
    .loop = loop,
    .exits = exits,
    .serve = serve,
};
