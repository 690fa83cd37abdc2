/* SPDX-License-Identifier: Apache-2.0 */
/* Has neither _start nor an export of the empty name. */
__attribute__((export_name("add"))) int add(int a, int b) { return a + b; }
