/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: the words are the input's lines. */
/* links: host/cli/command.c host/cli/commands.c host/cli/commands_attest.c host/cli/commands_deploy.c host/cli/commands_host.c host/cli/commands_key.c host/cli/commands_steward.c base/nearest.c base/cur.c */
#include "host/cli/command.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    char *words[WORDS_MAX + 1] = {"enarx"};
    int count = 1;
    char *rest = text;
    for (char *word; count < WORDS_MAX && (word = strsep(&rest, "\n")) != NULL;)
        words[count++] = word;
    struct line line;
    int error = line_parse(count, words, &line);
    if (error == -EINVAL && line.error[0] == '\0')
        abort();
    line_fini(&line);
    free(text);
    return 0;
}
