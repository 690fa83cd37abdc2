/* SPDX-License-Identifier: Apache-2.0 */
/* What a steward answers, of any bytes: as if the first certificate in it were pinned, and the
 * last one's key the keep's, at a time when that is valid. Bounded, and nothing is shown that
 * was not there. */
/* links: exec/steward_answer.c tls/path.c tls/peer.c conf/host_name.c crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto */
#include "exec/steward_answer.h"

#include "base/der.h"
#include "crypto/x509_parse.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void check(struct bytes path, struct steward_asked asked)
{
    static uint8_t room[1 << 20];
    const struct bytes name = bytes_of_text("a.example");
    for (size_t names = 0; names < 2; names++) {
        struct put above = put_init(room, path.size);
        struct steward_answer answer;
        asked.names = &name;
        asked.name_count = names;
        if (steward_answer_check(path, &asked, &above, &answer) != NULL)
            continue;
        if (answer.cert.data < path.data ||
            answer.cert.data + answer.cert.size != path.data + path.size ||
            answer.not_after <= asked.now || above.bad || above.size >= path.size)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes path = {data, size};
    struct bytes certs[STEWARD_PATH_MAX];
    struct tls_roots *roots = NULL;
    struct x509_cert *leaf = calloc(1, sizeof(*leaf));
    const size_t count = der_parse_list(path, certs, STEWARD_PATH_MAX);
    if (size < 1 << 16 && count > 0 && tls_roots_new(certs[0], &roots) == 0 &&
        x509_parse_cert(certs[count - 1], NULL, leaf) == 0)
        check(path, (struct steward_asked){
                        .public_key = leaf->spki, .roots = roots, .now = leaf->not_before});
    x509_cert_fini(leaf);
    free(leaf);
    tls_roots_free(roots);
    return 0;
}
