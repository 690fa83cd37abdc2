/* SPDX-License-Identifier: Apache-2.0 */
/* Wants a function that nobody provides. */
__attribute__((import_module("moon"), import_name("land"))) int land(int where);

__attribute__((export_name("_start"))) void start(void) { land(1); }
