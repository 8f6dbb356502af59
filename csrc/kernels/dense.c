#include "synapse.h"

void snnrt_dense(const snnrt_synapse_step *step) {
    snnrt_window window;
    snnrt_event_room room;
    snnrt_window_prepare(&window, step, step->out_channels);
    snnrt_window_use_room(&window, &room);
    snnrt_window_begin(&window, step->output, step->bias, step->weights);
    snnrt_window_scan(&window, 0, step->in_channels * step->in_height * step->in_width, 0);
    snnrt_window_flush_room(&window);
    snnrt_window_count(&window);
}
