/* SPDX-License-Identifier: Apache-2.0 */
/* The user's key and signatures; see author.h. Trusts files that belong to the user
 * and that nobody else can read. */
#define _GNU_SOURCE
#include "host/sgx/author.h"

#include "base/hex.h"
#include "base/wipe.h"
#include "host/newfile.h"
#include "host/user_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY_FILE "sgx.key"

static const struct user_dir author_dir = {"XDG_STATE_HOME", ".local/state", "enarx"};

uint32_t sgx_author_date(void)
{
    const time_t now = time(NULL);
    struct tm utc;
    char text[32];
    if (gmtime_r(&now, &utc) == NULL || strftime(text, sizeof(text), "%Y%m%d", &utc) == 0)
        return 0;
    return (uint32_t)strtoul(text, NULL, 16); /* BCD */
}

/* ---- the key ---- */

static int read_key(int dir, EVP_PKEY **key)
{
    uint8_t pem[RSA_PEM_MAX];
    ssize_t size = user_dir_read(dir, KEY_FILE, pem, sizeof(pem), NULL);
    if (size < 0)
        return (int)size;
    int error = rsa_parse((struct bytes){pem, (size_t)size}, key);
    wipe(pem, sizeof(pem));
    return error;
}

static int keep_key(int dir, EVP_PKEY *key)
{
    uint8_t pem[RSA_PEM_MAX];
    struct put p = put_init(pem, sizeof(pem));
    int error = rsa_put(key, &p);
    if (error == 0)
        error = newfile_put(dir, KEY_FILE, put_done(&p), false);
    wipe(pem, sizeof(pem));
    return error;
}

/* One that cannot be kept, for want of space, is for this run alone. */
static int make_key(int dir, void (*before_key)(void), EVP_PKEY **key)
{
    before_key();
    int error = rsa_new(key);
    if (error < 0 || keep_key(dir, *key) != -EEXIST)
        return error;
    EVP_PKEY_free(*key);
    return read_key(dir, key); /* somebody was faster: theirs, then */
}

static int open_key(int dir, void (*before_key)(void), EVP_PKEY **key, struct fault *fault)
{
    int error = read_key(dir, key);
    if (error == -ENOENT)
        error = make_key(dir, before_key, key);
    if (error == 0)
        return 0;
    char path[PATH_MAX];
    int unknown = user_dir_path(&author_dir, path, fault);
    if (unknown < 0)
        return unknown;
    if (error == -EPERM || error == -ELOOP || error == -EBADMSG || error == -EKEYREJECTED)
        return fault_set(fault, error,
                         "%s/" KEY_FILE " is not a key for enclaves that is yours and closed to "
                         "others; remove it, and another one is made",
                         path);
    return fault_system(fault, error, "cannot make %s/" KEY_FILE, path);
}

/* ---- what it signed ---- */

#define NAME_SIZE (sizeof("sgx-.sig") + 2 * SHA256_SIZE)

static void name_signature(const uint8_t mrenclave[static SHA256_SIZE], char name[static NAME_SIZE])
{
    char hex[2 * SHA256_SIZE + 1];
    hex_put((struct bytes){mrenclave, SHA256_SIZE}, hex);
    snprintf(name, NAME_SIZE, "sgx-%s.sig", hex);
}

static bool older(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec < b->st_mtim.tv_sec ||
           (a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec < b->st_mtim.tv_nsec);
}

/* One that is older than the key may be by another. */
static bool find_signature(int dir, const char *name, const uint8_t mrenclave[static SHA256_SIZE],
                           struct sgx_sigstruct *out)
{
    struct stat key;
    struct stat found;
    return fstatat(dir, KEY_FILE, &key, AT_SYMLINK_NOFOLLOW) == 0 &&
           user_dir_read(dir, name, out, sizeof(*out), &found) == (ssize_t)sizeof(*out) &&
           !older(&found, &key) && sgx_sigstruct_fault(out, mrenclave) == NULL;
}

static int sign(int dir, const uint8_t mrenclave[static SHA256_SIZE], void (*before_key)(void),
                struct sgx_sigstruct *out, struct fault *fault)
{
    char name[NAME_SIZE];
    EVP_PKEY *key;
    name_signature(mrenclave, name);
    if (find_signature(dir, name, mrenclave, out))
        return 0;
    int error = open_key(dir, before_key, &key, fault);
    if (error < 0)
        return error;
    error = sgx_sigstruct_sign(key, mrenclave, sgx_author_date(), out);
    EVP_PKEY_free(key);
    if (error < 0)
        return fault_system(fault, error, "cannot sign the enclave");
    const int kept =
        newfile_put(dir, name, (struct bytes){(const uint8_t *)out, sizeof(*out)}, true);
    (void)kept; /* else it is made again */
    return 0;
}

/* Where nothing can be kept, the author is a new one each time. */
static int sign_once(const uint8_t mrenclave[static SHA256_SIZE], void (*before_key)(void),
                     struct sgx_sigstruct *out, struct fault *fault)
{
    EVP_PKEY *key;
    before_key();
    int error = rsa_new(&key);
    if (error == 0) {
        error = sgx_sigstruct_sign(key, mrenclave, sgx_author_date(), out);
        EVP_PKEY_free(key);
    }
    return error < 0 ? fault_system(fault, error, "cannot sign the enclave") : 0;
}

int sgx_author_sign(const uint8_t mrenclave[static SHA256_SIZE], void (*before_key)(void),
                    struct sgx_sigstruct *out, struct fault *fault)
{
    int dir = user_dir_open(&author_dir, true, fault);
    if (dir < 0)
        return sign_once(mrenclave, before_key, out, fault);
    int error = sign(dir, mrenclave, before_key, out, fault);
    close(dir);
    return error;
}
