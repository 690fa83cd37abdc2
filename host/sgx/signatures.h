/* SPDX-License-Identifier: Apache-2.0 */
/* The file of signatures that goes with a release: JSON, {"version": TEXT, "sgx":
 * [BYTE...], "sev": ...}, as the original Enarx has it. Trusts nothing in it. */
#ifndef HOST_SGX_SIGNATURES_H
#define HOST_SGX_SIGNATURES_H

#include "base/cur.h"
#include "include/sgx_arch.h"

/* A release's, where it was installed with some. */
#define SIGNATURES_FILE "/usr/lib/enarx/enarx.sig"

#define SIGNATURES_SIZE_MAX    (256u * 1024u)
#define SIGNATURES_VERSION_MAX 64u

struct signatures {
    char version[SIGNATURES_VERSION_MAX];
    struct sgx_sigstruct sgx;
};

/* Null, or what is wrong with the text, as the end of a sentence that begins with the
 * file. What "sev" holds is not looked at. */
const char *signatures_parse(struct bytes text, struct signatures *out);

/* The text, which the caller frees; null when memory is short. */
char *signatures_text(const struct signatures *s);

#endif
