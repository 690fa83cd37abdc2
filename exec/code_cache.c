/* SPDX-License-Identifier: Apache-2.0 */
/* The code cache's inner side; see code_cache.h. An entry is HMAC-SHA-256 over
 * (label, module digest, compiler, code), then the code. What the code was made
 * for (engine version, settings, CPU features) is in its own header, which the
 * engine compares. Trusts the key. */
#include "exec/code_cache.h"

#include "base/wipe.h"
#include "crypto/digest.h"
#include "exec/port.h"
#include "exec/report.h"

#include <string.h>

#define KEY_SIZE  32u
#define ENTRY_MAX (1024u * 1024u * 1024u)

bool code_cache_wanted(void) { return port_cache_key() != NULL; }

static int authenticate(const uint8_t *digest, enum compiler compiler, struct bytes code,
                        uint8_t mac[static SHA256_SIZE])
{
    const uint8_t byte = (uint8_t)compiler;
    const struct bytes parts[] = {
        bytes_of_text("enarx code 1"),
        {.data = digest, .size = DIGEST_SIZE},
        {.data = &byte, .size = 1},
        code,
    };
    struct bytes key = {.data = port_cache_key(), .size = KEY_SIZE};
    return hmac_sha256(key, parts, ARRAY_COUNT(parts), mac);
}

struct bytes code_cache_get(const uint8_t digest[static DIGEST_SIZE], enum compiler compiler)
{
    struct bytes entry;
    if (!code_cache_wanted() || port_fetch(PORT_BLOB_CODE, ENTRY_MAX, &entry) < 0)
        return (struct bytes){0};
    struct cur c = cur_init(entry);
    struct bytes found = cur_take(&c, SHA256_SIZE);
    struct bytes code = cur_take(&c, cur_left(&c));
    uint8_t mac[SHA256_SIZE];
    if (!cur_done(&c) || code.size == 0 || authenticate(digest, compiler, code, mac) < 0 ||
        !equal_ct(mac, found.data, sizeof(mac)))
        return (struct bytes){0};
    return code;
}

void code_cache_put(const uint8_t digest[static DIGEST_SIZE], enum compiler compiler,
                    struct bytes code)
{
    uint8_t mac[SHA256_SIZE];
    int error = authenticate(digest, compiler, code, mac);
    if (error == 0)
        error = port_store(PORT_STORE_CODE, (struct bytes){.data = mac, .size = sizeof(mac)});
    if (error == 0)
        error = port_store(PORT_STORE_CODE, code);
    if (error < 0)
        report(PORT_LOG_DEBUG, "cannot keep the compiled code: %s", strerror(-error));
}
