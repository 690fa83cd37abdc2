/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled in front of every source file by tools/checklist, which sets MUTATE to
 * `mutant`: the check to leave out is then chosen when the test starts. */
#ifndef TESTS_ATTEST_MUTANT_H
#define TESTS_ATTEST_MUTANT_H

#ifndef __ASSEMBLER__
extern int mutant; /* enum check_id; none unless MUTANT names one */
#endif

#endif
