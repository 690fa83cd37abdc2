/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and certificate requests that carry evidence: of the original Enarx
 * (requests, 1.3.6.1.4.1.58270.1.x) and of interoperable RA-TLS [CCC-RA-TLS]
 * (certificates, 2.23.133.5.4.9). Pure. Trusts nothing: what it takes out is for
 * attest_verify() to judge. */
#ifndef ATTEST_CARRIER_H
#define ATTEST_CARRIER_H

#include "attest/attest.h"

#include <openssl/types.h>

#define CARRIER_CERTS_MAX 8u
#define CARRIER_CRLS_MAX  8u

struct carrier {
    struct bytes evidence;
    struct bytes certs[CARRIER_CERTS_MAX];
    size_t cert_count;
    struct bytes crls[CARRIER_CRLS_MAX];
    size_t crl_count;
    struct bytes tcb_info;    /* or empty */
    struct bytes qe_identity; /* or empty */
    enum binding binding;     /* how the evidence binds public_key */
    struct bytes claims_buffer;
    struct bytes public_key; /* DER SubjectPublicKeyInfo */
    bool key_unproven;       /* a request, or self-signed, but not signed by its key */
    int key_bits;            /* of a request, on P-256 or P-384; else 0 */
    struct carrier_owned *owned;
};

/* True when `file` begins as a certificate or a request does, DER or PEM. */
bool carrier_is(struct bytes file);

/* Takes the evidence out of one certificate or request, in DER, or in PEM with
 * whatever may follow it. Slices live as long as the carrier and `file`. 0, -ENOENT when it
 * carries no evidence, -ENOTSUP when the evidence is the original's for KVM, which proves
 * nothing, -EBADMSG when it is malformed, or -ENOMEM; then there is nothing to free. */
must_use int carrier_parse(struct bytes file, struct carrier *carrier);
/* The same of a request in DER and nothing else. `like`: see ecdsa_key(). */
must_use int carrier_parse_request(struct bytes der, const EC_KEY *like, struct carrier *carrier);

/* The one extension with this object identifier, "2.5.29.17". False when there is none. */
bool carrier_extension(const struct carrier *carrier, const char *oid, struct bytes *value);
void carrier_fini(struct carrier *carrier);

#endif
