/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info of any text, as if its signature were good: bounded lists, and a level
 * that matches is reached. */
/* links: attest/tcb_info.c attest/tcb_level.c attest/signed_json.c attest/policy.c */
/* links: crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/der.c base/wipe.c base/base64.c base/cur.c base/put.c base/hex.c base/rfc3339.c crypto/x509_signature.c */
/* libs: -ljansson -lcrypto */
#include "attest/tcb_info.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_matches(const struct tcb_info *info)
{
    const uint8_t least[16] = {0};
    const uint8_t most[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                              255, 255, 255, 255, 255, 255, 255, 255};
    require(tcb_info_match(info, most, UINT16_MAX, most) == &info->levels[0]);
    tcb_info_match(info, least, 0, least);
    tcb_info_match(info, least, 0, NULL);
    for (size_t i = 0; i < info->module_count; i++)
        require(tcb_info_module(info, info->modules[i].version) != NULL);
    tcb_info_module(info, 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signed_json cut;
    if (signed_json_cut((struct bytes){.data = data, .size = size}, "tcbInfo", &cut) < 0)
        return 0;
    struct tcb_info *info;
    if (tcb_info_parse(&cut, &info) < 0)
        return 0;
    require(info->level_count > 0 && info->level_count <= TCB_LEVELS_MAX);
    require(info->module_count <= 1 + TDX_MODULES_MAX);
    require(info->names.count <= ADVISORY_NAMES_MAX);
    check_matches(info);
    free(info);
    return 0;
}
