/* Windows that a caller has cut already. */
#include "windows.h"

uint64_t snnrt_crossbar_multiply(const snnrt_crossbar_layer *layer, uint32_t group, const int16_t *rows,
                                 uint32_t windows, int32_t *results, void *room, uint64_t first,
                                 snnrt_crossbar_events *events, uint32_t kernels) {
    snnrt_crossbar_work work;
    uint64_t live = 0;
    snnrt_crossbar_prepare(&work, layer, snnrt_crossbar_kernel_set(kernels), events, room, layer->fan_in);
    for (uint32_t w = 0; w < windows; w++) {
        const uint64_t number = first + live;
        snnrt_crossbar_take_values(&work, rows + (size_t)w * layer->fan_in);
        snnrt_crossbar_drive_all(&work);
        work.window = (uint32_t)number;
        work.step = (uint32_t)(number >> 32);
        live += snnrt_crossbar_end(&work, group, NULL, results + (size_t)w * layer->outputs);
    }
    return live;
}
