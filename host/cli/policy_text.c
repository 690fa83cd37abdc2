/* SPDX-License-Identifier: Apache-2.0 */
/* Reading policy.toml; see policy_text.h. Trusts nothing in it. */
#include "host/cli/policy_text.h"

#include "host/cli/file.h"
#include "host/cli/message.h"

#include <errno.h>
#include <string.h>

int policy_text_read(const char *path, struct bytes *text)
{
    int error = file_read(path, TOML_SIZE_MAX, text);
    return error < 0 ? fail("cannot read %s: %s", path, strerror(-error)) : 0;
}

int policy_text_parse(const char *path, struct bytes text, struct policy_file *file)
{
    struct toml_error wrong;
    int error = policy_toml_parse(text, file, &wrong);
    if (error == -EBADMSG)
        return fail("%s:%u:%u: %s", path, wrong.place.line, wrong.place.column, wrong.what);
    if (error == 0 && file->policy.same_image)
        return fail("%s: measurement = \"self\" is for a keep's streams, since this program has "
                    "none; list measurements",
                    path);
    return error < 0 ? fail("out of memory") : 0;
}
