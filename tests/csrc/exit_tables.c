/* Prints the exit rule's tables, entry by entry: "exponential next" for 0 ... 31, then a logarithm a line, 0 ... 64. */
#include <stdio.h>

#include "../../csrc/exit_score.c"

int main(void) {
    for (uint32_t i = 0; i < 32; i++) {
        printf("%lu %lu\n", (unsigned long)exponentials[i][0],
               (unsigned long)(exponentials[i][0] - exponentials[i][1]));
    }
    for (uint32_t i = 0; i <= 64; i++) {
        printf("%lu\n", (unsigned long)logarithms[i]);
    }
    return 0;
}
