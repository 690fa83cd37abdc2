/* SPDX-License-Identifier: Apache-2.0 */
/* As modules looked before WASI was called preview 1. */
struct slice {
    const char *data;
    unsigned size;
};

__attribute__((import_module("wasi_unstable"), import_name("fd_write"))) int
fd_write(int fd, const struct slice *slices, unsigned count, unsigned *written);
__attribute__((import_module("wasi_unstable"), import_name("proc_exit"))) _Noreturn void
proc_exit(int status);

__attribute__((export_name("_start"))) void start(void)
{
    unsigned written;
    struct slice text = {"before preview 1\n", 17};
    proc_exit(fd_write(1, &text, 1, &written) != 0 || written != 17 ? 1 : 5);
}
