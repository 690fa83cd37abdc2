/* SPDX-License-Identifier: Apache-2.0 */
/* Visits a tree, parents before children, without recursion: a program decides
 * how deep its directories are. */
#ifndef EXEC_VFS_TREE_H
#define EXEC_VFS_TREE_H

#include "exec/vfs/node.h"

#define TREE_SKIP 1 /* do not visit what is below */

/* `path` is relative to the top and good for the call only. The visitor returns
 * 0, TREE_SKIP or a negative result, which ends the visit. It adds and removes no
 * names. */
typedef int tree_visitor(void *context, struct node *n, struct bytes path);

/* Everything below directory `top`, without itself. 0, -ENOMEM or the visitor's
 * negative result. */
must_use int tree_visit(struct node *top, tree_visitor *visit, void *context);

#endif
