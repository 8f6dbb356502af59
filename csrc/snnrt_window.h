/* The window of a convolution or a pool, as records hold it and kernels read it in place. Internal. */
#ifndef SNNRT_WINDOW_H
#define SNNRT_WINDOW_H

#include <stdint.h>

/* A pool reads nothing after pad_right: its record may end there. */
typedef struct snnrt_window {
    uint16_t kernel_h, kernel_w;
    uint16_t stride_y, stride_x;
    uint16_t pad_top, pad_bottom, pad_left, pad_right;
    uint16_t dilation_y, dilation_x;
    uint16_t groups, zero;
} snnrt_window;

#endif
