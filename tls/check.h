/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of TLS that a promise rests on, in one list, so that a test build can leave
 * out one and see which test fails (tools/checklist-deploy).
 *
 * X(name, attack, kind)
 *   name    CHECK(name, condition), and CHECKED(name, value, what it would be without)
 *   attack  the item of the checklist that it stands for, if any, and what it withstands
 *   kind    what proves it: UNIT tests/unit */
#ifndef TLS_CHECK_H
#define TLS_CHECK_H

#include "base/without.h"

/* clang-format off */
/* How sessions speak: tls/context.c. */
#define TLS_CHECKS_PROTOCOL(X)                                               \
    X(peer_version, "SV2: TLS 1.2", UNIT)                                    \
    X(peer_suites, "SV2: weak suites", UNIT)                                 \
    X(peer_groups, "SV2: groups that are not ours", UNIT)                    \
    X(key_signatures, "SV2: keys of other kinds, signatures below P-256", UNIT) \
    X(peer_tickets, "keys that outlive a session", UNIT)                     \
    X(peer_offers, "a client that offers other protocols", UNIT)

/* Who the peer is: tls/peer.c. */
#define TLS_CHECKS_PEER(X)                                                   \
    X(key_allowed, "SV2: short keys", UNIT)                                  \
    X(key_longest, "keys that take long", UNIT)                              \
    X(trust_chain, "SV3: a certificate of another CA", UNIT)                 \
    X(trust_judge, "SV2: a certificate whose evidence is refused", UNIT)     \
    X(trust_required, "SV3: a client without certificate", UNIT)             \
    X(trust_name, "SV3: a certificate of another name", UNIT)                \
    X(trust_address, "SV3: a certificate of another address", UNIT)          \
    X(trust_wildcard, "SV3: a wildcard within a label", UNIT)                \
    X(trust_subject, "SV3: a common name", UNIT)                             \
    X(trust_depth, "chains without end", UNIT)

/* What comes over the wire: tls/session.c. */
#define TLS_CHECKS_WIRE(X)                                                   \
    X(wire_end, "a stream cut short", UNIT)                                  \
    X(wire_failure, "bytes after a failure", UNIT)                           \
    X(wire_records, "a record that is tried again", UNIT)                    \
    X(peer_protocol, "a peer that speaks another protocol", UNIT)            \
    X(peer_early, "bytes before the handshake is done", UNIT)                \
    X(key_proved, "SV2: a key that is not proved", UNIT)

/* What a path of certificates is worth: tls/path.c. */
#define TLS_CHECKS_PATH(X)                                                   \
    X(path_servers, "an authority that is none for servers", UNIT)           \
    X(path_clients, "an authority that is none for clients", UNIT)           \
    X(path_time, "an authority that has expired", UNIT)                      \
    X(path_issuers, "an authority that is hardly one", UNIT)                 \
    X(path_strength, "an authority with a short key", UNIT)                  \
    X(path_shown, "certificates that are not part of it", UNIT)              \
    X(path_usage, "a certificate that does not say what it is for", UNIT)
/* clang-format on */

#define TLS_CHECKS(X)      \
    TLS_CHECKS_PROTOCOL(X) \
    TLS_CHECKS_PEER(X)     \
    TLS_CHECKS_WIRE(X)     \
    TLS_CHECKS_PATH(X)

enum tls_check { TLS_CHECK_NONE, TLS_CHECKS(CHECK_NUMBER) };

#endif
