#include "arm/direct_windows.h"
#include "synapse.h"

/* With lanes, values are listed as those of convolutions are. */
#define SNNRT_DENSE_LISTS \
    (SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && !SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_ARM_DSP && \
     !SNNRT_WITH_ARM_MVE)

/* Inputs that are spikes, but no bits: their weights are added, where no spike is negative. */
#define SNNRT_SPIKES_AS_VALUES (SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS && !SNNRT_WITH_KERNEL_TABLE)
#if SNNRT_SPIKES_AS_VALUES
/* With vectors sums of 16 bits pay from so many spikes on. */
#define SNNRT_FEWEST_ONES (SNNRT_WITH_ARM_MVE ? 8u : 1u)

static bool are_ones(const snnrt_events *events) {
    const snnrt_int16 *value = events->value.i16, *const end = value + events->count;
    int32_t either = 0;
    while (value != end) {
        either |= *value++;
    }
    return either >= 0 && events->count >= SNNRT_FEWEST_ONES;
}
#endif

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
#if SNNRT_SPIKES_AS_VALUES
        if (SNNRT_STEP_IS_INT8(step) && step->input_peak == 1 && step->input_dtype != SNNRT_TYPE_BITS) {
            sum.spikes = are_ones(&events);
        }
#endif
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
