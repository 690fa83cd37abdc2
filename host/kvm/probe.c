/* SPDX-License-Identifier: Apache-2.0 */
/* Probes; see probe.h. The last sends the shim to user mode and back, in a process of its
 * own and under a time limit: a /dev/kvm that opens may still not work. */
#define _GNU_SOURCE
#include "host/kvm/probe.h"

#include "host/clock.h"
#include "host/kvm/floor.h"
#include "host/kvm/vm.h"
#include "host/probe.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_LIMIT_MS 250u  /* of the processor's time: the machine may be busy ... */
#define PATIENCE_MS   3000u /* ... but for no longer than anybody would wait */

/* Leaf 1, ecx; leaf 7, ebx [SDM 2A CPUID]. */
#define ECX_RDRAND   (1u << 30)
#define EBX_FSGSBASE (1u << 0)

/* ---- the device ---- */

static const char *remedy(int error)
{
    switch (error) {
    case ENOENT:
        return "; there is no KVM: enable virtualisation in the firmware, or for this virtual "
               "machine, and load kvm_intel or kvm_amd";
    case EACCES:
        return "; join the group kvm";
    default:
        return "";
    }
}

static size_t probe_device(struct probe *row, int *device)
{
    *device = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
    const int error = errno;
    if (*device < 0)
        return probe_tell(row, "Device", false, "cannot open " KVM_DEVICE ": %s%s", strerror(error),
                          remedy(error));
    return probe_tell(row, "Device", true, KVM_DEVICE " opens");
}

static size_t probe_api(struct probe *row, int device)
{
    const int version = ioctl(device, KVM_GET_API_VERSION, 0);
    const bool immediate = ioctl(device, KVM_CHECK_EXTENSION, KVM_CAP_IMMEDIATE_EXIT) > 0;
    return probe_tell(row, "Interface", version == KVM_API_VERSION && immediate,
                      "version %d%s; version %d with exits at once is needed", version,
                      immediate ? "" : " without exits at once", KVM_API_VERSION);
}

/* For whoever runs this host: no machine is refused for it. */
static size_t probe_kernel(struct probe *row)
{
    struct utsname u;
    struct kvm_release floor;
    if (uname(&u) < 0)
        u.release[0] = '\0';
    if (kvm_floor(u.release, &floor))
        return probe_tell(row, "Kernel", true, "Linux %.40s", u.release);
    return probe_tell(row, "Kernel", true,
                      "Linux %.40s; bugs of KVM were mended up to %u.%u.%u, see docs/kvm.md: ask "
                      "your distribution whether they are in this one",
                      u.release, floor.major, floor.minor, floor.patch);
}

/* Without, every step of a guest is the work of software, which is not known to do what
 * a processor would; nobody waits for that to be found out at each start. */
static size_t probe_virtualisation(struct probe *row)
{
    unsigned a;
    unsigned b;
    unsigned c = 0;
    unsigned d;
    const bool vmx = __get_cpuid(CPUID_FEATURES, &a, &b, &c, &d) && (c & CPUID_ECX_VMX);
    const bool svm = __get_cpuid(CPUID_EXTENDED, &a, &b, &c, &d) && (c & CPUID_ECX_SVM);
    return probe_tell(row, "Virtualisation", vmx || svm, "%s",
                      vmx || svm
                          ? "the processor has it"
                          : "the processor offers none, so this KVM is emulated in software; use "
                            "a machine that has VMX or SVM, enabled in its firmware");
}

static size_t probe_processor(struct probe *rows)
{
    unsigned a;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d;
    const bool fsgsbase = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & EBX_FSGSBASE);
    const bool rdrand = __get_cpuid(CPUID_FEATURES, &a, &b, &c, &d) && (c & ECX_RDRAND);
    const size_t n = probe_tell(&rows[0], "FSGSBASE", fsgsbase, "%s",
                                fsgsbase ? "the processor has it" : "the processor lacks it");
    return n + probe_tell(&rows[n], "RDRAND", rdrand, "%s",
                          rdrand ? "the processor makes random numbers"
                                 : "the processor makes no random numbers");
}

/* ---- a guest ---- */

#define WHY_SIZE (sizeof(((struct probe *)0)->why))
#define GUEST    "A guest in user mode and back"

/* Why no keep can run here; nothing: one can. */
static void run_guest(int out)
{
    struct kvm_vm vm;
    struct kvm_left left;
    char why[WHY_SIZE] = "";
    const char *found = NULL;
    const struct itimerval limit = {.it_value = {.tv_usec = TIME_LIMIT_MS * 1000}};
    setitimer(ITIMER_PROF, &limit, NULL); /* ends this process, where nothing else does */
    int error = kvm_vm_open(&vm, kvm_shim_file(), 0);
    if (error == 0)
        error = kvm_vm_run(&vm, &left);
    if (error == 0)
        found = kvm_turn_probed(&left);
    if (error < 0)
        snprintf(why, sizeof(why), "%s: %s", vm.failed != NULL ? vm.failed : "running it",
                 strerror(-error));
    else if (found != NULL)
        snprintf(why, sizeof(why), "this KVM does not do what the processor would: %s", found);
    const ssize_t told = write(out, why, strlen(why) + 1);
    (void)told; /* a pipe that nobody reads: the parent has given up */
    _exit(0);
}

/* Reads what it found; false: it did not say in time. */
static bool await(int in, char *why, size_t size)
{
    struct pollfd row = {.fd = in, .events = POLLIN};
    const uint64_t end = clock_ms() + PATIENCE_MS;
    ssize_t n = -1;
    for (uint64_t now = clock_ms(); now < end && n < 0; now = clock_ms()) {
        if (poll(&row, 1, (int)(end - now)) > 0)
            n = read(in, why, size - 1);
    }
    why[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static size_t judge(struct probe *row, bool answered, const char *why)
{
    if (!answered)
        return probe_tell(
            row, GUEST, false,
            "none in %u ms: this KVM is emulated in software, too slowly or not rightly, or "
            "the machine is overloaded",
            TIME_LIMIT_MS);
    return probe_tell(row, GUEST, why[0] == '\0', "%s", why[0] == '\0' ? "works" : why);
}

static size_t probe_guest(struct probe *row)
{
    int fds[2];
    char why[WHY_SIZE] = "";
    if (pipe2(fds, O_CLOEXEC) < 0)
        return probe_tell(row, GUEST, false, "no pipe for it: %s", strerror(errno));
    const pid_t pid = fork();
    const int error = errno;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (dup2(fds[1], STDOUT_FILENO) < 0)
            _exit(1);
        syscall(SYS_close_range, STDERR_FILENO, ~0u, 0); /* others wait for their ends */
        run_guest(STDOUT_FILENO);
    }
    close(fds[1]);
    const bool answered = pid > 0 && await(fds[0], why, sizeof(why));
    close(fds[0]);
    if (pid < 0)
        return probe_tell(row, GUEST, false, "no process for it: %s", strerror(error));
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return judge(row, answered, why);
}

size_t kvm_probe(struct probe *rows)
{
    int device;
    size_t n = probe_device(&rows[0], &device);
    if (device < 0)
        return n;
    n += probe_api(&rows[n], device);
    close(device);
    n += probe_kernel(&rows[n]);
    n += probe_virtualisation(&rows[n]);
    n += probe_processor(&rows[n]);
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].ok)
            return n;
    }
    return n + probe_guest(&rows[n]);
}
