/* What a broken program does: which is the letter in the file fault. */
#include "board.h"

static uint32_t deeper(volatile uint32_t *above) {
    volatile uint32_t room[64];
    room[0] = above[0] + 1;
    return deeper(room) + room[0];
}

int main(void);
int main(void) {
    int32_t file = board_open("fault", "rb");
    char kind = 0;
    uint32_t zero = 0;
    (void)board_read(file, &kind, 1);
    if (kind == 'r') {
        /* Nothing is at this address on any of the boards. */
        board_print_number(*(volatile uint32_t *)(uintptr_t)0xF0000000u);
    }
    if (kind == 's') {
        board_print_number(deeper(&zero));
    }
    while (kind == 'h') {
    }
    return kind == '3' ? 3 : 0;
}
