/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF loader; see elf.h. */
#include "host/elf.h"

#include "host/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE        4096u
#define SEGMENT_MAX 16u

struct layout {
    struct elf_file file;
    struct elf_segment segments[SEGMENT_MAX];
    size_t count;
    uint64_t end; /* first page after the last segment */
};

static uint64_t page_down(uint64_t n) { return n & ~(uint64_t)(PAGE - 1); }
static uint64_t page_up(uint64_t n) { return page_down(n + PAGE - 1); }

static int prot_of(uint32_t flags)
{
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
           (flags & PF_X ? PROT_EXEC : 0);
}

static bool segment_ok(const struct elf_segment *s, size_t image_size)
{
    const uint64_t limit = 1ull << 32;
    return s->size < limit && s->address < limit && s->file_size <= s->size &&
           s->file_size <= image_size && s->offset <= image_size - s->file_size &&
           s->offset % PAGE == s->address % PAGE && (s->size == s->file_size || s->flags & PF_W) &&
           (s->flags & (PF_W | PF_X)) != (PF_W | PF_X);
}

static int parse(struct bytes image, struct layout *l)
{
    *l = (struct layout){0};
    int error = elf_file_parse(image, &l->file);
    if (error < 0)
        return error;
    if (l->file.type != ET_DYN || l->file.header_count > SEGMENT_MAX)
        return -ENOEXEC;
    for (size_t i = 0; i < l->file.header_count; i++) {
        const struct elf_segment s = elf_segment_take(&l->file.segments);
        if (!cur_ok(&l->file.segments) || s.type == PT_INTERP)
            return -ENOEXEC;
        if (s.type != PT_LOAD)
            continue;
        if (!segment_ok(&s, image.size) || page_down(s.address) < l->end)
            return -ENOEXEC;
        l->segments[l->count++] = s;
        l->end = page_up(s.address + s.size);
    }
    return l->count > 0 && l->segments[0].offset == 0 ? 0 : -ENOEXEC;
}

/* The pages of a segment that the file has; what is left of the last is zeroed. */
static int map_file_part(const struct elf_image *image, const struct elf_segment *s, uint8_t *base)
{
    uint64_t skew = s->address % PAGE;
    uint64_t end = s->address + s->file_size;
    off_t offset = (off_t)(image->offset + s->offset - skew);
    void *at = mmap(base + page_down(s->address), skew + s->file_size, prot_of(s->flags),
                    MAP_PRIVATE | MAP_FIXED, image->fd, offset);
    if (at == MAP_FAILED)
        return -errno;
    if (s->size > s->file_size)
        memset(base + end, 0, page_up(end) - end);
    return 0;
}

static int map_segment(const struct elf_image *image, const struct elf_segment *s, uint8_t *base)
{
    uint64_t zeroes = page_down(s->address);
    if (s->file_size > 0) {
        int error = map_file_part(image, s, base);
        if (error < 0)
            return error;
        zeroes = page_up(s->address + s->file_size);
    }
    uint64_t end = page_up(s->address + s->size);
    if (end == zeroes)
        return 0;
    void *at = mmap(base + zeroes, end - zeroes, prot_of(s->flags),
                    MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -errno : 0;
}

int elf_map(const struct elf_image *image, struct elf_loaded *loaded)
{
    struct layout l;
    int error = parse(image->data, &l);
    if (error < 0)
        return error;
    uint8_t *base =
        mmap(NULL, l.end, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return -errno;
    for (size_t i = 0; i < l.count; i++) {
        error = map_segment(image, &l.segments[i], base);
        if (error < 0) {
            munmap(base, l.end);
            return error;
        }
    }
    *loaded = (struct elf_loaded){
        .base = (uintptr_t)base,
        .size = l.end,
        .entry = (uintptr_t)base + l.file.entry,
        .headers = (uintptr_t)base + l.file.headers,
        .header_count = l.file.header_count,
    };
    return 0;
}
