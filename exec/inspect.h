/* SPDX-License-Identifier: Apache-2.0 */
/* A keep that only shows what it is: evidence for its operator, with a nonce of the
 * operator's, and the end. Its key is made for that evidence and gone with the keep,
 * and the purpose in it is one that no protocol takes: so it can stand for no keep
 * that somebody would send a secret to. */
#ifndef EXEC_INSPECT_H
#define EXEC_INSPECT_H

#include "base/attr.h"

no_return void inspect(void);

#endif
