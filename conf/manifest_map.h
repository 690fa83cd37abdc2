/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest's CBOR, for who puts it and who parses it.
 *
 * One map, its keys those of enum key, all present but those after KEY_FILES, which are
 * there only for what is not empty. An entry of an array is itself an array of a
 * fixed number of fields. */
#ifndef CONF_MANIFEST_MAP_H
#define CONF_MANIFEST_MAP_H

enum key {
    KEY_VERSION = 1,
    KEY_MODULE_DIGEST,
    KEY_MODULE_SIZE,
    KEY_COMPILER,
    KEY_MEMORY_SIZE,
    KEY_FILES_SIZE,
    KEY_ARGS,
    KEY_ENV,
    KEY_STREAMS,
    KEY_DIRS,
    KEY_FILES,
    KEY_SECRET_ENV,
    KEY_SECRET_FILES,
    KEY_TLS, /* a row for each stream that speaks it, in their order */
    KEY_CAS,
    KEY_POLICIES,
    KEY_CERT_NAMES,
    KEY_STEWARD,
};

enum { PAIRS_MIN = KEY_FILES, PAIRS_MAX = KEY_STEWARD };

enum {
    TLS_FIELDS = 5,
    ENV_FIELDS = 2,
    STREAM_FIELDS = 5,
    DIR_FIELDS = 3,
    FILE_FIELDS = 6,
    STEWARD_FIELDS = 2,
};

#endif
