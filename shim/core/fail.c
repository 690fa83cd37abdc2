/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim says: one constant line with one number; and how a keep ends when exec
 * has failed. */
#include "shim/core/kernel.h"
#include "shim/core/port.h"

#define LINE_MAX 128u

static size_t put_number(char *to, uint64_t n)
{
    char digits[20];
    size_t count = 0;
    for (; n > 0 || count == 0; n /= 10)
        digits[count++] = (char)('0' + n % 10);
    for (size_t i = 0; i < count; i++)
        to[i] = digits[count - 1 - i];
    return count;
}

int64_t kernel_say(struct kernel *k, const char *text, uint64_t number)
{
    char line[LINE_MAX];
    size_t size = 0;
    while (size < LINE_MAX - 32 && text[size] != '\0') {
        line[size] = text[size];
        size++;
    }
    if (number != 0) {
        line[size++] = ' ';
        size += put_number(line + size, number);
    }
    const struct port_call log = {
        .verb = PORT_LOG, .arg = {PORT_LOG_ERROR}, .in = line, .in_size = size};
    return port_carry(k->block, &log);
}

no_return void kernel_fail(struct kernel *k, const char *text, uint64_t number)
{
    const struct port_call end = {.verb = PORT_EXIT, .arg = {PORT_END_FAILED, 1}};
    (void)kernel_say(k, text, number);
    (void)port_carry(k->block, &end);
    machine_stop(STOP_ENDED); /* a host that lets it go on */
}
