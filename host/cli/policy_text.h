/* SPDX-License-Identifier: Apache-2.0 */
/* policy.toml as the command meets it: a file that may be wrong. */
#ifndef HOST_CLI_POLICY_TEXT_H
#define HOST_CLI_POLICY_TEXT_H

#include "base/attr.h"
#include "base/cur.h"
#include "conf/policy_toml.h"

/* All of file `path`; the caller frees it. 0, or a status after saying why not. */
must_use int policy_text_read(const char *path, struct bytes *text);

/* What the text says, which has to live as long; `path` is for messages. 0, or a status
 * after saying what is wrong and where; call policy_toml_fini in any case. */
must_use int policy_text_parse(const char *path, struct bytes text, struct policy_file *file);

#endif
