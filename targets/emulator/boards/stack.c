/* How much stack was used: what is free is painted, and what has changed is counted. */
#include "board.h"

#define PAINT 0x5AC3A53Cu

/* firmware.ld: the stack grows down to here, and a push beyond it meets no memory (Cortex-M). */
extern uint32_t board_stack_limit[];

/* Not inlined, so that its frame is below its caller's. */
__attribute__((noinline)) void board_paint_stack(void) {
    volatile uint32_t *word = board_stack_limit;
    uintptr_t end = (uintptr_t)__builtin_frame_address(0) - 64u;
    while ((uintptr_t)word < end) {
        *word++ = PAINT;
    }
}

__attribute__((noinline)) uint32_t board_stack_used(void) {
    const volatile uint32_t *word = board_stack_limit;
    uintptr_t top = (uintptr_t)__builtin_frame_address(0);
    while ((uintptr_t)word < top && *word == PAINT) {
        word++;
    }
    if (word == board_stack_limit) {
        board_print("the stack is used up\n");
        board_exit(3);
    }
    return (uint32_t)(top - (uintptr_t)word);
}
