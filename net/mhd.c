/* SPDX-License-Identifier: Apache-2.0 */
/* Opens libmicrohttpd; see mhd.h. Trusts the library that the system has. */
#include "net/mhd.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

int mhd_open(struct mhd *mhd, struct fault *fault)
{
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    bool found = library != NULL;
    if (!found)
        return fault_set(fault, -ENOSYS,
                         "libmicrohttpd is not installed; install the package libmicrohttpd12 "
                         "(Debian, Ubuntu) or libmicrohttpd (Fedora)");
#define FIND(name)                                                   \
    mhd->name = (__typeof__(mhd->name))dlsym(library, "MHD_" #name); \
    found = found && mhd->name != NULL;
    MHD_TABLE(FIND)
#undef FIND
    return found ? 0
                 : fault_set(fault, -ENOSYS,
                             "this libmicrohttpd is older than any that is known to work; install "
                             "0.9.71 or newer");
}
