/* SPDX-License-Identifier: Apache-2.0 */
/* What every TLS session of ours has in common: version, suites, keys that are taken.
 * Trusts OpenSSL. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/session.h"

#include <openssl/ssl.h>

/* 0; -EKEYREJECTED when key and certificate do not belong together, or the certificate
 * is malformed; -EINVAL for a protocol without a name, or too long a one; or -ENOMEM. */
must_use int tls_context_new(const struct tls_config *config, SSL_CTX **out);

#endif
