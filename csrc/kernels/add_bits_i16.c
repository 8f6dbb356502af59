#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_POOL2D
static void add_row(const snnrt_bits_sum *sum, uint32_t from, snnrt_int16 *output) {
    uint32_t place = 0;
    uint32_t left = sum->count * sum->runs;
    while (left != 0) {
        uint32_t shift = from & 31u;
        uint32_t word = sum->words[from >> 5] >> shift;
        uint32_t here = 32u - shift;
        if (here > sum->count - place) {
            here = sum->count - place;
            word &= (1u << here) - 1u;
        }
        for (; word != 0; word &= word - 1u) {
            output[place + snnrt_lowest_bit(word)]++;
        }
        place = place + here == sum->count ? 0u : place + here;
        from += here;
        left -= here;
    }
}

void snnrt_add_bits_i16(const snnrt_bits_sum *sum) {
    for (uint32_t window = 0; window < sum->windows; window++) {
        for (uint32_t row = 0; row < sum->rows; row++) {
            add_row(sum, sum->first + window * sum->window_bits + row * sum->row_bits,
                    sum->output + (size_t)window * sum->count);
        }
    }
}
#else
typedef int snnrt_add_bits_i16_left_out;
#endif
