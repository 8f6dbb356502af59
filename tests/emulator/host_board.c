/* The board that programs of this folder run on when they are built for the host. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"

#define FILES 16
static FILE *files[FILES];
static void (*on_timer)(void);

int32_t board_open(const char *path, const char *mode) {
    for (int32_t i = 0; i < FILES; i++) {
        if (files[i] == NULL) {
            files[i] = fopen(path, mode);
            return files[i] == NULL ? -1 : i;
        }
    }
    return -1;
}

uint32_t board_read(int32_t file, void *bytes, uint32_t count) {
    return (uint32_t)fread(bytes, 1, count, files[file]);
}

void board_write(int32_t file, const void *bytes, uint32_t count) {
    if (fwrite(bytes, 1, count, files[file]) != count) {
        board_exit(3);
    }
}

void board_close(int32_t file) {
    fclose(files[file]);
    files[file] = NULL;
}

void board_print(const char *text) { fputs(text, stderr); }
void board_print_number(uint32_t number) { fprintf(stderr, "%u", (unsigned)number); }
void board_print_hexadecimal(uint32_t number) { fprintf(stderr, "0x%08x", (unsigned)number); }
void board_exit(int32_t code) { exit(code); }
void board_start_timer(uint32_t period, void (*handler)(void)) {
    (void)period;
    on_timer = handler;
}
void board_stop_timer(void) { on_timer = NULL; }
void board_wait(void) {
    if (on_timer != NULL) {
        on_timer();
    }
}
