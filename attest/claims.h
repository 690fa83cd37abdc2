/* SPDX-License-Identifier: Apache-2.0 */
/* What evidence says, decoded but not judged. Integers are in host order; arrays
 * keep the order of the evidence. Claims own all they hold: nothing is borrowed. */
#ifndef ATTEST_CLAIMS_H
#define ATTEST_CLAIMS_H

#include "attest/policy.h"

#define REPORT_DATA_SIZE 64u
#define ADVISORY_MAX     64u /* advisories shown; more than that refuses */
#define ADVISORY_SIZE    24u /* characters of an advisory's name, with the NUL */
#define CERT_SERIAL_SIZE 20u

/* The certificate whose key vouches for the evidence: VCEK, VLEK or PCK. */
struct cert_claims {
    bool present;
    char subject[64]; /* common names; cut at that length */
    char issuer[64];
    uint8_t serial[CERT_SERIAL_SIZE]; /* right-aligned, big-endian */
    int64_t not_before;               /* seconds since 1970 */
    int64_t not_after;
};

/* ---- AMD SEV-SNP: ATTESTATION_REPORT [SNP-ABI 7.3, table 23] ---- */

enum snp_signer { SNP_SIGNER_VCEK = 0, SNP_SIGNER_VLEK = 1, SNP_SIGNER_NONE = 7 };

struct snp_version {
    uint8_t build;
    uint8_t minor;
    uint8_t major;
};

struct snp_claims {
    uint32_t version; /* 2, 3 or 5 */
    uint32_t guest_svn;
    uint64_t policy; /* SNP_POLICY_x, ABI minor in bits 7:0, major in 15:8 */
    uint8_t family_id[16];
    uint8_t image_id[16];
    uint32_t vmpl;
    uint32_t signature_algo; /* 1: ECDSA P-384 with SHA-384 [SNP-ABI 10.2] */
    uint8_t current_tcb[8];  /* as in the report; snp_tcb_decode() reads them */
    uint64_t platform_info;  /* SNP_PLATFORM_x */
    uint32_t key_info;
    bool author_key_en;
    bool mask_chip_key;
    uint8_t signing_key; /* enum snp_signer, or a value unknown to us */
    uint8_t report_data[REPORT_DATA_SIZE];
    uint8_t measurement[48];
    uint8_t host_data[32];
    uint8_t id_key_digest[48];
    uint8_t author_key_digest[48];
    uint8_t report_id[32];
    uint8_t report_id_ma[32];
    uint8_t reported_tcb[8];
    uint8_t cpuid_family; /* these three since version 3, else 0 */
    uint8_t cpuid_model;
    uint8_t cpuid_stepping;
    uint8_t chip_id[64];
    uint8_t committed_tcb[8];
    struct snp_version current_version;
    struct snp_version committed_version;
    uint8_t launch_tcb[8];
    uint64_t launch_mitigations; /* these two since version 5, else 0 */
    uint64_t current_mitigations;
    bool reserved_zero; /* every reserved byte and bit is */

    enum product product;    /* from the CPUID fields, else from the certificate */
    struct cert_claims cert; /* VCEK or VLEK */
    struct snp_tcb cert_tcb; /* from its extensions */
    uint8_t cert_hwid[64];   /* zero-padded; zero for a VLEK */
    char cert_product[32];   /* "Milan-B0" */
    char cert_csp_id[64];    /* VLEK only */
};

/* ---- Intel: what SGX and TDX quotes share ---- */

struct intel_claims {
    uint16_t quote_version;
    uint16_t attestation_key_type; /* 2: ECDSA P-256 */
    uint32_t tee_type;             /* 0 SGX, 0x81 TDX */
    uint16_t qe_svn;               /* of the quote header; zero in versions 4 and 5 */
    uint16_t pce_svn;
    uint8_t qe_vendor_id[16];
    uint8_t user_data[20];
    uint16_t cert_data_type; /* of the certification data that holds the PCK, 5 being a chain */

    /* The quoting enclave's report. */
    uint8_t qe_cpu_svn[16];
    uint32_t qe_misc_select;
    uint8_t qe_attributes[16];
    uint8_t qe_mrenclave[32];
    uint8_t qe_mrsigner[32];
    uint16_t qe_isv_prod_id;
    uint16_t qe_isv_svn;

    /* The PCK certificate [PCK-CERT 1.3.5]. */
    struct cert_claims cert;
    uint8_t ppid[16];
    uint8_t tcb_comp[16];
    uint16_t cert_pce_svn;
    uint8_t cert_cpu_svn[16];
    uint8_t pce_id[2];
    uint8_t fmspc[6];
    uint8_t sgx_type; /* 0 standard, 1 scalable, 2 scalable with integrity */
    bool platform_instance_id_given;
    uint8_t platform_instance_id[16]; /* these four in certificates of the Platform CA, else 0 */
    bool dynamic_platform;
    bool cached_keys;
    bool smt_enabled;

    /* Collateral and what it says of this platform. */
    uint32_t tcb_evaluation_data_number;           /* of TCB info; 0 when absent */
    uint32_t qe_evaluation_data_number;            /* of QE identity; 0 when absent */
    int64_t tcb_info_issued, tcb_info_next_update; /* 0 when absent */
    int64_t qe_identity_issued, qe_identity_next_update;
    enum tcb_status platform_status, module_status, qe_status;
    int64_t platform_tcb_date;                    /* of the level matched; 0 for none */
    char advisories[ADVISORY_MAX][ADVISORY_SIZE]; /* platform, module, QE; no repeats */
    size_t advisory_count;
};

/* An enclave's report body [SDM 35.15, REPORT]. */
struct sgx_claims {
    struct intel_claims intel;
    uint8_t cpu_svn[16];
    uint32_t misc_select;
    uint8_t isv_ext_prod_id[16];
    uint64_t attributes; /* FLAGS */
    uint64_t xfrm;
    uint8_t mrenclave[32];
    uint8_t mrsigner[32];
    uint8_t config_id[64];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t isv_family_id[16];
    uint8_t report_data[REPORT_DATA_SIZE];
    bool reserved_zero; /* every reserved byte is */
};

/* A TD's report body, 1.0 or 1.5 [DCAP-QUOTE A.3, TDX-QUOTE]. */
struct tdx_claims {
    struct intel_claims intel;
    uint16_t body_type; /* 2: TD 1.0, 3: TD 1.5; quote version 4 always means 2 */
    uint8_t tee_tcb_svn[16];
    uint8_t mrseam[48];
    uint8_t mrsignerseam[48];
    uint64_t seam_attributes;
    uint64_t td_attributes;
    uint64_t xfam;
    uint8_t mrtd[48];
    uint8_t mr_config_id[48];
    uint8_t mr_owner[48];
    uint8_t mr_owner_config[48];
    uint8_t rtmr[4][48];
    uint8_t report_data[REPORT_DATA_SIZE];
    uint8_t tee_tcb_svn_2[16]; /* these two with body type 3, else 0 */
    uint8_t mr_service_td[48];
};

/* ---- a virtual machine without memory encryption: what its host says [include/kvm_keep.h] ---- */

struct kvm_claims {
    uint32_t version; /* 1 */
    uint8_t measurement[32];
    uint8_t report_data[REPORT_DATA_SIZE];
};

struct claims {
    enum kind kind;
    bool decoded; /* the evidence could be taken apart */
    union {
        struct snp_claims snp;
        struct sgx_claims sgx;
        struct tdx_claims tdx;
        struct kvm_claims kvm;
    };
};

/* ---- claims as a table, for whoever shows them ---- */

enum field_type {
    FIELD_UINT,  /* decimal, `size` bytes wide */
    FIELD_FLAGS, /* "0x...", `size` bytes wide */
    FIELD_BYTES, /* hexadecimal */
    FIELD_TEXT,  /* NUL-terminated */
    FIELD_BOOL,
    FIELD_TIME,       /* int64_t seconds; 0 is null */
    FIELD_STATUS,     /* enum tcb_status; TCB_NONE is null */
    FIELD_PRODUCT,    /* enum product */
    FIELD_SIGNER,     /* uint8_t, enum snp_signer */
    FIELD_VERSION,    /* struct snp_version: "major.minor.build" */
    FIELD_SNP_TCB,    /* struct snp_tcb: an object of its members */
    FIELD_ADVISORIES, /* char [count][ADVISORY_SIZE]; the count is a size_t right behind it */
    FIELD_REGISTERS,  /* uint8_t [size / 48][48]: a list */
};

struct field {
    const char *name; /* as in the JSON object */
    enum field_type type;
    uint32_t offset; /* in struct snp_claims, sgx_claims, tdx_claims or kvm_claims */
    uint32_t size;   /* bytes */
};

struct field_table {
    const struct field *fields;
    size_t count;
};

#define FIELD(structure, name, kind, member)                                                       \
    {                                                                                              \
        name, kind, offsetof(struct structure, member), sizeof(((struct structure *)NULL)->member) \
    }

extern const struct field_table snp_field_table, sgx_field_table, tdx_field_table, kvm_field_table;

/* The table of this kind and where its members lie; null fields for KIND_UNKNOWN. */
struct field_table claims_fields(const struct claims *claims, const void **base);

/* The 64 bytes of report data; empty when nothing was decoded. */
struct bytes claims_report_data(const struct claims *claims);

#endif
