/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx sign`: the file of signatures that goes with a build. */
#include "host/cli/cli.h"
#include "host/cli/enclave.h"
#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/sgx/author.h"
#include "host/sgx/signatures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make(const char *key_path, struct signatures *s)
{
    uint8_t mrenclave[SHA256_SIZE];
    EVP_PKEY *key;
    int status = enclave_measure(NULL, mrenclave);
    if (status == 0)
        status = enclave_read_key(key_path, &key);
    if (status != 0)
        return status;
    int error = sgx_sigstruct_sign(key, mrenclave, sgx_author_date(), &s->sgx);
    EVP_PKEY_free(key);
    return error < 0 ? fail("cannot sign: %s", strerror(-error)) : 0;
}

int sign_command(const struct line *line)
{
    const char *key = line_value(line, OPTION_SGX_KEY);
    const char *path = line_value(line, OPTION_OUT);
    struct signatures s = {.version = ENARX_VERSION};
    if (key == NULL)
        return misuse("--sgx-key is missing; 'enarx key sgx create' makes a key");
    int status = make(key, &s);
    if (status != 0)
        return status;
    char *text = signatures_text(&s);
    if (text == NULL)
        return fail("out of memory");
    int error = file_write(path, bytes_of_text(text), 0666, true);
    free(text);
    return error < 0 ? fail("cannot write %s: %s", path != NULL ? path : "to standard output",
                            strerror(-error))
                     : 0;
}
