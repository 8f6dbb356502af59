/* Prints the exit rule's tables, entry by entry: "exponential logarithm" for 0 ... 64. */
#include <stdio.h>

#include "../../csrc/exit_rule.c"

int main(void) {
    for (uint32_t i = 0; i <= 64; i++) {
        printf("%lu %lu\n", (unsigned long)exponential_at(i), (unsigned long)logarithm_at(i));
    }
    return 0;
}
