/* SPDX-License-Identifier: Apache-2.0 */
/* Intel SGX as the architecture defines it: leaves, page types, and structures in
 * memory. Shared by the shim, the loader and whatever carries out the leaves.
 * All integers are little-endian. [SDM 3D 35: data structures; 38: leaves] */
#ifndef SGX_ARCH_H
#define SGX_ARCH_H

#include <stddef.h>
#include <stdint.h>

#define SGX_PAGE 4096u

/* User leaves, in EAX [SDM 38.4]. */
enum sgx_leaf {
    SGX_EREPORT = 0,     /* rbx TARGETINFO, rcx 64 bytes of report data, rdx REPORT */
    SGX_EGETKEY = 1,     /* rbx KEYREQUEST, rcx 16 bytes of key */
    SGX_EENTER = 2,      /* rbx TCS, rcx AEP */
    SGX_ERESUME = 3,     /* rbx TCS, rcx AEP */
    SGX_EEXIT = 4,       /* rbx target outside, rcx AEP */
    SGX_EACCEPT = 5,     /* rbx SECINFO, rcx page */
    SGX_EMODPE = 6,      /* rbx SECINFO, rcx page */
    SGX_EACCEPTCOPY = 7, /* rbx SECINFO, rcx page, rdx page copied from */
};

/* What a leaf leaves in EAX when it does not fault [SDM 38.1.4]. */
enum sgx_error {
    SGX_SUCCESS = 0,
    SGX_INVALID_SIG_STRUCT = 1,
    SGX_INVALID_ATTRIBUTE = 2,
    SGX_INVALID_MEASUREMENT = 4,
    SGX_INVALID_SIGNATURE = 8,
    SGX_PAGE_ATTRIBUTES_MISMATCH = 19,
    SGX_PAGE_NOT_MODIFIABLE = 20,
    SGX_INVALID_CPUSVN = 32,
    SGX_INVALID_ISVSVN = 64,
    SGX_INVALID_KEYNAME = 256,
};

/* SECINFO.FLAGS [SDM 35.11]: permissions, state, page type. */
#define SGX_R          1u
#define SGX_W          2u
#define SGX_X          4u
#define SGX_PENDING    8u
#define SGX_MODIFIED   16u
#define SGX_PR         32u
#define SGX_PERMISSION 7u
#define SGX_TYPE(type) ((uint64_t)(type) << 8)
enum sgx_page_type {
    SGX_PT_SECS = 0,
    SGX_PT_TCS = 1,
    SGX_PT_REG = 2,
    SGX_PT_VA = 3,
    SGX_PT_TRIM = 4
};

struct sgx_secinfo {
    uint64_t flags;
    uint64_t reserved[7];
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct sgx_secinfo) == 64, "SECINFO [SDM 35.11]");

/* ATTRIBUTES [SDM 35.7.1]. */
#define SGX_ATTR_INIT          (1ull << 0)
#define SGX_ATTR_DEBUG         (1ull << 1)
#define SGX_ATTR_MODE64BIT     (1ull << 2)
#define SGX_ATTR_PROVISIONKEY  (1ull << 4)
#define SGX_ATTR_EINITTOKENKEY (1ull << 5)
#define SGX_ATTR_CET           (1ull << 6)
#define SGX_ATTR_KSS           (1ull << 7)
#define SGX_ATTR_AEX_NOTIFY    (1ull << 10)

/* XFRM: the state components that the enclave may use, as in XCR0 [SDM 1 13.3]. */
#define SGX_XFRM_X87 1ull
#define SGX_XFRM_SSE 2ull
#define SGX_XFRM_AVX 4ull

/* MISCSELECT [SDM 35.7.2]: #PF and #GP leave their address and error code in the SSA. */
#define SGX_MISC_EXINFO 1u

struct sgx_attributes {
    uint64_t flags;
    uint64_t xfrm;
};

struct sgx_secs { /* [SDM 35.7] one page */
    uint64_t size;
    uint64_t base;
    uint32_t ssa_frame_size; /* pages */
    uint32_t miscselect;
    uint8_t reserved1[24];
    struct sgx_attributes attributes;
    uint8_t mrenclave[32];
    uint8_t reserved2[32];
    uint8_t mrsigner[32];
    uint8_t reserved3[32];
    uint8_t config_id[64];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t reserved4[3834];
};
_Static_assert(sizeof(struct sgx_secs) == SGX_PAGE, "SECS [SDM 35.7]");
_Static_assert(offsetof(struct sgx_secs, attributes) == 48, "SECS [SDM 35.7]");
_Static_assert(offsetof(struct sgx_secs, config_id) == 192, "SECS [SDM 35.7]");

struct sgx_tcs { /* [SDM 35.8] one page, never accessible to software once added */
    uint64_t stage;
    uint64_t flags;
    uint64_t ossa; /* offset in the enclave */
    uint32_t cssa;
    uint32_t nssa;
    uint64_t oentry;
    uint64_t aep;
    uint64_t ofsbase;
    uint64_t ogsbase;
    uint32_t fslimit;
    uint32_t gslimit;
    uint8_t reserved[4024];
};
_Static_assert(sizeof(struct sgx_tcs) == SGX_PAGE, "TCS [SDM 35.8]");
_Static_assert(offsetof(struct sgx_tcs, ofsbase) == 48, "TCS [SDM 35.8]");

/* An SSA frame of SSAFRAMESIZE pages [SDM 35.9], from low to high:
 *
 *     0                      XSAVE area, standard format
 *     size - 184 - 16        EXINFO, where MISCSELECT asks for it
 *     size - 184             GPRSGX */
struct sgx_gpr {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags;
    uint64_t rip;
    uint64_t ursp; /* outside, at EENTER */
    uint64_t urbp;
    uint32_t exit_info;
    uint8_t reserved[3];
    uint8_t aex_notify;
    uint64_t fsbase;
    uint64_t gsbase;
};
_Static_assert(sizeof(struct sgx_gpr) == 184, "GPRSGX [SDM 35.9.1]");
_Static_assert(offsetof(struct sgx_gpr, exit_info) == 160, "GPRSGX [SDM 35.9.1]");

struct sgx_exinfo { /* [SDM 35.9.2] */
    uint64_t maddr; /* faulting address: #PF only */
    uint32_t errcd;
    uint32_t reserved;
};
_Static_assert(sizeof(struct sgx_exinfo) == 16, "EXINFO [SDM 35.9.2]");

/* GPRSGX.EXITINFO [SDM 35.9.1.1]. */
#define SGX_EXIT_VECTOR   0xffu
#define SGX_EXIT_TYPE     0x700u
#define SGX_EXIT_HARDWARE 0x300u
#define SGX_EXIT_SOFTWARE 0x600u
#define SGX_EXIT_VALID    0x80000000u

/* EXINFO.ERRCD of a page fault [SDM 3A 4.7, 3D 35.9.2]. */
#define SGX_PF_PRESENT 1u
#define SGX_PF_WRITE   2u
#define SGX_PF_USER    4u
#define SGX_PF_FETCH   16u
#define SGX_PF_SGX     0x8000u

struct sgx_report_body {
    uint8_t cpu_svn[16];
    uint32_t miscselect;
    uint8_t reserved1[12];
    uint8_t isv_ext_prod_id[16];
    struct sgx_attributes attributes;
    uint8_t mrenclave[32];
    uint8_t reserved2[32];
    uint8_t mrsigner[32];
    uint8_t reserved3[32];
    uint8_t config_id[64];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t reserved4[42];
    uint8_t isv_family_id[16];
    uint8_t report_data[64];
};
_Static_assert(sizeof(struct sgx_report_body) == 384, "REPORT [SDM 35.15]");

struct sgx_report { /* MAC is over the body, by the target's report key */
    struct sgx_report_body body;
    uint8_t key_id[32];
    uint8_t mac[16];
};
_Static_assert(sizeof(struct sgx_report) == 432, "REPORT [SDM 35.15]");

struct sgx_targetinfo {
    uint8_t mrenclave[32];
    struct sgx_attributes attributes;
    uint8_t cet_attributes;
    uint8_t reserved1;
    uint16_t config_svn;
    uint32_t miscselect;
    uint8_t reserved2[8];
    uint8_t config_id[64];
    uint8_t reserved3[384];
};
_Static_assert(sizeof(struct sgx_targetinfo) == 512, "TARGETINFO [SDM 35.16]");

enum sgx_key_name { /* [SDM 35.17.1] */
                    SGX_KEY_EINITTOKEN = 0,
                    SGX_KEY_PROVISION = 1,
                    SGX_KEY_PROVISION_SEAL = 2,
                    SGX_KEY_REPORT = 3,
                    SGX_KEY_SEAL = 4,
};
/* KEYPOLICY [SDM 35.17.2]. */
#define SGX_KEYPOLICY_MRENCLAVE 1u
#define SGX_KEYPOLICY_MRSIGNER  2u

struct sgx_keyrequest {
    uint16_t name;
    uint16_t policy;
    uint16_t isv_svn;
    uint8_t cet_attributes_mask;
    uint8_t reserved1;
    uint8_t cpu_svn[16];
    struct sgx_attributes attribute_mask;
    uint8_t key_id[32];
    uint32_t miscmask;
    uint16_t config_svn;
    uint8_t reserved2[434];
};
_Static_assert(sizeof(struct sgx_keyrequest) == 512, "KEYREQUEST [SDM 35.17]");
_Static_assert(offsetof(struct sgx_keyrequest, key_id) == 40, "KEYREQUEST [SDM 35.17]");

struct sgx_sigstruct { /* [SDM 35.14]; RSA-3072 numbers are little-endian */
    uint8_t header[16];
    uint32_t vendor;
    uint32_t date; /* BCD 0xYYYYMMDD */
    uint8_t header2[16];
    uint32_t swdefined;
    uint8_t reserved1[84];
    uint8_t modulus[384];
    uint32_t exponent; /* 3 */
    uint8_t signature[384];
    uint32_t miscselect;
    uint32_t miscmask;
    uint8_t reserved2[20];
    struct sgx_attributes attributes;
    struct sgx_attributes attribute_mask;
    uint8_t enclave_hash[32];
    uint8_t reserved3[16];
    uint8_t isv_ext_prod_id[16];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint8_t reserved4[12];
    uint8_t q1[384];
    uint8_t q2[384];
};
_Static_assert(sizeof(struct sgx_sigstruct) == 1808, "SIGSTRUCT [SDM 35.14]");
_Static_assert(offsetof(struct sgx_sigstruct, modulus) == 128, "SIGSTRUCT [SDM 35.14]");
_Static_assert(offsetof(struct sgx_sigstruct, miscselect) == 900, "SIGSTRUCT [SDM 35.14]");
_Static_assert(offsetof(struct sgx_sigstruct, isv_prod_id) == 1024, "SIGSTRUCT [SDM 35.14]");

/* SIGSTRUCT's two headers [SDM 35.14]. */
#define SGX_SIGSTRUCT_HEADER                                                                      \
    {                                                                                             \
        0x06, 0x00, 0x00, 0x00, 0xe1, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, \
            0x00                                                                                  \
    }
#define SGX_SIGSTRUCT_HEADER2                                                                     \
    {                                                                                             \
        0x01, 0x01, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, \
            0x00                                                                                  \
    }

#endif
