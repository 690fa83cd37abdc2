/* SPDX-License-Identifier: Apache-2.0 */
/* The steward as a service: certificates for keeps that prove what they are. Trusts its
 * operator's policy, key and clock; nobody that it hears. */
#ifndef SVC_STEWARD_STEWARD_H
#define SVC_STEWARD_STEWARD_H

#include "host/fault.h"
#include "svc/steward/signer.h"

struct steward_config {
    const char *listen;
    const char *tls_key, *tls_cert; /* files, or null: HTTP */
    const char *collateral;         /* folder, or null */
    const char *nonce_key;          /* file, or null: this process's own */
    const char *policy_name;        /* for messages */
    struct signer_config signer;
};

/* Runs until it is told to end. 0 or -errno with `fault` filled. */
must_use int steward_run(const struct steward_config *config, struct fault *fault);

#endif
