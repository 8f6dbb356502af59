/* Events of convolutions that do not list their inputs. */
#include "synapse.h"
#include "tap_sums.h"

#if SNNRT_WITH_IMAGE_SUMS && SNNRT_WITH_COUNTERS
void snnrt_count_image(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            uint32_t rows = 0;
            for (uint32_t ky = y.first; ky < y.end; ky++) {
                for (uint32_t kx = x.first; kx < x.end; kx++) {
                    const uint32_t pixel =
                        (uint32_t)(top + (int32_t)(ky * conv->dilation_y)) * step->in_width +
                        (uint32_t)(left + (int32_t)(kx * conv->dilation_x));
                    for (uint32_t c = 0; c < step->in_channels; c++) {
                        rows += ((const snnrt_int16 *)step->input)[pixel * step->in_channels + c] != 0;
                    }
                }
            }
            snnrt_count_window(step, rows, step->out_channels);
        }
    }
}
#else
typedef int snnrt_image_counts_left_out;
#endif
