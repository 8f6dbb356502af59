/* Byte by byte: compile with -fno-tree-loop-distribute-patterns, or these loops become calls of themselves. */
#include "string.h"

void *memcpy(void *restrict target, const void *restrict source, size_t count) {
    unsigned char *to = (unsigned char *)target;
    const unsigned char *from = (const unsigned char *)source;
    while (count-- != 0) {
        *to++ = *from++;
    }
    return target;
}

void *memset(void *target, int value, size_t count) {
    unsigned char *to = (unsigned char *)target;
    while (count-- != 0) {
        *to++ = (unsigned char)value;
    }
    return target;
}

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *a = (const unsigned char *)left;
    const unsigned char *b = (const unsigned char *)right;
    for (; count != 0; count--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}
