#include "snnrt_host.h"

void snnrt_host_real_logits(const int32_t *accumulators, size_t inputs, size_t classes, const double *scales,
                            const uint32_t *steps, float *logits) {
    for (size_t i = 0; i < inputs; i++, accumulators += classes, logits += classes) {
        const double over = steps == NULL ? 1.0 : (double)steps[i];
        for (size_t k = 0; k < classes; k++) {
            logits[k] = (float)((double)accumulators[k] * scales[k] / over);
        }
    }
}
