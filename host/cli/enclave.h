/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave of this build, its author's key and its signatures, as commands get
 * them from files. Whatever fails has been said; the status is to exit with. */
#ifndef HOST_CLI_ENCLAVE_H
#define HOST_CLI_ENCLAVE_H

#include "host/sgx/measure.h"
#include "host/sgx/signatures.h"
#include "host/sgx/sigstruct.h"
#include "include/port.h"

/* MRENCLAVE; `listener` may be null. */
must_use int enclave_measure(const struct sgx_listener *listener,
                             uint8_t mrenclave[static SHA256_SIZE]);

/* A private key of the right kind. Free with EVP_PKEY_free. */
must_use int enclave_read_key(const char *path, EVP_PKEY **key);

/* Signatures that are of this version, for this enclave, and good. */
must_use int enclave_read_signatures(const char *path, const uint8_t mrenclave[static SHA256_SIZE],
                                     struct sgx_sigstruct *out);

/* What an enclave is started with: the signatures of `path`; if that is null those of
 * SIGNATURES_FILE, unless `own`; else the user's own key signs. */
must_use int enclave_sign(const char *path, bool own, enum port_level level,
                          struct sgx_sigstruct *out);

#endif
