/* SPDX-License-Identifier: Apache-2.0 */
/* Counts and explains disagreements; see disagreement.h. Trusts nothing. */
#include "tests/attest/disagreement.h"

#include <stdio.h>
#include <string.h>

/* Null stands for anything. */
struct explanation {
    enum kind kind;
    const char *ours;   /* the check that refused; "" for accepted */
    const char *theirs; /* how their text begins, when they refuse */
    const char *why;
};

#define UNUSED_COPY                                                                           \
    "the change is in a certificate that the other does not use: the copy of a pinned root, " \
    "or of an issuer that it has from elsewhere. Here whatever is given must lead to a root"

static const struct explanation table[] = {
    {KIND_UNKNOWN, "endorsement_format", NULL,
     "PEM and DER are read strictly here, all of what is given; the other skips bytes around, "
     "between and behind PEM blocks, and files that it does not use"},
    {KIND_UNKNOWN, "cert_signature", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_issuer", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_algorithm", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_anchor", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_validity", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_constraints", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_key_usage", NULL, UNUSED_COPY},
    {KIND_UNKNOWN, "cert_extensions", NULL, UNUSED_COPY},
    {KIND_SNP, "crl_signature", NULL, "sev knows no CRLs"},
    {KIND_SNP, "crl_extensions", NULL, "sev knows no CRLs"},
    {KIND_SNP, "crl_validity", NULL, "sev knows no CRLs"},
    {KIND_SNP, "endorsement_stray", NULL, "sev knows no CRLs: this one names another issuer"},
    {KIND_SNP, "snp_signature_encoding", NULL,
     "sev does not look at what is behind r and s; here it has to be zero"},
    {KIND_SNP, "snp_signature", NULL,
     "sev verifies its own encoding of what it has read, in which reserved bytes are zero: it "
     "accepts a report that was changed there"},
    {KIND_SNP, "snp_vmpl", NULL, "sev leaves the privilege level to its caller"},
    {KIND_SGX, "quote_trailing", NULL, "dcap-qvl ignores bytes behind the quote"},
    {KIND_TDX, "quote_trailing", NULL, "dcap-qvl ignores bytes behind the quote"},
    {KIND_UNKNOWN, "", "Failed to parse PCK CRL: TrailingData",
     "there is no PCK CRL in this set: the policy here was told not to ask for one, dcap-qvl "
     "always does"},
};

/* How they put it, without what differs from mutant to mutant. */
static void plain(const char *text, char *out, size_t size)
{
    size_t length = 0;
    for (; *text != '\0' && length + 1 < size; text++) {
        const bool digit = *text >= '0' && *text <= '9';
        if (digit && length > 0 && out[length - 1] == '0')
            continue;
        out[length++] = digit ? '0' : *text == '|' || *text == '\n' ? ' ' : *text;
    }
    out[length] = '\0';
}

static struct disagreement *find(struct disagreements *all, const struct disagreement *like)
{
    for (size_t i = 0; i < all->count; i++) {
        struct disagreement *d = &all->items[i];
        if (d->kind == like->kind && strcmp(d->where, like->where) == 0 &&
            d->reason == like->reason && d->accepted == like->accepted &&
            strcmp(d->theirs, like->theirs) == 0)
            return d;
    }
    if (all->count == DISAGREEMENTS_MAX) {
        all->overflow = true;
        return NULL;
    }
    all->items[all->count] = *like;
    return &all->items[all->count++];
}

void disagreements_add(struct disagreements *all, const char *where,
                       const struct attest_result *ours, bool accepted, const char *theirs)
{
    const bool same_status =
        ours->claims.kind == KIND_SNP || (tcb_status_text(ours->tcb_status) != NULL &&
                                          strcmp(tcb_status_text(ours->tcb_status), theirs) == 0);
    const bool here = ours->verdict == ACCEPTED;
    if (here == accepted && (!here || same_status)) {
        all->accepted += here;
        all->refused += !here;
        return;
    }
    struct disagreement like = {
        .kind = ours->claims.kind, .where = where, .reason = ours->reason, .accepted = accepted};
    plain(theirs, like.theirs, sizeof(like.theirs));
    struct disagreement *d = find(all, &like);
    if (d != NULL)
        d->count++;
}

static const char *explain(const struct disagreement *d)
{
    const char *ours = d->reason == CHECK_NONE ? "" : check_info(d->reason)->name;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct explanation *e = &table[i];
        const bool kind = e->kind == KIND_UNKNOWN || e->kind == d->kind;
        const bool us = e->ours == NULL || strcmp(e->ours, ours) == 0;
        const bool them = e->theirs == NULL ? d->accepted
                                            : !d->accepted && strncmp(e->theirs, d->theirs,
                                                                      strlen(e->theirs)) == 0;
        if (e->why != NULL && kind && us && them)
            return e->why;
    }
    return NULL;
}

static const char head[] =
    "<!-- Written by `make check-differential`: do not edit. -->\n"
    "# Other verifiers\n\n"
    "All evidence of tests/data/evidence and mutants of it (a bit flipped, two bytes swapped, a "
    "file cut or lengthened; the same ones each time) go through this verifier under its weakest "
    "policy, through dcap-qvl 0.7.1 (SGX, TDX) and the sev crate 8.0.0 (SEV-SNP). Each row is a "
    "kind of disagreement, with the check that refused here. Anything that is not explained "
    "fails the run.\n\n"
    "| kind | changed | here | there | times | why |\n|---|---|---|---|--:|---|\n";

bool disagreements_print(const struct disagreements *all, size_t sets, size_t mutants)
{
    bool explained = !all->overflow;
    fputs(head, stdout);
    for (size_t i = 0; i < all->count; i++) {
        const struct disagreement *d = &all->items[i];
        const char *why = explain(d);
        printf("| %s | %s | %s | %s%s | %zu | %s |\n", kind_text(d->kind), d->where,
               d->reason == CHECK_NONE ? "accepted" : check_info(d->reason)->name,
               d->accepted ? "accepted: " : "", d->theirs, d->count,
               why == NULL ? "**not explained**" : why);
        explained = explained && why != NULL;
    }
    printf("\n%zu sets and %zu mutants: both accept %zu, both refuse %zu.\n", sets, mutants,
           all->accepted, all->refused);
    return explained;
}
