/* SPDX-License-Identifier: Apache-2.0 */
/* verify EVIDENCE [CERTIFICATES]...: appraises a report or quote with libattest at
 * the present time. Exit status 0 only when it is accepted.
 *
 *     cc -o verify verify.c $(pkg-config --cflags --libs libattest) */
#include <attest/attest.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILES_MAX 16

static struct bytes read_file(const char *path)
{
    static uint8_t store[FILES_MAX][65536];
    static size_t used;
    FILE *file = used < FILES_MAX ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    const struct bytes all = {store[used], fread(store[used], 1, sizeof(store[0]), file)};
    fclose(file);
    used++;
    return all;
}

int main(int argc, char **argv)
{
    static struct attest_result result;
    struct bytes certificates[FILES_MAX];
    if (argc < 2 || argc > FILES_MAX) {
        fprintf(stderr, "usage: verify EVIDENCE [CERTIFICATES]...\n");
        return 2;
    }
    const struct policy policy = policy_default();
    const struct attest_input input = {
        .evidence = read_file(argv[1]),
        .certificates = {.items = certificates, .count = (size_t)argc - 2},
        .policy = &policy,
        .time = time(NULL),
    };
    for (int i = 2; i < argc; i++)
        certificates[i - 2] = read_file(argv[i]);
    if (attest_verify(&input, &result) != 0) {
        fprintf(stderr, "verify: out of memory\n");
        return 1;
    }
    for (size_t i = 0; i < result.check_count; i++) {
        const struct check *c = &result.checks[i];
        if (c->outcome != OUTCOME_PASSED)
            printf("%s: %s\n", outcome_text(c->outcome), check_info(c->id)->reason);
    }
    printf("%s evidence, signature %s: %s\n", kind_text(result.claims.kind),
           signature_text(result.signature), verdict_text(result.verdict));
    return result.verdict == ACCEPTED ? 0 : 3;
}
