/* SPDX-License-Identifier: Apache-2.0 */
/* An entry point that wants arguments nobody can give. */
__attribute__((export_name("_start"))) int start(int a, long long b) { return a + (int)b; }
