/* SPDX-License-Identifier: Apache-2.0 */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/policy_toml.c conf/policy_names.c conf/policy_value.c conf/policy_key.c conf/config_key.c */
/* links: conf/manifest_check.c conf/toml.c conf/toml_define.c conf/toml_tree.c */
/* links: conf/toml_scan.c conf/toml_error.c conf/toml_string.c conf/toml_number.c */
/* links: conf/toml_datetime.c attest/policy.c */
/* links: base/cur.c base/put.c base/hex.c base/utf8.c base/nearest.c base/rfc3339.c */
/* policy.toml: any text is a policy or an error with a place; never both. */
#include "conf/policy_toml.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy_file f;
    struct toml_error error = {.what = ""};
    const int result = policy_toml_parse((struct bytes){data, size}, &f, &error);
    if (result == -EBADMSG && (error.place.line == 0 || error.what[0] == '\0'))
        abort();
    if (result != 0 && f.policy.kinds != 0)
        abort();
    policy_toml_fini(&f);
    return 0;
}
