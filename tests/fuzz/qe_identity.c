/* SPDX-License-Identifier: Apache-2.0 */
/* QE identities of any text, as if their signature were good. */
/* links: attest/qe_identity.c attest/tcb_level.c attest/signed_json.c attest/policy.c */
/* links: crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/der.c base/wipe.c base/base64.c base/cur.c base/put.c base/hex.c base/rfc3339.c crypto/x509_signature.c */
/* libs: -ljansson -lcrypto */
#include "attest/qe_identity.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signed_json cut;
    if (signed_json_cut((struct bytes){.data = data, .size = size}, "enclaveIdentity", &cut) < 0)
        return 0;
    struct qe_identity *identity;
    if (qe_identity_parse(&cut, &identity) < 0)
        return 0;
    if (identity->levels.count > SVN_LEVELS_MAX || identity->names.count > ADVISORY_NAMES_MAX)
        abort();
    if (identity->levels.count > 0 && svn_levels_match(&identity->levels, UINT16_MAX) == NULL)
        abort();
    free(identity);
    return 0;
}
