/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a path longer than PATH_MAX, directory by directory. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    char name[251] = {0};
    memset(name, 'd', sizeof(name) - 1);
    int dir = open("/out", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 20; i++) {
        if (mkdirat(dir, name, 0777) < 0)
            return 1;
        int below = openat(dir, name, O_RDONLY | O_DIRECTORY);
        close(dir);
        dir = below;
    }
    return dir < 0;
}
