/* SPDX-License-Identifier: Apache-2.0 */
/* A guest as a keep of the nil backend: the command's own host, sandbox and port. */
#ifndef TESTS_KEEP_NIL_GUEST_H
#define TESTS_KEEP_NIL_GUEST_H

/* How it ended. */
enum nil_end {
    NIL_EXIT,   /* code: its status */
    NIL_SIGNAL, /* code: the signal's number */
    NIL_FAILED, /* it did not start, or said so */
};

/* Runs the file as exec, with a manifest of that text; it says what it says on standard
 * error. */
enum nil_end nil_guest_run(const char *file, const char *manifest, int *code);

#endif
