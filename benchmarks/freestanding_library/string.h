/* The part of <string.h> that the core uses, for a compiler that comes without a C library. */
#ifndef SNNRT_FREESTANDING_STRING_H
#define SNNRT_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict target, const void *restrict source, size_t count);
void *memset(void *target, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

#endif
