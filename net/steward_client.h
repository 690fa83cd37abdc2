/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a steward on a keep's behalf, and understands nothing of what is carried: keep and
 * steward each check what the other says. Trusts libcurl. */
#ifndef NET_STEWARD_CLIENT_H
#define NET_STEWARD_CLIENT_H

#include "base/put.h"
#include "host/fault.h"

/* Types of requests and answers; a PkiPath [RFC 6066 10.1]. */
#define STEWARD_TYPE_REQUEST "application/pkcs10"
#define STEWARD_TYPE_PATH    "application/pkix-pkipath"

#define STEWARD_URL_MAX    2048u  /* characters */
#define STEWARD_NONCE_MAX  64u    /* bytes */
#define STEWARD_ANSWER_MAX 65536u /* bytes of a PkiPath */

struct http;

/* Of the steward at `url`, to which paths are added: its nonce when `request` is empty, else
 * its answer to that request, PKCS #10 in DER. The answer goes behind what `out` holds. It
 * takes as long as libcurl's time limits let it (net/libcurl.c). 0, or with `fault` filled,
 * for whoever runs the host:
 *
 *     -EACCES     the steward refuses, and why
 *     -ETIMEDOUT  it cannot now (429, 503), or took too long: again later
 *     -EINVAL     a URL that cannot be one of a steward
 *     -EMSGSIZE   more than the bounds above, or than there is room for
 *     -EIO        an answer that is none of a steward's, or another failure of the transfer
 *
 * or another one of libcurl_perform(), but -EKEYREJECTED, which is -EIO. */
must_use int steward_client_ask(struct http *http, const char *url, struct bytes request,
                                struct put *out, struct fault *fault);

/* The same for an usher (host/usher.h), of which this is a usher_carry: opens libcurl for one
 * question. Keep and steward check each other: nothing rests on who answers here. */
must_use int steward_client_carry(const char *url, const char *at, struct bytes request,
                                  struct put *said, struct fault *why);

#endif
