/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel for tests; see kvm_kernel.h. */
#define _GNU_SOURCE
#include "tests/unit/kvm_kernel.h"

#include "base/attr.h"
#include "include/kvm_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define STATE (3 * 4096) /* bytes of the processor's */

struct kernel *kernel;

/* ---- the kernel ---- */

static bool fails(const char *call)
{
    if (!kernel->armed || kernel->calls++ != kernel->nth)
        return false;
    kernel->failed = call;
    errno = kernel->error;
    return true;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    if (strcmp(path, "/dev/kvm") != 0)
        return __real_open(path, flags);
    return fails("open") ? -1 : memfd_create("device", MFD_CLOEXEC);
}

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
    return fails("mmap") ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);
}

int __wrap_madvise(void *at, size_t size, int advice);
int __wrap_madvise(void *at, size_t size, int advice)
{
    (void)at, (void)size, (void)advice;
    return fails("madvise") ? -1 : 0;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    if (!fails("calloc"))
        return __real_calloc(count, size);
    errno = ENOMEM;
    return NULL;
}

int __real_sigaction(int number, const struct sigaction *action, struct sigaction *was);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *was);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *was)
{
    return fails("sigaction") ? -1 : __real_sigaction(number, action, was);
}

int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags) { return fails("pipe2") ? -1 : __real_pipe2(fds, flags); }

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void) { return fails("fork") ? -1 : __real_fork(); }

/* ---- its KVM ---- */

static int supported_cpuid(struct kvm_cpuid2 *all)
{
    static const struct kvm_cpuid_entry2 leaves[] = {
        {.function = 0, .eax = 0x1f, .ecx = UINT32_MAX},
        {.function = 1, .ecx = UINT32_MAX, .edx = UINT32_MAX},
        {.function = 7, .ecx = UINT32_MAX},
        {.function = 0x80000001, .ecx = UINT32_MAX, .edx = UINT32_MAX},
    };
    if (all->nent < ARRAY_COUNT(leaves)) {
        errno = E2BIG;
        return -1;
    }
    all->nent = ARRAY_COUNT(leaves);
    memcpy(all->entries, leaves, sizeof(leaves));
    return 0;
}

static int set_leaves(const struct kvm_cpuid2 *all)
{
    kernel->leaves = all->nent < KERNEL_LEAVES ? all->nent : KERNEL_LEAVES;
    memcpy(kernel->leaf, all->entries, kernel->leaves * sizeof(all->entries[0]));
    return 0;
}

static int set_slot(const struct kvm_userspace_memory_region *slot)
{
    if (kernel->slots < KERNEL_SLOTS)
        kernel->slot[kernel->slots++] = *slot;
    return 0;
}

/* A processor that did all that the probe's shim asks of it. */
static int run(int processor)
{
    const uint32_t value = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_ENDED << 8;
    const struct kvm_run left = {
        .exit_reason = KVM_EXIT_IO,
        .io = {KVM_EXIT_IO_OUT, sizeof(value), KVM_KEEP_PORT, 1, .data_offset = 4096}};
    return pwrite(processor, &left, sizeof(left), 0) == sizeof(left) &&
                   pwrite(processor, &value, sizeof(value), 4096) == sizeof(value)
               ? 0
               : -1;
}

static int processor(void)
{
    const int fd = memfd_create("processor", MFD_CLOEXEC);
    return fd >= 0 && ftruncate(fd, STATE) == 0 ? fd : -1;
}

static int answer(int fd, unsigned long request, void *argument)
{
    switch (request) {
    case KVM_CREATE_VM:
    case KVM_GET_STATS_FD:
        return memfd_create("machine", MFD_CLOEXEC);
    case KVM_CREATE_VCPU:
        return processor();
    case KVM_GET_VCPU_MMAP_SIZE:
        return STATE;
    case KVM_GET_SUPPORTED_CPUID:
        return supported_cpuid(argument);
    case KVM_SET_CPUID2:
        return set_leaves(argument);
    case KVM_SET_USER_MEMORY_REGION:
        return set_slot(argument);
    case KVM_RUN:
        return run(fd);
    default:
        return 0;
    }
}

static const struct {
    unsigned long request;
    const char *name;
} requests[] = {
#define REQUEST(name) \
    {                 \
        name, #name   \
    }
    REQUEST(KVM_CREATE_VM),
    REQUEST(KVM_SET_IDENTITY_MAP_ADDR),
    REQUEST(KVM_SET_TSS_ADDR),
    REQUEST(KVM_SET_USER_MEMORY_REGION),
    REQUEST(KVM_GET_VCPU_MMAP_SIZE),
    REQUEST(KVM_CREATE_VCPU),
    REQUEST(KVM_GET_SUPPORTED_CPUID),
    REQUEST(KVM_SET_CPUID2),
    REQUEST(KVM_SET_XCRS),
    REQUEST(KVM_GET_SREGS),
    REQUEST(KVM_SET_SREGS),
    REQUEST(KVM_SET_REGS),
    REQUEST(KVM_GET_STATS_FD),
    REQUEST(KVM_RUN),
};

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *const argument = va_arg(arguments, void *);
    va_end(arguments);
    for (size_t i = 0; i < ARRAY_COUNT(requests); i++) {
        if (requests[i].request == request)
            return fails(requests[i].name) ? -1 : answer(fd, request, argument);
    }
    errno = ENOTTY;
    return -1;
}

void kernel_open(void)
{
    kernel = __real_mmap(NULL, sizeof(*kernel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0);
    if (kernel == MAP_FAILED)
        abort();
}

void kernel_set(uint32_t nth, int error) { *kernel = (struct kernel){.nth = nth, .error = error}; }
