/* What dense and conv2d share: gathering a window's events and accumulating them. Internal. */
#ifndef SNNRT_SYNAPSE_H
#define SNNRT_SYNAPSE_H

#include <string.h>

#include "../snnrt_kernels.h"

/* One window being summed into `outputs` accumulators. */
typedef struct snnrt_window {
    const snnrt_synapse_step *step;
    snnrt_scan_kernel *scan;
    const void *weights;
    void *accumulator;
    uint32_t outputs;
    uint32_t rows; /* events of the window so far */
    snnrt_events events;
} snnrt_window;

static inline snnrt_scan_kernel *snnrt_scan_of(const snnrt_synapse_step *step) {
    bool bits = step->input_dtype == SNNRT_DTYPE_BITS;
    if (step->numbers == SNNRT_NUMBERS_INT8) {
        return bits ? step->kernels->scan_bits_i16 : step->kernels->scan_i16;
    }
    return bits ? step->kernels->scan_bits_f32 : step->kernels->scan_f32;
}

static inline void snnrt_window_flush(snnrt_window *window) {
    const snnrt_kernels *kernels = window->step->kernels;
    if (window->events.count == 0) {
        return;
    }
    window->rows += window->events.count;
#if SNNRT_WITH_INT8
    if (window->step->numbers == SNNRT_NUMBERS_INT8) {
        kernels->accumulate_i8((int32_t *)window->accumulator, (const int8_t *)window->weights,
                               window->outputs, &window->events);
    }
#endif
#if SNNRT_WITH_FLOAT32
    if (window->step->numbers == SNNRT_NUMBERS_FLOAT32) {
        kernels->accumulate_f32((float *)window->accumulator, (const float *)window->weights,
                                window->outputs, &window->events);
    }
#endif
    window->events.count = 0;
}

/* Adds input[first .. first + count) times weight rows row, row + 1, ... */
static inline void snnrt_window_add(snnrt_window *window, uint32_t first, uint32_t count,
                                    uint32_t row) {
    uint32_t done = window->scan(window->step->input, first, count, row, &window->events);
    while (done < count) {
        snnrt_window_flush(window);
        done += window->scan(window->step->input, first + done, count - done, row + done,
                             &window->events);
    }
}

/* Every element of both numbers is 4 bytes, and all bits 0 is zero in both. */
static inline void snnrt_window_begin(snnrt_window *window, void *accumulator, const void *bias) {
    window->accumulator = accumulator;
    window->rows = 0;
    window->events.count = 0;
    if (bias != NULL) {
        memcpy(accumulator, bias, (size_t)window->outputs * 4u);
    } else {
        memset(accumulator, 0, (size_t)window->outputs * 4u);
    }
}

static inline void snnrt_window_end(snnrt_window *window) {
    snnrt_window_flush(window);
#if SNNRT_WITH_COUNTERS
    if (window->step->counts != NULL && window->rows != 0) {
        window->step->counts->row_activations += window->rows;
        window->step->counts->synaptic_operations += (uint64_t)window->rows * window->outputs;
        window->step->counts->active_windows += 1;
    }
#endif
}

#endif
