/* SPDX-License-Identifier: Apache-2.0 */
/* Before every file of a shim: all of it is one image, no symbol is another's. */
#pragma GCC visibility push(hidden)
