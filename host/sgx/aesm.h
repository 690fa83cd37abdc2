/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes from Intel's AESM service, over its socket, one question a connection: a
 * length of 4 bytes, then a message in protocol buffers [AESM: messages.proto of the
 * Intel SGX PSW, since 2.9]. The service is not trusted: whoever gets a quote
 * verifies it. Tried against a stand-in, never against the service itself. */
#ifndef HOST_SGX_AESM_H
#define HOST_SGX_AESM_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/sgx_arch.h"

#define AESM_SOCKET "/var/run/aesmd/aesm.socket"

/* TARGETINFO of the enclave that will sign; `path` is the service's socket. 0, or
 * -errno: -EBADMSG for an answer that is none, -EIO for one that says no. */
must_use int aesm_target(const char *path, struct sgx_targetinfo *target);

/* A quote of `report`, made for that target; *size is the room at first. The same,
 * or -EMSGSIZE. */
must_use int aesm_quote(const char *path, const struct sgx_report *report, uint8_t *quote,
                        size_t *size);

/* ---- messages; pure ---- */

/* Each a field of Request, and of Response. */
enum aesm_call {
    AESM_INIT_QUOTE = 15,
    AESM_QUOTE_SIZE = 16,
    AESM_GET_QUOTE = 17,
    AESM_KEY_COUNT = 21,
    AESM_KEY_IDS = 22,
};

#define AESM_FIELDS 5u

/* Fields by their number. A field has one value, here as there the last. */
struct aesm_answer {
    uint64_t number[AESM_FIELDS];
    struct bytes data[AESM_FIELDS];
};

/* The answer to `call`, borrowed from `message`. 0, -EBADMSG, or -EIO when it says
 * no: an errorCode, which is the answer's field 1, that is missing or not 0. */
must_use int aesm_answer_parse(struct bytes message, enum aesm_call call,
                               struct aesm_answer *answer);

#endif
