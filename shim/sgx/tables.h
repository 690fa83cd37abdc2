/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's own memory that is too large to be measured, by offset from the base:
 *
 *     8 MiB    exec's map: up to 1 MiB of ranges
 *     9 MiB    one run of exec's pages while they are proved: 64 KiB
 *     10 MiB   a page of zeroes
 *     12 MiB   which pages are present: 2 MiB, a bit for each page of the enclave
 *
 * All of it comes page by page, zeroed, and is readable and writable. */
#ifndef SHIM_SGX_TABLES_H
#define SHIM_SGX_TABLES_H

#include "include/sgx_keep.h"

#define TABLES_RANGES      (SGX_KEEP_TABLES)
#define TABLES_RANGES_SIZE (1ull << 20)
#define TABLES_RUN         (SGX_KEEP_TABLES + (1ull << 20))
#define TABLES_ZERO        (SGX_KEEP_TABLES + (2ull << 20))
#define TABLES_NOTES       (SGX_KEEP_TABLES + (4ull << 20))
#define TABLES_NOTES_SIZE  (SGX_KEEP_SIZE / SGX_PAGE / 8)
_Static_assert(TABLES_NOTES + TABLES_NOTES_SIZE <= SGX_KEEP_EXEC, "tables below exec");

/* Present from the first call on. */
const void *tables_zero_page(void);

#endif
