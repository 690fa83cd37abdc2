/* SPDX-License-Identifier: Apache-2.0 */
/* What every TLS session of ours has in common: version, suites, keys that are taken.
 * Trusts OpenSSL. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/session.h"

#include <openssl/ssl.h>

/* 0, or what tls_session_new() gives. */
must_use int tls_context_new(const struct tls_config *config, SSL_CTX **out);

#endif
