/* SPDX-License-Identifier: Apache-2.0 */
/* Linux error numbers of system calls, for code without a C library. */
#ifndef SHIM_CORE_ERRNO_H
#define SHIM_CORE_ERRNO_H

#ifndef EPERM
#define EPERM     1
#define EIO       5
#define EBADF     9
#define EAGAIN    11
#define ENOMEM    12
#define EACCES    13
#define EFAULT    14
#define EEXIST    17
#define EINVAL    22
#define ENOSYS    38
#define EDEADLK   35
#define ETIMEDOUT 110
#endif

#endif
