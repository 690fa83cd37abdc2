/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's state; see processor.h. All that protects the shim from exec is set
 * here, whatever the host began with. [SDM 3A 2.5, 2.2.1, 3B 19] */
#include "shim/kvm/processor.h"

#include "shim/core/check.h"
#include "shim/kvm/instruction.h"
#include "shim/kvm/kvm.h"
#include "shim/x86/sha_ni.h"
#include "shim/x86/xsave.h"

#define BIT(n) (1u << (n))

/* Leaf 1, ecx; leaf 7, ebx and ecx [SDM 2A CPUID]. */
#define PCLMULQDQ BIT(1)
#define SSE4_1    BIT(19)
#define SSE4_2    BIT(20)
#define AESNI     BIT(25)
#define XSAVE     BIT(26)
#define OSXSAVE   BIT(27)
#define AVX       BIT(28)
#define RDRAND    BIT(30)
#define FSGSBASE  BIT(0)
#define SMEP      BIT(7)
#define SMAP      BIT(20)
#define SHA       BIT(29)
#define UMIP      BIT(2)

#define NEEDED (PCLMULQDQ | SSE4_1 | SSE4_2 | AESNI | XSAVE | AVX | RDRAND)

#define CR0_STATE      (BIT(31) | BIT(16) | BIT(5) | BIT(4) | BIT(1) | BIT(0)) /* PG WP NE ET MP PE */
#define CR4_PAE        BIT(5)
#define CR4_OSFXSR     BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP       BIT(11)
#define CR4_FSGSBASE   BIT(16)
#define CR4_OSXSAVE    BIT(18)
#define CR4_SMEP       BIT(20)

#define MSR_PLATFORM_INFO 0xceu
#define MSR_FEATURES      0x140u
#define MSR_SYSENTER_CS   0x174u
#define MSR_EFER          0xc0000080u
#define MSR_STAR          0xc0000081u
#define MSR_LSTAR         0xc0000082u
#define MSR_SFMASK        0xc0000084u
#define CPUID_FAULTING    BIT(31)                               /* of PLATFORM_INFO */
#define EFER_STATE        (BIT(0) | BIT(8) | BIT(10) | BIT(11)) /* SCE LME LMA NXE */
#define FLAGS_CLEARED     0x257fd5u                             /* all but bit 1 */

extern const uint8_t kvm_syscall[];

/* What the processor was found to have. */
static struct {
    bool smap;
    bool sha;
    struct cpuid one, seven, extended; /* each asking is an exit: asked once */
} processor;

uint64_t processor_cr4(struct cpuid one, struct cpuid seven)
{
    if (!CHECK(kvm_features, (one.ecx & NEEDED) == NEEDED && seven.ebx & FSGSBASE))
        return 0;
    uint64_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE;
    if (seven.ebx & SMEP)
        cr4 |= CHECKED(kvm_smep, CR4_SMEP, 0);
    if (seven.ebx & SMAP)
        cr4 |= CHECKED(kvm_smap, CR4_SMAP, 0);
    if (seven.ecx & UMIP)
        cr4 |= CHECKED(kvm_umip, CR4_UMIP, 0);
    return cr4;
}

/* exec's CPUID is to be the shim's answer: the processor makes it #GP. */
static void fault_on_cpuid(void)
{
    if (!(read_msr(MSR_PLATFORM_INFO) & CPUID_FAULTING))
        kvm_stop(KVM_KEEP_STOP_CPU);
    write_msr(MSR_FEATURES, 1);
}

/* MXCSR, x87 and vectors are the host's until then. */
static void reset_vectors(void)
{
    struct xsave initial;
    xsave_initial(&initial);
    xrstor(&initial);
}

void kvm_processor(void)
{
    processor.one = read_cpuid(1, 0);
    processor.seven = read_cpuid(7, 0);
    processor.extended = read_cpuid(0x80000001, 0);
    const uint64_t cr4 = processor_cr4(processor.one, processor.seven);
    if (cr4 == 0)
        kvm_stop(KVM_KEEP_STOP_CPU);
    write_cr0(CR0_STATE);
    write_cr4(cr4);
    processor.one.ecx |= OSXSAVE; /* as the processor says from here on, too */
    write_xcr0(XSAVE_COMPONENTS);
    write_msr(MSR_EFER, EFER_STATE);
    write_msr(MSR_SYSENTER_CS, 0);
    write_msr(MSR_STAR, (uint64_t)KVM_CODE << 32);
    write_msr(MSR_LSTAR, (uint64_t)kvm_syscall);
    write_msr(MSR_SFMASK, CHECKED(kvm_mask, FLAGS_CLEARED, 0));
    fault_on_cpuid();
    if (!CHECK(kvm_vectors, false))
        reset_vectors();
    processor.smap = (cr4 & CR4_SMAP) != 0;
    processor.sha = (processor.seven.ebx & SHA) != 0;
}

bool sha_ni_there(void) { return processor.sha; }

/* Other leaves say nothing of features. */
struct cpuid machine_cpuid(uint32_t leaf, uint32_t subleaf)
{
    const struct cpuid *below = &processor.extended;
    if (leaf == 1 || leaf == 7)
        below = leaf == 1 ? &processor.one : &processor.seven;
    return cpuid_narrow(leaf, cpuid_answer(leaf, subleaf), *below);
}

/* ---- exec's memory ---- */

void machine_user_begin(void)
{
    if (processor.smap)
        allow_user();
}

void machine_user_end(void)
{
    if (processor.smap)
        forbid_user();
}
