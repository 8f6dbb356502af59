/* The functions of <string.h> that the core and the compiler call: a build needs no C library. */
#include <stdint.h>

#include "board_memory.h"

/* A word of any type's bytes. */
typedef uint32_t __attribute__((may_alias)) word;

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    uint8_t *target = (uint8_t *)to;
    const uint8_t *source = (const uint8_t *)from;
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        word *words = (word *)to;
        const word *given = (const word *)from;
        for (; count >= 16; count -= 16, words += 4, given += 4) {
            words[0] = given[0];
            words[1] = given[1];
            words[2] = given[2];
            words[3] = given[3];
        }
        for (; count >= 4; count -= 4) {
            *words++ = *given++;
        }
        target = (uint8_t *)words;
        source = (const uint8_t *)given;
    }
    while (count-- != 0) {
        *target++ = *source++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    uint8_t *target = (uint8_t *)to;
    const uint8_t *source = (const uint8_t *)from;
    if ((uintptr_t)target - (uintptr_t)source >= count) {
        return memcpy(to, from, count);
    }
    while (count-- != 0) {
        target[count] = source[count];
    }
    return to;
}

void *memset(void *to, int value, size_t count) {
    uint8_t *target = (uint8_t *)to;
    uint32_t four = (uint32_t)(uint8_t)value * 0x01010101u;
    while (count != 0 && ((uintptr_t)target & 3u) != 0) {
        *target++ = (uint8_t)value;
        count--;
    }
    for (; count >= 4; count -= 4, target += 4) {
        *(word *)(void *)target = four;
    }
    while (count-- != 0) {
        *target++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const uint8_t *a = (const uint8_t *)left;
    const uint8_t *b = (const uint8_t *)right;
    for (; count != 0; count--, a++, b++) {
        if (*a != *b) {
            return (int)*a - (int)*b;
        }
    }
    return 0;
}
