/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is to run; see workload.h. Trusts nothing in it. */
#define _GNU_SOURCE
#include "host/cli/workload.h"

#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/cli/module.h"
#include "host/cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_module(const char *path, struct workload *w)
{
    int error = file_read(path, MODULE_SIZE_MAX, &w->module);
    if (error == -EISDIR)
        return fail("%s is a directory; name the .wasm file in it", path);
    if (error == -EFBIG)
        return fail("%s is larger than %u MiB, the most that a program may be", path,
                    MODULE_SIZE_MAX >> 20);
    if (error == -ENOENT && strstr(path, "://") != NULL)
        return fail("%s is a URL, and programs are run from files; download it first", path);
    if (error < 0)
        return fail("cannot read '%s': %s", path, strerror(-error));
    const char *fault = module_fault(w->module);
    return fault != NULL ? fail("%s %s", path, fault) : 0;
}

/* What the command line alone could have told. */
static bool is_misuse(int error) { return error == -EEXIST || error == -EROFS; }

static int import_folders(const struct request *r, enum port_level level, struct workload *w)
{
    struct progress p;
    struct fault fault;
    progress_begin(&p, level, "copying folders into the keep", -1);
    int error = tree_import(r->dirs, r->dir_count, PLAN_FILES_SIZE_MAX, &w->tree, &fault);
    progress_end(&p);
    if (error == 0)
        return 0;
    return is_misuse(error) ? misuse("%s", fault.text) : fail("%s", fault.text);
}

int workload_read(const struct request *r, enum port_level level, struct workload *w)
{
    *w = (struct workload){.output = NULL};
    int status = read_module(r->module, w);
    if (status == 0)
        status = config_file_read(r->config, &w->config);
    if (status == 0)
        status = import_folders(r, level, w);
    if (status == 0)
        status = plan_make(r, &w->config.config, &w->tree, w->module, &w->plan);
    return status;
}

void workload_fini(struct workload *w)
{
    output_close(w->output);
    plan_fini(&w->plan);
    tree_fini(&w->tree);
    config_file_fini(&w->config);
    free((void *)w->module.data);
    *w = (struct workload){.output = NULL};
}

/* ---- folders that come back ---- */

int workload_open_output(struct workload *w)
{
    bool wanted = false;
    for (size_t i = 0; i < w->tree.dir_count; i++)
        wanted = wanted || w->tree.outs[i] != NULL;
    if (!wanted)
        return 0;
    int error = output_open(w->tree.outs, w->tree.dir_count, PLAN_FILES_SIZE_MAX, &w->output_fault,
                            &w->output);
    return error < 0 ? fail("%s", w->output_fault.text) : 0;
}

int workload_take_output(void *context, struct bytes part)
{
    const struct workload *w = context;
    return output_feed(w->output, part);
}

int workload_finish_output(struct workload *w, enum port_level level)
{
    struct fault first;
    if (w->output == NULL)
        return 0;
    if (output_end(w->output) < 0)
        return fail("%s", w->output_fault.text);
    if (output_skipped(w->output, &first) > 0)
        warn(level, "%s", first.text);
    return 0;
}

/* ---- standard streams ---- */

uint32_t workload_terminals(void)
{
    uint32_t bits = 0;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        bits |= isatty(fd) ? 1u << fd : 0;
    return bits;
}

void workload_check_stdout(enum port_level level)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0)
        warn(level, "standard output is closed: what the program writes there is lost; send it "
                    "to a file or /dev/null");
}
