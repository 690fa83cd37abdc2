/* SPDX-License-Identifier: Apache-2.0 */
/* enarx: keeps on this host. Takes the command line apart and calls the command.
 * Trusts the user; nothing it reads. */
#define _GNU_SOURCE
#include "crypto/memory.h"
#include "host/cli/cli.h"
#include "host/cli/docs.h"
#include "host/cli/message.h"
#include "svc/agent/order.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int command_run(const struct line *line);

static command_run *const commands[] = {
    [COMMAND_RUN] = run_command,
    [COMMAND_PLATFORM_INFO] = platform_info_command,
    [COMMAND_CONFIG_INIT] = config_init_command,
    [COMMAND_CONFIG_CHECK] = config_check_command,
    [COMMAND_CACHE] = cache_command,
    [COMMAND_ATTEST_SHOW] = attest_show_command,
    [COMMAND_ATTEST_VERIFY] = attest_verify_command,
    [COMMAND_ATTEST_FETCH] = attest_fetch_command,
    [COMMAND_ATTEST_EVIDENCE] = attest_evidence_command,
    [COMMAND_ATTEST_CONNECT] = attest_connect_command,
    [COMMAND_STEWARD] = steward_command,
    [COMMAND_MEASURE] = measure_command,
    [COMMAND_KEY_SGX_CREATE] = key_sgx_create_command,
    [COMMAND_KEY_SGX_DIGEST] = key_sgx_digest_command,
    [COMMAND_SIGN] = sign_command,
    [COMMAND_HOST] = host_command,
    [COMMAND_DEPLOY] = deploy_command,
    [COMMAND_KEEP_LIST] = keep_list_command,
    [COMMAND_KEEP_INSPECT] = keep_inspect_command,
    [COMMAND_KEEP_ATTACH] = keep_attach_command,
    [COMMAND_KEEP_LOGS] = keep_logs_command,
    [COMMAND_KEEP_STOP] = keep_stop_command,
};

/* A file opened under the number of a closed standard stream would be taken for
 * it. This takes the number, and still nothing can be read or written there. */
static int occupy_closed_streams(void)
{
    int fd;
    do
        fd = open("/", O_PATH | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -errno : close(fd);
}

static int do_line(const struct line *line)
{
    if (line->asked == ASKED_VERSION) {
        printf("enarx %s\n", ENARX_VERSION);
        return stdout_finish();
    }
    if (line->asked == ASKED_HELP) {
        usage_print(stdout, line->command, line->path);
        return stdout_finish();
    }
    if (line->command->id == COMMAND_GROUP) {
        usage_print(stderr, line->command, line->path);
        return STATUS_USAGE;
    }
    return commands[line->command->id](line);
}

int main(int argc, char **argv)
{
    if (occupy_closed_streams() < 0 || crypto_wipe_freed() < 0)
        return STATUS_FAILED;
    signal(SIGXFSZ, SIG_IGN); /* a cache that has no room is none; writes say what is wrong */
    if (argc > 1 && strcmp(argv[1], KEEP_PROCESS) == 0)
        keep_process();
    struct line line;
    int error = line_parse(argc, argv, &line);
    int status;
    if (error == -EINVAL)
        status = misuse("%s", line.error);
    else
        status = error < 0 ? fail("out of memory") : do_line(&line);
    line_fini(&line);
    return status;
}
