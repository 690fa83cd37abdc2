/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that have taken the shim's place, in machines as host/kvm makes and leaves them:
 * each must end for the reason that it has in the table, and what it may touch of the host's
 * memory is what it was given. Prints what did not hold. */
#define _GNU_SOURCE
#include "host/kvm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE    4096u
#define LARGE   (2u << 20)
#define MEMORY  (64u << 20)
#define MONITOR (5u << 20) /* bytes: what it may take for itself */

#define PATIENCE 60u /* seconds */

#define NOTHING_THERE "it touched memory that it does not have"
#define NO_CALL       "it left without saying why"
#define GAVE_UP       "its processor gave up (triple fault)"

#define GUESTS(X)                   \
    X(everything, NOTHING_THERE)    \
    X(nothing, NOTHING_THERE)       \
    X(behind, NOTHING_THERE)        \
    X(halt, "its processor halted") \
    X(exception, GAVE_UP)           \
    X(port, NO_CALL)                \
    X(byte, NO_CALL)                \
    X(read, NO_CALL)                \
    X(many, NO_CALL)                \
    X(svm, GAVE_UP)                 \
    X(vmx, GAVE_UP)

/* All of them, each copied from its own first byte on. */
#define DECLARE(name, why) extern const uint8_t guest_##name[];
GUESTS(DECLARE)
extern const uint8_t guests_end[];

/* ---- an image ---- */

#define PRESENT 1u
#define WRITE   2u
#define BIG     (1u << 7)

static uint64_t *table(uint8_t *image, unsigned number)
{
    return (uint64_t *)(void *)(image + KVM_IMAGE_TABLES + number * PAGE);
}

static uint64_t entry_of(unsigned number)
{
    return (KVM_KEEP_IMAGE + KVM_IMAGE_TABLES + number * PAGE) | PRESENT | WRITE;
}

/* The first GiB where it is, and the image where it is linked for: PML4, then a table of each
 * kind for the one and for the other. */
static void map(uint8_t *image)
{
    table(image, 0)[0] = entry_of(1);
    table(image, 1)[0] = entry_of(2);
    for (uint64_t i = 0; i < 512; i++)
        table(image, 2)[i] = i * LARGE | PRESENT | WRITE | BIG;
    table(image, 0)[511] = entry_of(3);
    table(image, 3)[510] = entry_of(4);
    table(image, 4)[0] = KVM_KEEP_IMAGE | PRESENT | WRITE | BIG;
}

static struct bytes image_of(const uint8_t *guest)
{
    static uint8_t image[KVM_IMAGE_FILE_MAX] aligned_to(4096);
    map(image);
    memcpy(image, guest, (size_t)(guests_end - guest));
    return (struct bytes){image, sizeof(image)};
}

/* ---- a monitor ---- */

static const char *run(struct kvm_vm *vm)
{
    for (;;) {
        struct kvm_left left;
        const char *why = "KVM did not run it";
        if (kvm_vm_run(vm, &left) < 0)
            return why;
        switch (kvm_turn_take(&left, &why)) {
        case KVM_TURN_END:
            return why;
        case KVM_TURN_AGAIN:
            break;
        default:
            return "it goes on";
        }
    }
}

static size_t resident(void)
{
    unsigned long size = 0;
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%lu %lu", &size, &pages) != 2)
        return 0;
    fclose(f);
    return pages * PAGE;
}

/* Why it ended. */
static const char *end_of(const uint8_t *guest)
{
    struct kvm_vm vm;
    void *const memory = kvm_vm_memory(MEMORY);
    if (memory == MAP_FAILED || kvm_vm_open(&vm, image_of(guest), MEMORY) < 0)
        return "no machine";
    if (kvm_vm_show(&vm, KVM_KEEP_MEMORY, memory, MEMORY) < 0)
        return vm.failed;
    return run(&vm);
}

/* In a process of its own, which the machine goes with. */
static int holds(const char *name, const uint8_t *guest, const char *expected)
{
    int status = 1;
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(PATIENCE);
        const char *why = end_of(guest);
        const size_t took = resident();
        const size_t least = guest == guest_everything ? MEMORY : 0;
        const int ok = strcmp(why, expected) == 0 && took >= least &&
                       took < least + KVM_KEEP_FIRST_SIZE + MONITOR;
        if (!ok)
            printf("%s: %s; %zu KiB\n", name, why, took >> 10);
        exit(!ok);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s: no end in %u s\n", name, PATIENCE);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
    int passed = 0;
    int all = 0;
#define TRY(name, why) all++, passed += holds(#name, guest_##name, why);
    GUESTS(TRY)
    printf("%d of %d\n", passed, all);
    return passed != all;
}
