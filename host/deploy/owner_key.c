/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's key; see owner_key.h. */
#define _GNU_SOURCE
#include "host/deploy/owner_key.h"

#include "base/wipe.h"
#include "crypto/key_pem.h"
#include "host/newfile.h"
#include "host/user_dir.h"

#include <errno.h>
#include <unistd.h>

#define KEY_FILE "owner.key"

static const struct user_dir key_dir = {"XDG_STATE_HOME", ".local/state", "enarx"};

static int read_key(int dir, EVP_PKEY **key)
{
    uint8_t pem[KEY_PEM_MAX];
    const ssize_t size = user_dir_read(dir, KEY_FILE, pem, sizeof(pem), NULL);
    if (size < 0)
        return (int)size;
    struct cur c = cur_init((struct bytes){pem, (size_t)size});
    const int error = key_pem_take(&c, key);
    wipe(pem, sizeof(pem));
    return error;
}

static int make_key(int dir)
{
    uint8_t pem[KEY_PEM_MAX];
    EVP_PKEY *key = NULL;
    struct put p = put_init(pem, sizeof(pem));
    int error = key_generate(&key);
    if (error == 0)
        error = key_pem_put(key, &p);
    if (error == 0)
        error = newfile_put(dir, KEY_FILE, put_done(&p), false);
    EVP_PKEY_free(key);
    wipe(pem, sizeof(pem));
    return error == -EEXIST ? 0 : error; /* somebody was faster: theirs, then */
}

static int certify(struct owner_key *k)
{
    struct put cert = put_init(k->cert, sizeof(k->cert));
    int error = key_public(k->key, k->public);
    if (error == 0)
        error = tls_certificate_put(k->key, "owner", &cert);
    k->identity = (struct tls_identity){.key = k->key, .cert = put_done(&cert)};
    return error == 0 && cert.bad ? -ENOSPC : error;
}

int owner_key_open(struct owner_key *k, bool make, struct fault *fault)
{
    *k = (struct owner_key){.key = NULL};
    const int dir = user_dir_open(&key_dir, make, fault);
    if (dir < 0)
        return dir;
    int error = read_key(dir, &k->key);
    if (error == -ENOENT && make) {
        error = make_key(dir);
        if (error == 0)
            error = read_key(dir, &k->key);
    }
    close(dir);
    if (error == 0)
        error = certify(k);
    if (error == -EPERM || error == -ELOOP || error == -EBADMSG)
        return fault_set(fault, error,
                         "enarx/" KEY_FILE " in XDG_STATE_HOME is not a key that is yours and "
                         "closed to others; remove it, and another one is made, which does not "
                         "open workloads left running");
    return error < 0 ? fault_system(fault, error, "cannot make enarx/" KEY_FILE) : 0;
}

void owner_key_close(struct owner_key *k)
{
    EVP_PKEY_free(k->key);
    *k = (struct owner_key){.key = NULL};
}
