/* The kernels of a read in portable C. */
#include "kernels.h"

const snnrt_crossbar_kernels snnrt_crossbar_portable = SNNRT_CROSSBAR_KERNELS;

void snnrt_crossbar_normals(uint64_t key, uint32_t low, uint32_t second, uint32_t third, uint32_t fourth,
                            uint32_t count, float *out) {
    normals(key, low, second, third, fourth, count, out);
}
