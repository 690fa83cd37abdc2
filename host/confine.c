/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock; see sandbox.h. Trusts the kernel. */
#define _GNU_SOURCE
#include "host/sandbox.h"

#include "host/check.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's structure as of its sixth version; older ones take less of it. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

#define FILES_VERSION_1                                                                    \
    ((1ull << 13) - 1)               /* execute, write, read and all that makes or removes \
                                      */
#define FILES_REFER     (1ull << 13) /* version 2 */
#define FILES_TRUNCATE  (1ull << 14) /* version 3 */
#define FILES_IOCTL     (1ull << 15) /* version 5 */
#define NETWORK_CONNECT 3ull         /* version 4: bind and connect, of TCP */
#define SCOPED_SIGNALS  3ull         /* version 6: and abstract sockets, of others */

static struct ruleset ruleset_of(long version)
{
    struct ruleset r = {.files = FILES_VERSION_1};
    if (version >= 2)
        r.files |= FILES_REFER;
    if (version >= 3)
        r.files |= FILES_TRUNCATE;
    if (version >= 5)
        r.files |= FILES_IOCTL;
    if (version >= 4)
        r.network = NETWORK_CONNECT;
    if (version >= 6)
        r.scoped = SCOPED_SIGNALS;
    return r;
}

static size_t size_of(long version) { return version >= 6 ? 24 : version >= 4 ? 16 : 8; }

static int add_folder(int rules, int dir)
{
    const struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = dir,
    };
    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0
               ? -errno
               : 0;
}

int sandbox_confine_files(int dir)
{
    const long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return -ENOSYS;
    const struct ruleset wanted = ruleset_of(version);
    const int rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, size_of(version), 0);
    if (rules < 0)
        return -errno;
    int error = dir >= 0 ? add_folder(rules, dir) : 0;
    if (error == 0 && !CHECK(confine_files, syscall(SYS_landlock_restrict_self, rules, 0) == 0))
        error = -errno;
    close(rules);
    return error;
}
