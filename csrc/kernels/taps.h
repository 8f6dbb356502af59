/* Which of a kernel's taps lie inside the input, along one axis. Internal. */
#ifndef SNNRT_TAPS_H
#define SNNRT_TAPS_H

#include "../snnrt_kernels.h"

/* Kernel taps [first, end) that fall inside the input where a window starts at `start`. */
typedef struct snnrt_taps {
    uint32_t first, end;
} snnrt_taps;

static inline snnrt_taps snnrt_taps_inside(int32_t start, uint32_t kernel, uint32_t dilation, uint32_t size) {
    snnrt_taps taps = {0, 0};
    if (start >= 0 && dilation == 1 && (uint32_t)start + kernel <= size) {
        taps.end = kernel;
        return taps;
    }
    if (start < 0) {
        taps.first = ((uint32_t)-start + dilation - 1u) / dilation;
    }
    if (start < (int32_t)size) {
        taps.end = (uint32_t)((int32_t)size - 1 - start) / dilation + 1u;
        if (taps.end > kernel) {
            taps.end = kernel;
        }
    }
    return taps;
}

#endif
