/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of a steward, beside those of the evidence itself (attest/check.h): what an
 * application undergoes, then what the process that signs asks once more of an order.
 * Trusts nothing.
 *
 * X(name, item, reason)
 *   name    of enum steward_check (STEWARD_name), of the audit log, and of its mutation
 *   item    of the checklist that it stands for, "" for none
 *   reason  what is said when it does not pass
 */
#ifndef SVC_STEWARD_CHECK_H
#define SVC_STEWARD_CHECK_H

/* clang-format off */
#define STEWARD_CHECKS(X)                                                                          \
    X(request_form, "", "this is no certificate request (PKCS #10, DER), or one that asks for more than extensions") \
    X(request_key, "SV2", "the key of the request is neither of P-256 nor of P-384")               \
    X(request_possession, "SV2", "the request is not signed by the key that it names, or not with the digest that goes with it") \
    X(evidence_form, "", "the request carries no evidence, or it is malformed")                    \
    X(evidence_binding, "SV2", "the evidence is in the original's form, which only --legacy takes") \
    X(claims_form, "SV2", "the claims buffer of the evidence is malformed")                        \
    X(nonce_genuine, "SV1", "the nonce in the evidence is none of this steward's; ask for one at /nonce") \
    X(nonce_age, "SV1", "the nonce in the evidence has expired; ask for another at /nonce")        \
    X(nonce_unused, "SV1", "the nonce in the evidence has been used; ask for another at /nonce")   \
    X(evidence_accepted, "SV6", "the evidence is refused")                                         \
    X(workload_named, "SV5", "the keep has no workload yet")                                       \
    X(names_entry, "SV5", "no entry of [[names]] in the policy has this measurement and workload") \
    X(names_form, "", "the request asks for names that are not those of hosts")                    \
    X(names_listed, "SV5", "the request asks for a name that the policy does not give this workload") \
    X(names_of_original, "SV5", "a request in the original's form has no claim to a name")         \
    X(order_form, "", "the order to sign is malformed")                                            \
    X(order_key, "SV2", "the order to sign is for a key that is neither of P-256 nor of P-384")     \
    X(order_entry, "SV5", "the order to sign names no entry of [[names]]")                         \
    X(order_measurement, "SV5", "the order to sign names an entry of another measurement")         \
    X(order_workload, "SV5", "the order to sign names an entry of another workload")               \
    X(order_names, "SV5", "the order to sign has names that its entry does not have")              \
    X(order_original, "SV5", "the order to sign is of the original's form, or has a name or workload with it") \
    X(order_rate, "SV6", "more certificates than --rate allows")                                   \
    X(order_authority, "SV5", "the certificate of the authority is not valid now")
/* clang-format on */

enum steward_check {
    STEWARD_PASSED = 0,
#define X(name, item, reason) STEWARD_##name,
    STEWARD_CHECKS(X)
#undef X
        STEWARD_CHECK_COUNT
};

/* Whether a check passes. tools/checklist leaves out each one in turn, by its name here; the
 * tests that stand for it must then fail. */
#define steward_passes(name, condition) (condition)

/* "nonce_age"; "" for STEWARD_PASSED. */
const char *steward_check_name(enum steward_check check);
const char *steward_check_reason(enum steward_check check);

#endif
