/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTPS server; see https_server.h. */
#define _GNU_SOURCE
#include "tests/unit/https_server.h"

#include "crypto/issue.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "tests/unit/scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* subjectAltName of 127.0.0.1 [RFC 5280 4.2.1.6] */
static const uint8_t address[] = {0x30, 6, 0x87, 4, 127, 0, 0, 1};

/* The first of what the server sends once the handshake is done [NSS key log]. */
static uint8_t server_secret[32];

static void keep_secret(const SSL *tls, const char *line)
{
    const char *last = strrchr(line, ' ');
    size_t size = 0;
    (void)tls;
    if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
        assert_int_equal(OPENSSL_hexstr2buf_ex(server_secret, 32, &size, last + 1, '\0'), 1);
}

static SSL_CTX *make_context(void)
{
    static uint8_t der[2048];
    static char pem[4096];
    EVP_PKEY *key;
    const int64_t now = time(NULL);
    struct put out = put_init(der, sizeof(der)), text = put_init(pem, sizeof(pem));
    uint8_t public_key[KEY_PUBLIC_SIZE];
    const struct certificate_extension names = {
        OID_SUBJECT_ALT_NAME, false, {address, sizeof(address)}};
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_public(key, public_key), 0);
    const struct certificate cert = {
        .organisation = "tests",
        .name = "server",
        .public_key = {public_key, sizeof(public_key)},
        .not_before = now - 60,
        .not_after = now + 3600,
        .extensions = &names,
        .extension_count = 1,
    };
    assert_int_equal(certificate_issue(&cert, &(struct issuer){.key = key}, &out), 0);
    pem_put(&text, "CERTIFICATE", put_done(&out));
    put_u8(&text, 0);
    scratch_write("server.pem", pem);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate_ASN1(context, (int)out.size, der), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    EVP_PKEY_free(key);
    SSL_CTX_set_keylog_callback(context, keep_secret);
    assert_int_equal(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256"), 1);
    assert_int_equal(SSL_CTX_set_num_tickets(context, 0), 1);
    return context;
}

static void read_head(SSL *tls, char *head, size_t size)
{
    size_t length = 0;
    while (length + 1 < size && SSL_read(tls, head + length, 1) == 1) {
        head[++length] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL)
            return;
    }
    head[0] = '\0';
}

static void serve_one(SSL_CTX *context, int fd, void (*serve)(SSL *tls, const char *request))
{
    char head[16384] = "";
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, fd);
    if (SSL_accept(tls) == 1)
        read_head(tls, head, sizeof(head));
    if (head[0] != '\0')
        serve(tls, head);
    SSL_shutdown(tls);
    SSL_free(tls);
    close(fd);
}

void https_server_start(void (*serve)(SSL *tls, const char *request), struct https_server *server)
{
    SSL_CTX *context = make_context();
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    snprintf(server->authority, sizeof(server->authority), "127.0.0.1:%u", ntohs(at.sin_port));
    server->pid = fork();
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        signal(SIGPIPE, SIG_IGN);
        for (;;)
            serve_one(context, accept(listener, NULL, NULL), serve);
    }
    assert_true(server->pid > 0);
    close(listener);
    SSL_CTX_free(context);
}

void https_server_stop(struct https_server *server)
{
    kill(server->pid, SIGKILL);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

void https_server_say(SSL *tls, const char *text)
{
    assert_int_equal(SSL_write(tls, text, (int)strlen(text)), (int)strlen(text));
}

/* ---- messages without data, faster than anybody can take them ---- */

/* Of [RFC 8446 4.6.1], as many as a record holds, each as short as can be. */
#define TICKET_SIZE 18u
#define TICKETS     900u
#define PLAIN_SIZE  (TICKETS * TICKET_SIZE + 1)
#define HEADER_SIZE 5u
#define TAG_SIZE    16u

/* [RFC 8446 7.1] HKDF-Expand-Label, of one block, without context. */
static void expand(const uint8_t secret[static 32], const char *label, uint8_t *out, size_t size)
{
    uint8_t info[64], block[32];
    const int length = snprintf((char *)info, sizeof(info), "%c%c%ctls13 %s", 0, (int)size,
                                (int)strlen(label) + 6, label);
    info[length] = 0;
    info[length + 1] = 1;
    assert_non_null(HMAC(EVP_sha256(), secret, 32, info, (size_t)length + 2, block, NULL));
    memcpy(out, block, size);
}

/* [RFC 8446 5.2] A record of the server's, its `sequence`th. */
static void seal(EVP_CIPHER_CTX *c, const uint8_t iv[static 12], uint64_t sequence,
                 uint8_t record[static HEADER_SIZE + PLAIN_SIZE + TAG_SIZE])
{
    static const uint8_t ticket[TICKET_SIZE] = {4, 0, 0, 14, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 1, 7};
    static uint8_t plain[PLAIN_SIZE];
    const unsigned size = PLAIN_SIZE + TAG_SIZE;
    uint8_t nonce[12];
    int done;
    for (size_t i = 0; i < TICKETS; i++)
        memcpy(plain + i * TICKET_SIZE, ticket, TICKET_SIZE);
    plain[PLAIN_SIZE - 1] = SSL3_RT_HANDSHAKE;
    memcpy(nonce, iv, sizeof(nonce));
    for (size_t i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(sequence >> 8 * i);
    memcpy(record, (uint8_t[]){SSL3_RT_APPLICATION_DATA, 3, 3, size >> 8, size & 0xff}, 5);
    assert_int_equal(EVP_EncryptInit_ex(c, NULL, NULL, NULL, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(c, NULL, &done, record, HEADER_SIZE), 1);
    assert_int_equal(EVP_EncryptUpdate(c, record + HEADER_SIZE, &done, plain, PLAIN_SIZE), 1);
    assert_int_equal(EVP_EncryptFinal_ex(c, record + HEADER_SIZE + PLAIN_SIZE, &done), 1);
    assert_int_equal(
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, record + HEADER_SIZE + PLAIN_SIZE),
        1);
}

void https_server_flood(SSL *tls, uint64_t said)
{
    static uint8_t record[HEADER_SIZE + PLAIN_SIZE + TAG_SIZE];
    uint8_t key[16], iv[12];
    ssize_t sent = 1;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    expand(server_secret, "key", key, sizeof(key));
    expand(server_secret, "iv", iv, sizeof(iv));
    assert_int_equal(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, NULL), 1);
    for (uint64_t sequence = said; sent > 0; sequence++) {
        seal(c, iv, sequence, record);
        for (size_t at = 0; at < sizeof(record) && sent > 0; at += sent > 0 ? (size_t)sent : 0)
            sent = send(SSL_get_wfd(tls), record + at, sizeof(record) - at, 0);
    }
    EVP_CIPHER_CTX_free(c);
}
