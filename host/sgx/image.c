/* SPDX-License-Identifier: Apache-2.0 */
/* From an ELF file to pages; see image.h. */
#include "host/sgx/image.h"

#include "host/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t page_up(uint64_t n) { return (n + SGX_PAGE - 1) & ~(uint64_t)(SGX_PAGE - 1); }

/* EADD would put permissions of its own on a TCS [SDM 38.3 EADD]. */
static uint64_t secinfo_flags(const struct elf_segment *s)
{
    if (s->flags & SGX_PF_TCS)
        return SGX_TYPE(SGX_PT_TCS);
    return SGX_TYPE(SGX_PT_REG) | (s->flags & PF_R ? SGX_R : 0) | (s->flags & PF_W ? SGX_W : 0) |
           (s->flags & PF_X ? SGX_X : 0);
}

static bool segment_ok(const struct elf_segment *s, size_t file_size, uint64_t after)
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
    struct elf_segment segments[SGX_IMAGE_RUNS];
    size_t count;
};

static int parse(struct bytes bytes, struct layout *l)
{
    struct elf_file file;
    uint64_t after = 0;
    int error = elf_file_parse(bytes, &file);
    if (error < 0)
        return error;
    if (file.type != ET_DYN && file.type != ET_EXEC)
        return -ENOEXEC;
    for (size_t i = 0; i < file.header_count; i++) {
        const struct elf_segment s = elf_segment_take(&file.segments);
        if (!cur_ok(&file.segments) || s.type == PT_INTERP)
            return -ENOEXEC;
        if (s.type != PT_LOAD)
            continue;
        if (l->count == SGX_IMAGE_RUNS || !segment_ok(&s, bytes.size, after))
            return -ENOEXEC;
        l->segments[l->count++] = s;
        after = s.address + page_up(s.size);
    }
    return l->count > 0 ? 0 : -ENOEXEC;
}

static int fill(struct bytes file, const struct layout *l, struct sgx_image *image)
{
    uint8_t *at = image->pages;
    bool entered = false;
    for (size_t i = 0; i < l->count; i++) {
        const struct elf_segment *s = &l->segments[i];
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
