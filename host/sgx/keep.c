/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an enclave; see keep.h. The enclave is hostile: what it leaves in
 * registers and in the block is checked where it is used. */
#define _GNU_SOURCE
#include "host/sgx/keep.h"

#include "host/exec_image.h"
#include "host/inside.h"
#include "host/port_host.h"
#include "host/sgx/enter.h"
#include "host/sgx/image.h"
#include "host/sgx/turn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(offsetof(struct sgx_entry, exit_rdi) == 32, "enter.S");
_Static_assert(offsetof(struct sgx_entry, run) == 48, "enter.S");
_Static_assert(offsetof(struct sgx_enclave_run, user_data) == 32, "enter.S [Linux asm/sgx.h]");

/* The machine: one enclave in this process. */
static struct {
    const struct sgx_device *device;
    uint64_t base;
    uint64_t tcs; /* its address */
    struct shared *block;
    int log_fd; /* once the keep is entered */
} sgx;

/* ---- what the enclave asks of its device ---- */

/* An operation on pages, its range checked against the enclave. */
static int64_t serve_memory(const uint64_t arg[static 4])
{
    const uint64_t offset = arg[1] - sgx.base;
    const uint64_t pages = arg[2];
    if (arg[1] < sgx.base || offset >= SGX_KEEP_SIZE || offset % SGX_PAGE != 0 || pages == 0 ||
        pages > (SGX_KEEP_SIZE - offset) / SGX_PAGE)
        return -EINVAL;
    switch (arg[0]) {
    case SGX_KEEP_RESTRICT:
        if (arg[3] & ~(uint64_t)SGX_PERMISSION)
            return -EINVAL;
        return sgx.device->restrict_permissions(offset, pages * SGX_PAGE, arg[3]);
    case SGX_KEEP_TRIM:
        return sgx.device->trim(offset, pages * SGX_PAGE);
    case SGX_KEEP_REMOVE:
        return sgx.device->remove(offset, pages * SGX_PAGE);
    default:
        return -EINVAL;
    }
}

static int64_t give_target(uint8_t *out, size_t out_size)
{
    struct sgx_targetinfo target;
    if (out_size < sizeof(target))
        return -EINVAL;
    int error = sgx.device->quote_target(&target);
    if (error < 0)
        return error;
    memcpy(out, &target, sizeof(target));
    return sizeof(target);
}

static int64_t give_quote(struct bytes in, uint8_t *out, size_t out_size)
{
    static uint8_t quote[SGX_QUOTE_MAX];
    struct sgx_report report;
    size_t size = sizeof(quote);
    if (in.size != sizeof(report))
        return -EINVAL;
    memcpy(&report, in.data, sizeof(report));
    int error = sgx.device->quote_sign(&report, quote, &size);
    if (error < 0)
        return error;
    if (size > sizeof(quote) || size > out_size)
        return -EMSGSIZE;
    memcpy(out, quote, size);
    return (int64_t)size;
}

static int64_t serve_quote(const uint64_t arg[static 4], struct bytes in, uint8_t *out,
                           size_t out_size)
{
    switch (arg[0]) {
    case SGX_KEEP_QUOTE_TARGET:
        return in.size == 0 ? give_target(out, out_size) : -EINVAL;
    case SGX_KEEP_QUOTE_SIGN:
        return give_quote(in, out, out_size);
    default:
        return -EINVAL;
    }
}

static const struct keep_verbs verbs = {.memory = serve_memory, .quote = serve_quote};

/* ---- before the sandbox ---- */

static int add_pages(const struct sgx_device *device, const struct sgx_image *image)
{
    for (size_t i = 0; i < image->count; i++) {
        const struct sgx_run *run = &image->runs[i];
        int error = device->add(run->offset, run->data, run->size, run->flags);
        if (error < 0)
            return inside_fail(error, "adding pages to the enclave");
    }
    return 0;
}

static int start(const struct sgx_device *device, struct bytes signature)
{
    struct sgx_sigstruct sigstruct;
    if (signature.size != sizeof(sigstruct))
        return inside_fail(-EINVAL, "the signature of the enclave");
    memcpy(&sigstruct, signature.data, sizeof(sigstruct));
    int error = device->init(&sigstruct);
    if (error == -EPERM)
        return inside_fail(error, "the processor refused the enclave's signature (EINIT)");
    if (error == -EACCES)
        return inside_fail(
            error, "mapping the enclave to execute it, which a /dev mounted noexec forbids");
    return error < 0 ? inside_fail(error, "initialising the enclave") : 0;
}

static int load(const struct sgx_device *device, const struct sgx_image *image,
                struct bytes signature)
{
    static struct sgx_secs secs aligned_to(SGX_PAGE);
    secs = (struct sgx_secs){
        .size = SGX_KEEP_SIZE,
        .base = SGX_KEEP_BASE,
        .ssa_frame_size = SGX_KEEP_SSA_PAGES,
        .miscselect = SGX_KEEP_MISCSELECT,
        .attributes = {.flags = SGX_KEEP_ATTRIBUTES, .xfrm = SGX_KEEP_XFRM},
    };
    int error = device->create(&secs);
    if (error < 0)
        return inside_fail(error, "creating an enclave in the lowest 64 GiB of addresses");
    sgx.device = device;
    sgx.base = secs.base;
    sgx.tcs = secs.base + image->entry;
    error = add_pages(device, image);
    return error < 0 ? error : start(device, signature);
}

int sgx_prepare(const struct sgx_device *device, struct keep *keep)
{
    struct sgx_image image;
    int error = device->open();
    if (error < 0)
        return inside_fail(error, device->name);
    error = sgx_image_parse(sgx_shim_file(), &image);
    if (error < 0)
        return inside_fail(error, "the shim in this command");
    error = load(device, &image, keep->signature);
    sgx_image_fini(&image);
    if (error < 0)
        return error;
    keep->boot.cpus = 1;
    keep->verbs = &verbs;
    sgx.block = inside_block(&keep->boot);
    return sgx.block == NULL ? inside_fail(-ENOMEM, "memory for its calls") : 0;
}

/* ---- counting ---- */

static enum counter counter_of(enum sgx_turn turn, uint16_t vector)
{
    if (turn == SGX_TURN_SERVE)
        return COUNTER_exit_port;
    if (turn == SGX_TURN_RESUME)
        return COUNTER_exit_resume;
    return vector == VECTOR_UD   ? COUNTER_exception_ud
           : vector == VECTOR_PF ? COUNTER_exception_pf
                                 : COUNTER_exception_other;
}

static void count(struct counters *c, uint64_t leaf, enum counter left)
{
    c->value[leaf == SGX_ERESUME ? COUNTER_resume : COUNTER_enter]++;
    c->value[left]++;
    c->first = 0;
    c->known = COUNTER_LOADER_COUNT;
    if (sgx.device->counters == NULL)
        return;
    sgx.device->counters(&c->value[COUNTER_LOADER_COUNT]);
    c->known = COUNTER_LOADER_COUNT + COUNTER_MODEL_COUNT;
}

/* Once in and out again. */
static enum sgx_turn take_turn(struct sgx_entry *e, struct sgx_turns *turns, struct counters *c)
{
    const char *why = NULL;
    if (sgx_enter_once(sgx.device->entry(), e) != 0)
        inside_stop(sgx.log_fd, "the kernel did not enter it");
    const struct sgx_left left = {
        .leaf = e->run->function,
        .vector = e->run->exception_vector,
        .address = e->run->exception_addr,
        .reason = e->exit_rdi,
        .stop = e->exit_rsi,
    };
    enum sgx_turn turn = sgx_turn_take(turns, &left, &why);
    if (turn == SGX_TURN_END)
        inside_stop(sgx.log_fd, why);
    count(c, e->leaf, counter_of(turn, left.vector));
    return turn;
}

no_return void sgx_enter(struct keep *keep)
{
    struct sgx_enclave_run run = {.tcs = sgx.tcs, .user_handler = (uintptr_t)sgx_exit_handler};
    struct sgx_turns turns = {0};
    struct sgx_entry entry = {
        .rdi = (uintptr_t)sgx.block,
        .rsi = (uintptr_t)keep->exec.data.data,
        .rdx = (uintptr_t)exec_image_tree().data,
        .leaf = SGX_EENTER,
        .run = &run,
    };
    sgx.log_fd = keep->log_fd;
    run.user_data = (uintptr_t)&entry;
    close(keep->exec.fd);
    for (;;) {
        enum sgx_turn turn = take_turn(&entry, &turns, keep->counters);
        if (turn == SGX_TURN_SERVE)
            port_host_serve(keep->host, sgx.block);
        entry.rdi = entry.rsi = entry.rdx = 0;
        entry.leaf = turn == SGX_TURN_RESUME ? SGX_ERESUME : SGX_EENTER;
    }
}
