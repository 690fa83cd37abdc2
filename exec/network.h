/* SPDX-License-Identifier: Apache-2.0 */
/* The network streams of a workload, as its manifest has them: TCP and TLS. One key of this
 * keep for all that speak TLS, one context for each. Who asks its peer for evidence shows some:
 * the certificate that the keep signed itself. All others show a steward's, where there is one. */
#ifndef EXEC_NETWORK_H
#define EXEC_NETWORK_H

#include "conf/collateral.h"
#include "conf/manifest.h"
#include "exec/certificate.h"
#include "exec/enrolment.h"
#include "exec/tls_stream.h"
#include "exec/wasi/wasi.h"

struct peer_policy;

struct network {
    const struct manifest *manifest;
    struct wasi_host outer; /* the surroundings' */
    struct wasi_host host;  /* for the workload: the same, but that TLS goes on */
    bool speaks_tls;
    struct tls_streams streams;
    struct keep_certificate certificate;
    bool enrols; /* the manifest names a steward, and this keep can prove what it is */
    struct enrolment enrolment;
    struct collateral_set collateral;
    struct peer_policy *policies;  /* as the manifest's */
    struct tls_roots **roots;      /* as the manifest's cas */
    struct tls_context **contexts; /* one for each stream, null where it speaks no TLS */
};

/* For a workload with that digest, amid `outer`, whose context is a struct wait_company or
 * null. Borrows the manifest; it stays where it is. 0, or -errno after reporting why. */
must_use int network_init(struct network *n, const struct manifest *manifest, const uint8_t *digest,
                          const struct wasi_host *outer);

/* Opens the manifest's stream `index`, one that listens or connects: a connection with TLS
 * has done its handshake. 0, or -errno after reporting why. */
must_use int network_open(struct network *n, size_t index, struct object **out);

/* The program ended by itself: what it wrote goes out, and connections end as they ought to.
 * Of others they are cut. */
void network_end(struct network *n);

#endif
