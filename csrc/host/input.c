#include "snnrt_host.h"

void snnrt_host_quantise(const float *values, size_t count, float scale, int32_t peak, int16_t *stored) {
    /* Its last bit is worth 1 in float32: what is below 2^22 is rounded by adding it, to the nearest, ties to even. */
    const float whole = 12582912.0f;
    const float most = (float)peak, least = -most;
    for (size_t k = 0; k < count; k++) {
        float units = values[k] / scale, sum;
        units = units < most ? units : most;
        units = units > least ? units : least;
        sum = units + whole;
        stored[k] = (int16_t)(int32_t)(sum - whole);
    }
}
