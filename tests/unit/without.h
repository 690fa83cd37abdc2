/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled in front of sources by tools/checklist-common, with WITHOUT a variable: the
 * check to leave out is then chosen when the test starts. */
#ifndef TESTS_UNIT_WITHOUT_H
#define TESTS_UNIT_WITHOUT_H

#ifndef __ASSEMBLER__
extern int WITHOUT; /* a place in the list of checks, from 1 on; 0: none is left out */
#endif

#endif
