/* SPDX-License-Identifier: Apache-2.0 */
/* No imports, no memory of a C library: just an entry that returns a value. */
__attribute__((export_name(""))) int entry(void) { return 1; }
