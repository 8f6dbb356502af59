/* Encodes the values of each case-N.in (channel count, peak, count, bytes a value, parameters, values) into N.out,
 * and writes the ticks of each (u32) to ticks.bin, after those of nothing. */
#include "snnrt.h"

#include "board.h"

static uint32_t values[4096];
static int16_t input[8192];
static snnrt_affine channels[64];

int main(void);
int main(void) {
    char from[] = "case-0.in", to[] = "case-0.out";
    int32_t ticks_file = board_open("ticks.bin", "wb"), file;
    uint32_t ticks;
    board_start_counter();
    ticks = board_ticks();
    board_write(ticks_file, &ticks, sizeof ticks);
    while ((file = board_open(from, "rb")) >= 0) {
        uint32_t head[4];
        board_read(file, head, sizeof head);
        board_read(file, channels, head[0] * (uint32_t)sizeof channels[0]);
        board_read(file, values, head[2] * head[3]);
        board_close(file);
        board_start_counter();
        if (head[3] == 1u) {
            snnrt_encode_u8((const uint8_t *)values, input, head[2], channels, head[0], (int32_t)head[1]);
        } else {
            snnrt_encode_q15((const int16_t *)(const void *)values, input, head[2], channels, head[0],
                             (int32_t)head[1]);
        }
        ticks = board_ticks();
        board_write(ticks_file, &ticks, sizeof ticks);
        file = board_open(to, "wb");
        board_write(file, input, head[2] * 2u);
        board_close(file);
        from[5]++;
        to[5]++;
    }
    return 0;
}
