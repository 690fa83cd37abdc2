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
