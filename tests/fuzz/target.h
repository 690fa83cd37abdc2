/* SPDX-License-Identifier: Apache-2.0 */
/* What libFuzzer calls with each input; its own headers do not declare it. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
