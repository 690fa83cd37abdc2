/* SPDX-License-Identifier: Apache-2.0 */
/* The Linux driver; see kernel.h. [Linux asm/sgx.h, Documentation/arch/x86/sgx.rst]
 * An operation on many pages may be cut short by a signal: it tells how far it came. */
#define _GNU_SOURCE
#include "host/sgx/kernel.h"

#include "host/sgx/aesm.h"
#include "host/sgx/image.h"
#include "host/sgx/quoter.h"
#include "include/sgx_keep.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

/* The machine: one enclave in this process. */
static struct {
    int fd;
    uint64_t base;
    uint64_t size;
    struct sgx_run runs[SGX_IMAGE_RUNS]; /* what was added: offset, size, flags */
    size_t run_count;
    vdso_sgx_enter_enclave_t enter;
} kernel = {.fd = -1};

vdso_sgx_enter_enclave_t sgx_kernel_entry(void)
{
    vdso_sgx_enter_enclave_t enter = NULL;
    void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
    if (vdso != NULL) /* as POSIX has it done for functions [dlsym] */
        *(void **)&enter = dlsym(vdso, "__vdso_sgx_enter_enclave");
    return enter;
}

static int open_driver(void)
{
    kernel.enter = sgx_kernel_entry();
    if (kernel.enter == NULL)
        return -ENOSYS;
    if (personality(PER_LINUX) < 0) /* the driver refuses READ_IMPLIES_EXEC */
        return -errno;
    kernel.fd = open(SGX_DRIVER, O_RDWR | O_CLOEXEC);
    if (kernel.fd < 0)
        return -errno;
    return quoter_start(AESM_SOCKET);
}

/* ---- building it ---- */

/* No mapping of this process may lie where the enclave is to be. */
static int reserve(uint64_t from, uint64_t end)
{
    void *at = mmap((void *)from, end - from, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    return at == MAP_FAILED ? -errno : 0;
}

static uint64_t lowest(void) { return kernel.base == 0 ? SGX_KEEP_IMAGE : 0; }

static int create(struct sgx_secs *secs)
{
    kernel.base = secs->base;
    kernel.size = secs->size;
    int error = reserve(kernel.base + lowest(), kernel.base + kernel.size);
    if (error < 0)
        return error;
    struct sgx_enclave_create create = {.src = (uintptr_t)secs};
    return ioctl(kernel.fd, SGX_IOC_ENCLAVE_CREATE, &create) < 0 ? -errno : 0;
}

static bool cut_short(int error) { return error == EINTR || error == EAGAIN; }

static int add(uint64_t offset, const void *from, uint64_t size, uint64_t flags)
{
    if (kernel.run_count == SGX_IMAGE_RUNS)
        return -E2BIG;
    kernel.runs[kernel.run_count++] =
        (struct sgx_run){.offset = offset, .size = size, .flags = flags};
    const struct sgx_secinfo secinfo = {.flags = flags};
    for (uint64_t done = 0; done < size;) {
        struct sgx_enclave_add_pages pages = {
            .src = (uintptr_t)from + done,
            .offset = offset + done,
            .length = size - done,
            .secinfo = (uintptr_t)&secinfo,
            .flags = SGX_PAGE_MEASURE,
        };
        if (ioctl(kernel.fd, SGX_IOC_ENCLAVE_ADD_PAGES, &pages) < 0 && !cut_short(errno))
            return -errno;
        done += pages.count;
    }
    return 0;
}

static int prot_of(uint64_t flags)
{
    if (flags == SGX_TYPE(SGX_PT_TCS))
        return PROT_READ | PROT_WRITE;
    return (flags & SGX_R ? PROT_READ : 0) | (flags & SGX_W ? PROT_WRITE : 0) |
           (flags & SGX_X ? PROT_EXEC : 0);
}

static int map(uint64_t offset, uint64_t end, int prot)
{
    if (offset == end)
        return 0;
    void *at = mmap((void *)(kernel.base + offset), end - offset, prot, MAP_SHARED | MAP_FIXED,
                    kernel.fd, 0);
    return at == MAP_FAILED ? -errno : 0;
}

/* Between what was added anything may come later: there the enclave's own
 * permissions are what counts, and it never has a page both writable and executable. */
static int map_all(void)
{
    uint64_t at = lowest();
    int error = 0;
    for (size_t i = 0; error == 0 && i < kernel.run_count; i++) {
        const struct sgx_run *run = &kernel.runs[i];
        error = map(at, run->offset, PROT_READ | PROT_WRITE | PROT_EXEC);
        at = run->offset + run->size;
        if (error == 0)
            error = map(run->offset, at, prot_of(run->flags));
    }
    return error < 0 ? error : map(at, kernel.size, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* A positive result is EINIT's own. -EPERM from mmap is another matter: a file system
 * that nothing may be executed from. */
static int init(const struct sgx_sigstruct *sigstruct)
{
    struct sgx_enclave_init init = {.sigstruct = (uintptr_t)sigstruct};
    int result = ioctl(kernel.fd, SGX_IOC_ENCLAVE_INIT, &init);
    if (result != 0)
        return result > 0 ? -EPERM : -errno;
    int error = map_all();
    return error == -EPERM ? -EACCES : error;
}

/* ---- while it runs ---- */

static int restrict_permissions(uint64_t offset, uint64_t size, uint64_t permissions)
{
    for (uint64_t done = 0; done < size;) {
        struct sgx_enclave_restrict_permissions range = {
            .offset = offset + done, .length = size - done, .permissions = permissions};
        int result = ioctl(kernel.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &range);
        if (result < 0 && !cut_short(errno))
            return -errno;
        done += range.count;
    }
    return 0;
}

static int trim(uint64_t offset, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        struct sgx_enclave_modify_types range = {
            .offset = offset + done, .length = size - done, .page_type = SGX_PT_TRIM};
        int result = ioctl(kernel.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &range);
        if (result < 0 && !cut_short(errno))
            return -errno;
        done += range.count;
    }
    return 0;
}

static int remove_pages(uint64_t offset, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        struct sgx_enclave_remove_pages range = {.offset = offset + done, .length = size - done};
        int result = ioctl(kernel.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &range);
        if (result < 0 && !cut_short(errno))
            return -errno;
        done += range.count;
    }
    return 0;
}

static vdso_sgx_enter_enclave_t entry(void) { return kernel.enter; }

const struct sgx_device sgx_kernel = {
    .name = SGX_DRIVER,
    .open = open_driver,
    .create = create,
    .add = add,
    .init = init,
    .restrict_permissions = restrict_permissions,
    .trim = trim,
    .remove = remove_pages,
    .entry = entry,
    .quote_target = quoter_target,
    .quote_sign = quoter_sign,
};
