/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's collateral: one JSON object and a signature over exactly its bytes, and
 * how its members are read. Trusts jansson, and only with bytes that are signed. */
#ifndef ATTEST_SIGNED_JSON_H
#define ATTEST_SIGNED_JSON_H

#include <jansson.h>

#include "base/attr.h"
#include "crypto/x509.h"

#define TCB_SIGNER_SUBJECT "Intel SGX TCB Signing"

struct signed_json {
    struct bytes object; /* from its { to its }, borrowed */
    uint8_t signature[64];
};

/* Cuts {"NAME":{...},"signature":"<128 digits, lower case>"}: these two members in
 * this order, with white space only between tokens. 0 or -EBADMSG. */
must_use int signed_json_cut(struct bytes text, const char *name, struct signed_json *cut);

/* True for a certificate made to sign collateral. */
bool signed_json_may_sign(const struct x509_cert *cert);

/* The TCB signing certificate of the set whose key verifies the object; the first
 * one when none does, null when there is none. `valid` says which. 0 or -ENOMEM. */
must_use int signed_json_verify(const struct signed_json *cut, const struct x509_set *set,
                                const struct x509_cert **signer, bool *valid);

/* Parses the object, duplicate names refused; null when that fails. */
json_t *signed_json_parse(const struct signed_json *cut);

/* ---- reading members; failure is sticky, as in a cursor ---- */

struct reader {
    bool bad;
};

json_t *read_object(struct reader *r, const json_t *from, const char *name);

/* An array of `least` to `most` elements; `count` is 0 on failure. */
json_t *read_array(struct reader *r, const json_t *from, const char *name, size_t least,
                   size_t most, size_t *count);
uint32_t read_uint(struct reader *r, const json_t *from, const char *name, uint32_t max);
struct bytes read_text(struct reader *r, const json_t *from, const char *name);
void read_hex(struct reader *r, const json_t *from, const char *name, uint8_t *out, size_t size);
int64_t read_time(struct reader *r, const json_t *from, const char *name);

#endif
