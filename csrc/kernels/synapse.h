/* What dense and conv2d share: summing the events of a window. Internal. */
#ifndef SNNRT_SYNAPSE_H
#define SNNRT_SYNAPSE_H

#include "../snnrt_kernels.h"

#define SNNRT_SLICES_MAX 16u

/* to[0 .. outputs) = from, or 0 where that is NULL; of float32 their bits. */
#define SNNRT_WITH_BEGIN_SUMS (SNNRT_WITH_CONV2D && (SNNRT_WITH_CONV_LISTS || SNNRT_WITH_DEPTHWISE))
SNNRT_INTERNAL void snnrt_begin_sums(snnrt_int32 *to, const snnrt_int32 *from, uint32_t outputs);

/* Int8 sums, uncounted, of depthwise convolutions whose channels make one output each. */
#define SNNRT_WITH_DEPTHWISE_TAPS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_DEPTHWISE && SNNRT_WITH_FAST_LOOPS)
SNNRT_INTERNAL void snnrt_depthwise_taps(const snnrt_synapse_step *step);

/* Room for the events of a piece of a window. */
typedef struct snnrt_event_room {
    uint32_t position[SNNRT_EVENTS_MAX + SNNRT_EVENTS_PADDING];
    union {
#if SNNRT_WITH_INT8
        int16_t i16[SNNRT_EVENTS_MAX + SNNRT_EVENTS_PADDING];
#endif
#if SNNRT_WITH_FLOAT32
        float f32[SNNRT_EVENTS_MAX + SNNRT_EVENTS_PADDING];
#endif
    } value;
} snnrt_event_room;

/* One window being summed. Every element of both numbers' accumulators is 4 bytes. */
typedef struct snnrt_window_sum {
    const snnrt_synapse_step *step;
    snnrt_scan_kernel *scan;
    snnrt_events events;
    snnrt_slice slices[SNNRT_SLICES_MAX];
    snnrt_accumulation sum;
    uint32_t rows; /* events of the window so far */
} snnrt_window_sum;

/* A constant where only one of the numbers is built. */
#define SNNRT_STEP_IS_INT8(step) \
    (SNNRT_WITH_INT8 && (!SNNRT_WITH_FLOAT32 || (step)->numbers == SNNRT_ARITHMETIC_INTEGER))

static inline snnrt_scan_kernel *snnrt_scan_of(const snnrt_synapse_step *step) {
    bool bits = step->input_dtype == SNNRT_TYPE_BITS;
#if SNNRT_WITH_FLOAT32
    if (!SNNRT_STEP_IS_INT8(step)) {
        return bits ? SNNRT_KERNEL(step, scan_bits_f32) : SNNRT_KERNEL(step, scan_f32);
    }
#endif
#if SNNRT_WITH_INT8
    return bits ? SNNRT_KERNEL(step, scan_bits_i16) : SNNRT_KERNEL(step, scan_i16);
#endif
}

/* What a sum over `outputs` has whatever its events. */
static inline void snnrt_begin_sum(snnrt_accumulation *sum, const snnrt_synapse_step *step,
                                   const snnrt_events *events, const snnrt_slice *slices, uint32_t outputs) {
    sum->outputs = outputs;
    sum->peak = step->input_peak;
    sum->spikes = step->input_dtype == SNNRT_TYPE_BITS;
    sum->events = events;
    sum->slices = slices;
    sum->slice_count = 0;
}

static inline void snnrt_use_room(snnrt_events *events, const snnrt_synapse_step *step,
                                  snnrt_event_room *room) {
    (void)step;
    events->count = 0;
    events->position = room->position;
    events->capacity = SNNRT_EVENTS_MAX;
#if SNNRT_WITH_FLOAT32
    events->value.f32 = room->value.f32;
#endif
#if SNNRT_WITH_INT8
    if (SNNRT_STEP_IS_INT8(step)) {
        events->value.i16 = room->value.i16;
    }
#endif
}

static inline snnrt_accumulate_kernel *snnrt_accumulate_of(const snnrt_synapse_step *step) {
#if SNNRT_WITH_FLOAT32
    if (!SNNRT_STEP_IS_INT8(step)) {
        return SNNRT_KERNEL(step, accumulate_f32);
    }
#endif
#if SNNRT_WITH_INT8
    return SNNRT_KERNEL(step, accumulate_i8);
#endif
}

static inline void snnrt_count_window(const snnrt_synapse_step *step, uint32_t rows, uint32_t outputs) {
#if SNNRT_WITH_COUNTERS
    if (step->counts != NULL && rows != 0) {
        step->counts->row_activations += rows;
        step->counts->synaptic_operations += (uint64_t)rows * outputs;
        step->counts->active_windows += 1;
    }
#else
    (void)step, (void)rows, (void)outputs;
#endif
}

static inline void snnrt_window_prepare(snnrt_window_sum *window, const snnrt_synapse_step *step,
                                        uint32_t outputs) {
    window->step = step;
    window->scan = snnrt_scan_of(step);
    window->events.count = 0;
    snnrt_begin_sum(&window->sum, step, &window->events, window->slices, outputs);
}

static inline void snnrt_window_begin(snnrt_window_sum *window, void *accumulator, const void *bias,
                                      const void *weights) {
    window->sum.accumulator = accumulator;
    window->sum.start = bias;
    window->sum.weights = weights;
    window->rows = 0;
}

static inline void snnrt_window_flush(snnrt_window_sum *window) {
    snnrt_accumulate_of(window->step)(&window->sum);
    window->sum.start = window->sum.accumulator;
    window->sum.slice_count = 0;
}

static inline void snnrt_window_slice(snnrt_window_sum *window, uint32_t first, uint32_t count,
                                      uint32_t shift) {
    snnrt_slice *slice;
    if (count == 0) {
        return;
    }
    if (window->sum.slice_count == SNNRT_SLICES_MAX) {
        snnrt_window_flush(window);
    }
    slice = &window->slices[window->sum.slice_count++];
    slice->first = first;
    slice->count = count;
    slice->shift = shift;
    window->rows += count;
}

static inline void snnrt_window_flush_room(snnrt_window_sum *window) {
    snnrt_window_slice(window, 0, window->events.count, 0);
    snnrt_window_flush(window);
    window->events.count = 0;
}

/* Adds input[first .. first + count) times weight rows row, row + 1, ... */
static inline void snnrt_window_scan(snnrt_window_sum *window, uint32_t first, uint32_t count, uint32_t row) {
    uint32_t done = window->scan(window->step->input, first, count, row, &window->events);
    while (done < count) {
        snnrt_window_flush_room(window);
        done += window->scan(window->step->input, first + done, count - done, row + done, &window->events);
    }
}

#endif
