/* Encodes the values of each case-AA.in (which call, channel count, count, two parameters, bytes of what follows:
 * parameters, values) into case-AA.out, and writes the ticks of each (u32) to ticks.bin, after those of nothing. */
#include "snnrt.h"

#include "board.h"

static uint32_t parameters[4096], values[4096], last[4096];
static int16_t input[16384];

static void encode(const uint32_t *head) {
    const uint8_t *bytes = (const uint8_t *)values;
    const int16_t *halves = (const int16_t *)(const void *)values;
    const uint32_t channels = head[1], count = head[2];
    switch (head[0]) {
    case 0:
        snnrt_encode_u8(bytes, input, count, (const snnrt_affine *)parameters, channels, (int32_t)head[3]);
        break;
    case 1:
        snnrt_encode_u8_by_table(bytes, input, count, (const int16_t *)(const void *)parameters, channels);
        break;
    case 2:
        snnrt_encode_q15(halves, input, count, (const snnrt_affine *)parameters, channels, head[3]);
        break;
    case 3:
        snnrt_encode_rate_u8(bytes, input, count, (const uint16_t *)(const void *)parameters, head[3], 5);
        break;
    case 4:
        snnrt_encode_rate_q15(halves, input, count, head[4], head[3], 5);
        break;
    case 5:
        snnrt_encode_latency_u8(bytes, input, count, (int32_t)head[3], (int32_t)head[4], 5);
        break;
    case 6:
        snnrt_encode_latency_q15(halves, input, count, (int32_t)head[3], (int32_t)head[4], 5);
        break;
    case 7:
        snnrt_encode_change_u8(bytes, (uint8_t *)last, input, count, channels,
                               (const snnrt_change *)parameters);
        break;
    default:
        snnrt_encode_change_q15(halves, (int16_t *)(void *)last, input, count, channels,
                                (const snnrt_change *)parameters);
    }
}

int main(void);
int main(void) {
    char from[] = "case-AA.in", to[] = "case-AA.out";
    int32_t ticks_file = board_open("ticks.bin", "wb"), file;
    uint32_t ticks;
    board_start_counter();
    ticks = board_ticks();
    board_write(ticks_file, &ticks, sizeof ticks);
    while ((file = board_open(from, "rb")) >= 0) {
        uint32_t head[7];
        board_read(file, head, sizeof head);
        board_read(file, parameters, head[5]);
        board_read(file, last, head[6]);
        board_read(file, values, head[6]);
        board_close(file);
        board_start_counter();
        encode(head);
        ticks = board_ticks();
        board_write(ticks_file, &ticks, sizeof ticks);
        file = board_open(to, "wb");
        board_write(file, input, head[2] * 4u);
        board_write(file, last, head[6]);
        board_close(file);
        from[6]++;
        to[6]++;
        if (from[6] > 'Z') {
            from[6] = to[6] = 'A';
            from[5]++;
            to[5]++;
        }
    }
    return 0;
}
