/* SPDX-License-Identifier: Apache-2.0 */
/* Writes its first argument, 16 small letters, as large ones: all at a time. */
#include <stdio.h>
#include <string.h>
#include <wasm_simd128.h>

int main(int argc, char **argv)
{
    char text[17] = {0};
    if (argc != 2 || strlen(argv[1]) != sizeof(text) - 1)
        return 1;
    const v128_t small = wasm_v128_load(argv[1]);
    wasm_v128_store(text, wasm_i8x16_sub(small, wasm_i8x16_splat('a' - 'A')));
    return puts(text) < 0;
}
