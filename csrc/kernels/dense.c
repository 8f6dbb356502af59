#include "arm/direct_windows.h"
#include "synapse.h"

/* With lanes, values are listed as those of convolutions are. */
#define SNNRT_DENSE_LISTS \
    (SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && !SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_ARM_DSP && \
     !SNNRT_WITH_ARM_MVE)

/* The inputs in pieces of as many events as there is room for. */
static void sum_inputs(const snnrt_synapse_step *step) {
    const uint32_t inputs = step->in_channels * step->in_height * step->in_width;
    snnrt_scan_kernel *scan = snnrt_scan_of(step);
    snnrt_event_room room;
    snnrt_events events;
    snnrt_slice slice = {0, 0, 0};
    snnrt_accumulation sum;
    uint32_t first = 0, rows = 0;
    snnrt_use_room(&events, step, &room);
    snnrt_begin_sum(&sum, step, &events, &slice, step->out_channels);
    sum.accumulator = step->output;
    sum.start = step->bias;
    sum.weights = step->weights;
    do {
        first += scan(step->input, first, inputs - first, first, &events);
        rows += events.count;
        slice.count = events.count;
        sum.slice_count = slice.count != 0;
        snnrt_accumulate_of(step)(&sum);
        sum.start = step->output;
        events.count = 0;
    } while (first < inputs);
    snnrt_count_window(step, rows, sum.outputs);
}

void snnrt_dense(const snnrt_synapse_step *step) {
#if SNNRT_WITH_KERNEL_TABLE
    if (SNNRT_STEP_IS_INT8(step) && step->kernels->synapse_i8 != NULL && step->kernels->synapse_i8(step)) {
        return;
    }
#endif
#if SNNRT_WITH_DIRECT_DENSE
    if (SNNRT_STEP_IS_INT8(step) && snnrt_direct_dense(step)) {
        return;
    }
#endif
#if SNNRT_DENSE_LISTS
    if (SNNRT_STEP_IS_INT8(step) && step->input_dtype != SNNRT_TYPE_BITS) {
        snnrt_dense_i8(step);
        return;
    }
#endif
    sum_inputs(step);
}
