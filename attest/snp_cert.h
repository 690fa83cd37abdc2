/* SPDX-License-Identifier: Apache-2.0 */
/* What AMD writes into the certificates of signing keys, VCEK and VLEK [KDS 3].
 * Trusts nothing: who signed the certificate is another question. */
#ifndef ATTEST_SNP_CERT_H
#define ATTEST_SNP_CERT_H

#include "attest/claims.h"
#include "crypto/x509.h"

struct snp_cert {
    bool vlek;              /* by its subject's name, issuer's name and extensions */
    uint8_t struct_version; /* 0, or 1 since Turin */
    struct bytes product;   /* "Milan-B0", borrowed from the certificate */
    enum product line;
    struct snp_tcb tcb;
    struct bytes hwid;   /* 64 bytes, or 8 on Turin; empty for a VLEK; borrowed */
    struct bytes csp_id; /* VLEK only; borrowed */
};

/* True for a certificate that calls itself VCEK or VLEK. */
bool snp_cert_is(const struct x509_cert *cert);

/* 0, or -EBADMSG when an extension is missing, malformed, unknown or does not go
 * with the others. */
must_use int snp_cert_parse(const struct x509_cert *cert, struct snp_cert *out);

#endif
