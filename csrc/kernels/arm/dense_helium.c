/* Dense int8 layers with the vectors of Cortex-M55 (Helium), as one window without lists: those on counts, and those on
 * spikes whose outputs are few. */
#include "../synapse.h"
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_DENSE

/* With more a list, made once, is cheaper than spikes found anew for each block of outputs. */
#define SNNRT_DIRECT_OUTPUTS 64u

#if SNNRT_WITH_COUNTERS
static uint32_t direct_inputs(const snnrt_synapse_step *step, uint32_t inputs) {
    uint32_t rows = 0;
    for (uint32_t k = 0; k < inputs; k++) {
        rows += step->input_dtype == SNNRT_TYPE_BITS ? snnrt_bit((const snnrt_uint32 *)step->input, k)
                                                     : (uint32_t)(((const snnrt_int16 *)step->input)[k] != 0);
    }
    return rows;
}
#endif

/* As many counts at a time as there is room for. */
SNNRT_NOINLINE static void direct_dense_counts(snnrt_direct_windows *w, uint32_t inputs) {
    snnrt_direct_word words[SNNRT_DIRECT_WORDS];
    snnrt_found_counts found = {NULL, 0, 0, words, 0};
    const snnrt_int16 *value = (const snnrt_int16 *)w->input;
    w->words = words;
    while (inputs != 0) {
        w->count = inputs < 32u * SNNRT_DIRECT_WORDS ? inputs : 32u * SNNRT_DIRECT_WORDS;
        w->input = value;
        found.value = value;
        found.count = w->count;
        found.line_words = (w->count + 31u) / 32u;
        if (snnrt_find_counts(&found)) {
            snnrt_direct_sums(w);
        } else {
            snnrt_direct_values(w);
        }
        w->bias = w->to;
        w->weights += w->count * w->outputs;
        value += w->count;
        inputs -= w->count;
    }
    w->words = NULL;
}

bool snnrt_direct_dense(const snnrt_synapse_step *step) {
    const uint32_t inputs = step->in_channels * step->in_height * step->in_width;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    snnrt_direct_windows w = {0};
    if (bits ? step->out_channels > SNNRT_DIRECT_OUTPUTS : step->input_peak > SNNRT_DIRECT_COUNT_MAX) {
        return false;
    }
    w.input = step->input;
    w.weights = (const int8_t *)step->weights;
    w.bias = (const snnrt_int32 *)step->bias;
    w.to = (snnrt_int32 *)step->output;
    w.outputs = step->out_channels;
    w.windows = w.lines = w.runs = 1;
    if (bits) {
        w.count = inputs;
        snnrt_direct_sums(&w);
    } else {
        direct_dense_counts(&w, inputs);
    }
#if SNNRT_WITH_COUNTERS
    snnrt_count_window(step, direct_inputs(step, inputs), w.outputs);
#endif
    return true;
}
#else
typedef int snnrt_dense_helium_left_out;
#endif
