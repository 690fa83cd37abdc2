/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers; see random.h. Trusts RDRAND as far as a simple test can tell: a
 * stuck generator, or one that answers all zeroes or all ones, is none. */
#include "shim/x86/random.h"

#include "shim/core/check.h"
#include "shim/core/machine.h"
#include "shim/core/string.h"
#include "shim/x86/rdrand.h"

#define TRIES 10u /* [SDM 1 7.3.17.1] */

static uint64_t random_word(void)
{
    uint64_t word = 0;
    unsigned tries = 0;
    while (!rdrand(&word)) {
        if (!CHECK(random_tries, ++tries < TRIES))
            machine_stop(STOP_ENTROPY);
    }
    return word;
}

void random_fill(void *to, size_t size)
{
    uint8_t *at = to;
    uint64_t last = random_word();
    while (size > 0) {
        const uint64_t word = random_word();
        if (!CHECK(random_stuck, word != last) || !CHECK(random_zeroes, word != 0) ||
            !CHECK(random_ones, word != UINT64_MAX))
            machine_stop(STOP_ENTROPY);
        last = word;
        const size_t part = size < sizeof(word) ? size : sizeof(word);
        memcpy(at, &word, part);
        at += part;
        size -= part;
    }
}
