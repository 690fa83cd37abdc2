/* SPDX-License-Identifier: Apache-2.0 */
/* The nil backend; see nil.h. Starts exec as a kernel would and serves its port
 * by a plain call, over the same block and with the same checks as in a keep. */
#define _GNU_SOURCE
#include "host/nil/nil.h"

#include "host/elf.h"
#include "host/nil/entry.h"
#include "host/port_host.h"
#include "shim/core/port.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_SIZE      (8u * 1024u * 1024u)
#define GUARD_SIZE      65536u
#define HWCAP2_FSGSBASE 2u /* [Linux asm/hwcap2.h] */

/* The machine: one keep in this process. */
static struct {
    struct port_host *host;
    int log_fd;
    struct shared *block;
    struct boot_record boot;
    uint8_t random[16];
} nil;

/* One write: the sandbox has nothing for a stream that asks what it writes to. */
format_like(1, 2) static no_return void stop(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    const ssize_t told = write(nil.log_fd, line, strlen(line));
    (void)told; /* where nobody listens, the status says it */
    _exit(1);
}

static no_return void die(const char *what)
{
    stop("enarx: cannot start the keep: %s: %s\n", what, strerror(errno));
}

void port_enter(struct shared *block) { port_host_serve(nil.host, block); }

no_return void port_attacked(uint32_t verb, int64_t result)
{
    stop("enarx: the host broke the port's rules: verb %u, result %lld\n", verb, (long long)result);
}

int64_t nil_port(const struct port_call *call) { return port_carry(nil.block, call); }

static void *map_anonymous(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        die("memory");
    return at;
}

/* [psABI 3.4.1] argc, argv, environment, auxiliary vector, from low to high. */
static uintptr_t build_stack(const struct elf_loaded *exec, const struct keep *keep)
{
    static const char name[] = "exec";
    /* clang-format off */
    const uint64_t words[] = {
        1, (uintptr_t)name, 0, /* argc, argv */
        0,                     /* environment */
        AT_PHDR, exec->headers,
        AT_PHENT, sizeof(Elf64_Phdr),
        AT_PHNUM, exec->header_count,
        AT_ENTRY, exec->entry,
        AT_BASE, 0,
        AT_FLAGS, 0,
        AT_SECURE, 0,
        AT_PAGESZ, getauxval(AT_PAGESZ),
        AT_CLKTCK, getauxval(AT_CLKTCK),
        AT_HWCAP, getauxval(AT_HWCAP),
        AT_HWCAP2, getauxval(AT_HWCAP2),
        AT_MINSIGSTKSZ, getauxval(AT_MINSIGSTKSZ),
        AT_SYSINFO_EHDR, getauxval(AT_SYSINFO_EHDR),
        AT_RANDOM, (uintptr_t)nil.random,
        AT_EXECFN, (uintptr_t)name,
        AT_ENARX_PORT, (uintptr_t)nil_port_entry,
        AT_ENARX_BOOT, (uintptr_t)&nil.boot,
        keep->cache_key == NULL ? AT_IGNORE : AT_ENARX_CACHE_KEY, (uintptr_t)keep->cache_key,
        AT_NULL, 0,
    };
    /* clang-format on */
    uint8_t *stack = map_anonymous(STACK_SIZE + GUARD_SIZE);
    if (mprotect(stack, GUARD_SIZE, PROT_NONE) < 0)
        die("stack");
    uint8_t *top = stack + GUARD_SIZE + STACK_SIZE;
    uint8_t *start = top - (sizeof(words) + 15) / 16 * 16;
    memcpy(start, words, sizeof(words));
    return (uintptr_t)start;
}

static no_return void enter(struct keep *keep)
{
    nil.host = keep->host;
    nil.log_fd = keep->log_fd;
    nil.block = map_anonymous(PORT_BLOCK_SIZE);
    shared_write(nil.block, PORT_BOOT_OFFSET, &keep->boot, sizeof(keep->boot));
    shared_read(nil.block, PORT_BOOT_OFFSET, &nil.boot, sizeof(nil.boot));
    if (getentropy(nil.random, sizeof(nil.random)) < 0)
        die("random numbers");
    nil_has_fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;

    struct elf_loaded exec;
    errno = -elf_map(&keep->exec, &exec);
    if (errno != 0)
        die("loading exec");
    close(keep->exec.fd);
    nil_start(exec.entry, build_stack(&exec, keep));
}

static size_t probe(struct probe *rows)
{
    rows[0] = (struct probe){
        .what = "Sandboxed process", .ok = true, .why = "needs nothing but this system"};
    return 1;
}

const struct backend nil_backend = {
    .name = "nil",
    .summary = "an ordinary sandboxed process: no confidentiality",
    .selectable = true,
    .probe = probe,
    .enter = enter,
};
