/* SPDX-License-Identifier: Apache-2.0 */
/* Every key of policy.toml, in one table: the parser, the documentation's test and the hints
 * of `enarx attest verify` read it. */
#ifndef CONF_POLICY_KEY_H
#define CONF_POLICY_KEY_H

#include "attest/policy.h"

enum policy_key_type {
    KEY_BOOL,       /* bool */
    KEY_UINT,       /* unsigned integer of `size` bytes */
    KEY_OPTIONAL,   /* struct optional, of 16 bits */
    KEY_TEXT,       /* struct bytes */
    KEY_TEXTS,      /* struct bytes_list */
    KEY_HEX,        /* struct bytes of `size` bytes; 0: of 1 to 64 */
    KEY_HEXES,      /* struct bytes_list, each of `size` bytes */
    KEY_CHIPS,      /* struct bytes_list, each of 64 or 8 bytes */
    KEY_WORD,       /* one of `words`, in an integer of `size` bytes */
    KEY_WORDS,      /* names of bits, in an integer of `size` bytes */
    KEY_BITS,       /* uint64_t as "0x..." */
    KEY_MASKED,     /* struct masked: {mask = "0x...", value = "0x..."} */
    KEY_TIME,       /* int64_t */
    KEY_VERSION,    /* integer of `size` bytes; "1.55" in 2, "1.55.39" in 4 */
    KEY_TCBS,       /* struct snp_tcb for each product line */
    KEY_ADVISORIES, /* struct advisory *, and its size_t count behind it */
};

struct policy_word {
    const char *name; /* null ends a list */
    uint64_t bit;
};

struct policy_key {
    const char *name; /* "snp.measurements"; without a dot at the top */
    enum policy_key_type type;
    uint32_t offset;                 /* in struct policy */
    uint32_t size;                   /* bytes, as the type says */
    const struct policy_word *words; /* of KEY_WORD and KEY_WORDS */
    const char *fallback;            /* the default, as it would be written */
    const char *weaker;              /* what weakening it gives up */
};

extern const struct policy_key policy_keys[];
extern const size_t policy_key_count;

/* Null when there is none of that name. */
const struct policy_key *policy_key_find(const char *name);

#endif
