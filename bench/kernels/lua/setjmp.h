/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WASI has no setjmp. Lua includes its header even where LUAI_TRY and
 * LUAI_THROW, defined in kernels.toml, do without.
 */
#pragma once
