/* RISC-V: the instruction counter, the timer, and what a trap says. */
#include "board.h"

/* riscv.S */
uint32_t board_retired(void);
uint32_t board_retired_high(void);
void board_allow_timer(uint32_t allowed);

static uint64_t counter_start;

static uint64_t retired(void) {
    uint32_t before = board_retired_high();
    uint32_t low = board_retired();
    uint32_t after = board_retired_high();
    return (uint64_t)(low < 0x80000000u ? after : before) << 32 | low;
}

void board_start_counter(void) { counter_start = retired(); }

uint32_t board_ticks(void) {
    uint64_t ticks = retired() - counter_start;
    if (ticks >> 32 != 0) {
        board_print("a timestep has more instructions than the counter can count\n");
        board_exit(3);
    }
    return (uint32_t)ticks;
}

/* CLINT: a clock of 64 bits, and the time at which it interrupts. */
#define CLINT_COMPARE 0x02004000u
#define CLINT_TIME 0x0200BFF8u

static void (*volatile on_timer)(void);
static volatile uint32_t timer_period;
static volatile uint64_t timer_next;

static volatile uint32_t *at(uintptr_t address) { return (volatile uint32_t *)address; }

static void set_compare(uint64_t time) {
    *at(CLINT_COMPARE + 4) = 0xFFFFFFFFu;
    *at(CLINT_COMPARE) = (uint32_t)time;
    *at(CLINT_COMPARE + 4) = (uint32_t)(time >> 32);
}

static uint64_t now(void) {
    uint32_t high, low;
    do {
        high = *at(CLINT_TIME + 4);
        low = *at(CLINT_TIME);
    } while (high != *at(CLINT_TIME + 4));
    return (uint64_t)high << 32 | low;
}

void board_on_timer(void);
void board_on_timer(void) {
    timer_next += timer_period;
    set_compare(timer_next);
    on_timer();
}

void board_start_timer(uint32_t period, void (*handler)(void)) {
    on_timer = handler;
    timer_period = period;
    timer_next = now() + period;
    set_compare(timer_next);
    board_allow_timer(1);
}

void board_wait(void) { __asm__ volatile("wfi" ::: "memory"); }

void board_stop_timer(void) { board_allow_timer(0); }

void board_fault(uint32_t cause, uint32_t pc, uint32_t value);
void board_fault(uint32_t cause, uint32_t pc, uint32_t value) {
    board_print("fault: mcause ");
    board_print_number(cause);
    board_print(", mtval ");
    board_print_hexadecimal(value);
    board_print(", at pc ");
    board_print_hexadecimal(pc);
    board_print("\n");
    board_exit(4);
}
