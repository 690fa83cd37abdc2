/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a manifest's TLS streams; for manifest_check.c. */
#ifndef CONF_MANIFEST_TLS_H
#define CONF_MANIFEST_TLS_H

#include "conf/manifest.h"

/* See manifest_check(). 0, -EBADMSG or -ENOMEM. */
must_use int manifest_check_tls(const struct manifest *m);

#endif
