/* SPDX-License-Identifier: Apache-2.0 */
/* What a steward answered; see steward_answer.h. */
#include "exec/steward_answer.h"

#include "base/der.h"
#include "conf/host_name.h"
#include "conf/manifest.h"
#include "crypto/host_names.h"
#include "crypto/issue.h"
#include "crypto/x509_parse.h"
#include "exec/check.h"
#include "tls/path.h"

#include <errno.h>

struct parts {
    struct bytes above; /* the whole path but for its last certificate */
    struct x509_cert cert;
};

/* A path is a SEQUENCE of certificates from the root down: the last is the keep's. */
static int take_apart(struct bytes path, struct parts *p)
{
    struct bytes certs[STEWARD_PATH_MAX];
    const size_t count = der_parse_list(path, certs, STEWARD_PATH_MAX);
    *p = (struct parts){.above = {0}};
    if (count == 0)
        return -EBADMSG;
    p->cert.der = certs[count - 1];
    p->above = (struct bytes){certs[0].data, (size_t)(p->cert.der.data - certs[0].data)};
    return x509_parse_cert(p->cert.der, NULL, &p->cert);
}

/* ---- names ---- */

static bool is_among(struct bytes name, const struct bytes *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(name, names[i]))
            return true;
    }
    return false;
}

static bool all_among(const struct bytes *some, size_t some_count, const struct bytes *names,
                      size_t count)
{
    for (size_t i = 0; i < some_count; i++) {
        if (!is_among(some[i], names, count))
            return false;
    }
    return true;
}

static bool all_hosts(const struct bytes *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!host_name_ok(names[i]))
            return false;
    }
    return true;
}

static const char *check_names(const struct parts *p, const struct steward_asked *asked)
{
    struct bytes value, names[MANIFEST_NAMES_MAX];
    const int found = x509_extension(&p->cert, OID_SUBJECT_ALT_NAME, &value)
                          ? host_names_parse(value, names, MANIFEST_NAMES_MAX)
                          : -ENOENT;
    const size_t count = found < 0 ? 0 : (size_t)found;
    if (!CHECK(answer_hosts, count > 0 && all_hosts(names, count)))
        return "certifies no names of hosts, or what are none";
    if (asked->name_count == 0)
        return NULL;
    if (!CHECK(answer_names, all_among(names, count, asked->names, asked->name_count)))
        return "certifies a name that was not asked for";
    if (!CHECK(answer_all_names, all_among(asked->names, asked->name_count, names, count)))
        return "does not certify all names that were asked for";
    return NULL;
}

/* ---- the rest ---- */

static const char *check_time(const struct parts *p, int64_t now)
{
    const struct x509_cert *c = &p->cert;
    if (!CHECK(answer_early, c->not_before <= now))
        return "is a certificate that is not valid yet, by this host's clock";
    if (!CHECK(answer_late, now < c->not_after))
        return "is a certificate that has expired, by this host's clock";
    if (!CHECK(answer_lifetime, c->not_after - c->not_before <= STEWARD_LIFETIME_MAX))
        return "is a certificate for longer than a day";
    return NULL;
}

static const char *check_purpose(const struct parts *p)
{
    struct tls_purpose purpose;
    const int error = tls_purpose_parse(p->cert.der, &purpose);
    if (!CHECK(answer_ca, error == 0 && !purpose.ca))
        return "is a certificate of an authority";
    if (!CHECK(answer_usage, error == 0 && purpose.signs && purpose.serves && purpose.connects))
        return "is no certificate for TLS servers and clients";
    return NULL;
}

static const char *check_authority(const struct parts *p, const struct steward_asked *asked,
                                   struct put *above, const char **detail)
{
    const struct tls_path path = {.cert = p->cert.der, .others = p->above};
    const int error = tls_path_verify(asked->roots, &path, asked->now, above, detail);
    if (!CHECK(answer_authority, error != -EKEYREJECTED))
        return "does not lead to what 'ca' of [certificate] pins";
    if (error == -ENOMEM)
        return "is too much for the memory of this keep";
    return error == 0 || error == -EKEYREJECTED ? NULL : "is no path of certificates";
}

static const char *check(const struct parts *p, const struct steward_asked *asked,
                         struct put *above, const char **detail)
{
    if (!CHECK(answer_key, bytes_equal(p->cert.spki, asked->public_key)))
        return "certifies another key";
    const char *why = check_names(p, asked);
    if (why == NULL)
        why = check_time(p, asked->now);
    if (why == NULL)
        why = check_purpose(p);
    return why != NULL ? why : check_authority(p, asked, above, detail);
}

const char *steward_answer_check(struct bytes path, const struct steward_asked *asked,
                                 struct put *above, struct steward_answer *answer)
{
    struct parts parts;
    const char *why = "is no path of certificates (PkiPath, DER)";
    *answer = (struct steward_answer){.detail = ""};
    const bool whole = take_apart(path, &parts) == 0;
    if (CHECK(answer_form, whole))
        why = check(&parts, asked, above, &answer->detail);
    answer->cert = parts.cert.der;
    answer->not_after = parts.cert.not_after;
    x509_cert_fini(&parts.cert);
    return why;
}
