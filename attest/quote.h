/* SPDX-License-Identifier: Apache-2.0 */
/* Intel quotes taken apart: SGX version 3 [DCAP-QUOTE A.4], TDX versions 4 and 5
 * [TDX-QUOTE A.3]. Trusts nothing; judges nothing but lengths. */
#ifndef ATTEST_QUOTE_H
#define ATTEST_QUOTE_H

#include "base/attr.h"
#include "base/cur.h"

#define QUOTE_HEADER_SIZE   48u
#define ENCLAVE_REPORT_SIZE 384u
#define TD_REPORT_10_SIZE   584u
#define TD_REPORT_15_SIZE   648u

enum { TEE_TYPE_SGX = 0, TEE_TYPE_TDX = 0x81 };

/* What the body is; given in version 5, implied before. */
enum body_type { BODY_ENCLAVE = 1, BODY_TD_10 = 2, BODY_TD_15 = 3 };

/* Certification data [DCAP-QUOTE A.4, table 9]. */
enum { CERT_DATA_PCK_CHAIN = 5, CERT_DATA_QE_REPORT = 6 };

/* All slices are borrowed from the evidence. Integers are little-endian in it. */
struct quote {
    uint16_t version;
    uint16_t key_type; /* 2: ECDSA P-256 */
    uint32_t tee_type;
    uint16_t qe_svn; /* these two reserved since version 4 */
    uint16_t pce_svn;
    struct bytes qe_vendor_id; /* 16 bytes */
    struct bytes user_data;    /* 20 bytes */
    uint16_t body_type;        /* enum body_type */
    struct bytes body;         /* of the size that its type has */

    struct bytes signed_part; /* header and body, what `signature` covers */
    struct bytes signature;   /* r || s, 64 bytes, big-endian */
    struct bytes key;         /* x || y, 64 bytes, big-endian */
    struct bytes qe_report;   /* 384 bytes */
    struct bytes qe_signature;
    struct bytes qe_auth;
    uint16_t cert_type; /* CERT_DATA_x of `certs` */
    struct bytes certs;

    struct bytes trailing; /* behind the quote; nobody vouches for it */
};

/* 0, or -EBADMSG when a length is wrong, or the version or body type unknown. */
must_use int quote_parse(struct bytes evidence, struct quote *quote);

/* An enclave's REPORT body: of an SGX quote, and of the quoting enclave [SDM 35.15]. */
struct enclave_report {
    struct bytes cpu_svn; /* 16 bytes */
    uint32_t misc_select;
    struct bytes isv_ext_prod_id; /* 16 bytes */
    struct bytes attributes;      /* 16 bytes: FLAGS and XFRM, each little-endian */
    struct bytes mrenclave;       /* 32 bytes */
    struct bytes mrsigner;        /* 32 bytes */
    struct bytes config_id;       /* 64 bytes */
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    struct bytes isv_family_id; /* 16 bytes */
    struct bytes report_data;   /* 64 bytes */
    bool reserved_zero;
};

/* 0, or -EBADMSG unless `body` is 384 bytes. */
must_use int enclave_report_parse(struct bytes body, struct enclave_report *report);

#endif
