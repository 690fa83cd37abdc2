/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Oniguruma's configure script would find on wasm32-wasi.
 */
#pragma once

#define HAVE_ALLOCA_H    1
#define HAVE_INTTYPES_H  1
#define HAVE_STDINT_H    1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H    1
#define SIZEOF_INT       4
#define SIZEOF_LONG      4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_VOIDP     4
