/* The functions of <string.h> that there are on a board (memory.c), and in any C library. */
#ifndef BOARD_MEMORY_H
#define BOARD_MEMORY_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

#endif
