/* SPDX-License-Identifier: Apache-2.0 */
/* The table of free bits; see free_bits.h. Trusts the unchanged sets. */
#define _GNU_SOURCE
#include "tests/attest/free_bits.h"

#include <stdio.h>
#include <string.h>

static bool is_pem(enum part part) { return part == PART_SIGNERS || part == PART_CRL_ISSUERS; }

static bool ends_with(struct bytes text, const char *end)
{
    const struct bytes tail = bytes_of_text(end);
    return text.size >= tail.size &&
           memcmp(text.data + text.size - tail.size, tail.data, tail.size) == 0;
}

/* The root stands last in every chain; what is cut is no more than that. */
static bool lacks_root(const struct set *set, enum part part, const struct mutant *m)
{
    const struct bytes all = set->parts[part];
    const struct bytes gone = {.data = all.data + m->bytes.size, .size = all.size - m->bytes.size};
    const char begin[] = "-----BEGIN";
    const uint8_t *first = memmem(gone.data, gone.size, begin, sizeof(begin) - 1);
    const size_t left = first == NULL ? 0 : gone.size - (size_t)(first - gone.data) - 1;
    return first == NULL || memmem(first + 1, left, begin, sizeof(begin) - 1) == NULL;
}

/* Some services end lines with CR and LF. */
static bool ends_block(struct bytes text)
{
    static const char *const line_ends[] = {"", "\n", "\r", "\r\n"};
    for (size_t i = 0; i < sizeof(line_ends) / sizeof(line_ends[0]); i++) {
        char end[32];
        snprintf(end, sizeof(end), "-----END CERTIFICATE-----%s", line_ends[i]);
        if (ends_with(text, end))
            return true;
    }
    return false;
}

static bool whole_blocks(const struct set *set, enum part part, const struct mutant *m)
{
    return is_pem(part) && m->how == MUTANT_CUT && lacks_root(set, part, m) && ends_block(m->bytes);
}

/* Whether all that was appended is one of these bytes. */
static bool appended_only(const struct set *set, enum part part, const struct mutant *m,
                          const char *these)
{
    if (m->how != MUTANT_APPENDED)
        return false;
    for (size_t i = set->parts[part].size; i < m->bytes.size; i++) {
        if (m->bytes.data[i] == 0 || strchr(these, m->bytes.data[i]) == NULL)
            return false;
    }
    return true;
}

static bool pem_line_ends(const struct set *set, enum part part, const struct mutant *m)
{
    return is_pem(part) && appended_only(set, part, m, "\r\n");
}

static bool pem_nul(const struct set *set, enum part part, const struct mutant *m)
{
    return is_pem(part) && m->how == MUTANT_APPENDED &&
           m->bytes.size == set->parts[part].size + 1 && m->bytes.data[m->bytes.size - 1] == 0;
}

static bool json_space(const struct set *set, enum part part, const struct mutant *m)
{
    return (part == PART_TCB_INFO || part == PART_QE_IDENTITY) &&
           appended_only(set, part, m, " \r\n");
}

static bool behind_quote(const struct set *set, enum part part, const struct mutant *m)
{
    return part == PART_EVIDENCE && set->name[1] != 'n' && m->how == MUTANT_APPENDED;
}

struct free_bits {
    const char *what;
    const char *why;
    bool (*is)(const struct set *set, enum part part, const struct mutant *m);
    bool accepted; /* may be accepted; otherwise it is refused all the same */
};

static const struct free_bits table[] = {
    {"a certificate chain without its root, or without the last line end",
     "roots are pinned: a chain needs no copy of one; a line end is no part of a certificate",
     whole_blocks, true},
    {"line ends behind PEM", "no part of any certificate", pem_line_ends, true},
    {"one NUL behind PEM", "quoting enclaves and PCS end their chains with one", pem_nul, true},
    {"white space behind JSON", "outside of the object that is signed", json_space, true},
    {"bytes behind a quote", "unsigned: refused, although what comes before them is genuine",
     behind_quote, false},
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

const char *free_bits_find(const struct set *set, enum part part, const struct mutant *m,
                           bool accepted)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if ((table[i].accepted || !accepted) && table[i].is(set, part, m))
            return table[i].why;
    }
    return NULL;
}

void free_bits_print(void)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        printf("free: %s: %s%s\n", table[i].what, table[i].why,
               table[i].accepted ? "" : " (refused)");
}
