#include "snnrt_check.h"

snnrt_status snnrt_report(snnrt_fault *fault, snnrt_status status, uint32_t node, size_t expected,
                          size_t found) {
    if (fault != NULL) {
        fault->node = node;
        fault->expected = (int64_t)expected;
        fault->found = (int64_t)found;
    }
    return status;
}
