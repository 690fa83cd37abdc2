/* SPDX-License-Identifier: Apache-2.0 */
/* Every backend of this build, in the order of preference: X(ident, name) stands
 * for an exported `const struct backend ident_backend` of that name. */
#ifndef HOST_BACKEND_LIST_H
#define HOST_BACKEND_LIST_H

#define BACKEND_LIST(X) \
    X(sgx, "sgx")       \
    X(kvm, "kvm")       \
    X(nil, "nil")       \
    X(sgx_sim, "sgx-sim")

#endif
