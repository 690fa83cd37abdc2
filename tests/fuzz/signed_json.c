/* SPDX-License-Identifier: Apache-2.0 */
/* Signed JSON of any text: the slice lies within it and is an object; its
 * signature is looked for under no key. */
/* links: attest/signed_json.c */
/* links: crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/der.c base/wipe.c base/base64.c base/cur.c base/put.c base/hex.c base/rfc3339.c crypto/x509_signature.c */
/* libs: -ljansson -lcrypto */
#include "attest/signed_json.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_members(const json_t *object)
{
    static const char *const names[] = {"a", "tcbInfo", "version", "issueDate", "fmspc"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        struct reader r = {.bad = false};
        uint8_t out[6];
        size_t count;
        read_hex(&r, object, names[i], out, sizeof(out));
        read_time(&r, object, names[i]);
        read_object(&r, object, names[i]);
        require(read_uint(&r, object, names[i], 7) <= 7);
        read_array(&r, object, names[i], 1, 2, &count);
        require(count <= 2);
        read_text(&r, object, names[i]);
        require(r.bad); /* it cannot be all of these */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signed_json cut;
    if (signed_json_cut((struct bytes){.data = data, .size = size}, "tcbInfo", &cut) < 0)
        return 0;
    require(cut.object.data > data && cut.object.data + cut.object.size < data + size);
    require(cut.object.data[0] == '{' && cut.object.data[cut.object.size - 1] == '}');
    json_t *object = signed_json_parse(&cut);
    if (object != NULL)
        read_members(object);
    json_decref(object);

    struct x509_set set;
    const struct x509_cert *signer;
    bool valid;
    x509_set_init(&set);
    require(signed_json_verify(&cut, &set, &signer, &valid) == 0 && !valid && signer == NULL);
    x509_set_fini(&set);
    return 0;
}
