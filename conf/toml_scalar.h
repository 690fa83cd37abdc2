/* SPDX-License-Identifier: Apache-2.0 */
/* The values of TOML that hold no others. Trusts nothing; failures go to the
 * scan. */
#ifndef CONF_TOML_SCALAR_H
#define CONF_TOML_SCALAR_H

#include "conf/toml_scan.h"

/* A string of one line or of several, from its opening quote on, decoded. */
struct bytes toml_string_take(struct scan *s);

/* The same, of one line: """ is an empty string and the start of another. */
struct bytes toml_string_take_line(struct scan *s);

/* A number of any form, `token` being all of it. */
void toml_number_parse(struct scan *s, struct toml_place place, struct bytes token,
                       struct toml_value *value);

/* What is wrong with `token` as a date, a time or both; null if nothing is. */
const char *toml_datetime_check(struct bytes token);

#endif
