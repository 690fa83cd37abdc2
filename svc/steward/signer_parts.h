/* SPDX-License-Identifier: Apache-2.0 */
/* What signer.c, who gives orders, and signer_process.c, who takes them, share. */
#ifndef SVC_STEWARD_SIGNER_PARTS_H
#define SVC_STEWARD_SIGNER_PARTS_H

#include "svc/steward/signer.h"

/* Said once: 0 and the chain, or -errno and why. */
struct signer_hello {
    int32_t error;
    uint32_t size; /* of the chain */
    int64_t not_after;
    struct fault fault;
    uint8_t chain[CHAIN_SIZE_MAX];
};

/* The answer to an order. */
struct signer_answer {
    int32_t error;
    uint32_t check; /* enum steward_check */
    uint32_t size;  /* of the certificate */
    uint8_t cert[CERTIFICATE_MAX];
};

/* Never returns. */
no_return void signer_process(const struct signer_config *config, int fd);

/* The authority for trying things out: the user's own, made when there is none or it has
 * expired; as signer_load, of which it is a part. */
must_use int signer_dev(struct put *chain, EVP_PKEY **key, struct authority *authority,
                        struct fault *fault);

/* The authority from its files, or made. `key` is the caller's to free; `chain` is DER, one
 * certificate after the other, borrowed by `authority`. 0, or -errno with `fault` filled. */
must_use int signer_load(const struct signer_config *config, struct put *chain, EVP_PKEY **key,
                         struct authority *authority, struct fault *fault);

#endif
