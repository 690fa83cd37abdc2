/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF loader; see elf.h. [ELF-64 2, 5] */
#include "host/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE        4096u
#define SEGMENT_MAX 16u

struct segment {
    uint32_t type;
    int prot;
    uint64_t offset;
    uint64_t address;
    uint64_t file_size;
    uint64_t size;
};

struct layout {
    uint64_t entry;
    uint64_t headers_offset;
    struct segment segments[SEGMENT_MAX];
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

static struct segment parse_segment(struct cur *c)
{
    struct segment s = {.type = cur_le32(c)};
    s.prot = prot_of(cur_le32(c));
    s.offset = cur_le64(c);
    s.address = cur_le64(c);
    cur_take(c, 8); /* physical address */
    s.file_size = cur_le64(c);
    s.size = cur_le64(c);
    cur_take(c, 8); /* alignment */
    return s;
}

static bool segment_ok(const struct segment *s, size_t image_size)
{
    const uint64_t limit = 1ull << 32;
    return s->size < limit && s->address < limit && s->file_size <= s->size &&
           s->file_size <= image_size && s->offset <= image_size - s->file_size &&
           s->offset % PAGE == s->address % PAGE &&
           (s->size == s->file_size || s->prot & PROT_WRITE) &&
           (s->prot & (PROT_WRITE | PROT_EXEC)) != (PROT_WRITE | PROT_EXEC);
}

static int parse_segments(struct bytes image, uint64_t headers, size_t count, struct layout *l)
{
    struct cur c = cur_init(image);
    cur_take(&c, headers);
    for (size_t i = 0; i < count; i++) {
        struct segment s = parse_segment(&c);
        if (!cur_ok(&c) || s.type == PT_INTERP)
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

static int parse(struct bytes image, struct layout *l, size_t *header_count)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    struct cur c = cur_init(image);
    struct bytes id = cur_take(&c, EI_NIDENT);
    uint16_t type = cur_le16(&c);
    uint16_t machine = cur_le16(&c);
    cur_le32(&c); /* version */
    *l = (struct layout){.entry = cur_le64(&c)};
    l->headers_offset = cur_le64(&c);
    cur_take(&c, 8 + 4 + 2); /* section headers, flags, header size */
    uint16_t entry_size = cur_le16(&c);
    *header_count = cur_le16(&c);
    if (!cur_ok(&c) || memcmp(id.data, ident, sizeof(ident)) != 0 || type != ET_DYN ||
        machine != EM_X86_64 || entry_size != sizeof(Elf64_Phdr) || *header_count > SEGMENT_MAX)
        return -ENOEXEC;
    return parse_segments(image, l->headers_offset, *header_count, l);
}

/* The pages of a segment that the file has; what is left of the last is zeroed. */
static int map_file_part(const struct elf_image *image, const struct segment *s, uint8_t *base)
{
    uint64_t skew = s->address % PAGE;
    uint64_t end = s->address + s->file_size;
    off_t offset = (off_t)(image->offset + s->offset - skew);
    void *at = mmap(base + page_down(s->address), skew + s->file_size, s->prot,
                    MAP_PRIVATE | MAP_FIXED, image->fd, offset);
    if (at == MAP_FAILED)
        return -errno;
    if (s->size > s->file_size)
        memset(base + end, 0, page_up(end) - end);
    return 0;
}

static int map_segment(const struct elf_image *image, const struct segment *s, uint8_t *base)
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
    void *at =
        mmap(base + zeroes, end - zeroes, s->prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -errno : 0;
}

int elf_map(const struct elf_image *image, struct elf_loaded *loaded)
{
    struct layout l;
    size_t header_count;
    int error = parse(image->data, &l, &header_count);
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
        .entry = (uintptr_t)base + l.entry,
        .headers = (uintptr_t)base + l.headers_offset,
        .header_count = header_count,
    };
    return 0;
}
