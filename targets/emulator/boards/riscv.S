/* RISC-V: start, traps, semihosting, the instruction counter. */
    .option arch, +zicsr

    .section .vectors, "ax"
    .global board_reset
    .type board_reset, @function
board_reset:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, board_stack_top
    la t0, board_trap
    csrw mtvec, t0
    la t0, board_data_start
    la t1, board_data_end
    la t2, board_data_load
1:  bgeu t0, t1, 2f
    lw t3, 0(t2)
    sw t3, 0(t0)
    addi t0, t0, 4
    addi t2, t2, 4
    j 1b
2:  la t0, board_bss_start
    la t1, board_bss_end
3:  bgeu t0, t1, 4f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 3b
4:  call main
    call board_exit

    .text
    .balign 4
    .type board_trap, @function
board_trap:
    addi sp, sp, -64
    sw ra, 0(sp)
    sw t0, 4(sp)
    sw t1, 8(sp)
    sw t2, 12(sp)
    sw t3, 16(sp)
    sw t4, 20(sp)
    sw t5, 24(sp)
    sw t6, 28(sp)
    sw a0, 32(sp)
    sw a1, 36(sp)
    sw a2, 40(sp)
    sw a3, 44(sp)
    sw a4, 48(sp)
    sw a5, 52(sp)
    sw a6, 56(sp)
    sw a7, 60(sp)
    csrr a0, mcause
    bltz a0, 1f
    csrr a1, mepc
    csrr a2, mtval
    la sp, board_stack_top
    call board_fault
1:  call board_on_timer
    lw ra, 0(sp)
    lw t0, 4(sp)
    lw t1, 8(sp)
    lw t2, 12(sp)
    lw t3, 16(sp)
    lw t4, 20(sp)
    lw t5, 24(sp)
    lw t6, 28(sp)
    lw a0, 32(sp)
    lw a1, 36(sp)
    lw a2, 40(sp)
    lw a3, 44(sp)
    lw a4, 48(sp)
    lw a5, 52(sp)
    lw a6, 56(sp)
    lw a7, 60(sp)
    addi sp, sp, 64
    mret

/* The emulator knows the call by these three instructions, uncompressed and in one page. */
    .option push
    .option norvc
    .balign 16
    .global board_semihosting
    .type board_semihosting, @function
board_semihosting:
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    ret
    .option pop

    .global board_known_loop
    .type board_known_loop, @function
board_known_loop:
    addi a0, a0, -1
    bnez a0, board_known_loop
    ret

    .global board_retired
    .type board_retired, @function
board_retired:
    csrr a0, minstret
    ret

    .global board_retired_high
    .type board_retired_high, @function
board_retired_high:
    csrr a0, minstreth
    ret

/* Machine timer interrupts on (a0 = 1) or off (0). */
    .global board_allow_timer
    .type board_allow_timer, @function
board_allow_timer:
    li t0, 0x80
    beqz a0, 1f
    csrs mie, t0
    csrsi mstatus, 8
    ret
1:  csrc mie, t0
    csrci mstatus, 8
    ret
