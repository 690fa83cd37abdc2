/* SPDX-License-Identifier: Apache-2.0 */
/* The process that has the authority's key: no network, no files, no other process once it
 * runs. It takes orders of one size (order.h) and answers each with a certificate that it made
 * itself (certificate.h), or why not. Whoever gives orders can get, at most, certificates of
 * the policy's names for a day, and no more of them than --rate. */
#ifndef SVC_STEWARD_SIGNER_H
#define SVC_STEWARD_SIGNER_H

#include "base/put.h"
#include "conf/policy_toml.h"
#include "host/fault.h"
#include "svc/steward/certificate.h"

#include <sys/types.h>

#define CHAIN_MAX      8u     /* certificates of the authority and of those above it */
#define CHAIN_SIZE_MAX 16384u /* bytes of them all, DER */

struct signer_config {
    const char *key, *cert; /* files, PEM; both null: one for trying things out */
    const struct policy_file *policy;
    bool legacy;
    int64_t lifetime;
    uint32_t rate; /* certificates a second */
};

struct signer {
    int fd;
    pid_t pid;
    int64_t not_after; /* of the authority's certificate */
    uint8_t chain[CHAIN_SIZE_MAX];
    struct bytes certs[CHAIN_MAX]; /* within it; the first is the authority's */
    size_t cert_count;
};

/* Starts the process: before there is any other thread, and before the network. 0, or -errno
 * with `fault` filled. */
must_use int signer_start(const struct signer_config *config, struct signer *signer,
                          struct fault *fault);
void signer_stop(struct signer *signer);

/* DER of the certificate behind what `out` holds. STEWARD_PASSED, or why there is none;
 * *error is -errno when something failed, -EPIPE when the process is gone. */
must_use enum steward_check signer_sign(const struct signer *signer, const struct order *order,
                                        struct put *out, int *error);

#endif
