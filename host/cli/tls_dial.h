/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers at an address, by TLS: the certificate shown, and that its key is there. Trusts
 * OpenSSL; whose certificate it is, is the caller's to judge. */
#ifndef HOST_CLI_TLS_DIAL_H
#define HOST_CLI_TLS_DIAL_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/fault.h"

#define TLS_PEER_CERT_MAX 65536u

struct tls_peer {
    char version[16]; /* "TLSv1.3" */
    char cipher[64];
    char protocol[256]; /* of ALPN, or "" */
    uint8_t cert[TLS_PEER_CERT_MAX];
    size_t cert_size;   /* DER; 0: it showed none */
    char distrust[128]; /* why it does not lead to `ca`, or not under that name; "": it does */
};

struct tls_dial {
    const char *address;     /* "host:port", "[::1]:443" */
    const char *server_name; /* or null: the host, unless that is a number */
    const char *alpn;        /* the one protocol to ask for, or null */
    const char *ca;          /* file of certificates, PEM, or null: nobody is trusted */
};

/* Shakes hands, by TLS 1.3 or 1.2, and takes leave. 0, or -errno with `fault` filled: -EINVAL
 * where `address`, `server_name` or `alpn` are none. */
must_use int tls_dial(const struct tls_dial *dial, struct tls_peer *peer, struct fault *fault);

#endif
