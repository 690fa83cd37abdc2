/* SPDX-License-Identifier: Apache-2.0 */
/* One line of JSON for programs that read what we say. */
#ifndef HOST_CLI_JSON_H
#define HOST_CLI_JSON_H

#include "base/attr.h"

#include <jansson.h>
#include <stdio.h>

/* Writes `value` in ASCII and a line end. 0, or a status after saying why not; a null
 * value stands for memory that ran out while it was made. */
must_use int json_put(const json_t *value, FILE *out);

#endif
