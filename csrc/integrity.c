/* Whether a model's bytes are still those that were initialised. */
#include "snnrt_core.h"

snnrt_status snnrt_network_verify(snnrt_network *network, uint32_t bytes, bool *complete) {
    snnrt_status status = snnrt_readiness(network);
    uint32_t first, left;
    bool last;
    if (complete != NULL) {
        *complete = false;
    }
    if (status != SNNRT_OK) {
        return status;
    }
    first = network->verified_bytes;
    left = network->model_bytes - first;
    last = bytes - 1u >= left - 1u;
    if (last) {
        bytes = left;
    }
    network->verified_crc =
        snnrt_model_crc32(network->model, first, (size_t)first + bytes, network->verified_crc);
    network->verified_bytes = first + bytes;
    if (!last) {
        return SNNRT_OK;
    }
    if (complete != NULL) {
        *complete = true;
    }
    if (network->verified_crc != network->model_crc ||
        snnrt_header_of(network->model)->crc != network->model_crc) {
        status = SNNRT_ERROR_CRC;
        network->initialised = SNNRT_DAMAGED;
    }
    network->verified_bytes = 0;
    network->verified_crc = 0;
#if SNNRT_WITH_HEALTH
    if (network->health != NULL) {
        network->health->checks += network->health->checks != UINT32_MAX;
        network->health->faults += status != SNNRT_OK && network->health->faults != UINT32_MAX;
    }
#endif
    return status;
}
