/* SPDX-License-Identifier: Apache-2.0 */
/* Register contracts:
 *   nil_start       in rdi = entry, rsi = stack; does not return. Keeps the
 *                   host's rsp and FS base for nil_port_entry.
 *   nil_port_entry  a System V call from exec: rdi in, rax out, callee-saved
 *                   registers kept. Runs nil_port on the host's stack with the
 *                   host's FS base, then restores exec's. Not reentrant: exec
 *                   calls the port from one thread. */

    .set SYS_arch_prctl, 158
    .set ARCH_SET_FS, 0x1002
    .set ARCH_GET_FS, 0x1003

    .bss
    .balign 8
host_rsp:
    .skip 8
host_fs:
    .skip 8
exec_fs:
    .skip 8
    .globl nil_has_fsgsbase
    .hidden nil_has_fsgsbase
nil_has_fsgsbase:
    .skip 1

    .text

/* FS base into the word at rdi. Clobbers rax, rcx, rsi, r11. */
save_fs:
    cmpb $0, nil_has_fsgsbase(%rip)
    je 1f
    rdfsbase %rax
    mov %rax, (%rdi)
    ret
1:  mov %rdi, %rsi
    mov $ARCH_GET_FS, %edi
    mov $SYS_arch_prctl, %eax
    syscall
    ret

/* FS base from rsi. Clobbers rax, rcx, rdi, r11. */
load_fs:
    cmpb $0, nil_has_fsgsbase(%rip)
    je 1f
    wrfsbase %rsi
    ret
1:  mov $ARCH_SET_FS, %edi
    mov $SYS_arch_prctl, %eax
    syscall
    ret

    .globl nil_start
    .hidden nil_start
    .type nil_start, @function
nil_start:
    mov %rdi, %rbx
    mov %rsi, %r12
    mov %rsp, host_rsp(%rip)
    lea host_fs(%rip), %rdi
    call save_fs
    mov %r12, %rsp
    xor %edx, %edx              /* no function to register with atexit */
    xor %ebp, %ebp
    jmp *%rbx

    .globl nil_port_entry
    .hidden nil_port_entry
    .type nil_port_entry, @function
nil_port_entry:
    push %rbp
    mov %rsp, %rbp              /* rbp survives the call below */
    push %rbx
    mov %rdi, %rbx
    lea exec_fs(%rip), %rdi
    call save_fs
    mov host_fs(%rip), %rsi
    call load_fs
    mov host_rsp(%rip), %rsp
    and $-16, %rsp
    mov %rbx, %rdi
    call nil_port
    mov %rax, %rbx
    mov exec_fs(%rip), %rsi
    call load_fs
    mov %rbx, %rax
    mov -8(%rbp), %rbx
    mov %rbp, %rsp
    pop %rbp
    ret

    .section .note.GNU-stack, "", @progbits
