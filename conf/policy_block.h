/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that a policy file owns. */
#ifndef CONF_POLICY_BLOCK_H
#define CONF_POLICY_BLOCK_H

#include "conf/policy_toml.h"

/* Zeroed; lives until policy_toml_fini. Null when memory is short. */
void *policy_block_new(struct policy_file *file, size_t size);

#endif
