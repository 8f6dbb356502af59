/* Cortex-M: vectors, reset, faults, semihosting, in instructions that an M0 has too. */
    .syntax unified
    .thumb

    .section .bss.board_fault_stack, "aw", %nobits
    .balign 8
board_fault_stack:
    .space 512

    .section .vectors, "a"
    .global board_vectors
board_vectors:
    .word board_stack_top
    .word board_reset
    .rept 13
    .word board_any_fault
    .endr
    .word board_on_timer
    .rept 240
    .word board_any_fault
    .endr

    .section .text.board_start, "ax"
    .global board_reset
    .type board_reset, %function
    .thumb_func
board_reset:
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    ldr r0, =0xE000ED88         /* CPACR: coprocessors 10 and 11, the floating-point and vector unit */
    ldr r1, [r0]
    ldr r2, =0x00F00000
    orrs r1, r2
    str r1, [r0]
    dsb
    isb
#endif
    ldr r0, =board_data_start
    ldr r1, =board_data_end
    ldr r2, =board_data_load
1:  cmp r0, r1
    bhs 2f
    ldr r3, [r2]
    str r3, [r0]
    adds r0, #4
    adds r2, #4
    b 1b
2:  ldr r0, =board_bss_start
    ldr r1, =board_bss_end
    movs r2, #0
3:  cmp r0, r1
    bhs 4f
    str r2, [r0]
    adds r0, #4
    b 3b
4:  bl main
    bl board_exit
    .size board_reset, . - board_reset

    .type board_any_fault, %function
    .thumb_func
board_any_fault:
    mrs r0, msp
    /* a stack that ran over is no place to report from */
    ldr r1, =board_fault_stack + 512
    mov sp, r1
    bl board_fault

    .global board_semihosting
    .type board_semihosting, %function
    .thumb_func
board_semihosting:
    bkpt 0xAB
    bx lr

    .global board_known_loop
    .type board_known_loop, %function
    .thumb_func
board_known_loop:
    subs r0, #1
    bne board_known_loop
    bx lr
    .pool
