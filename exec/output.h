/* SPDX-License-Identifier: Apache-2.0 */
/* Sends output directories out of the keep as an archive (include/archive.h). */
#ifndef EXEC_OUTPUT_H
#define EXEC_OUTPUT_H

#include "base/attr.h"

struct manifest;
struct surroundings;
struct vfs;

/* Every directory of the manifest marked as output. 0 or -errno. */
must_use int output_send(const struct manifest *m, struct vfs *v, const struct surroundings *to);

#endif
