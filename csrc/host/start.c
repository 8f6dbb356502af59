#include "../snnrt_check.h"
#include "snnrt_host.h"

snnrt_status snnrt_host_start(snnrt_network *network, const void *model, void *arena, size_t arena_bytes) {
    static const snnrt_network empty;
    if (network == NULL) {
        return SNNRT_ERROR_NULL;
    }
    *network = empty;
    if (model == NULL) {
        return SNNRT_ERROR_NULL;
    }
    return snnrt_start(network, (const uint8_t *)model, arena, arena_bytes);
}
