/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx key`: keys of those who answer for a build. */
#include "base/hex.h"
#include "base/wipe.h"
#include "host/cli/cli.h"
#include "host/cli/enclave.h"
#include "host/cli/file.h"
#include "host/cli/message.h"

#include <errno.h>
#include <string.h>

static int put_out(const char *path, struct bytes data, unsigned mode, bool replace)
{
    int error = file_write(path, data, mode, replace);
    if (error == -EEXIST)
        return fail("%s exists already and is left alone; move it away first", path);
    return error < 0 ? fail("cannot write %s: %s", path != NULL ? path : "to standard output",
                            strerror(-error))
                     : 0;
}

int key_sgx_create_command(const struct line *line)
{
    uint8_t pem[RSA_PEM_MAX];
    struct put p = put_init(pem, sizeof(pem));
    EVP_PKEY *key;
    int error = rsa_new(&key);
    if (error == 0)
        error = rsa_put(key, &p);
    EVP_PKEY_free(key);
    int status = error < 0 ? fail("cannot make a key: OpenSSL failed")
                           : put_out(line_value(line, OPTION_OUT), put_done(&p), 0600, false);
    wipe(pem, sizeof(pem));
    return status;
}

int key_sgx_digest_command(const struct line *line)
{
    uint8_t modulus[RSA_SIZE];
    uint8_t digest[SHA256_SIZE];
    char text[2 * SHA256_SIZE + 1];
    EVP_PKEY *key;
    int status = enclave_read_key(line->args[0], &key);
    if (status != 0)
        return status;
    if (rsa_modulus(key, modulus) < 0 || sgx_mrsigner(modulus, digest) < 0)
        status = fail("out of memory");
    EVP_PKEY_free(key);
    if (status != 0)
        return status;
    hex_put((struct bytes){digest, sizeof(digest)}, text);
    return put_out(line_value(line, OPTION_OUT), bytes_of_text(text), 0666, true);
}
