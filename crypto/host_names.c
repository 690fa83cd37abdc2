/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts; see host_names.h. */
#include "crypto/host_names.h"

#include <errno.h>

int host_names_parse(struct bytes value, struct bytes *names, size_t max)
{
    struct cur c = cur_init(value);
    struct cur list = cur_init(der_take(&c, DER_SEQUENCE));
    size_t count = 0;
    while (cur_ok(&list) && cur_left(&list) > 0 && count < max)
        names[count++] = der_take(&list, GENERAL_NAME_DNS);
    return cur_done(&c) && cur_done(&list) && count > 0 ? (int)count : -EBADMSG;
}
