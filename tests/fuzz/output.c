/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary archives, in parts of arbitrary size, must change nothing but what is
 * below the output directory. The first byte of the input chooses the size of the
 * parts and whether a symlink out of the directory is already there. */
/* links: host/output.c host/beneath.c host/newfile.c host/fault.c base/cur.c tests/unit/scratch.c */
#define _GNU_SOURCE
#include "host/output.h"

#include "tests/fuzz/target.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_LIMIT 100000u

static void require(bool ok)
{
    if (!ok)
        abort();
}

/* What a symlink of the keep's leads to, if anything, is below "out". */
static int check_link(const char *path, const struct stat *s, int type, struct FTW *at)
{
    (void)s, (void)at;
    char found[PATH_MAX];
    char root[PATH_MAX];
    if (type != FTW_SL || realpath(path, found) == NULL)
        return 0;
    require(realpath("out", root) != NULL);
    size_t size = strlen(root);
    require(strncmp(found, root, size) == 0 && (found[size] == '/' || found[size] == '\0'));
    return 0;
}

static void set_up(bool planted)
{
    require(mkdir("out", 0700) == 0 && mkdir("outside", 0700) == 0);
    scratch_write("outside/file", "mine");
    if (planted)
        require(symlink("../outside", "out/a") == 0 && symlink("../outside/file", "out/b") == 0);
}

static void feed(struct bytes archive, size_t part)
{
    static const char *const hosts[] = {"out", NULL};
    struct fault fault;
    struct output *output;
    require(output_open(hosts, ARRAY_COUNT(hosts), SIZE_LIMIT, &fault, &output) == 0);
    int error = 0;
    struct cur c = cur_init(archive);
    while (error == 0 && cur_left(&c) > 0)
        error = output_feed(output, cur_take(&c, cur_left(&c) < part ? cur_left(&c) : part));
    require(error == 0 || output_end(output) == error);
    if (error == 0)
        error = output_end(output);
    struct fault warning;
    size_t skipped = output_skipped(output, &warning);
    require(skipped == 0 || strstr(warning.text, "out/") != NULL);
    output_close(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    int home = open(".", O_RDONLY | O_DIRECTORY); /* where the corpus is */
    void *state;
    require(home >= 0 && scratch_open(&state) == 0);
    bool planted = (data[0] & 1) != 0;
    set_up(planted);
    feed((struct bytes){.data = data + 1, .size = size - 1}, (size_t)(data[0] >> 1) + 1);
    require(scratch_count(".") == 2 && scratch_count("outside") == 1);
    require(scratch_holds("outside/file", bytes_of_text("mine")));
    if (!planted)
        require(nftw("out", check_link, 16, FTW_PHYS) == 0);
    require(scratch_close(&state) == 0 && fchdir(home) == 0);
    close(home);
    return 0;
}
