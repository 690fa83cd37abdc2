/* SPDX-License-Identifier: Apache-2.0 */
/* TLS for tests; see wire.h. */
#include "tests/deploy/wire.h"

#include "base/put.h"
#include "channel/message.h"
#include "crypto/issue.h"
#include "crypto/key.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define DAY 86400

/* ---- ends ---- */

static void end(struct wire *w, const char *how)
{
    if (!w->ended)
        snprintf(w->end, sizeof(w->end), "%s", how);
    w->ended = true;
}

/* [RFC 8446 6]: OpenSSL's reasons from 1000 on are alerts of the peer. */
static void end_by_error(struct wire *w, int result)
{
    const int number = errno; /* of the system call, which the rest may change */
    const int what = SSL_get_error(w->ssl, result);
    const unsigned long error = ERR_get_error();
    const int reason = ERR_GET_REASON(error);
    char text[sizeof(w->end)];
    if (what == SSL_ERROR_ZERO_RETURN)
        end(w, "notify");
    else if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
        end(w, "timeout");
    else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (error == 0 && number == 0))
        end(w, "cut");
    else if (what == SSL_ERROR_SYSCALL || ERR_GET_LIB(error) == ERR_LIB_SYS)
        end(w, number == ECONNRESET || number == EPIPE ? "reset" : strerror(number));
    else if (reason > SSL_AD_REASON_OFFSET) {
        snprintf(text, sizeof(text), "alert %s",
                 SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
        end(w, text);
    } else {
        snprintf(text, sizeof(text), "error %s", ERR_reason_error_string(error));
        end(w, text);
    }
    ERR_clear_error();
}

/* ---- opening ---- */

static int use_key(SSL_CTX *context, EVP_PKEY *key)
{
    uint8_t der[2048], public_key[KEY_PUBLIC_SIZE];
    struct put out = put_init(der, sizeof(der));
    const struct issuer itself = {.key = key};
    if (key_public(key, public_key) < 0)
        return -1;
    const struct certificate wanted = {
        .organisation = "Enarx tests",
        .name = "a stranger",
        .public_key = {public_key, sizeof(public_key)},
        .not_before = (int64_t)time(NULL) - DAY,
        .not_after = (int64_t)time(NULL) + DAY,
    };
    if (certificate_issue(&wanted, &itself, &out) < 0 || out.bad)
        return -1;
    if (SSL_CTX_use_certificate_ASN1(context, (int)out.size, der) != 1)
        return -1;
    return SSL_CTX_use_PrivateKey(context, key) == 1 ? 0 : -1;
}

static int take_any(int ok, X509_STORE_CTX *store)
{
    (void)ok, (void)store;
    return 1;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *size,
                       const unsigned char *in, unsigned in_size, void *context)
{
    const char *wanted = context;
    (void)ssl;
    if (SSL_select_next_proto((unsigned char **)out, size, (const unsigned char *)wanted,
                              (unsigned)strlen(wanted), in, in_size) == OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_OK;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int use_alpn(struct wire *w, const struct wire_config *config)
{
    static char list[64]; /* one byte of length before the name [RFC 7301 3.1] */
    if (config->alpn == NULL)
        return 0;
    const int size = snprintf(list, sizeof(list), "%c%s", (int)strlen(config->alpn), config->alpn);
    if (config->server)
        SSL_CTX_set_alpn_select_cb(w->context, choose_alpn, list);
    else if (SSL_CTX_set_alpn_protos(w->context, (const unsigned char *)list, (unsigned)size) != 0)
        return -1;
    return 0;
}

static int configure(struct wire *w, const struct wire_config *config)
{
    SSL_CTX_set_max_proto_version(w->context, config->version);
    SSL_CTX_set_verify(w->context, SSL_VERIFY_PEER, take_any);
    SSL_CTX_set_num_tickets(w->context, 0);
    if (config->key != NULL && use_key(w->context, config->key) < 0)
        return -1;
    return use_alpn(w, config);
}

static int set_timeout(int fd, unsigned seconds)
{
    const struct timeval limit = {.tv_sec = (time_t)seconds};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int wire_open(struct wire *w, int fd, const struct wire_config *config)
{
    *w = (struct wire){.fd = fd};
    w->context = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    if (w->context == NULL || configure(w, config) < 0 || set_timeout(fd, config->timeout) < 0 ||
        (w->ssl = SSL_new(w->context)) == NULL || SSL_set_fd(w->ssl, fd) != 1) {
        end(w, "not set up");
        return -1;
    }
    const int result = config->server ? SSL_accept(w->ssl) : SSL_connect(w->ssl);
    if (result == 1)
        return 0;
    end_by_error(w, result);
    return -1;
}

void wire_close(struct wire *w)
{
    SSL_free(w->ssl);
    SSL_CTX_free(w->context);
    w->ssl = NULL;
    w->context = NULL;
}

/* ---- messages ---- */

bool wire_write(struct wire *w, struct bytes from)
{
    while (from.size > 0) {
        const size_t part = from.size < CHANNEL_DATA_MAX ? from.size : CHANNEL_DATA_MAX;
        errno = 0;
        const int result = SSL_write(w->ssl, from.data, (int)part);
        if (result <= 0) {
            ERR_clear_error();
            return false;
        }
        from.data += result;
        from.size -= (size_t)result;
    }
    return true;
}

bool wire_send(struct wire *w, uint32_t type, uint64_t size, struct bytes payload)
{
    static uint8_t buffer[CHANNEL_HEADER_SIZE + CHANNEL_DATA_MAX];
    struct put p = put_init(buffer, sizeof(buffer));
    put_le32(&p, type);
    put_le32(&p, 0);
    put_le64(&p, size);
    if (payload.size <= CHANNEL_DATA_MAX) { /* one record where it fits in one */
        put_bytes(&p, payload);
        return wire_write(w, put_done(&p));
    }
    return wire_write(w, put_done(&p)) && wire_write(w, payload);
}

static bool read_all(struct wire *w, uint8_t *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        errno = 0;
        const int result = SSL_read(w->ssl, to + done, (int)(size - done));
        if (result <= 0) {
            end_by_error(w, result);
            return false;
        }
        done += (size_t)result;
    }
    return true;
}

bool wire_take(struct wire *w, enum channel_side from, struct message *m)
{
    static uint8_t payload[64u << 20];
    uint8_t header[CHANNEL_HEADER_SIZE];
    if (w->ended || !read_all(w, header, sizeof(header)))
        return false;
    struct channel_header h;
    if (channel_header_parse((struct bytes){header, sizeof(header)}, from, &h) < 0 ||
        h.size > sizeof(payload)) {
        end(w, "malformed");
        return false;
    }
    *m = (struct message){.type = h.type, .payload = {.data = payload, .size = (size_t)h.size}};
    return read_all(w, payload, (size_t)h.size);
}

int wire_export(struct wire *w, struct bytes nonce, uint8_t out[static CHANNEL_EXPORTER_SIZE])
{
    const int result =
        SSL_export_keying_material(w->ssl, out, CHANNEL_EXPORTER_SIZE, CHANNEL_EXPORTER,
                                   strlen(CHANNEL_EXPORTER), nonce.data, nonce.size, 1);
    return result == 1 ? 0 : -1;
}
