/* Counts more than the counter can, which must be an error: a loop of over 2^32 ticks on any board. */
#include "board.h"

int main(void);
int main(void) {
    board_start_counter();
    board_known_loop(0x80000010u);
    (void)board_ticks();
    return 0;
}
