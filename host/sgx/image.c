/* SPDX-License-Identifier: Apache-2.0 */
/* From an ELF file to pages; see image.h. [ELF-64 2, 5] */
#include "host/sgx/image.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct segment {
    uint32_t type;
    uint32_t flags;
    uint64_t offset; /* in the file */
    uint64_t address;
    uint64_t file_size;
    uint64_t size;
};

static uint64_t page_up(uint64_t n) { return (n + SGX_PAGE - 1) & ~(uint64_t)(SGX_PAGE - 1); }

static struct segment take_segment(struct cur *c)
{
    struct segment s = {.type = cur_le32(c), .flags = cur_le32(c)};
    s.offset = cur_le64(c);
    s.address = cur_le64(c);
    cur_take(c, 8); /* physical address */
    s.file_size = cur_le64(c);
    s.size = cur_le64(c);
    cur_take(c, 8); /* alignment */
    return s;
}

/* EADD would put permissions of its own on a TCS [SDM 38.3 EADD]. */
static uint64_t secinfo_flags(const struct segment *s)
{
    if (s->flags & SGX_PF_TCS)
        return SGX_TYPE(SGX_PT_TCS);
    return SGX_TYPE(SGX_PT_REG) | (s->flags & PF_R ? SGX_R : 0) | (s->flags & PF_W ? SGX_W : 0) |
           (s->flags & PF_X ? SGX_X : 0);
}

static bool segment_ok(const struct segment *s, size_t file_size, uint64_t after)
{
    const bool both = (s->flags & (PF_W | PF_X)) == (PF_W | PF_X);
    return s->size > 0 && s->size <= SGX_KEEP_EXEC && s->address % SGX_PAGE == 0 &&
           s->address >= after && s->address <= SGX_KEEP_EXEC - page_up(s->size) &&
           s->file_size <= s->size && s->file_size <= file_size &&
           s->offset <= file_size - s->file_size && !both && (s->flags & PF_R) != 0;
}

/* What EADD sets or clears by itself must be so in the file already, or the
 * measurement would not be of the file [SDM 38.3 EADD]. */
static bool tcs_ok(const uint8_t *page)
{
    struct sgx_tcs tcs;
    memcpy(&tcs, page, sizeof(tcs));
    uint8_t used = 0;
    for (size_t i = 0; i < sizeof(tcs.reserved); i++)
        used |= tcs.reserved[i];
    return used == 0 && tcs.stage == 0 && tcs.flags == 0 && tcs.cssa == 0 && tcs.aep == 0;
}

static bool run_ok(const struct sgx_run *run)
{
    for (uint64_t at = 0; run->flags == SGX_TYPE(SGX_PT_TCS) && at < run->size; at += SGX_PAGE) {
        if (!tcs_ok(run->data + at))
            return false;
    }
    return true;
}

/* All segments of a file that are loaded. */
struct layout {
    struct segment segments[SGX_IMAGE_RUNS];
    size_t count;
};

static int parse_segments(struct cur c, size_t file_size, size_t count, struct layout *l)
{
    uint64_t after = 0;
    for (size_t i = 0; i < count; i++) {
        struct segment s = take_segment(&c);
        if (!cur_ok(&c) || s.type == PT_INTERP)
            return -ENOEXEC;
        if (s.type != PT_LOAD)
            continue;
        if (l->count == SGX_IMAGE_RUNS || !segment_ok(&s, file_size, after))
            return -ENOEXEC;
        l->segments[l->count++] = s;
        after = s.address + page_up(s.size);
    }
    return l->count > 0 ? 0 : -ENOEXEC;
}

static int parse(struct bytes file, struct layout *l)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    struct cur c = cur_init(file);
    struct bytes id = cur_take(&c, EI_NIDENT);
    uint16_t type = cur_le16(&c);
    uint16_t machine = cur_le16(&c);
    cur_take(&c, 4 + 8); /* version, entry: the TCS has it */
    uint64_t headers = cur_le64(&c);
    cur_take(&c, 8 + 4 + 2); /* section headers, flags, header size */
    uint16_t entry_size = cur_le16(&c);
    uint16_t count = cur_le16(&c);
    if (!cur_ok(&c) || memcmp(id.data, ident, sizeof(ident)) != 0 ||
        (type != ET_DYN && type != ET_EXEC) || machine != EM_X86_64 ||
        entry_size != sizeof(Elf64_Phdr))
        return -ENOEXEC;
    struct cur table = cur_init(file);
    cur_take(&table, headers);
    return parse_segments(table, file.size, count, l);
}

static int fill(struct bytes file, const struct layout *l, struct sgx_image *image)
{
    uint8_t *at = image->pages;
    bool entered = false;
    for (size_t i = 0; i < l->count; i++) {
        const struct segment *s = &l->segments[i];
        struct sgx_run *run = &image->runs[image->count++];
        *run = (struct sgx_run){
            .offset = s->address, .size = page_up(s->size), .data = at, .flags = secinfo_flags(s)};
        memcpy(at, file.data + s->offset, s->file_size);
        at += run->size;
        if (!run_ok(run))
            return -ENOEXEC;
        if (!entered && run->flags == SGX_TYPE(SGX_PT_TCS)) {
            image->entry = run->offset;
            entered = true;
        }
    }
    return entered ? 0 : -ENOEXEC;
}

int sgx_image_parse(struct bytes file, struct sgx_image *image)
{
    struct layout l = {0};
    *image = (struct sgx_image){0};
    int error = parse(file, &l);
    if (error < 0)
        return error;
    for (size_t i = 0; i < l.count; i++)
        image->size += page_up(l.segments[i].size);
    image->pages = aligned_alloc(SGX_PAGE, image->size);
    if (image->pages == NULL)
        return -ENOMEM;
    memset(image->pages, 0, image->size);
    error = fill(file, &l, image);
    if (error < 0)
        sgx_image_fini(image);
    return error;
}

void sgx_image_fini(struct sgx_image *image)
{
    free(image->pages);
    *image = (struct sgx_image){0};
}
