/* SPDX-License-Identifier: Apache-2.0 */
/* KVM's statistics of a processor; see statistics.h. Trusts the kernel, not that it has them.
 * [Linux Documentation/virt/kvm/api.rst 4.134] */
#include "host/kvm/statistics.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WORDS_MAX     1024u /* of the whole: KVM has 507 */
#define NAME_SIZE_MAX 128u

static const char *const names[STATISTIC_COUNT] = {
    [STATISTIC_EXITS] = "exits",
    [STATISTIC_TOUCHES] = "pf_taken",
    [STATISTIC_INTERRUPTS] = "irq_exits",
};

static void note(struct statistics *s, const char *name, uint64_t offset)
{
    for (unsigned i = 0; i < STATISTIC_COUNT; i++) {
        if (strcmp(name, names[i]) == 0 && offset / 8 < WORDS_MAX)
            s->place[i] = (uint32_t)(offset / 8);
    }
}

static bool find_names(struct statistics *s, const struct kvm_stats_header *h)
{
    for (uint32_t i = 0; i < h->num_desc; i++) {
        struct kvm_stats_desc d;
        char name[NAME_SIZE_MAX] = "";
        const off_t at = (off_t)h->desc_offset + (off_t)i * (off_t)(sizeof(d) + h->name_size);
        if (pread(s->fd, &d, sizeof(d), at) != (ssize_t)sizeof(d) ||
            pread(s->fd, name, h->name_size, at + (off_t)sizeof(d)) != (ssize_t)h->name_size)
            return false;
        note(s, name, (uint64_t)h->data_offset + d.offset);
    }
    return true;
}

void statistics_open(struct statistics *s, int processor)
{
    struct kvm_stats_header h;
    *s = (struct statistics){.place = {UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    s->fd = ioctl(processor, KVM_GET_STATS_FD, NULL);
    if (s->fd < 0)
        return;
    if (pread(s->fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h) && h.name_size < NAME_SIZE_MAX &&
        find_names(s, &h))
        return;
    close(s->fd);
    s->fd = -1;
}

/* All of the file, since its position cannot be set. */
void statistics_read(struct statistics *s, uint64_t value[static STATISTIC_COUNT])
{
    uint64_t data[WORDS_MAX];
    if (s->fd < 0)
        return;
    const ssize_t size = read(s->fd, data, sizeof(data));
    for (unsigned i = 0; i < STATISTIC_COUNT; i++) {
        if (size > 0 && s->place[i] < (size_t)size / sizeof(data[0]))
            value[i] = data[s->place[i]];
    }
    close(s->fd);
    s->fd = -1;
}
