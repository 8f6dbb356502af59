#include "synapse.h"

void snnrt_dense(const snnrt_synapse_step *step) {
    snnrt_window window;
    window.step = step;
    window.scan = snnrt_scan_of(step);
    window.weights = step->weights;
    window.outputs = step->out_channels;
    snnrt_window_begin(&window, step->output, step->bias);
    snnrt_window_add(&window, 0, step->in_channels * step->in_height * step->in_width, 0);
    snnrt_window_end(&window);
}
