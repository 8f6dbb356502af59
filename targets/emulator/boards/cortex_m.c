/* Cortex-M: the instruction counter, the timer, and what a fault says. */
#include "board.h"

static volatile uint32_t *at(uintptr_t address) { return (volatile uint32_t *)address; }

#if defined(BOARD_CMSDK_TIMER)
/* CMSDK APB timer: counts down from its reload value. */
enum { CONTROL = 0x0, VALUE = 0x4, RELOAD = 0x8, INTERRUPT = 0xC };
enum { ENABLE = 1, INTERRUPT_ENABLE = 8 };

void board_start_counter(void) {
    *at(BOARD_CMSDK_TIMER + CONTROL) = 0;
    *at(BOARD_CMSDK_TIMER + INTERRUPT) = 1;
    *at(BOARD_CMSDK_TIMER + RELOAD) = 0xFFFFFFFFu;
    *at(BOARD_CMSDK_TIMER + VALUE) = 0xFFFFFFFFu;
    *at(BOARD_CMSDK_TIMER + CONTROL) = ENABLE | INTERRUPT_ENABLE;
}

static uint32_t counted(uint32_t *wrapped) {
    uint32_t ticks = 0xFFFFFFFFu - *at(BOARD_CMSDK_TIMER + VALUE);
    *wrapped = *at(BOARD_CMSDK_TIMER + INTERRUPT) & 1u;
    return ticks;
}
#else
/* The system counter of SSE-300: 64 bits, counts up from where it was left. */
enum { CONTROL = 0x0, COUNT = 0x8 };
enum { ENABLE = 1 };

void board_start_counter(void) {
    *at(BOARD_SSE_COUNTER + CONTROL) = 0;
    *at(BOARD_SSE_COUNTER + COUNT) = 0;
    *at(BOARD_SSE_COUNTER + COUNT + 4) = 0;
    *at(BOARD_SSE_COUNTER + CONTROL) = ENABLE;
}

static uint32_t counted(uint32_t *wrapped) {
    uint32_t ticks = *at(BOARD_SSE_COUNTER + COUNT);
    *wrapped = *at(BOARD_SSE_COUNTER + COUNT + 4);
    return ticks;
}
#endif

uint32_t board_ticks(void) {
    uint32_t wrapped;
    uint32_t ticks = counted(&wrapped);
    if (wrapped != 0) {
        board_print("a timestep has more instructions than the counter can count\n");
        board_exit(3);
    }
    return ticks;
}

#define SYSTICK_CONTROL 0xE000E010u
#define SYSTICK_RELOAD 0xE000E014u
#define SYSTICK_VALUE 0xE000E018u

static void (*volatile on_timer)(void);

void board_on_timer(void);
void board_on_timer(void) { on_timer(); }

void board_start_timer(uint32_t period, void (*handler)(void)) {
    on_timer = handler;
    *at(SYSTICK_RELOAD) = period - 1u;
    *at(SYSTICK_VALUE) = 0;
    *at(SYSTICK_CONTROL) = 7; /* processor clock, interrupt, on */
}

void board_wait(void) { __asm__ volatile("wfi" ::: "memory"); }

void board_stop_timer(void) { *at(SYSTICK_CONTROL) = 0; }

/* `frame`: r0 to r3, r12, lr, pc, xpsr as the processor pushed them. */
void board_fault(const uint32_t *frame);
void board_fault(const uint32_t *frame) {
    /* A fault while faulting ends the emulator by a lockup, which is an error too. */
    board_print("fault: CFSR ");
    board_print_hexadecimal(*at(0xE000ED28u));
    board_print(", HFSR ");
    board_print_hexadecimal(*at(0xE000ED2Cu));
    board_print(", BFAR ");
    board_print_hexadecimal(*at(0xE000ED38u));
    extern uint32_t board_stack_limit[], board_stack_top[];
    if ((uintptr_t)frame < (uintptr_t)board_stack_limit ||
        (uintptr_t)frame + 32u > (uintptr_t)board_stack_top) {
        board_print(", the stack has run over\n");
    } else {
        board_print(", at pc ");
        board_print_hexadecimal(frame[6]);
        board_print(", called from ");
        board_print_hexadecimal(frame[5]);
        board_print("\n");
    }
    board_exit(4);
}
