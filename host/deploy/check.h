/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of the owner's that a deployment's promises rest on, in one list, so that a
 * test build can leave out one and see which test fails (tools/checklist-deploy).
 *
 * X(name, attack, kind)
 *   name    CHECK(name, condition), and CHECKED(name, value, what it would be without)
 *   attack  what it withstands, in a few words
 *   kind    what proves it: UNIT tests/unit; SYSTEM a deployment, tests/deploy/without */
#ifndef HOST_DEPLOY_CHECK_H
#define HOST_DEPLOY_CHECK_H

#include "base/without.h"

/* clang-format off */
/* What evidence has to be: host/deploy/appraise.c. */
#define OWNER_CHECKS_EVIDENCE(X)                                             \
    X(owner_nonce, "evidence replayed", UNIT)                                \
    X(owner_purpose, "evidence made for another purpose", UNIT)              \
    X(owner_exporter, "evidence of another session", UNIT)                   \
    X(owner_profile, "evidence of another kind of keep", UNIT)               \
    X(owner_key, "evidence of another keep, a machine in the middle", UNIT)  \
    X(owner_verdict, "evidence that the policy refuses", UNIT)               \
    X(owner_identity, "any program in a genuine TEE", UNIT)                  \
    X(owner_evidence, "a keep that proves nothing", UNIT)                    \
    X(owner_claims, "a keep that proves nothing, of another session", UNIT)  \
    X(owner_keep, "another keep with the same workload", UNIT)               \
    X(owner_workload, "a swapped workload", UNIT)                            \
    X(owner_secrets, "swapped secrets", UNIT)

/* Who may say what, and when: host/deploy/owner.c. */
#define OWNER_CHECKS_ORDER(X)                                                \
    X(owner_load, "WORKLOAD before evidence was accepted", UNIT)             \
    X(owner_evidence_order, "second EVIDENCE", UNIT)                         \
    X(owner_ready_order, "READY before WORKLOAD was sent", UNIT)             \
    X(owner_stream_order, "streams before READY", UNIT)                      \
    X(owner_exit_order, "the end of a program that has not begun", UNIT)     \
    X(owner_exit_known, "an end that there is not", UNIT)                    \
    X(owner_exit_last, "a message after EXIT", UNIT)                         \
    X(owner_exit_missing, "a session cut short", UNIT)                       \
    X(owner_output_window, "more output than there is credit for", UNIT)     \
    X(owner_output_ended, "output after its end", UNIT)                      \
    X(owner_credit_stream, "credit for what is no input", UNIT)              \
    X(owner_credit_window, "credit beyond the window", UNIT)                 \
    X(owner_files, "folders that nobody asked for", UNIT)                    \
    X(owner_lost, "output lost while somebody was attached", UNIT)
/* clang-format on */

#define OWNER_CHECKS(X) OWNER_CHECKS_EVIDENCE(X) OWNER_CHECKS_ORDER(X)

enum owner_check { OWNER_CHECK_NONE, OWNER_CHECKS(CHECK_NUMBER) };

#endif
