/* SPDX-License-Identifier: Apache-2.0 */
/* Enarx.toml: what is accepted makes a good manifest. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/config.c conf/config_tls.c conf/config_key.c conf/config_template.c conf/manifest_check.c */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c */
/* links: conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/rfc3339.c */
/* links: base/cur.c base/put.c base/utf8.c base/nearest.c */
#include "conf/config.h"
#include "conf/manifest_check.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    struct toml_error error = {.what = ""};
    if (config_parse((struct bytes){.data = data, .size = size}, &c, &error) < 0) {
        if (error.what[0] == '\0' || error.place.line == 0 || c.toml != NULL)
            abort();
        return 0;
    }
    /* As if each stream named the same file, or policy. */
    struct bytes ca = {.data = (const uint8_t *)"\x30\0", .size = 2}, policy = {0};
    bool cas = c.steward.size > 0, policies = false;
    for (size_t i = 0; i < c.stream_count; i++) {
        cas |= c.streams[i].tls.verify == VERIFY_CA;
        policies |= c.streams[i].tls.verify == VERIFY_ATTESTED;
    }
    const struct manifest m = {
        .cas = &ca,
        .ca_count = cas,
        .policies = &policy,
        .policy_count = policies,
        .cert_names = c.cert_names,
        .cert_name_count = c.cert_name_count,
        .args = c.args,
        .arg_count = c.arg_count,
        .env = c.env,
        .env_count = c.env_count,
        .streams = c.streams,
        .stream_count = c.stream_count,
        .steward = c.steward,
    };
    if (manifest_check(&m) != 0)
        abort();
    config_fini(&c);
    return 0;
}
