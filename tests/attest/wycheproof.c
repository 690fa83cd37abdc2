/* SPDX-License-Identifier: Apache-2.0 */
/* Runs Wycheproof's cases; see wycheproof.h. Trusts them to be right. */
#define _GNU_SOURCE
#include "tests/attest/wycheproof.h"

#include "base/hex.h"
#include "crypto/ecdsa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 4096u

/* The bytes of hexadecimal text; "-" is none. */
static struct bytes decode(const char *text, uint8_t out[static FIELD_MAX])
{
    const size_t size = strlen(text) / 2;
    if (size > FIELD_MAX || (size > 0 && hex_parse(text, out, size) < 0))
        exit(1);
    return (struct bytes){.data = out, .size = size};
}

static bool verifies(struct bytes key, struct bytes message, struct bytes signature)
{
    EC_KEY *pkey = NULL;
    if (key.size < 1 || key.data[0] != 4) /* uncompressed */
        return false;
    key.data++;
    key.size--;
    const bool good =
        ecdsa_key(key, NULL, &pkey) == 0 && ecdsa_verify(pkey, message, signature) == 0;
    ecdsa_key_free(pkey);
    return good;
}

static void run_case(char *line, struct wycheproof *sum)
{
    static uint8_t key[FIELD_MAX], message[FIELD_MAX], signature[FIELD_MAX];
    const char *fields[4];
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        fields[i] = strsep(&line, " ");
        if (fields[i] == NULL)
            exit(1);
    }
    const bool good =
        verifies(decode(fields[0], key), decode(fields[1], message), decode(fields[2], signature));
    const bool right = good == (strcmp(fields[3], "valid") == 0);
    sum->right += right;
    sum->wrong += !right;
    if (!right)
        fprintf(stderr, "FAIL Wycheproof: %s is not %s\n", fields[2], fields[3]);
}

struct wycheproof wycheproof_run(const struct peer *peer)
{
    struct wycheproof sum = {0};
    const char *const curves[] = {"P-256", "P-384"};
    for (size_t i = 0; i < ARRAY_COUNT(curves); i++) {
        struct answer a = peer_wycheproof(peer, curves[i]);
        char *rest = a.text;
        for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
            if (line[0] != '\0')
                run_case(line, &sum);
        }
        free(a.text);
    }
    return sum;
}
