/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts; see host_name.h. Trusts nothing. */
#include "conf/host_name.h"

#define NAME_MAX_SIZE 253u /* characters of a name, and of a part of it [RFC 1035 2.3.4] */
#define LABEL_MAX     63u

static bool is_label_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool host_name_ok(struct bytes name)
{
    size_t length = 0; /* of the label so far */
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.data[i];
        const uint8_t next = i + 1 < name.size ? name.data[i + 1] : '.';
        if (c == '.' ? length == 0 : !is_label_character(c) || ++length > LABEL_MAX)
            return false;
        if (c == '-' && (length == 1 || next == '.'))
            return false;
        length = c == '.' ? 0 : length;
    }
    return length > 0 && name.size <= NAME_MAX_SIZE;
}
