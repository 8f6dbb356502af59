/* Layers at the limits of what kernels take at a time, and one beyond: how many weights are summed in 16 bits, offsets of 16
 * bits, room for what is listed, taps whose weights are laid out. */
#include "kernel_checks.h"

#if SNNRT_WITH_CONV2D
/* Inputs that are `peak`, the others being 0. */
typedef enum filling {
    EVERY,
    ENDS, /* the first and the last of each pixel */
    FIRST /* so many in all */
} filling;

typedef struct limit_case {
    uint16_t kernel_h, kernel_w, channels, outputs, height, width;
    int32_t peak;
    filling fill;
    uint32_t count;
} limit_case;

static uint32_t limits;
static const int32_t *limit_bias;

static void describe_layer(const limit_case *c, bool depthwise, snnrt_window *window,
                           snnrt_synapse_step *step) {
    window->kernel_h = c->kernel_h;
    window->kernel_w = c->kernel_w;
    window->stride_y = window->stride_x = window->dilation_y = window->dilation_x = 1;
    window->groups = depthwise ? c->channels : 1;
    step->window = window;
    step->weights = weights;
    step->bias = limit_bias;
    step->in_channels = c->channels;
    step->out_channels = depthwise ? c->channels : c->outputs;
    step->in_height = c->height;
    step->in_width = c->width;
    step->out_height = c->height - c->kernel_h + 1u;
    step->out_width = c->width - c->kernel_w + 1u;
    step->input_peak = (uint32_t)c->peak;
}

static void check_limit(const limit_case *c, bool packed, bool depthwise) {
    const uint32_t elements = (uint32_t)c->channels * c->height * c->width;
    snnrt_window window = {0};
    snnrt_synapse_step step = {0};
    describe_layer(c, depthwise, &window, &step);
    for (uint32_t i = 0; i < elements; i++) {
        const uint32_t channel = i % c->channels;
        const bool on = c->fill == EVERY   ? true
                        : c->fill == FIRST ? i < c->count
                                           : channel == 0 || channel + 1u == c->channels;
        pixels[i] = (int16_t)(on ? c->peak : 0);
    }
    compare_layer(&step, packed, false, packed ? "spikes at a limit" : "values at a limit", limits);
    if (c->height * c->width == 1u && !depthwise) {
        compare_layer(&step, packed, true, "a dense layer at a limit", limits);
    }
    limits++;
}

/* Sums of 16 bits hold 255 weights: of a column, of a word of 32 channels, of a window. */
static void check_sums(void) {
    static const uint16_t totals[] = {254, 255, 256, 257, 384, 510, 511};
    static const int32_t peaks[] = {1, 3, 5, 15, 17, 31};
    for (uint32_t k = 0; k < COUNT(totals); k++) {
        for (uint16_t outputs = 15; outputs <= 36; outputs = (uint16_t)(outputs + 7)) {
            const limit_case column = {3, 1, 175, outputs, 3, 1, 1, FIRST, totals[k]};
            const limit_case pixel = {1, 1, totals[k], outputs, 1, 2, 1, EVERY, 0};
            const limit_case dense = {1, 1, totals[k], outputs, 1, 1, 1, EVERY, 0};
            const limit_case window = {1, 2, totals[k] / 2u + 1u, outputs, 1, 3, 1, EVERY, 0};
            check_limit(&column, true, false);
            check_limit(&column, false, false);
            check_limit(&window, true, false);
            check_limit(&window, false, false);
            check_limit(&pixel, true, false);
            check_limit(&dense, true, false);
            check_limit(&dense, false, false);
        }
    }
    for (uint32_t k = 0; k < COUNT(peaks); k++) {
        const uint16_t most = (uint16_t)(255 / peaks[k]);
        for (uint16_t more = 0; more < 2u; more++) {
            const limit_case column = {2, 1, 160, 20, 2, 1, peaks[k], FIRST, most + more};
            const limit_case word = {1, 2, 300, 16, 1, 3, peaks[k], FIRST, most + more};
            const limit_case dense = {1, 1, 300, 16, 1, 1, peaks[k], FIRST, most + more};
            check_limit(&column, false, false);
            const limit_case window = {1, 2, (uint16_t)(most / 2u + more), 20, 1, 3, peaks[k], EVERY, 0};
            check_limit(&word, false, false);
            check_limit(&dense, false, false);
            check_limit(&window, false, false);
        }
    }
    {
        /* Of a channel by itself. */
        static const limit_case own[] = {{15, 17, 8, 0, 15, 18, 1, EVERY, 0},
                                         {16, 16, 8, 0, 16, 16, 1, EVERY, 0},
                                         {3, 5, 12, 0, 4, 6, 17, EVERY, 0},
                                         {4, 4, 12, 0, 5, 5, 16, EVERY, 0},
                                         {3, 3, 33, 0, 3, 5, 28, EVERY, 0},
                                         {3, 3, 33, 0, 3, 5, 29, EVERY, 0},
                                         {3, 3, 16, 0, 4, 4, 32767, EVERY, 0}};
        for (uint32_t k = 0; k < COUNT(own); k++) {
            check_limit(&own[k], own[k].peak == 1, true);
            check_limit(&own[k], false, true);
        }
    }
}

/* Lists have room for 512 offsets or 256 values, of three planes for 170 offsets each; of 16 columns at a time. */
static void check_lists(void) {
    static const uint16_t depths[] = {169, 170, 171, 223, 224, 225, 255, 256, 257, 340,
                                      341, 447, 448, 449, 479, 480, 481, 511, 512, 513};
    static const int32_t peaks[] = {1, 2, 3, 4, 7, 31, 32, 100};
    for (uint32_t k = 0; k < COUNT(depths); k++) {
        for (uint32_t p = 0; p < COUNT(peaks); p++) {
            const limit_case pixel = {1, 1, depths[k], 20, 1, 2, peaks[p], EVERY, 0};
            check_limit(&pixel, peaks[p] == 1, false);
        }
    }
    for (uint16_t columns = 15; columns <= 18; columns++) {
        for (uint16_t depth = 9; depth <= 17; depth++) {
            for (uint32_t p = 0; p < COUNT(peaks); p += 3u) {
                const limit_case line = {1,        columns, depth, 8, 1, (uint16_t)(columns + 2),
                                         peaks[p], EVERY,   0};
                check_limit(&line, peaks[p] == 1, false);
            }
        }
    }
}

/* From a row of weights to another: 65,535 bytes, or words. */
static void check_offsets(void) {
    static const limit_case far[] = {{1, 1, 256, 256, 1, 2, 1, ENDS, 0},  {1, 1, 257, 256, 1, 2, 1, ENDS, 0},
                                     {1, 1, 258, 255, 1, 2, 1, ENDS, 0},  {1, 1, 259, 255, 1, 2, 1, ENDS, 0},
                                     {1, 1, 1024, 256, 1, 1, 1, ENDS, 0}, {1, 1, 1025, 256, 1, 1, 1, ENDS, 0},
                                     {2, 2, 64, 256, 3, 4, 1, ENDS, 0},   {2, 2, 65, 256, 3, 4, 1, ENDS, 0},
                                     {3, 3, 100, 292, 3, 4, 1, ENDS, 0},  {1, 16, 16, 256, 1, 18, 1, ENDS, 0},
                                     {1, 17, 16, 256, 1, 18, 1, ENDS, 0}, {5, 1, 200, 260, 6, 2, 1, ENDS, 0}};
    for (uint32_t k = 0; k < COUNT(far); k++) {
        limit_case counts = far[k], values = far[k];
        counts.peak = 6;
        values.peak = 90;
        check_limit(&far[k], true, false);
        check_limit(&counts, false, false);
        check_limit(&values, false, false);
    }
}

/* Few channels, whose taps and weights are laid out: 96 taps, 32 columns; 78 of which pairs fit; rows of pixels with room for
 * 256 in all. */
static void check_images(void) {
    static const uint16_t shapes[][3] = {{8, 3, 4},  {8, 4, 4},  {3, 8, 4},  {3, 9, 4},  {4, 8, 3},
                                         {2, 32, 1}, {2, 33, 1}, {1, 32, 1}, {1, 33, 1}, {13, 6, 1},
                                         {6, 13, 1}, {16, 5, 1}, {79, 1, 1}, {5, 8, 2},  {78, 1, 1},
                                         {96, 1, 1}, {97, 1, 1}, {3, 14, 4}, {3, 15, 4}, {1, 96, 1},
                                         {1, 97, 1}, {1, 16, 4}, {1, 17, 4}, {2, 3, 4},  {7, 2, 1},
                                         {15, 1, 1}, {16, 1, 1}};
    static const uint16_t filters[] = {7, 8, 9, 16, 17};
    for (uint32_t k = 0; k < COUNT(shapes); k++) {
        const uint32_t taps = (uint32_t)shapes[k][0] * shapes[k][1] * shapes[k][2];
        for (uint32_t f = 0; f < COUNT(filters); f++) {
            limit_case image = {shapes[k][0], shapes[k][1], shapes[k][2], filters[f], 0, 0, 0, EVERY, 0};
            image.height = (uint16_t)(image.kernel_h + 1u);
            image.width = (uint16_t)(image.kernel_w + 4u);
            image.peak = (int32_t)(32767u / taps);
            image.peak = image.peak < 33 ? 33 : image.peak;
            check_limit(&image, false, false);
            image.peak++;
            check_limit(&image, false, false);
        }
    }
    for (uint16_t width = 95; width <= 130; width = (uint16_t)(width + 5u)) {
        const limit_case line = {1, 1, 1, 9, 2, width, 200, EVERY, 0};
        const limit_case lines = {3, 3, 1, 8, 3, width, 200, EVERY, 0};
        check_limit(&line, false, false);
        check_limit(&lines, false, false);
    }
}

/* Counts are found a word at a time, of as many lines as 64 words have room for. */
static void check_words(void) {
    static const limit_case wide[] = {{1, 1, 2048, 16, 1, 1, 2, ENDS, 0}, {1, 1, 2049, 16, 1, 1, 2, ENDS, 0},
                                      {3, 3, 224, 16, 3, 4, 9, ENDS, 0},  {3, 3, 225, 16, 3, 4, 9, ENDS, 0},
                                      {64, 1, 2, 16, 65, 2, 3, EVERY, 0}, {65, 1, 2, 16, 66, 2, 3, EVERY, 0},
                                      {1, 1, 32, 20, 1, 4, 7, EVERY, 0},  {1, 1, 32, 20, 1, 4, 8, EVERY, 0},
                                      {1, 2, 31, 33, 1, 4, 8, EVERY, 0}};
    for (uint32_t k = 0; k < COUNT(wide); k++) {
        check_limit(&wide[k], false, false);
    }
}

/* Inputs beyond the peak that a model states: their sums are anything, and nothing else changes. */
static void check_beyond_peaks(void) {
    static const int32_t peaks[] = {1, 4, 7, 31, 255};
    static const int16_t beyond[] = {5, 8, 31, 32, 127, 255, 4095, 32767, -1, -128, -32768};
    for (uint32_t k = 0; k < COUNT(peaks) * COUNT(beyond); k++) {
        const limit_case c = {3, 3, 16, 16, 6, 6, peaks[k % COUNT(peaks)], EVERY, 0};
        const uint32_t outputs = 4u * 4u * c.outputs;
        snnrt_window window = {0};
        snnrt_synapse_step step = {0};
        describe_layer(&c, false, &window, &step);
        for (uint32_t i = 0; i < (uint32_t)c.channels * c.height * c.width; i++) {
            pixels[i] = beyond[k / COUNT(peaks)];
        }
        run_layer(&step, false, false);
        for (uint32_t g = 0; g < GUARD; g++) {
            if (filtered[g] != 0x12345678 || filtered[GUARD + outputs + g] != 0x12345678) {
                fail("a layer beside its outputs, of inputs beyond their peak", k);
            }
        }
        limits++;
    }
}

uint32_t check_limits(void) {
    limits = 0;
    for (uint32_t kind = 0; kind < 3u; kind++) {
        make_weights(kind);
        limit_bias = kind == 2u ? bias : NULL;
        check_sums();
        check_lists();
        check_offsets();
        check_images();
        check_words();
        check_beyond_peaks();
    }
    return limits;
}
#else
typedef int limit_checks_left_out;
#endif
