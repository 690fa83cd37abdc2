/* SPDX-License-Identifier: Apache-2.0 */
/* Register contracts (include/sgx_keep.h; SDM 3D 38.4 EENTER, EEXIT):
 *   sgx_entry      EENTER's target: rax CSSA, rbx TCS, rcx where to leave to. At
 *                  CSSA 0 and for the first time: rdi, rsi, rdx are the host's
 *                  arguments. Everything else in registers and flags is the
 *                  host's too, and is dropped before any C runs.
 *   sgx_dispatch   where exec's thread goes on after its exception was taken: on
 *                  the shim's stack, all of exec's general registers in sgx_frame,
 *                  its vector state still in the registers.
 *   sgx_port_gate, sgx_evidence_gate, sgx_clock_gate
 *                  System V calls from exec.
 *   port_enter     a System V call from the shim; leaves the enclave and is back.
 *   leave          edi reason, esi why: clears what is in the registers, EEXIT.
 *
 * An exit takes rsp and rbp as the processor noted them at the entry, in the SSA
 * frame of the current depth; the host's stack is never used. */
#include "shim/sgx/sgx.h"

#define EEXIT 4

#define EXIT_PORT   1
#define EXIT_RESUME 2
#define EXIT_DEAD   3
#define STOP_ENDED  0
#define STOP_ENTRY  1

#define PAGE       4096
#define GPR_OFFSET (PAGE - 184)
#define RIP        136
#define URSP       144
#define URBP       152

#define COMPONENTS 7

/* ---- the processor's frames of the one thread [SDM 3D 35.9] ---- */

    .section .ssa, "aw", @progbits
    .balign PAGE
    .globl sgx_ssa
    .hidden sgx_ssa
sgx_ssa:
    .skip 4 * PAGE

/* ---- the machine's words ---- */

    .section .rodata
    .balign 64
/* Initial vector state [SDM 1 13.6]: no component present, MXCSR as after reset. */
initial:
    .skip 24
    .long 0x1f80
    .skip 832 - 28

    .data
    .balign 64
exec_vectors:
    .skip 832
    .balign 8
    .globl sgx_frame
    .hidden sgx_frame
sgx_frame:
    .skip 18 * 8
shim_rsp:
    .quad 0
exec_rsp:
    .quad 0
leave_to:
    .quad 0
depth:
    .quad 0
    .globl sgx_state
    .hidden sgx_state
sgx_state:
    .long STATE_NEW

    .bss
    .balign 16
    .skip SHIM_STACK_SIZE
    .globl sgx_shim_stack_top
    .hidden sgx_shim_stack_top
sgx_shim_stack_top:
    .skip HANDLER_STACK_SIZE
handler_stack_top:

/* ---- in ---- */

/* Flags to a known state: DF, AC, NT and TF are the host's at an entry. */
    .macro reset_flags
    pushq $2
    popfq
    .endm

/* Clobbers eax, edx. */
    .macro reset_vectors
    mov $COMPONENTS, %eax
    xor %edx, %edx
    xrstor64 initial(%rip)
    .endm

/* The host's flags and vector state are dropped; see shim/core/check.h. */
    .macro entry_flags
#ifndef WITHOUT_entry_df
#ifndef WITHOUT_entry_ac
    reset_flags
#endif
#endif
    .endm

    .macro entry_vectors
#ifndef WITHOUT_entry_mxcsr
#ifndef WITHOUT_entry_vectors
    reset_vectors
#endif
#endif
    .endm

/* No entry is in order any more, and whoever was interrupted on the way here finds
 * nothing to go on with when it is resumed: an entry is not the only way back in.
 * Clobbers eax. */
    .macro end_all
#ifndef WITHOUT_entry_dead
    movl $STATE_DEAD, sgx_state(%rip)
#endif
#ifndef WITHOUT_entry_frames
    lea nothing(%rip), %rax
    .irp n, 0, 1, 2, 3
    mov %rax, sgx_ssa+\n*PAGE+GPR_OFFSET+RIP(%rip)
    .endr
#endif
    .endm

    .text
    .globl sgx_entry
    .hidden sgx_entry
    .type sgx_entry, @function
sgx_entry:
    cmp $1, %rax
#ifndef WITHOUT_entry_depth
    ja nested
#endif
#ifndef WITHOUT_entry_barrier
    lfence                          /* no speculation past the check of CSSA */
#endif
    mov %rcx, leave_to(%rip)
    je exception

    /* CSSA 0: a start, or the host's answer, for which the shim's stack is in use */
#ifndef WITHOUT_entry_stack
    lea handler_stack_top(%rip), %rsp
#endif
    entry_flags
    mov %rdx, %r8
    entry_vectors
    cmpl $STATE_PORT, sgx_state(%rip)
    je answered
    cmpl $STATE_NEW, sgx_state(%rip)
#ifndef WITHOUT_entry_once
    jne out_of_order
#endif
    movl $STATE_SHIM, sgx_state(%rip)
    lea sgx_shim_stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov %r8, %rdx
    call sgx_start
    jmp resume

/* CSSA 1: an exception of exec's, or a lie. */
exception:
    cmpl $STATE_EXEC, sgx_state(%rip)
#ifndef WITHOUT_entry_exception
    jne out_of_order_nested
#endif
    movl $STATE_SHIM, sgx_state(%rip)
    lea handler_stack_top(%rip), %rsp
    entry_flags
    entry_vectors
    xor %ebp, %ebp
    call sgx_exception
    movq $1, depth(%rip)
    mov $EXIT_RESUME, %edi
    xor %esi, %esi
    jmp leave

/* CSSA 2 or more: nobody is ever there. The depth that counts is rax. */
nested:
    mov %rcx, leave_to(%rip)
    mov %rax, depth(%rip)           /* at most 3: NSSA is 4 */
    jmp 1f
out_of_order_nested:
    movq $1, depth(%rip)
    jmp 1f
out_of_order:
    movq $0, depth(%rip)
1:  lea handler_stack_top(%rip), %rsp
    reset_flags
    mov $STOP_ENTRY, %esi
    cmpl $STATE_DEAD, sgx_state(%rip)
    jne 2f
    mov $STOP_ENDED, %esi
2:  end_all
    mov $EXIT_DEAD, %edi
    jmp leave

/* ---- exec's thread, redirected ---- */

    .globl sgx_dispatch
    .hidden sgx_dispatch
    .type sgx_dispatch, @function
sgx_dispatch:
    xor %ebp, %ebp
    call sgx_serve
    /* falls through */

/* Back to exec: its registers from sgx_frame, in the order of struct frame. */
resume:
    pushq sgx_frame+16*8(%rip)
    movl $STATE_EXEC, sgx_state(%rip)
    popfq
    mov sgx_frame+0*8(%rip), %rax
    mov sgx_frame+1*8(%rip), %rcx
    mov sgx_frame+2*8(%rip), %rdx
    mov sgx_frame+3*8(%rip), %rbx
    mov sgx_frame+5*8(%rip), %rbp
    mov sgx_frame+6*8(%rip), %rsi
    mov sgx_frame+7*8(%rip), %rdi
    mov sgx_frame+8*8(%rip), %r8
    mov sgx_frame+9*8(%rip), %r9
    mov sgx_frame+10*8(%rip), %r10
    mov sgx_frame+11*8(%rip), %r11
    mov sgx_frame+12*8(%rip), %r12
    mov sgx_frame+13*8(%rip), %r13
    mov sgx_frame+14*8(%rip), %r14
    mov sgx_frame+15*8(%rip), %r15
    mov sgx_frame+4*8(%rip), %rsp
    jmp *sgx_frame+17*8(%rip)

/* ---- calls from exec ---- */

    .macro gate name, function
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    movl $STATE_SHIM, sgx_state(%rip)
    mov %rsp, exec_rsp(%rip)
    lea sgx_shim_stack_top(%rip), %rsp
    cld
    call \function
    mov exec_rsp(%rip), %rsp
    movl $STATE_EXEC, sgx_state(%rip)
    ret
    .endm

    gate sgx_port_gate, sgx_port
    gate sgx_evidence_gate, sgx_evidence
    gate sgx_clock_gate, sgx_clock

/* ---- out, and back ---- */

    .globl port_enter
    .hidden port_enter
    .type port_enter, @function
port_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    rdfsbase %rax
    push %rax
    mov $COMPONENTS, %eax
    xor %edx, %edx
    xsave64 exec_vectors(%rip)
    mov %rsp, shim_rsp(%rip)
    movl $STATE_PORT, sgx_state(%rip)
    movq $0, depth(%rip)
    mov $EXIT_PORT, %edi
    xor %esi, %esi
    jmp leave

answered:
    movl $STATE_SHIM, sgx_state(%rip)
    mov $COMPONENTS, %eax
    xor %edx, %edx
    xrstor64 exec_vectors(%rip)
    mov shim_rsp(%rip), %rsp
    pop %rax
    wrfsbase %rax
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .globl sgx_leave_dead
    .hidden sgx_leave_dead
    .type sgx_leave_dead, @function
sgx_leave_dead:
    end_all
    mov %edi, %esi
    mov $EXIT_DEAD, %edi
    movq $0, depth(%rip)
    /* from the handler it is at depth 1 */
    lea handler_stack_top(%rip), %rax
    cmp %rax, %rsp
    ja leave
    lea sgx_shim_stack_top(%rip), %rax
    cmp %rax, %rsp
    jbe leave
    movq $1, depth(%rip)
    /* falls through */

leave:
#ifndef WITHOUT_exit_vectors
    reset_vectors
#endif
    mov depth(%rip), %rcx
    shl $12, %rcx
    lea sgx_ssa+GPR_OFFSET(%rip), %rdx
    add %rcx, %rdx
    mov URBP(%rdx), %rbp
    mov URSP(%rdx), %rcx
    mov leave_to(%rip), %rbx
#ifndef WITHOUT_exit_registers
    xor %edx, %edx
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
#endif
#ifndef WITHOUT_exit_flags
    reset_flags                     /* on a stack of ours, for the last time */
#endif
    mov %rcx, %rsp
    mov $0, %ecx
    mov $EEXIT, %eax
    enclu
nothing:
    ud2

    .section .note.GNU-stack, "", @progbits
