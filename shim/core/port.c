/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's marshaller; see port.h. */
#include "shim/core/port.h"

#include "shim/core/check.h"

#include <stdbool.h>

struct row {
    uint8_t in;
    uint8_t result;
    uint32_t in_max;
    uint32_t out_max;
};

#define ROW(name, in, in_max, out_max, result) [PORT_##name] = {in, result, in_max, out_max},
static const struct row rows[PORT_VERB_COUNT] = {PORT_TABLE(ROW)};
#undef ROW

static bool errno_known(int64_t result)
{
#define CASE(n) case -(n):
    switch (result) {
        PORT_ERRNO_TABLE(CASE)
        return true;
    default:
        return false;
    }
#undef CASE
}

/* Is `result` one that the row allows for this call? */
static bool result_allowed(const struct row *row, const struct port_call *call, int64_t result)
{
    if (result < 0)
        return CHECK(port_errno, errno_known(result));
    uint64_t value = (uint64_t)result;
    switch (row->result) {
    case PORT_RESULT_ZERO:
        return CHECK(port_zero, value == 0);
    case PORT_RESULT_TAKEN:
        return CHECK(port_taken, value <= call->in_size);
    case PORT_RESULT_GIVEN:
        return CHECK(port_given, value <= call->out_size);
    case PORT_RESULT_ROWS:
        return CHECK(port_rows, value <= call->in_size / PORT_POLL_ROW);
    case PORT_RESULT_HANDLE:
        return CHECK(port_handle, value <= PORT_HANDLE_MAX);
    default: /* PORT_RESULT_TIME, PORT_RESULT_TOTAL: any size is one */
        return true;
    }
}

/* How much of the output the host has filled, derived from a checked result. */
static size_t output_size(const struct row *row, const struct port_call *call, int64_t result)
{
    if (result < 0)
        return 0;
    uint64_t value = (uint64_t)result;
    switch (row->result) {
    case PORT_RESULT_GIVEN:
        return value;
    case PORT_RESULT_ROWS:
        return call->in_size;
    case PORT_RESULT_TOTAL: {
        uint64_t left = value > call->arg[2] ? value - call->arg[2] : 0;
        return CHECK(port_total, left < call->out_size) ? left : call->out_size;
    }
    default:
        return 0;
    }
}

static size_t output_offset(size_t in_size)
{
    return PORT_DATA_OFFSET + (in_size + PORT_DATA_ALIGN - 1) / PORT_DATA_ALIGN * PORT_DATA_ALIGN;
}

static int64_t read_result(const struct shared *block)
{
    int64_t result;
    shared_read(block, PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
                sizeof(result));
    return result;
}

int64_t port_carry(struct shared *block, const struct port_call *call)
{
    if (!CHECK(port_verb, call->verb < PORT_VERB_COUNT))
        return -22;
    const struct row *row = &rows[call->verb];
    if (!CHECK(port_row_in, call->in_size <= row->in_max) ||
        !CHECK(port_row_out, call->out_size <= row->out_max))
        return -22;
    if (row->result == PORT_RESULT_ROWS && !CHECK(port_even, call->out_size == call->in_size))
        return -22;

    struct port_frame frame = {
        .verb = call->verb,
        .arg = {call->arg[0], call->arg[1], call->arg[2], call->arg[3]},
        .in_size = call->in_size,
        .out_size = call->out_size,
    };
    shared_write(block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    shared_write(block, PORT_DATA_OFFSET, call->in, call->in_size);
    port_enter(block);

    const int64_t checked = read_result(block);
    if (!result_allowed(row, call, checked))
        port_attacked(call->verb, checked);
    const int64_t result = CHECKED(port_once, checked, read_result(block));
    shared_read(block, output_offset(call->in_size), call->out, output_size(row, call, result));
    return result;
}
