/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree-sitter: parse a C program with its grammar of C.
 */
#include "bench.h"

#include <stdio.h>
#include <tree_sitter/api.h>

enum { FUNCTIONS = 2000, FUNCTION_MAX = 400 };

const TSLanguage *tree_sitter_c(void);

static size_t program(char *text)
{
    size_t at = 0;

    for (int i = 0; i < FUNCTIONS; i++)
        at += (size_t)snprintf(
            text + at, FUNCTION_MAX,
            "static int f%d(const struct s%d *a, unsigned n)\n{\n"
            "    int sum = 0x%x; /* %d */\n"
            "    for (unsigned i = 0; i < n && a[i].x != '\\n'; i++) {\n"
            "        if (a[i].x %% %d == 0)\n            continue;\n"
            "        sum += (int)a[i].p->y[i >> 2] * (n ? f%d(a + 1, n - 1) : -1);\n"
            "    }\n    return printf(\"%%d\", sum), sum;\n}\n\n",
            i, i % 17, i * 77, i, i % 9 + 2, i / 2);
    return at;
}

void kernel(struct bench *b)
{
    char *text = bench_alloc((size_t)FUNCTIONS * FUNCTION_MAX);
    size_t size = program(text);
    TSParser *parser = ts_parser_new();
    uint32_t nodes = 0;

    bench_need(ts_parser_set_language(parser, tree_sitter_c()), "ts_parser_set_language");
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)size);
        TSNode root = ts_tree_root_node(tree);
        bench_need(!ts_node_has_error(root), "ts_parser_parse_string");
        nodes += ts_node_descendant_count(root);
        ts_tree_delete(tree);
    }
    bench_stop(b);
    bench_sum(b, &nodes, sizeof(nodes));
}
