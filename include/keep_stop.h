/* SPDX-License-Identifier: Apache-2.0 */
/* Why a keep stops of itself, as far as it is the same for all technologies; each has
 * reasons of its own beside these. X(NAME, text). Constant: nothing secret passes here. */
#ifndef KEEP_STOP_H
#define KEEP_STOP_H

/* In the order of enum machine_stop, ENDED apart; PORT comes after. */
#define KEEP_STOPS(X)                                                                             \
    X(FAULT, "the host took a page away from it")                                                 \
    X(FATAL, "an exception came that none of its code may cause: a mistake in it, or the host")   \
    X(PAGE, "the host supplied a page of exec that is not exec's; the enarx file may be damaged") \
    X(BLOCK, "the addresses or the boot record that the host gave are not valid")                 \
    X(ENTROPY, "the processor's random numbers failed their test")                                \
    X(BUG, "it found a mistake of its own; please report it")                                     \
    X(PORT, "the host broke the rules of the port")

#endif
