/* The shape that a window makes. */
#include "snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK && (SNNRT_WITH_CONV2D || SNNRT_WITH_POOL2D || SNNRT_WITH_MAX_POOL2D)

/* Neither the padded size nor the extent can pass 2^32: 2^24 + 2 * 65535, and 65535 * 65534 + 1. */
static uint32_t window_positions(uint32_t padded, uint32_t kernel, uint32_t dilation, uint32_t stride) {
    uint32_t extent = dilation * (kernel - 1u) + 1u;
    if (kernel == 0 || stride == 0 || dilation == 0 || padded < extent) {
        return 0;
    }
    return (padded - extent) / stride + 1u;
}

bool snnrt_window_fits(const snnrt_check *c, const snnrt_window *p, uint32_t dilation_y,
                       uint32_t dilation_x) {
    return (c->node->flags & c->source->flags & SNNRT_NODE_MAP) != 0 &&
           c->node->height == window_positions(c->source->height + p->pad_top + p->pad_bottom, p->kernel_h,
                                               dilation_y, p->stride_y) &&
           c->node->width == window_positions(c->source->width + p->pad_left + p->pad_right, p->kernel_w,
                                              dilation_x, p->stride_x);
}

#else
typedef int snnrt_check_window_left_out;
#endif
