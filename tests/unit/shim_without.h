/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled in front of every source file by tools/checklist-shim, which sets WITHOUT to
 * `shim_without`: the check to leave out is then chosen when the test starts. */
#ifndef TESTS_UNIT_SHIM_WITHOUT_H
#define TESTS_UNIT_SHIM_WITHOUT_H

#ifndef __ASSEMBLER__
extern int shim_without; /* enum shim_check; none unless the environment names one */
#endif

#endif
