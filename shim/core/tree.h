/* SPDX-License-Identifier: Apache-2.0 */
/* The hash tree over exec's file: what the host supplies page by page is proved
 * to be what was measured. Pages come in aligned runs of 16:
 *
 *     page    SHA-256(0x00, u32 index, 4096 bytes)     the last one zero-padded
 *     node    SHA-256(0x01, left, right)
 *     absent  32 zero bytes: pages and runs after the last
 *
 * The node of a run is the top of its 16 pages; the nodes of all runs are the
 * leaves of a complete binary tree, kept as an array: node 1 is the root, the
 * children of i are 2i and 2i + 1, run k is node run_count + k. */
#ifndef SHIM_CORE_TREE_H
#define SHIM_CORE_TREE_H

#include "base/attr.h"
#include "shim/core/exec_image.h"
#include "shim/core/shared.h"

#include <stdbool.h>
#include <stddef.h>

#define TREE_NODE      32u
#define TREE_RUN       16u
#define TREE_RUN_BYTES (TREE_RUN * 4096u)

/* True when the pages of run `run`, a private copy, are exec's. `nodes` is the
 * array of nodes as the host has it: each is copied once. */
must_use bool tree_verify(const struct exec_image *exec, uint32_t run,
                          const uint8_t pages[static TREE_RUN_BYTES], const struct shared *nodes);

/* The node of a run. Also for whoever builds the tree. */
void tree_hash_run(const uint8_t *pages, uint32_t first, uint32_t page_count,
                   uint8_t node[static TREE_NODE]);
void tree_hash_pair(const uint8_t left[static TREE_NODE], const uint8_t right[static TREE_NODE],
                    uint8_t node[static TREE_NODE]);

#endif
