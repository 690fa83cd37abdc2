/* SPDX-License-Identifier: Apache-2.0 */
/* The hash tree over exec; see tree.h. Trusts exec_image, nothing else. */
#include "shim/core/tree.h"

#include "shim/core/sha256.h"
#include "shim/core/string.h"

#define PAGE 4096u

static void hash_page(const uint8_t *page, uint32_t index, uint8_t node[static TREE_NODE])
{
    const uint8_t head[] = {0, (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)(index >> 16),
                            (uint8_t)(index >> 24)};
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, head, sizeof(head));
    sha256_add(&h, page, PAGE);
    sha256_end(&h, node);
}

void tree_hash_pair(const uint8_t left[static TREE_NODE], const uint8_t right[static TREE_NODE],
                    uint8_t node[static TREE_NODE])
{
    const uint8_t head = 1;
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, &head, 1);
    sha256_add(&h, left, TREE_NODE);
    sha256_add(&h, right, TREE_NODE);
    sha256_end(&h, node);
}

void tree_hash_run(const uint8_t *pages, uint32_t first, uint32_t page_count,
                   uint8_t node[static TREE_NODE])
{
    uint8_t nodes[TREE_RUN][TREE_NODE];
    memset(nodes, 0, sizeof(nodes));
    for (uint32_t i = 0; i < TREE_RUN && first + i < page_count; i++)
        hash_page(pages + (size_t)i * PAGE, first + i, nodes[i]);
    for (uint32_t count = TREE_RUN / 2; count > 0; count /= 2) {
        for (uint32_t i = 0; i < count; i++)
            tree_hash_pair(nodes[2 * i], nodes[2 * i + 1], nodes[i]);
    }
    memcpy(node, nodes[0], TREE_NODE);
}

bool tree_verify(const struct exec_image *exec, uint32_t run,
                 const uint8_t pages[static TREE_RUN_BYTES], const struct shared *nodes)
{
    uint8_t node[TREE_NODE];
    uint8_t other[TREE_NODE];
    tree_hash_run(pages, run * TREE_RUN, exec->page_count, node);
    for (uint32_t i = exec->run_count + run; i > 1; i /= 2) {
        shared_read(nodes, (size_t)(i ^ 1u) * TREE_NODE, other, TREE_NODE);
        if (i & 1u)
            tree_hash_pair(other, node, node);
        else
            tree_hash_pair(node, other, node);
    }
    return memcmp(node, exec->root, TREE_NODE) == 0;
}
