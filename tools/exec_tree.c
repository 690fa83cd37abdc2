/* SPDX-License-Identifier: Apache-2.0 */
/* exec_tree EXEC NODES: writes the nodes of the hash tree over the file EXEC to NODES
 * (shim/core/tree.h), and what the shim knows of exec (shim/core/exec_image.h) to
 * standard output as C. Trusts the linker that made EXEC. */
#define _GNU_SOURCE
#include "shim/core/exec_image.h"
#include "shim/core/tree.h"
#include "shim/x86/sha_ni.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

struct file {
    uint8_t *data; /* padded with zeroes to whole runs */
    size_t size;
};

static void die(const char *what)
{
    fprintf(stderr, "exec_tree: %s\n", what);
    exit(1);
}

static size_t up(size_t n, size_t to) { return (n + to - 1) / to * to; }

static struct file read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        die("cannot read exec");
    struct file file = {.size = (size_t)ftell(f)};
    rewind(f);
    file.data = calloc(1, up(file.size, TREE_RUN_BYTES));
    if (file.data == NULL || fread(file.data, 1, file.size, f) != file.size)
        die("cannot read exec");
    fclose(f);
    return file;
}

static struct exec_segment segment_of(const Elf64_Phdr *p)
{
    const uint64_t skew = p->p_vaddr % PAGE;
    if (p->p_offset % PAGE != skew)
        die("a segment is not aligned as its pages are");
    return (struct exec_segment){
        .address = p->p_vaddr - skew,
        .size = up(p->p_memsz + skew, PAGE),
        .file_page = (p->p_offset - skew) / PAGE,
        .file_size = p->p_filesz + skew,
        .prot = (p->p_flags & PF_R ? 1u : 0) | (p->p_flags & PF_W ? 2u : 0) |
                (p->p_flags & PF_X ? 4u : 0),
    };
}

static struct exec_image describe(const struct file *file)
{
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)file->data;
    const Elf64_Phdr *p = (const Elf64_Phdr *)(file->data + e->e_phoff);
    struct exec_image image = {
        .page_count = (uint32_t)(up(file->size, PAGE) / PAGE),
        .run_count = 1,
        .headers = e->e_phoff,
        .header_count = e->e_phnum,
        .entry = e->e_entry,
    };
    while (image.run_count * TREE_RUN < image.page_count)
        image.run_count *= 2;
    for (size_t i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type != PT_LOAD)
            continue;
        if (image.segment_count == EXEC_SEGMENTS_MAX)
            die("exec has too many segments");
        image.segments[image.segment_count++] = segment_of(&p[i]);
        image.size = up(p[i].p_vaddr + p[i].p_memsz, PAGE);
    }
    return image;
}

static uint8_t *hash(const struct file *file, struct exec_image *image)
{
    uint8_t *nodes = calloc(2 * (size_t)image->run_count, TREE_NODE);
    if (nodes == NULL)
        die("out of memory");
    for (uint32_t i = 0; i * TREE_RUN < image->page_count; i++)
        tree_hash_run(file->data + (size_t)i * TREE_RUN_BYTES, i * TREE_RUN, image->page_count,
                      nodes + (size_t)(image->run_count + i) * TREE_NODE);
    for (size_t i = image->run_count - 1; i > 0; i--)
        tree_hash_pair(nodes + 2 * i * TREE_NODE, nodes + (2 * i + 1) * TREE_NODE,
                       nodes + i * TREE_NODE);
    memcpy(image->root, nodes + TREE_NODE, TREE_NODE);
    return nodes;
}

static void print(const struct exec_image *image)
{
    printf("/* Made by tools/exec_tree from exec. */\n"
           "#include \"shim/core/exec_image.h\"\n\n"
           "const struct exec_image exec_image = {\n    .root = {");
    for (size_t i = 0; i < sizeof(image->root); i++)
        printf("%s0x%02x", i > 0 ? ", " : "", image->root[i]);
    printf("},\n    .page_count = %u,\n    .run_count = %u,\n    .segment_count = %u,\n"
           "    .header_count = %u,\n    .headers = 0x%lx,\n    .entry = 0x%lx,\n"
           "    .size = 0x%lx,\n    .segments = {\n",
           image->page_count, image->run_count, image->segment_count, image->header_count,
           image->headers, image->entry, image->size);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct exec_segment *s = &image->segments[i];
        printf("        {0x%lx, 0x%lx, %lu, 0x%lx, %u},\n", s->address, s->size, s->file_page,
               s->file_size, s->prot);
    }
    printf("    },\n};\n");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: exec_tree EXEC NODES");
    const struct file file = read_file(argv[1]);
    struct exec_image image = describe(&file);
    const uint8_t *nodes = hash(&file, &image);
    const size_t size = 2 * (size_t)image.run_count * TREE_NODE;
    FILE *out = fopen(argv[2], "wb");
    if (out == NULL || fwrite(nodes, 1, size, out) != size || fclose(out) != 0)
        die("cannot write the nodes");
    print(&image);
    return 0;
}

/* Once a build: plain C will do. */
bool sha_ni_there(void) { return false; }
