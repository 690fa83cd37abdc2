/* SPDX-License-Identifier: Apache-2.0 */
/* Every backend of this build, in the order of preference: X(NAME) stands for
 * host/NAME, which exports `const struct backend NAME_backend`. */
#ifndef HOST_BACKEND_LIST_H
#define HOST_BACKEND_LIST_H

#define BACKEND_LIST(X) X(nil)

#endif
