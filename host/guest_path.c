/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in the keep; see guest_path.h. */
#include "host/guest_path.h"

#include "base/utf8.h"
#include "host/beneath.h"

#include <errno.h>
#include <string.h>

int guest_path_normalise(const char *guest, char *path)
{
    if (strcmp(guest, ".") == 0)
        guest = "/";
    if (*guest != '/' || strlen(guest) > GUEST_PATH_MAX || !utf8_check(bytes_of_text(guest)))
        return -EINVAL;
    size_t size = 0;
    for (;;) {
        guest += strspn(guest, "/");
        size_t length = strcspn(guest, "/");
        if (length == 0)
            break;
        const struct bytes name = {.data = (const uint8_t *)guest, .size = length};
        guest += length;
        if (bytes_equal(name, bytes_of_text(".")))
            continue;
        if (!beneath_path_ok(name))
            return -EINVAL;
        path[size++] = '/';
        memcpy(path + size, name.data, length);
        size += length;
    }
    if (size == 0)
        path[size++] = '/';
    path[size] = '\0';
    return 0;
}
