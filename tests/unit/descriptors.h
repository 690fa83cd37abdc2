/* SPDX-License-Identifier: Apache-2.0 */
/* How many descriptors this process has open, so that a test sees what is left open. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stddef.h>

size_t count_descriptors(void);

#endif
