/* SPDX-License-Identifier: Apache-2.0 */
/* JSON output; see json.h. */
#include "host/cli/json.h"

#include "host/cli/message.h"

#include <stdlib.h>

int json_put(const json_t *value, FILE *out)
{
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (text == NULL)
        return fail("out of memory");
    fprintf(out, "%s\n", text); /* whether it arrived is asked of `out` */
    free(text);
    return 0;
}
