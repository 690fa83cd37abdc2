/* SPDX-License-Identifier: Apache-2.0 */
/* What a module may import, by preview; see calls.h. */
#include "exec/wasi/calls.h"

#define ROW(function, parameters) \
    {.name = #function, .params = (parameters), .returns = true, .call = wasi_##function},
#define ROW_OLD(function, parameters) \
    {.name = #function,               \
     .params = (parameters),          \
     .returns = true,                 \
     .call = wasi_##function##_preview0},
#define EXIT_ROW {.name = "proc_exit", .params = "i", .returns = false, .call = wasi_proc_exit},
#define END_ROW  {0},

const struct wasi_func wasi_preview1[] = {WASI_SAME(ROW) WASI_CHANGED(ROW) WASI_ADDED(ROW)
                                              EXIT_ROW END_ROW};

const struct wasi_func wasi_preview0[] = {WASI_SAME(ROW) WASI_CHANGED(ROW_OLD) EXIT_ROW END_ROW};
