/* SPDX-License-Identifier: Apache-2.0 */
/* A peer's certificate, of any bytes: nothing of it is taken where no collateral is at hand,
 * and why is text that ends. The first byte chooses the policy. */
/* links: exec/peer_policy.c conf/collateral.c conf/config_key.c conf/policy_key.c conf/policy_names.c conf/policy_toml.c conf/policy_value.c conf/host_name.c conf/manifest_check.c conf/manifest_tls.c conf/toml.c conf/toml_datetime.c conf/toml_define.c conf/toml_error.c conf/toml_number.c conf/toml_scan.c conf/toml_string.c conf/toml_tree.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#include "exec/peer_policy.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1767225600 /* 2026-01-01 */

#define ZEROES_16 "00000000000000000000000000000000" /* bytes */
#define MEASURED                                          \
    "tees = [\"sgx\", \"snp\"]\n"                         \
    "[sgx]\nmrenclaves = [\"" ZEROES_16 ZEROES_16 "\"]\n" \
    "[snp]\nmeasurements = [\"" ZEROES_16 ZEROES_16 ZEROES_16 "\"]"

static struct peer_policy policies[4];

static void begin(void)
{
    static const struct collateral_set none;
    static const struct claims nothing, sgx = {.decoded = true, .kind = KIND_SGX},
                                        snp = {.decoded = true, .kind = KIND_SNP},
                                        tdx = {.decoded = true, .kind = KIND_TDX};
    static const char self[] = "measurement = \"self\"";
    struct peer_policy p;
    const struct {
        const char *text;
        const struct claims *own;
        int error;
    } rows[] = {
        {MEASURED, &nothing, 0},
        {self, &sgx, 0},
        {self, &snp, 0},
        {"", &nothing, 0},
        {self, &tdx, -ENOTSUP},
        {self, &nothing, -ENOTSUP},
        {"colour = 1", &sgx, -EBADMSG},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct peer_policy *to = i < ARRAY_COUNT(policies) ? &policies[i] : &p;
        if (peer_policy_init(to, bytes_of_text(rows[i].text), rows[i].own, &none) != rows[i].error)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[64];
    if (policies[0].cache == NULL)
        begin();
    if (size == 0)
        return 0;
    memset(why, 0xa5, sizeof(why));
    const struct bytes cert = {.data = data + 1, .size = size - 1};
    struct peer_policy *p = &policies[data[0] % ARRAY_COUNT(policies)];
    if (peer_policy_judge(p, cert, NOW, why, sizeof(why)) || memchr(why, 0, sizeof(why)) == NULL)
        abort();
    return 0;
}
