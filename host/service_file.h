/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the operator of a service names: whole, into memory. Trusts what is in them, once
 * it is sure that nobody else could have written it. */
#ifndef HOST_SERVICE_FILE_H
#define HOST_SERVICE_FILE_H

#include "base/cur.h"
#include "host/fault.h"

/* `name` below directory `dir`, or AT_FDCWD. A secret one has to be closed to others than its
 * owner, who is the user or root, and a group that reads. 0, or -errno with `fault` filled. */
must_use int service_file_read(int dir, const char *name, bool secret, size_t size_max,
                               struct bytes *out, struct fault *fault);

/* Wipes and frees; nothing is nothing. */
void service_file_forget(struct bytes *content);

#endif
