/* What a program has on an emulated board: files of the host, an instruction counter, a measured stack, a timer.
 * docs/emulator.md says how each is made. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Files on the host, by path from the folder that the emulator was started in. -1 where one cannot be opened. */
int32_t board_open(const char *path, const char *mode);
/* Bytes that were read: fewer than `count` only at the end of the file. */
uint32_t board_read(int32_t file, void *bytes, uint32_t count);
/* Ends the program with a message where the host takes fewer bytes. */
void board_write(int32_t file, const void *bytes, uint32_t count);
void board_close(int32_t file);

/* Text to the host's standard error. */
void board_print(const char *text);
void board_print_number(uint32_t number);
void board_print_hexadecimal(uint32_t number);

/* Ends the emulator with this exit code. */
void board_exit(int32_t code) __attribute__((noreturn));

/* The counter from now on counts from 0; one instruction is at least two ticks (cores.py has how many). */
void board_start_counter(void);
/* Ticks since then. Ends the program with a message where the counter has wrapped, after 2^32 ticks. */
uint32_t board_ticks(void);
/* 2 * rounds + 1 instructions, to check the counter with; `rounds` from 1. */
void board_known_loop(uint32_t rounds);

/* Fills the free stack with a pattern, and how many bytes below its caller's frame were written since then. */
void board_paint_stack(void);
uint32_t board_stack_used(void);

/* Calls `handler` from an interrupt at every `period` ticks of the timer (24 bits), until the stop. */
void board_start_timer(uint32_t period, void (*handler)(void));
void board_stop_timer(void);
/* Waits for the timer's next interrupt. */
void board_wait(void);

#endif
