/* Counts loops of known length: writes the ticks of each (u32) to ticks.bin, after those of nothing. */
#include "board.h"

int main(void);
int main(void) {
    static const uint32_t rounds[] = {1, 2, 3, 4, 5, 10, 100, 1000, 12345, 1000000, 20000000};
    int32_t file = board_open("ticks.bin", "wb");
    uint32_t ticks;
    board_start_counter();
    ticks = board_ticks();
    board_write(file, &ticks, sizeof ticks);
    for (uint32_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        board_start_counter();
        board_known_loop(rounds[i]);
        ticks = board_ticks();
        board_write(file, &ticks, sizeof ticks);
    }
    return 0;
}
