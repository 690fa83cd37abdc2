/* SPDX-License-Identifier: Apache-2.0 */
/* The machine; see vm.h. Trusts the kernel. [Linux Documentation/virt/kvm/api.rst 4] */
#define _GNU_SOURCE
#include "host/kvm/vm.h"

#include "host/check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE        4096u
#define CPUID_ROWS  256u
#define RFLAGS_NONE 2u

/* [SDM 3A 2.5, 2.2.1] */
#define CR0_PE   (1u << 0)
#define CR0_NE   (1u << 5)
#define CR0_WP   (1u << 16)
#define CR0_PG   (1u << 31)
#define CR4_PAE  (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)

#define XCR0_STATE 7u /* x87, SSE, AVX [SDM 1 13.3] */

static int failed(struct kvm_vm *vm, const char *what)
{
    vm->failed = what;
    return errno > 0 ? -errno : -EIO;
}

/* ---- memory ---- */

int kvm_vm_show(struct kvm_vm *vm, uint64_t physical, void *at, uint64_t size)
{
    const struct kvm_userspace_memory_region region = {
        .slot = vm->slots++,
        .guest_phys_addr = physical,
        .memory_size = size,
        .userspace_addr = (uintptr_t)at,
    };
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
        return failed(vm, "giving it memory");
    return 0;
}

void *kvm_vm_memory(uint64_t size)
{
    uint8_t *const all = mmap(NULL, size + KVM_KEEP_LARGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return MAP_FAILED;
    const size_t before = (size_t) - (uintptr_t)all % KVM_KEEP_LARGE;
    uint8_t *const memory = all + before;
    if (before > 0)
        munmap(all, before);
    munmap(memory + size, KVM_KEEP_LARGE - before);
    (void)madvise(memory, size, MADV_HUGEPAGE);
    (void)madvise(memory, size, MADV_DONTDUMP);
    return memory;
}

uint8_t *kvm_vm_at(const struct kvm_vm *vm, uint64_t physical)
{
    return vm->image + (physical - KVM_KEEP_IMAGE);
}

static int load(struct kvm_vm *vm, struct bytes shim)
{
    if (shim.size > KVM_IMAGE_FILE_MAX) {
        errno = ENOEXEC;
        return failed(vm, "the shim in this command");
    }
    vm->image = kvm_vm_memory(KVM_KEEP_FIRST_SIZE);
    if (vm->image == MAP_FAILED)
        return failed(vm, "memory for the shim");
    memcpy(vm->image, shim.data, shim.size);
    return kvm_vm_show(vm, KVM_KEEP_IMAGE, vm->image, KVM_KEEP_FIRST_SIZE);
}

/* ---- the processor ---- */

/* A guest that has broken out of the shim is to find no machines to make: in KVM's code for
 * those lay ways out of the first. */
static void take_nesting(struct kvm_cpuid2 *all)
{
    for (uint32_t i = 0; i < all->nent; i++) {
        struct kvm_cpuid_entry2 *e = &all->entries[i];
        if (e->function == CPUID_FEATURES)
            e->ecx &= ~CPUID_ECX_VMX;
        if (e->function == CPUID_EXTENDED)
            e->ecx &= ~CPUID_ECX_SVM;
    }
}

/* Else all that KVM can give: what a keep makes of it is the shim's to say. */
static int set_cpuid(struct kvm_vm *vm, int device)
{
    struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + CPUID_ROWS * sizeof(all->entries[0]));
    if (all == NULL)
        return failed(vm, "memory");
    all->nent = CPUID_ROWS;
    bool ok = ioctl(device, KVM_GET_SUPPORTED_CPUID, all) == 0;
    if (CHECKED(kvm_nested, ok, false))
        take_nesting(all);
    ok = ok && ioctl(vm->processor, KVM_SET_CPUID2, all) == 0;
    const int error = ok ? 0 : failed(vm, "its processor's features");
    free(all);
    return error;
}

/* 64-bit mode with a flat map: the shim sets its own tables at its first instructions. */
static int set_registers(struct kvm_vm *vm, uint64_t memory_size)
{
    const struct kvm_segment code = {
        .selector = 8, .limit = UINT32_MAX, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
    const struct kvm_segment data = {
        .selector = 16, .limit = UINT32_MAX, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
    const struct kvm_regs regs = {.rip = KVM_KEEP_SHIM, .rdi = memory_size, .rflags = RFLAGS_NONE};
    struct kvm_sregs sregs;
    if (ioctl(vm->processor, KVM_GET_SREGS, &sregs) < 0)
        return failed(vm, "its processor's state");
    sregs.cs = code;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.cr0 = CR0_PE | CR0_NE | CR0_WP | CR0_PG;
    sregs.cr3 = KVM_KEEP_IMAGE + KVM_IMAGE_TABLES;
    sregs.cr4 = CR4_PAE;
    sregs.efer = EFER_LME | EFER_LMA | EFER_NXE;
    if (ioctl(vm->processor, KVM_SET_SREGS, &sregs) < 0 ||
        ioctl(vm->processor, KVM_SET_REGS, &regs) < 0)
        return failed(vm, "its processor's state");
    return 0;
}

/* The shim sets XCR0, too; an emulated processor may do that without telling KVM. */
static int set_components(struct kvm_vm *vm)
{
    const struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = XCR0_STATE}}};
    if (ioctl(vm->processor, KVM_SET_XCRS, &xcrs) < 0)
        return failed(vm, "its processor's state: x87, SSE and AVX");
    return 0;
}

static int make_processor(struct kvm_vm *vm, int device)
{
    const int size = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
    vm->processor = size < 0 ? -1 : ioctl(vm->fd, KVM_CREATE_VCPU, 0);
    if (vm->processor < 0)
        return failed(vm, "making its processor");
    vm->run_size = (size_t)size;
    vm->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->processor, 0);
    return vm->run == MAP_FAILED ? failed(vm, "its processor's state") : 0;
}

/* ---- the machine ---- */

/* KVM puts pages of its own there on processors that need them [api.rst 4.35, 4.41]. */
static int set_spare(struct kvm_vm *vm)
{
    uint64_t identity = KVM_KEEP_SPARE + 3 * PAGE;
    if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
        ioctl(vm->fd, KVM_SET_TSS_ADDR, (unsigned long)KVM_KEEP_SPARE) < 0)
        return failed(vm, "the machine's spare pages");
    return 0;
}

static int make(struct kvm_vm *vm, int device, struct bytes shim, uint64_t memory_size)
{
    vm->fd = ioctl(device, KVM_CREATE_VM, 0);
    if (vm->fd < 0)
        return failed(vm, "making a virtual machine");
    int error = set_spare(vm);
    if (error == 0)
        error = load(vm, shim);
    if (error == 0)
        error = make_processor(vm, device);
    if (error == 0)
        error = set_cpuid(vm, device);
    if (error == 0)
        error = set_components(vm);
    return error < 0 ? error : set_registers(vm, memory_size);
}

int kvm_vm_open(struct kvm_vm *vm, struct bytes shim, uint64_t memory_size)
{
    *vm = (struct kvm_vm){.fd = -1, .processor = -1, .run = MAP_FAILED, .image = MAP_FAILED};
    const int device = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
    if (device < 0)
        return failed(vm, KVM_DEVICE);
    const int error = make(vm, device, shim, memory_size);
    close(device);
    return error;
}

int kvm_vm_run(struct kvm_vm *vm, struct kvm_left *left)
{
    if (ioctl(vm->processor, KVM_RUN, 0) < 0) {
        *left = (struct kvm_left){.reason = KVM_EXIT_INTR};
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    }
    *left = kvm_turn_read(vm->run, vm->run_size);
    return 0;
}
