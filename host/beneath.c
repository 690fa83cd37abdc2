/* SPDX-License-Identifier: Apache-2.0 */
/* Paths below a directory; see beneath.h. Trusts the kernel for O_NOFOLLOW. */
#define _GNU_SOURCE
#include "host/beneath.h"

#include "host/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Takes the name before the next '/', which it drops. */
static struct bytes take_name(struct cur *c)
{
    size_t left = cur_left(c);
    const uint8_t *slash = left > 0 ? memchr(c->pos, '/', left) : NULL;
    struct bytes name = cur_take(c, slash == NULL ? left : (size_t)(slash - c->pos));
    if (slash != NULL)
        cur_u8(c);
    return name;
}

static bool is_dots(struct bytes name, size_t count)
{
    return name.size == count && memcmp(name.data, "..", count) == 0;
}

static bool name_ok(struct bytes name)
{
    return name.size > 0 && name.size <= BENEATH_NAME_MAX && !is_dots(name, 1) &&
           !is_dots(name, 2) && memchr(name.data, '\0', name.size) == NULL;
}

bool beneath_path_ok(struct bytes path)
{
    if (path.size == 0 || path.data[path.size - 1] == '/')
        return false;
    struct cur c = cur_init(path);
    while (cur_left(&c) > 0) {
        if (!name_ok(take_name(&c)))
            return false;
    }
    return true;
}

static int open_name(int dir, struct bytes name, int flags)
{
    char text[BENEATH_NAME_MAX + 1];
    if (!name_ok(name))
        return -EINVAL;
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    const int follow = CHECKED(output_follow, O_NOFOLLOW, 0);
    int fd = openat(dir, text, flags | O_DIRECTORY | follow | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int beneath_open_dir(int root, struct bytes path, int flags)
{
    int dir = openat(root, ".", flags | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    struct cur c = cur_init(path);
    while (dir >= 0 && cur_left(&c) > 0) {
        int next = open_name(dir, take_name(&c), flags);
        close(dir);
        dir = next;
    }
    return dir;
}

bool beneath_target_ok(struct bytes path, struct bytes target)
{
    size_t depth = 0;
    for (size_t i = 0; i < path.size; i++)
        depth += path.data[i] == '/';
    if (target.size == 0 || target.data[0] == '/')
        return false;
    bool named = false;
    struct cur c = cur_init(target);
    while (cur_left(&c) > 0) {
        struct bytes name = take_name(&c);
        if (!is_dots(name, 2)) {
            named = named || (name.size > 0 && !is_dots(name, 1));
            continue;
        }
        if (named || depth == 0)
            return false;
        depth--;
    }
    return memchr(target.data, '\0', target.size) == NULL;
}
