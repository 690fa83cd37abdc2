/* SPDX-License-Identifier: Apache-2.0 */
/* Every check that promises of deployments and streams rest on, in one list, so that a test build
 * can leave out one and see which test fails (tools/checklist-deploy); those of TLS are in
 * tls/check.h.
 *
 * X(name, attack, kind)
 *   name    CHECK(name, condition), and CHECKED(name, value, what it would be without)
 *   attack  the item of the checklist that it stands for, if any, and what it withstands
 *   kind    what proves it: UNIT tests/unit; SYSTEM a deployment, tests/deploy/without */
#ifndef EXEC_CHECK_H
#define EXEC_CHECK_H

#include "base/without.h"

/* clang-format off */
/* Who may say what, and when: exec/keep_state.c, exec/owner_session.c. */
#define EXEC_CHECKS_STATE(X)                                                 \
    X(session_one, "second session", UNIT)                                   \
    X(session_lost, "session cut before READY", UNIT)                        \
    X(session_stalled, "stalls half-way", UNIT)                              \
    X(handshake_stalled, "stalls in the handshake", UNIT)                    \
    X(session_turn, "sends without end, and never a message", UNIT)          \
    X(challenge_once, "second CHALLENGE", UNIT)                              \
    X(challenge_deploy, "deployment to a keep that is not empty", UNIT)      \
    X(challenge_attach, "attaching to a keep that is empty", UNIT)           \
    X(attach_owner, "attaching with another's key", UNIT)                    \
    X(workload_order, "WORKLOAD without a challenge", UNIT)                  \
    X(workload_once, "second WORKLOAD", UNIT)                                \
    X(stream_order, "stream before READY", UNIT)                             \
    X(stdin_window, "more input than there is credit for", UNIT)             \
    X(stdin_ended, "input after its end", UNIT)                              \
    X(credit_stream, "credit for what is no stream", UNIT)                   \
    X(credit_window, "credit beyond the window", UNIT)                       \
    X(exit_taken, "an end that was taken before it came", UNIT)              \
    X(signal_number, "signal that there is not", UNIT)

/* What evidence says: exec/keep_state.c. */
#define EXEC_CHECKS_EVIDENCE(X)                                              \
    X(evidence_purpose, "evidence of an empty keep from one that is not", UNIT) \
    X(evidence_nonce, "evidence replayed", UNIT)                             \
    X(evidence_exporter, "evidence from another session", UNIT)              \
    X(evidence_workload, "evidence for another workload", UNIT)

/* What a WORKLOAD holds: exec/delivery.c. */
#define EXEC_CHECKS_WORKLOAD(X)                                              \
    X(workload_sizes, "parts that do not add up", UNIT)                      \
    X(workload_limit, "more than the keep has room for", UNIT)               \
    X(workload_files, "more files than there is room for", UNIT)             \
    X(workload_key, "an owner's key that is none", UNIT)                     \
    X(workload_owned, "detached, and nobody's", UNIT)                        \
    X(workload_native, "precompiled code", UNIT)                             \
    X(module_digest, "swapped module", UNIT)                                 \
    X(file_digest, "swapped file", UNIT)

/* What a steward answers, by way of the host: exec/steward_answer.c, exec/enrolment.c. */
#define EXEC_CHECKS_STEWARD(X)                                               \
    X(answer_form, "answer that is no path of certificates", UNIT)           \
    X(answer_key, "certificate of another key", UNIT)                        \
    X(answer_names, "names that were not asked for", UNIT)                   \
    X(answer_all_names, "fewer names than were asked for", UNIT)             \
    X(answer_hosts, "names that are none of hosts", UNIT)                    \
    X(answer_early, "certificate that is not valid yet", UNIT)               \
    X(answer_late, "certificate that has expired", UNIT)                     \
    X(answer_lifetime, "certificate for longer than a day", UNIT)            \
    X(answer_ca, "certificate of an authority", UNIT)                        \
    X(answer_usage, "certificate for something else", UNIT)                  \
    X(answer_authority, "certificate by another authority", UNIT)            \
    X(enrolment_nonce, "nonce of any size", UNIT)                            \
    X(enrolment_patience, "host that never answers", UNIT)                   \
    X(enrolment_pace, "host that has a keep ask all the time", UNIT)

/* What its host hears, and may give: exec/port.c, exec/report.c, exec/time.c. */
#define EXEC_CHECKS_HOST(X)                                                  \
    X(host_status, "exit status told to the host", UNIT)                     \
    X(host_text, "messages told to the host", UNIT)                          \
    X(host_stores, "what the host would store", UNIT)                        \
    X(host_blobs, "a workload of the host's", UNIT)                          \
    X(host_code, "machine code of the host's", UNIT)                         \
    X(time_floor, "a clock set back", UNIT)

/* How long and how many: exec/tls_stream.c, exec/tls_listener.c. */
#define EXEC_CHECKS_STREAMS(X)                                               \
    X(stream_shakes, "SV6: a client that stalls in its handshake", UNIT)     \
    X(stream_connects, "a server that stalls in its handshake", UNIT)        \
    X(stream_lingers, "a peer that takes nothing", UNIT)                     \
    X(stream_lingering, "many peers that take nothing", UNIT)                \
    X(stream_ends, "a peer that takes nothing when the program is over", UNIT) \
    X(stream_wire, "a peer that sends and is not read", UNIT)                \
    X(stream_room, "a peer that asks for answers and takes none", UNIT)      \
    X(stream_turn, "a peer that sends without end, and never data", UNIT)    \
    X(listener_pending, "SV6: more handshakes than there is room for", UNIT) \
    X(listener_idlest, "SV6: many that stall beside one that goes on", UNIT) \
    X(listener_done, "more connections than the program takes", UNIT)

/* Whom a stream takes for its peer: exec/network.c. */
#define EXEC_CHECKS_NETWORK(X)                                               \
    X(network_roots, "SV3: a peer of another CA", UNIT)                      \
    X(network_attested, "SV2: a peer without evidence", UNIT)                \
    X(network_required, "SV3: a client without certificate", UNIT)           \
    X(network_optional, "SV3: a client with another's certificate", UNIT)    \
    X(network_name, "SV3: a server of another name", UNIT)                   \
    X(network_protocols, "a peer of another protocol", UNIT)                 \
    X(network_collateral, "collateral without end", UNIT)                    \
    X(network_patience, "a host that opens nothing", UNIT)

/* What a peer has to prove: exec/peer_policy.c. */
#define EXEC_CHECKS_POLICY(X)                                                \
    X(policy_purpose, "SV2: evidence made for another purpose", UNIT)        \
    X(policy_binding, "SV2: evidence in the original's form", UNIT)          \
    X(policy_verdict, "SV2: evidence that the policy refuses", UNIT)         \
    X(policy_identity, "any program in a genuine TEE", UNIT)                 \
    X(policy_own, "a keep that has no measurement of its own", UNIT)

/* What this keep shows: exec/certificate.c, exec/evidence.c. */
#define EXEC_CHECKS_CERTIFICATE(X)                                           \
    X(certificate_purpose, "evidence for deployments in a certificate", UNIT) \
    X(certificate_key, "SV2: evidence about another key", UNIT)              \
    X(certificate_workload, "SV5: a certificate that hides its workload", UNIT)
/* clang-format on */

#define EXEC_CHECKS(X)      \
    EXEC_CHECKS_STATE(X)    \
    EXEC_CHECKS_EVIDENCE(X) \
    EXEC_CHECKS_WORKLOAD(X) \
    EXEC_CHECKS_STEWARD(X)  \
    EXEC_CHECKS_HOST(X)     \
    EXEC_CHECKS_STREAMS(X)  \
    EXEC_CHECKS_NETWORK(X)  \
    EXEC_CHECKS_POLICY(X)   \
    EXEC_CHECKS_CERTIFICATE(X)

enum exec_check { EXEC_CHECK_NONE, EXEC_CHECKS(CHECK_NUMBER) };

#endif
