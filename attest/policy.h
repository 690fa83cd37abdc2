/* SPDX-License-Identifier: Apache-2.0 */
/* What a relying party wants of evidence: reference values, floors, tolerances.
 * Filled by conf/policy_toml.c from policy.toml, or by hand. Trusts its maker.
 *
 * Start from policy_default(), never from zeroed memory: a zeroed policy accepts
 * no kind of evidence at all. An empty list names nothing and so compares
 * nothing, unless its comment says otherwise. All slices are borrowed. */
#ifndef ATTEST_POLICY_H
#define ATTEST_POLICY_H

#include "base/cur.h"

/* Ways into a TEE; bits 1 << KIND_x make `policy.kinds`. The last is none: a virtual
 * machine whose memory its host can read, and a statement about it that nobody has signed. */
enum kind { KIND_UNKNOWN, KIND_SNP, KIND_SGX, KIND_TDX, KIND_KVM };

/* Those that somebody vouches for. */
#define KINDS_SIGNED (1u << KIND_SNP | 1u << KIND_SGX | 1u << KIND_TDX)

/* EPYC product lines; Bergamo and Siena count as Genoa. */
enum product { PRODUCT_UNKNOWN, PRODUCT_MILAN, PRODUCT_GENOA, PRODUCT_TURIN, PRODUCT_COUNT };

/* X(name, text): states of a TCB. The Intel ones as in TCB info [PCS v4 TCB Info];
 * their order is no order of severity. */
#define TCB_STATUSES(X)                                                                 \
    X(UP_TO_DATE, "UpToDate")                                                           \
    X(SW_HARDENING_NEEDED, "SWHardeningNeeded")                                         \
    X(CONFIGURATION_NEEDED, "ConfigurationNeeded")                                      \
    X(CONFIGURATION_AND_SW_HARDENING_NEEDED, "ConfigurationAndSWHardeningNeeded")       \
    X(OUT_OF_DATE, "OutOfDate")                                                         \
    X(OUT_OF_DATE_CONFIGURATION_NEEDED, "OutOfDateConfigurationNeeded")                 \
    X(TD_RELAUNCH_ADVISED, "TDRelaunchAdvised")                                         \
    X(TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "TDRelaunchAdvisedConfigurationNeeded") \
    X(REVOKED, "Revoked")                                                               \
    X(NO_MATCHING_LEVEL, "NO_MATCHING_TCB_LEVEL")                                       \
    X(MET, "met")                                                                       \
    X(BELOW_POLICY, "below_policy")

enum tcb_status {
    TCB_NONE, /* could not be computed */
#define X(name, text) TCB_##name,
    TCB_STATUSES(X)
#undef X
};

#define TCB_BIT(status) (1u << (status))

struct bytes_list {
    const struct bytes *items;
    size_t count;
};

/* A value that is compared only when given. */
struct optional {
    bool given;
    uint64_t value;
};

/* Passes when (found & mask) == value. A mask of zero compares nothing. */
struct masked {
    uint64_t mask;
    uint64_t value;
};

/* The security versions of AMD firmware [SNP-ABI 2.2]. `fmc` is Turin's alone. */
struct snp_tcb {
    uint8_t fmc;
    uint8_t bootloader;
    uint8_t tee;
    uint8_t snp;
    uint8_t microcode;
};

/* Bits of the guest policy [SNP-ABI 4.3]. */
#define SNP_POLICY_SMT               (1ull << 16)
#define SNP_POLICY_RESERVED_ONE      (1ull << 17)
#define SNP_POLICY_MIGRATE_MA        (1ull << 18)
#define SNP_POLICY_DEBUG             (1ull << 19)
#define SNP_POLICY_SINGLE_SOCKET     (1ull << 20)
#define SNP_POLICY_CXL               (1ull << 21)
#define SNP_POLICY_AES_256_XTS       (1ull << 22)
#define SNP_POLICY_RAPL_DIS          (1ull << 23)
#define SNP_POLICY_CIPHERTEXT_HIDING (1ull << 24)
#define SNP_POLICY_PAGE_SWAP_DISABLE (1ull << 25)

/* Bits of the platform information [SNP-ABI 7.3]. */
#define SNP_PLATFORM_SMT                  (1ull << 0)
#define SNP_PLATFORM_TSME                 (1ull << 1)
#define SNP_PLATFORM_ECC                  (1ull << 2)
#define SNP_PLATFORM_RAPL_DIS             (1ull << 3)
#define SNP_PLATFORM_CIPHERTEXT_HIDING    (1ull << 4)
#define SNP_PLATFORM_ALIAS_CHECK_COMPLETE (1ull << 5)
#define SNP_PLATFORM_TIO                  (1ull << 7)

/* Which key may sign a report; bits of `signing_keys`. */
#define SNP_KEY_VCEK (1u << 0)
#define SNP_KEY_VLEK (1u << 1)

struct snp_policy {
    struct bytes_list measurements;            /* 48 bytes each; [] */
    struct bytes_list id_keys;                 /* SHA-384 of the ID key, 48 bytes each; [] */
    struct bytes_list author_keys;             /* the same of the author key; [] */
    struct bytes_list revoked_authors;         /* author keys never accepted; [] */
    struct bytes_list chips;                   /* chip ids, 64 or 8 bytes each; [] */
    struct bytes_list csp_ids;                 /* cloud providers that a VLEK may name, text; [] */
    struct bytes family_id;                    /* 16 bytes, or empty */
    struct bytes image_id;                     /* 16 bytes, or empty */
    struct bytes host_data;                    /* 32 bytes, or empty */
    uint32_t minimum_guest_svn;                /* 0 */
    unsigned product_lines;                    /* bits 1 << PRODUCT_x; Genoa and Turin */
    unsigned signing_keys;                     /* SNP_KEY_x; both */
    struct snp_tcb minimum_tcb[PRODUCT_COUNT]; /* on reported, committed and launch TCB; 0 */
    bool provisional;                          /* firmware not yet committed may run; false */
    uint32_t minimum_firmware;                 /* major << 16 | minor << 8 | build; 0 */
    uint16_t minimum_abi;                      /* of the guest policy: major << 8 | minor; 0 */
    bool debug;                                /* false */
    bool migration;                            /* MIGRATE_MA; false */
    uint64_t policy_require;                   /* bits of the guest policy; 0 */
    uint64_t policy_forbid;                    /* 0 */
    uint64_t platform_require;                 /* ALIAS_CHECK_COMPLETE */
    uint64_t platform_forbid;                  /* 0 */
    uint32_t vmpl;                             /* the one level accepted; 0 */
    uint64_t launch_mitigations;               /* bits that a version 5 report must have; 0 */
    uint64_t current_mitigations;              /* 0 */
    struct bytes_list simulated_roots; /* of this TEE: certificates, PEM or DER, trusted beside
                                          the maker's; [] */
};

/* An advisory tolerated under SWHardeningNeeded and the like, because ... */
struct advisory {
    struct bytes id;         /* "INTEL-SA-00615" */
    struct bytes mitigation; /* how the image mitigates it; not empty */
};

/* What SGX and TDX have alike, each its own: the platform's TCB and collateral. */
struct intel_policy {
    unsigned statuses;                 /* TCB_BIT()s; UpToDate and SWHardeningNeeded */
    int64_t out_of_date_until;         /* OutOfDate* accepted before this time; 0: never */
    const struct advisory *advisories; /* mitigated by the image; all others refuse; none */
    size_t advisory_count;
    struct bytes_list denied_advisories;         /* refuse whatever the status; [] */
    uint32_t minimum_tcb_evaluation_data_number; /* 0 */
    int64_t minimum_tcb_date;                    /* of the level matched; 0 */
    struct bytes_list chips;           /* PPIDs or platform instance ids, 16 bytes each; [] */
    struct bytes_list simulated_roots; /* as for SNP; [] */
};

struct sgx_policy {
    struct intel_policy tcb;
    struct bytes_list mrenclaves; /* 32 bytes each; [] */
    struct bytes_list mrsigners;  /* 32 bytes each; [] */
    struct optional isv_prod_id;
    uint16_t minimum_isv_svn;    /* 0 */
    struct bytes config_id;      /* 64 bytes, or empty */
    uint16_t minimum_config_svn; /* 0 */
    struct bytes family_id;      /* ISVFAMILYID, 16 bytes, or empty */
    struct bytes ext_prod_id;    /* ISVEXTPRODID, 16 bytes, or empty */
    struct masked attributes;    /* FLAGS */
    struct masked xfrm;
    struct masked misc_select;
    bool debug;         /* false */
    bool provision_key; /* enclaves with PROVISIONKEY or EINITTOKENKEY; false */
};

struct tdx_policy {
    struct intel_policy tcb;
    struct bytes_list mrtds;      /* 48 bytes each; [] */
    struct bytes_list rtmrs[4];   /* 48 bytes each; [] */
    struct bytes_list mrseams;    /* 48 bytes each; [] */
    struct bytes mr_config_id;    /* 48 bytes, or empty */
    struct bytes mr_owner;        /* 48 bytes, or empty */
    struct bytes mr_owner_config; /* 48 bytes, or empty */
    struct bytes mr_service_td;   /* 48 bytes, or empty */
    struct masked attributes;
    struct masked xfam;
    bool debug;     /* false */
    bool migration; /* MIGRATABLE: a service TD may move it; false */
};

struct policy {
    unsigned kinds;  /* bits 1 << KIND_x; all three */
    bool crls;       /* required; true */
    bool same_image; /* as the verifier's own, which puts its measurement into
                        the lists below and clears this; false */

    /* What the evidence must bind. See struct attest_input for `nonce`. */
    struct bytes report_data;  /* 64 bytes, or empty */
    struct bytes nonce;        /* or empty */
    struct bytes tls_exporter; /* of the session that it came through, 32 bytes, or empty */
    struct bytes purpose;      /* of the claims buffer, text, or empty */
    struct bytes profile;      /* eat-profile, text, or empty */
    struct bytes workload;     /* workload digest, 32 bytes, or empty */

    struct snp_policy snp;
    struct sgx_policy sgx;
    struct tdx_policy tdx;
};

/* The policy of an empty policy.toml: the values in the comments above. */
struct policy policy_default(void);

/* True when `policy` names what may run, also as same_image: without it any program is accepted, as
 * long as its TEE is genuine. `deploy` and the steward refuse such a policy. */
bool policy_names_identity(const struct policy *policy, enum kind kind);

/* The roots that vouch for simulations of that TEE, and for nothing else; empty for any other. */
struct bytes_list policy_simulated_roots(const struct policy *policy, enum kind kind);

/* "UpToDate"; null for TCB_NONE. */
const char *tcb_status_text(enum tcb_status status);

/* The reverse; TCB_NONE for what is unknown. Knows only Intel's. */
enum tcb_status tcb_status_parse(struct bytes text);

/* "snp", "Milan"; "unknown". */
const char *kind_text(enum kind kind);
const char *product_text(enum product product);

#endif
