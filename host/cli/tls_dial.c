/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a TLS server; see tls_dial.h. Trusts OpenSSL. */
#define _GNU_SOURCE
#include "host/cli/tls_dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_SECONDS 10
#define HOST_MAX     254u

struct place {
    char host[HOST_MAX];
    char port[8];
    bool number; /* the host is an address */
};

/* ---- the address ---- */

static int parse_address(const char *text, struct place *out, struct fault *fault)
{
    const char *colon = strrchr(text, ':');
    const bool brackets = text[0] == '[' && colon != NULL && colon > text && colon[-1] == ']';
    const char *from = brackets ? text + 1 : text;
    const size_t length = colon == NULL ? 0 : (size_t)((brackets ? colon - 1 : colon) - from);
    struct in6_addr any;
    if (length == 0 || length >= sizeof(out->host) || strlen(colon + 1) < 1 ||
        strlen(colon + 1) >= sizeof(out->port) || (!brackets && memchr(from, ':', length) != NULL))
        return fault_set(fault, -EINVAL, "'%s' is no HOST:PORT, as in example.org:443 or [::1]:443",
                         text);
    snprintf(out->host, sizeof(out->host), "%.*s", (int)length, from);
    snprintf(out->port, sizeof(out->port), "%s", colon + 1);
    out->number =
        inet_pton(AF_INET, out->host, &any) == 1 || inet_pton(AF_INET6, out->host, &any) == 1;
    return 0;
}

static int connect_to(const struct addrinfo *a)
{
    const struct timeval wait = {.tv_sec = WAIT_SECONDS};
    const int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    const int error = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    close(fd);
    return error;
}

static int open_wire(const struct place *place, struct fault *fault)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    const int unknown = getaddrinfo(place->host, place->port, &wanted, &list);
    if (unknown != 0)
        return fault_set(fault, -ENOENT, "cannot find %s: %s", place->host, gai_strerror(unknown));
    int fd = -ENOENT;
    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next)
        fd = connect_to(a);
    freeaddrinfo(list);
    return fd < 0
               ? fault_system(fault, fd, "cannot connect to %s port %s", place->host, place->port)
               : fd;
}

/* ---- the handshake ---- */

static bool ask_for(SSL *ssl, const char *alpn)
{
    uint8_t list[256];
    const size_t length = alpn == NULL ? 0 : strlen(alpn);
    if (length > 255)
        return false;
    list[0] = (uint8_t)length;
    if (length > 0)
        memcpy(list + 1, alpn, length);
    return length == 0 || SSL_set_alpn_protos(ssl, list, (unsigned)length + 1) == 0;
}

/* Whether the certificate leads to these is told, and ends nothing. */
static bool trust(SSL_CTX *ctx, SSL *ssl, const struct tls_dial *dial, const struct place *place)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (dial->ca == NULL)
        return true;
    if (SSL_CTX_load_verify_file(ctx, dial->ca) != 1)
        return false;
    if (dial->server_name == NULL && place->number)
        return X509_VERIFY_PARAM_set1_ip_asc(param, place->host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set1_host(ssl, dial->server_name != NULL ? dial->server_name : place->host) == 1;
}

static void take_peer(SSL *ssl, struct tls_peer *peer)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    const uint8_t *protocol = NULL;
    unsigned length = 0;
    uint8_t *to = peer->cert;
    const int size = cert == NULL ? 0 : i2d_X509(cert, NULL);
    SSL_get0_alpn_selected(ssl, &protocol, &length);
    snprintf(peer->version, sizeof(peer->version), "%s", SSL_get_version(ssl));
    snprintf(peer->cipher, sizeof(peer->cipher), "%s", SSL_get_cipher_name(ssl));
    snprintf(peer->protocol, sizeof(peer->protocol), "%.*s", (int)length, (const char *)protocol);
    if (size > 0 && (size_t)size <= sizeof(peer->cert))
        peer->cert_size = (size_t)i2d_X509(cert, &to);
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
        snprintf(peer->distrust, sizeof(peer->distrust), "%s",
                 X509_verify_cert_error_string(verdict));
    X509_free(cert);
}

static int explain(const struct tls_dial *dial, struct fault *fault)
{
    const unsigned long code = ERR_peek_last_error();
    const char *why = code == 0 ? NULL : ERR_reason_error_string(code);
    return fault_set(fault, -EPROTO, "no TLS session with %s: %s", dial->address,
                     why != NULL ? why : "the connection was cut, or nothing came");
}

static int shake_hands(SSL *ssl, const struct tls_dial *dial, struct tls_peer *peer,
                       struct fault *fault)
{
    ERR_clear_error();
    if (SSL_connect(ssl) != 1)
        return explain(dial, fault);
    take_peer(ssl, peer);
    (void)SSL_shutdown(ssl);
    return 0;
}

static int dial_wire(const struct tls_dial *dial, const struct place *place, int fd,
                     struct tls_peer *peer, struct fault *fault)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = ctx == NULL ? NULL : SSL_new(ctx);
    const char *name = dial->server_name != NULL ? dial->server_name
                       : place->number           ? NULL
                                                 : place->host;
    const bool ready = ssl != NULL && SSL_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
                       SSL_set_fd(ssl, fd) == 1 && ask_for(ssl, dial->alpn) &&
                       (name == NULL || SSL_set_tlsext_host_name(ssl, name) == 1);
    int error = 0;
    if (!ready)
        error =
            fault_set(fault, -EINVAL, "no session can be made with that server name and protocol");
    else if (!trust(ctx, ssl, dial, place))
        error = fault_set(fault, -EBADMSG, "%s is no file of certificates in PEM", dial->ca);
    else
        error = shake_hands(ssl, dial, peer, fault);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return error;
}

int tls_dial(const struct tls_dial *dial, struct tls_peer *peer, struct fault *fault)
{
    struct place place = {.number = false};
    *peer = (struct tls_peer){.cert_size = 0};
    int error = parse_address(dial->address, &place, fault);
    if (error < 0)
        return error;
    const int fd = open_wire(&place, fault);
    if (fd < 0)
        return fd;
    void (*const before)(int) = signal(SIGPIPE, SIG_IGN); /* who hangs up is an error like others */
    error = dial_wire(dial, &place, fd, peer, fault);
    signal(SIGPIPE, before);
    close(fd);
    return error;
}
