/* Files, text and the end of the program by semihosting: one instruction at which the emulator acts as the host. */
#include "board.h"

enum { OPEN = 0x01, CLOSE = 0x02, WRITE0 = 0x04, WRITE = 0x05, READ = 0x06, EXIT_EXTENDED = 0x20 };
#define APPLICATION_EXIT 0x20026u

/* semihosting_call.S */
int32_t board_semihosting(uint32_t operation, const void *argument);

static uint32_t length_of(const char *text) {
    uint32_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    return length;
}

int32_t board_open(const char *path, const char *mode) {
    /* Places in the list of fopen's modes. */
    uintptr_t place = mode[0] == 'w' ? 5u : 1u;
    uintptr_t block[3];
    block[0] = (uintptr_t)path;
    block[1] = place;
    block[2] = length_of(path);
    return board_semihosting(OPEN, block);
}

static uint32_t left_after(uint32_t operation, int32_t file, const void *bytes, uint32_t count) {
    uintptr_t block[3];
    block[0] = (uintptr_t)file;
    block[1] = (uintptr_t)bytes;
    block[2] = count;
    return (uint32_t)board_semihosting(operation, block);
}

uint32_t board_read(int32_t file, void *bytes, uint32_t count) {
    uint32_t done = 0;
    while (done < count) {
        uint32_t left = left_after(READ, file, (uint8_t *)bytes + done, count - done);
        if (left >= count - done) {
            break;
        }
        done = count - left;
    }
    return done;
}

void board_write(int32_t file, const void *bytes, uint32_t count) {
    if (count != 0 && left_after(WRITE, file, bytes, count) != 0) {
        board_print("the host did not take the results\n");
        board_exit(3);
    }
}

void board_close(int32_t file) {
    uintptr_t block[1];
    block[0] = (uintptr_t)file;
    (void)board_semihosting(CLOSE, block);
}

void board_print(const char *text) { (void)board_semihosting(WRITE0, text); }

void board_print_number(uint32_t number) {
    char digits[11];
    uint32_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        at--;
        digits[at] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0);
    board_print(digits + at);
}

void board_print_hexadecimal(uint32_t number) {
    char digits[11] = "0x00000000";
    for (uint32_t i = 9; number != 0; i--, number >>= 4) {
        digits[i] = "0123456789abcdef"[number & 15u];
    }
    board_print(digits);
}

void board_exit(int32_t code) {
    uintptr_t block[2];
    block[0] = APPLICATION_EXIT;
    block[1] = (uintptr_t)code;
    for (;;) {
        (void)board_semihosting(EXIT_EXTENDED, block);
    }
}
