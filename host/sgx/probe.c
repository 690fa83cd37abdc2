/* SPDX-License-Identifier: Apache-2.0 */
/* Probes; see probe.h. [SDM 3D 36.7.2: SGX in CPUID] */
#define _GNU_SOURCE
#include "host/sgx/probe.h"

#include "host/probe.h"
#include "host/sgx/aesm.h"
#include "host/sgx/kernel.h"
#include "include/sgx_keep.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LEAF_FEATURES 7u
#define LEAF_SGX      0x12u
#define EPC_FIRST     2u /* sub-leaves of LEAF_SGX from here on: sections of the EPC */
#define EPC_SECTIONS  16u

#define EBX_SGX  (1u << 2)
#define ECX_FLC  (1u << 30) /* flexible launch control: any author's enclaves */
#define EAX_SGX1 (1u << 0)
#define EAX_SGX2 (1u << 1)

/* ---- the processor ---- */

static bool has_sgx(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf))
{
    const uint32_t most = cpuid(0, 0).eax;
    return most >= LEAF_SGX && (cpuid(LEAF_FEATURES, 0).ebx & EBX_SGX) != 0;
}

uint64_t sgx_epc_size(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf))
{
    uint64_t size = 0;
    if (!has_sgx(cpuid))
        return 0;
    for (uint32_t i = 0; i < EPC_SECTIONS; i++) {
        const struct sgx_cpuid r = cpuid(LEAF_SGX, EPC_FIRST + i);
        if ((r.eax & 0xf) != 1)
            break;
        size += (uint64_t)(r.edx & 0xfffff) << 32 | (r.ecx & 0xfffff000);
    }
    return size;
}

/* Attributes and XFRM that an enclave may have: sub-leaf 1. */
static size_t probe_attributes(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf),
                               struct probe *row)
{
    const struct sgx_cpuid r = cpuid(LEAF_SGX, 1);
    const uint64_t attributes = (uint64_t)r.ebx << 32 | r.eax;
    const uint64_t xfrm = (uint64_t)r.edx << 32 | r.ecx;
    const bool ok = (SGX_KEEP_ATTRIBUTES & ~attributes) == 0 && (SGX_KEEP_XFRM & ~xfrm) == 0;
    return probe_tell(row, "Enclave attributes", ok,
                      "attributes %#llx, XFRM %#llx allowed; %#llx and %#llx are needed",
                      (unsigned long long)attributes, (unsigned long long)xfrm,
                      (unsigned long long)SGX_KEEP_ATTRIBUTES, (unsigned long long)SGX_KEEP_XFRM);
}

static size_t probe_size(const struct sgx_cpuid *r, struct probe *row)
{
    const unsigned bits = r->edx >> 8 & 0xff; /* MaxEnclaveSize_64 */
    return probe_tell(row, "Enclave size", bits >= 36, "up to 2^%u bytes; 2^36 are needed", bits);
}

static size_t probe_epc(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf),
                        struct probe *row)
{
    const uint64_t size = sgx_epc_size(cpuid);
    return probe_tell(row, "Enclave memory (EPC)", size > 0,
                      size > 0 ? "%llu MiB" : "none (%llu); reserve it in the firmware's set-up",
                      (unsigned long long)(size >> 20));
}

size_t sgx_probe_cpu(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf), struct probe *rows)
{
    const bool sgx = has_sgx(cpuid);
    size_t n = probe_tell(&rows[0], "Processor with SGX", sgx,
                          sgx ? "CPUID says so"
                              : "CPUID says no; use an Intel processor that has it, enabled in the "
                                "firmware's set-up");
    if (!sgx)
        return n;
    const struct sgx_cpuid leaf = cpuid(LEAF_SGX, 0);
    const bool flc = (cpuid(LEAF_FEATURES, 0).ecx & ECX_FLC) != 0;
    const bool sgx2 = (leaf.eax & EAX_SGX2) != 0;
    const bool exinfo = (leaf.ebx & SGX_MISC_EXINFO) != 0;
    n += probe_tell(&rows[n], "Flexible launch control", flc,
                    flc ? "any author's enclaves start"
                        : "missing: only enclaves that Intel has listed would start");
    n += probe_tell(&rows[n], "SGX1", (leaf.eax & EAX_SGX1) != 0,
                    (leaf.eax & EAX_SGX1) != 0 ? "there"
                                               : "off; enable SGX in the firmware's set-up");
    n += probe_tell(&rows[n], "SGX2", sgx2,
                    sgx2 ? "enclaves may change their memory"
                         : "missing: enclaves could not change their memory while they run");
    n +=
        probe_tell(&rows[n], "MISCSELECT EXINFO", exinfo,
                   exinfo ? "enclaves learn the addresses of their page faults"
                          : "missing: enclaves would not learn the addresses of their page faults");
    n += probe_size(&leaf, &rows[n]);
    n += probe_attributes(cpuid, &rows[n]);
    return n + probe_epc(cpuid, &rows[n]);
}

static struct sgx_cpuid read_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct sgx_cpuid r;
    __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
    return r;
}

uint64_t sgx_enclave_memory(void) { return sgx_epc_size(read_cpuid); }

/* ---- the system ---- */

static size_t probe_driver(struct probe *row)
{
    int fd = open(SGX_DRIVER, O_RDWR | O_CLOEXEC);
    const int error = errno;
    if (fd >= 0) {
        close(fd);
        return probe_tell(row, "Driver", true, SGX_DRIVER " opens");
    }
    if (error == EACCES || error == EPERM)
        return probe_tell(row, "Driver", false,
                          SGX_DRIVER " may not be opened by you; join the group it belongs to");
    return probe_tell(row, "Driver", false,
                      "cannot open " SGX_DRIVER ": %s; it comes with Linux 5.11", strerror(error));
}

static size_t probe_kernel(struct probe *rows)
{
    const bool enter = sgx_kernel_entry() != NULL;
    struct utsname u;
    if (uname(&u) < 0)
        u.release[0] = '\0';
    const unsigned long major = strtoul(u.release, NULL, 10);
    size_t n = probe_tell(&rows[0], "Kernel enters enclaves", enter,
                          enter ? "the vDSO has the function"
                                : "the vDSO has no function for it; it "
                                  "comes with CONFIG_X86_SGX");
    return n + probe_tell(&rows[n], "Kernel changes enclaves", major >= 6,
                          "Linux %.40s; 6.0 and newer can (EDMM)", u.release);
}

/* Without it a keep runs, and cannot prove what it is. */
static size_t probe_aesm(struct probe *row)
{
    const bool there = access(AESM_SOCKET, R_OK | W_OK) == 0;
    return probe_tell(
        row, "Quoting service", true, "%s%s", AESM_SOCKET,
        there ? " is there"
              : " is missing: keeps run, but cannot attest; install Intel's aesmd for that");
}

size_t sgx_probe(struct probe *rows)
{
    size_t n = sgx_probe_cpu(read_cpuid, rows);
    n += probe_driver(&rows[n]);
    n += probe_kernel(&rows[n]);
    return n + probe_aesm(&rows[n]);
}
