/* SPDX-License-Identifier: Apache-2.0 */
/* What tests alone may ask of the model. */
#ifndef SIM_SGX_TEST_H
#define SIM_SGX_TEST_H

#include <stdbool.h>
#include <stdint.h>

/* Enclave memory is inaccessible while no thread is inside. */
void model_set_strict(bool on);

/* Each instruction of the enclave is looked at before it runs: those illegal in an
 * enclave are #UD, and leaving the enclave by anything but EEXIT is #GP. Slow. */
void model_set_stepping(bool on);

/* The same, but pages that were EADDed run at full speed: what they hold can be looked
 * at in the image. */
void model_set_stepping_unmeasured(bool on);

/* SIGALRM is an interrupt: AEX, ERESUME, and nothing that the host would see. */
void model_set_interrupts(bool on);

/* The host has an exit point of its own: an interrupt comes back to who entered, as
 * an exception of vector 32, instead of going on with ERESUME. */
void model_set_own_aep(bool on);

/* What RSP holds inside after EENTER, 0: what it held outside. Exits go by the latter. */
void model_set_entry_stack(uint64_t rsp);

/* In stepping mode: an interrupt at every `every`th instruction, 0 for none. */
void model_set_single_step_attack(unsigned every);

/* What a hostile kernel does once, at its `nth` (from 1) EAUG, EMODPR or EMODT: */
enum model_lie {
    MODEL_HONEST,
    MODEL_SKIP,             /* says that it did it, and does not. EAUG: never for that page */
    MODEL_DUPLICATE,        /* does it again when the enclave has accepted the first */
    MODEL_WRONG_PAGE,       /* EAUG: a page of another address is mapped there. Else the next */
    MODEL_WRONG_PERMISSION, /* EMODPR: keeps W. EMODT: another type. EAUG cannot: not counted */
};
void model_set_hostile(enum model_lie lie, unsigned nth);

/* True once it has lied. */
bool model_has_lied(void);

#endif
