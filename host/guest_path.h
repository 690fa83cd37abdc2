/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in the keep as users write them. Trusts nothing in one. */
#ifndef HOST_GUEST_PATH_H
#define HOST_GUEST_PATH_H

#include "base/attr.h"

#define GUEST_PATH_MAX 4095u /* bytes; of a symlink's target as well */

/* Writes the normal form of `guest`, no longer than it and ended by a null, to `path`: "/",
 * or names, each after a slash. "." stands for "/". 0, or -EINVAL for what is relative, too
 * long, not UTF-8, or has "..". */
must_use int guest_path_normalise(const char *guest, char *path);

#endif
