/* SPDX-License-Identifier: Apache-2.0 */
/* How often KVM itself left a processor, and why, by the kernel's own count. Opened before
 * the sandbox step, read once behind it. Numbers to be told: nothing is decided by them. */
#ifndef HOST_KVM_STATISTICS_H
#define HOST_KVM_STATISTICS_H

#include <stdint.h>

enum statistic { STATISTIC_EXITS, STATISTIC_TOUCHES, STATISTIC_INTERRUPTS, STATISTIC_COUNT };

struct statistics {
    int fd;                          /* -1: this kernel tells none */
    uint32_t place[STATISTIC_COUNT]; /* words in the file; UINT32_MAX: not there */
};

/* Of this processor, a descriptor of KVM's. */
void statistics_open(struct statistics *s, int processor);

/* Those that are there; the others stay. Once. */
void statistics_read(struct statistics *s, uint64_t value[static STATISTIC_COUNT]);

#endif
