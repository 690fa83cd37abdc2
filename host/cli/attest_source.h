/* SPDX-License-Identifier: Apache-2.0 */
/* What a user hands to `enarx attest`: a file with evidence, a folder of collateral.
 * Trusts nothing in either; attest_verify() judges. */
#ifndef HOST_CLI_ATTEST_SOURCE_H
#define HOST_CLI_ATTEST_SOURCE_H

#include "attest/carrier.h"
#include "host/backend.h"

#define SOURCE_FILES_MAX 32u

struct attest_source {
    struct bytes evidence; /* within `file` or `carrier` */
    enum kind kind;
    size_t padding;         /* zero bytes that followed a quote and were cut off */
    struct carrier carrier; /* empty when the file is bare evidence */
    struct bytes certs[SOURCE_FILES_MAX];
    size_t cert_count;
    struct bytes crls[SOURCE_FILES_MAX];
    size_t crl_count;
    struct bytes tcb_info;
    struct bytes qe_identity;
    struct bytes claims_buffer; /* that came beside bare evidence */

    struct bytes file; /* owned, as all of: */
    struct bytes read[SOURCE_FILES_MAX];
    size_t read_count;
    struct bytes named[SOURCE_FILES_MAX]; /* collateral, by its place in the list of names */
    unsigned names;                       /* which of that is there */
};

/* Reads the evidence. 0, or a status after saying why not. Call source_fini in any case. */
must_use int source_read(const char *path, struct attest_source *s);

/* The same of bytes, of which it keeps a copy; `name` is for messages. */
must_use int source_take(const char *name, struct bytes content, struct attest_source *s);

/* Adds the files of collateral in folder `path`, by name, and the claims buffer that bare
 * evidence binds; what belongs to another kind of evidence is passed over. 0, or a status after
 * saying why not. */
must_use int source_read_collateral(const char *path, struct attest_source *s);

/* Adds a copy of one of those files, by its name; others, and names that are there already,
 * are passed over. `context` is the source. 0 or -ENOMEM. */
must_use int source_add_collateral(void *context, const char *name, struct bytes content);

/* Hands over all collateral that is there, by name. 0, or what `put` returned. */
must_use int source_each_collateral(const struct attest_source *s, collateral_put *put,
                                    void *context);

/* Nothing is missing that evidence of this kind needs. */
bool source_has_collateral(const struct attest_source *s, enum kind kind);

/* The library's input, but for policy and time. */
struct attest_input source_input(const struct attest_source *s);

/* All that the evidence and the certificates in it say; nothing of it verified. 0, or a
 * status after saying why not. */
must_use int source_claims(const struct attest_source *s, struct claims *claims);

void source_fini(struct attest_source *s);

#endif
