/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of WASI preview 1 [WASI preview1 typenames], by the names they have
 * there. Preview 0 differs where `enum preview` is passed around. */
#ifndef EXEC_WASI_ABI_H
#define EXEC_WASI_ABI_H

enum preview { PREVIEW0, PREVIEW1 };

enum filetype {
    FILETYPE_UNKNOWN,
    FILETYPE_BLOCK_DEVICE,
    FILETYPE_CHARACTER_DEVICE,
    FILETYPE_DIRECTORY,
    FILETYPE_REGULAR_FILE,
    FILETYPE_SOCKET_DGRAM,
    FILETYPE_SOCKET_STREAM,
    FILETYPE_SYMBOLIC_LINK,
};

#define RIGHT_FD_DATASYNC             (1u << 0)
#define RIGHT_FD_READ                 (1u << 1)
#define RIGHT_FD_SEEK                 (1u << 2)
#define RIGHT_FD_FDSTAT_SET_FLAGS     (1u << 3)
#define RIGHT_FD_SYNC                 (1u << 4)
#define RIGHT_FD_TELL                 (1u << 5)
#define RIGHT_FD_WRITE                (1u << 6)
#define RIGHT_FD_ADVISE               (1u << 7)
#define RIGHT_FD_ALLOCATE             (1u << 8)
#define RIGHT_PATH_CREATE_DIRECTORY   (1u << 9)
#define RIGHT_PATH_CREATE_FILE        (1u << 10)
#define RIGHT_PATH_LINK_SOURCE        (1u << 11)
#define RIGHT_PATH_LINK_TARGET        (1u << 12)
#define RIGHT_PATH_OPEN               (1u << 13)
#define RIGHT_FD_READDIR              (1u << 14)
#define RIGHT_PATH_READLINK           (1u << 15)
#define RIGHT_PATH_RENAME_SOURCE      (1u << 16)
#define RIGHT_PATH_RENAME_TARGET      (1u << 17)
#define RIGHT_PATH_FILESTAT_GET       (1u << 18)
#define RIGHT_PATH_FILESTAT_SET_SIZE  (1u << 19)
#define RIGHT_PATH_FILESTAT_SET_TIMES (1u << 20)
#define RIGHT_FD_FILESTAT_GET         (1u << 21)
#define RIGHT_FD_FILESTAT_SET_SIZE    (1u << 22)
#define RIGHT_FD_FILESTAT_SET_TIMES   (1u << 23)
#define RIGHT_PATH_SYMLINK            (1u << 24)
#define RIGHT_PATH_REMOVE_DIRECTORY   (1u << 25)
#define RIGHT_PATH_UNLINK_FILE        (1u << 26)
#define RIGHT_POLL_FD_READWRITE       (1u << 27)
#define RIGHT_SOCK_SHUTDOWN           (1u << 28)
#define RIGHT_SOCK_ACCEPT             (1u << 29)

/* What applies to a file, to a directory, and to what a directory opens. */
#define RIGHTS_FILE                                                                         \
    (RIGHT_FD_DATASYNC | RIGHT_FD_READ | RIGHT_FD_SEEK | RIGHT_FD_FDSTAT_SET_FLAGS |        \
     RIGHT_FD_SYNC | RIGHT_FD_TELL | RIGHT_FD_WRITE | RIGHT_FD_ADVISE | RIGHT_FD_ALLOCATE | \
     RIGHT_FD_FILESTAT_GET | RIGHT_FD_FILESTAT_SET_SIZE | RIGHT_FD_FILESTAT_SET_TIMES |     \
     RIGHT_POLL_FD_READWRITE)
#define RIGHTS_DIR                                                                                 \
    (RIGHT_FD_DATASYNC | RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_SYNC | RIGHT_PATH_CREATE_DIRECTORY | \
     RIGHT_PATH_CREATE_FILE | RIGHT_PATH_LINK_SOURCE | RIGHT_PATH_LINK_TARGET | RIGHT_PATH_OPEN |  \
     RIGHT_FD_READDIR | RIGHT_PATH_READLINK | RIGHT_PATH_RENAME_SOURCE |                           \
     RIGHT_PATH_RENAME_TARGET | RIGHT_PATH_FILESTAT_GET | RIGHT_PATH_FILESTAT_SET_TIMES |          \
     RIGHT_FD_FILESTAT_GET | RIGHT_FD_FILESTAT_SET_TIMES | RIGHT_PATH_SYMLINK |                    \
     RIGHT_PATH_REMOVE_DIRECTORY | RIGHT_PATH_UNLINK_FILE)
#define RIGHTS_BELOW (RIGHTS_DIR | RIGHTS_FILE)

#define FDFLAG_APPEND   1u
#define FDFLAG_NONBLOCK 4u
#define FDFLAGS_ALL     31u

enum clockid { CLOCKID_REALTIME, CLOCKID_MONOTONIC };

#define LOOKUP_SYMLINK_FOLLOW 1u

#define OFLAG_CREAT     1u
#define OFLAG_DIRECTORY 2u
#define OFLAG_EXCL      4u
#define OFLAG_TRUNC     8u
#define OFLAGS_ALL      15u

#define FST_ATIM     1u
#define FST_ATIM_NOW 2u
#define FST_MTIM     4u
#define FST_MTIM_NOW 8u
#define FST_ALL      15u

#define ADVICE_LAST 5u

#define RECV_PEEK    1u
#define RECV_WAITALL 2u

#define PREOPENTYPE_DIR   0u
#define PREOPENTYPE_OTHER 1u /* ours: a scan for directories passes over it */

enum eventtype { EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE };
#define EVENT_HANGUP     1u
#define SUBCLOCK_ABSTIME 1u

/* Sizes of records in the guest's memory. */
#define DIRENT_SIZE          24u
#define EVENT_SIZE           32u
#define FDSTAT_SIZE          24u
#define FILESTAT_SIZE(p)     ((p) == PREVIEW0 ? 56u : 64u)
#define PRESTAT_SIZE         8u
#define SUBSCRIPTION_SIZE(p) ((p) == PREVIEW0 ? 56u : 48u)

#endif
