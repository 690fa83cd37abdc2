/* SPDX-License-Identifier: Apache-2.0 */
/* Asking AESM; see aesm.h. [protocol buffers: encoding] */
#define _GNU_SOURCE
#include "host/sgx/aesm.h"

#include "base/put.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_MS     30000u /* collateral may have to come over the network */
#define KEY_ID_SIZE    256u   /* sgx_att_key_id_t */
#define KEY_IDS_MAX    16u
#define KEY_ALGORITHM  154u /* algorithm_id in it */
#define KEY_ECDSA_P256 2u   /* SGX_QL_ALG_ECDSA_P256 */
#define REQUEST_MAX    1024u
#define ANSWER_MAX     (128u * 1024u)

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_DATA = 2, WIRE_FIXED32 = 5 };

/* ---- messages ---- */

static uint64_t take_varint(struct cur *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = cur_u8(c);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return value;
    }
    cur_fail(c);
    return 0;
}

static struct bytes take_data(struct cur *c)
{
    const uint64_t size = take_varint(c);
    return cur_take(c, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
}

/* One field; unknown numbers are passed over, as the format has it. */
static void take_field(struct cur *c, struct aesm_answer *a)
{
    const uint64_t tag = take_varint(c);
    const uint64_t field = tag >> 3;
    const size_t at = field < AESM_FIELDS ? (size_t)field : 0;
    if (field == 0)
        cur_fail(c);
    switch (tag & 7) {
    case WIRE_VARINT:
        a->number[at] = take_varint(c);
        break;
    case WIRE_DATA:
        a->data[at] = take_data(c);
        break;
    case WIRE_FIXED64:
        cur_take(c, 8);
        break;
    case WIRE_FIXED32:
        cur_take(c, 4);
        break;
    default:
        cur_fail(c);
    }
}

static int parse_fields(struct bytes message, struct aesm_answer *answer)
{
    struct cur c = cur_init(message);
    *answer = (struct aesm_answer){.number = {[1] = UINT64_MAX}};
    while (cur_ok(&c) && cur_left(&c) > 0)
        take_field(&c, answer);
    return cur_done(&c) ? 0 : -EBADMSG;
}

int aesm_answer_parse(struct bytes message, enum aesm_call call, struct aesm_answer *answer)
{
    struct cur c = cur_init(message);
    const uint64_t tag = take_varint(&c);
    const struct bytes inner = take_data(&c);
    if (!cur_done(&c) || tag != ((uint64_t)call << 3 | WIRE_DATA))
        return -EBADMSG;
    int error = parse_fields(inner, answer);
    if (error < 0)
        return error;
    return answer->number[1] == 0 ? 0 : -EIO;
}

static void put_varint(struct put *p, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_u8(p, (uint8_t)(value | 0x80));
    put_u8(p, (uint8_t)value);
}

static void put_number(struct put *p, unsigned field, uint64_t value)
{
    put_varint(p, (uint64_t)field << 3 | WIRE_VARINT);
    put_varint(p, value);
}

static void put_data(struct put *p, unsigned field, struct bytes data)
{
    put_varint(p, (uint64_t)field << 3 | WIRE_DATA);
    put_varint(p, data.size);
    put_bytes(p, data);
}

/* ---- one question ---- */

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    const struct timeval patience = {.tv_sec = TIMEOUT_MS / 1000u};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

static int send_all(int fd, struct bytes data)
{
    while (data.size > 0) {
        ssize_t n = send(fd, data.data, data.size, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -errno;
        data.data += n > 0 ? n : 0;
        data.size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int receive_all(int fd, uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = recv(fd, data, size, 0);
        if (n == 0)
            return -EBADMSG;
        if (n < 0 && errno != EINTR)
            return -errno;
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int exchange(int fd, struct bytes question, uint8_t *buffer, struct bytes *answer)
{
    uint8_t prefix[4];
    struct put p = put_init(prefix, sizeof(prefix));
    put_le32(&p, (uint32_t)question.size);
    int error = send_all(fd, put_done(&p));
    if (error == 0)
        error = send_all(fd, question);
    if (error == 0)
        error = receive_all(fd, prefix, sizeof(prefix));
    if (error < 0)
        return error;
    struct cur c = cur_init((struct bytes){prefix, sizeof(prefix)});
    const uint32_t size = cur_le32(&c);
    if (size > ANSWER_MAX)
        return -EBADMSG;
    *answer = (struct bytes){buffer, size};
    return receive_all(fd, buffer, size);
}

/* Sends a message whose one field is `inner`; the answer borrows from `buffer`,
 * which has room for ANSWER_MAX bytes. */
static int ask(const char *path, enum aesm_call call, const struct put *inner, uint8_t *buffer,
               struct aesm_answer *answer)
{
    uint8_t request[REQUEST_MAX];
    struct put p = put_init(request, sizeof(request));
    put_data(&p, call, put_done(inner));
    if (inner->bad || p.bad)
        return -EMSGSIZE;
    int fd = open_socket(path);
    if (fd < 0)
        return fd;
    struct bytes reply;
    int error = exchange(fd, put_done(&p), buffer, &reply);
    close(fd);
    return error < 0 ? error : aesm_answer_parse(reply, call, answer);
}

/* ---- the five questions ---- */

#define TIMEOUT_FIELD 9u

static bool is_ecdsa(struct bytes key_id)
{
    struct cur c = cur_init(key_id);
    cur_take(&c, KEY_ALGORITHM);
    return cur_le32(&c) == KEY_ECDSA_P256 && cur_ok(&c);
}

static int pick_key(struct bytes ids, uint8_t key_id[static KEY_ID_SIZE])
{
    struct cur c = cur_init(ids);
    while (cur_left(&c) > 0) {
        const struct bytes id = cur_take(&c, KEY_ID_SIZE);
        if (!cur_ok(&c))
            return -EBADMSG;
        if (is_ecdsa(id)) {
            memcpy(key_id, id.data, KEY_ID_SIZE);
            return 0;
        }
    }
    return -ENOENT;
}

/* The attestation key for quotes of version 3, ECDSA over P-256. */
static int find_key(const char *path, uint8_t *buffer, uint8_t key_id[static KEY_ID_SIZE])
{
    uint8_t inner[32];
    struct aesm_answer answer;
    struct put p = put_init(inner, sizeof(inner));
    put_number(&p, TIMEOUT_FIELD, TIMEOUT_MS);
    int error = ask(path, AESM_KEY_COUNT, &p, buffer, &answer);
    if (error < 0)
        return error;
    const uint64_t count = answer.number[2];
    if (count == 0 || count > KEY_IDS_MAX)
        return -EBADMSG;
    p = put_init(inner, sizeof(inner));
    put_number(&p, 1, count * KEY_ID_SIZE);
    put_number(&p, TIMEOUT_FIELD, TIMEOUT_MS);
    error = ask(path, AESM_KEY_IDS, &p, buffer, &answer);
    return error < 0 ? error : pick_key(answer.data[2], key_id);
}

/* Twice: the first answer tells how much room the key's identity takes. */
static int init_quote(const char *path, const uint8_t key_id[static KEY_ID_SIZE], uint8_t *buffer,
                      struct aesm_answer *answer)
{
    uint64_t size = 0;
    for (int round = 0; round < 2; round++) {
        uint8_t inner[KEY_ID_SIZE + 64];
        struct put p = put_init(inner, sizeof(inner));
        put_data(&p, 1, (struct bytes){key_id, KEY_ID_SIZE});
        put_number(&p, 3, (uint64_t)round); /* b_pub_key_id: want it */
        if (round > 0)
            put_number(&p, 4, size);
        put_number(&p, TIMEOUT_FIELD, TIMEOUT_MS);
        int error = ask(path, AESM_INIT_QUOTE, &p, buffer, answer);
        if (error < 0)
            return error;
        size = answer->number[3];
        if (size > ANSWER_MAX)
            return -EBADMSG;
    }
    return 0;
}

int aesm_target(const char *path, struct sgx_targetinfo *target)
{
    static uint8_t buffer[ANSWER_MAX];
    uint8_t key_id[KEY_ID_SIZE];
    struct aesm_answer answer;
    int error = find_key(path, buffer, key_id);
    if (error == 0)
        error = init_quote(path, key_id, buffer, &answer);
    if (error < 0)
        return error;
    if (answer.data[2].size != sizeof(*target))
        return -EBADMSG;
    memcpy(target, answer.data[2].data, sizeof(*target));
    return 0;
}

static int quote_size(const char *path, const uint8_t key_id[static KEY_ID_SIZE], uint8_t *buffer,
                      uint64_t *size)
{
    uint8_t inner[KEY_ID_SIZE + 64];
    struct aesm_answer answer;
    struct put p = put_init(inner, sizeof(inner));
    put_data(&p, 1, (struct bytes){key_id, KEY_ID_SIZE});
    put_number(&p, TIMEOUT_FIELD, TIMEOUT_MS);
    int error = ask(path, AESM_QUOTE_SIZE, &p, buffer, &answer);
    *size = error < 0 ? 0 : answer.number[2];
    return error;
}

static int get_quote(const char *path, const struct sgx_report *report,
                     const uint8_t key_id[static KEY_ID_SIZE], uint64_t size, uint8_t *buffer,
                     struct bytes *quote)
{
    uint8_t inner[sizeof(*report) + KEY_ID_SIZE + 64];
    struct aesm_answer answer;
    struct put p = put_init(inner, sizeof(inner));
    put_data(&p, 1, (struct bytes){(const uint8_t *)report, sizeof(*report)});
    put_data(&p, 2, (struct bytes){key_id, KEY_ID_SIZE});
    put_number(&p, 4, size);
    put_number(&p, TIMEOUT_FIELD, TIMEOUT_MS);
    int error = ask(path, AESM_GET_QUOTE, &p, buffer, &answer);
    *quote = error < 0 ? (struct bytes){0} : answer.data[2];
    return error;
}

int aesm_quote(const char *path, const struct sgx_report *report, uint8_t *quote, size_t *size)
{
    static uint8_t buffer[ANSWER_MAX];
    uint8_t key_id[KEY_ID_SIZE];
    uint64_t needed = 0;
    struct bytes got = {0};
    int error = find_key(path, buffer, key_id);
    if (error == 0)
        error = quote_size(path, key_id, buffer, &needed);
    if (error < 0)
        return error;
    if (needed > *size)
        return -EMSGSIZE;
    error = get_quote(path, report, key_id, needed, buffer, &got);
    if (error < 0)
        return error;
    if (got.size == 0 || got.size > needed)
        return -EBADMSG;
    memcpy(quote, got.data, got.size);
    *size = got.size;
    return 0;
}
