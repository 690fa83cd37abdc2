/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of the processor's, never of the host's. [SDM 1 7.3.17] */
#ifndef SHIM_X86_RANDOM_H
#define SHIM_X86_RANDOM_H

#include <stddef.h>

/* Fills `to`. A generator that gives out or repeats itself stops the keep. */
void random_fill(void *to, size_t size);

#endif
