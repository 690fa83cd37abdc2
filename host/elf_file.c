/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files; see elf_file.h. */
#include "host/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

int elf_file_parse(struct bytes file, struct elf_file *out)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    struct cur c = cur_init(file);
    const struct bytes id = cur_take(&c, EI_NIDENT);
    *out = (struct elf_file){.type = cur_le16(&c)};
    const uint16_t machine = cur_le16(&c);
    cur_take(&c, 4); /* version */
    out->entry = cur_le64(&c);
    out->headers = cur_le64(&c);
    cur_take(&c, 8 + 4 + 2); /* section headers, flags, header size */
    const uint16_t entry_size = cur_le16(&c);
    out->header_count = cur_le16(&c);
    if (!cur_ok(&c) || memcmp(id.data, ident, sizeof(ident)) != 0 || machine != EM_X86_64 ||
        entry_size != sizeof(Elf64_Phdr))
        return -ENOEXEC;
    out->segments = cur_init(file);
    cur_take(&out->segments, out->headers);
    return 0;
}

struct elf_segment elf_segment_take(struct cur *c)
{
    struct elf_segment s = {.type = cur_le32(c)};
    s.flags = cur_le32(c);
    s.offset = cur_le64(c);
    s.address = cur_le64(c);
    cur_take(c, 8); /* physical address */
    s.file_size = cur_le64(c);
    s.size = cur_le64(c);
    cur_take(c, 8); /* alignment */
    return s;
}
