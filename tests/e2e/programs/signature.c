/* SPDX-License-Identifier: Apache-2.0 */
/* Imports a WASI function under a signature that it does not have. */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int
fd_write(double d);

__attribute__((export_name("_start"))) void start(void) { fd_write(1.0); }
