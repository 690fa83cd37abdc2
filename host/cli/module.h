/* SPDX-License-Identifier: Apache-2.0 */
/* The program's file: is it a WebAssembly module at all? What is inside is for
 * the keep to judge. Pure; trusts nothing in it. */
#ifndef HOST_CLI_MODULE_H
#define HOST_CLI_MODULE_H

#include "base/cur.h"

#define MODULE_SIZE_MAX (1024u * 1024u * 1024u)

/* Null when `module` is a WebAssembly module whose sections are all there; else
 * what is wrong with it and what to do. */
const char *module_fault(struct bytes module);

#endif
