#include "../snnrt_core.h"
#include "snnrt_host.h"

snnrt_status snnrt_host_start(snnrt_network *network, const void *model, void *arena,
                              size_t arena_bytes) {
    static const snnrt_network empty;
    const snnrt_file_header *header;
    const snnrt_exit_parameters *exit;
    if (network == NULL) {
        return SNNRT_ERROR_NULL;
    }
    *network = empty;
    if (model == NULL || arena == NULL) {
        return SNNRT_ERROR_NULL;
    }
    header = snnrt_header_of((const uint8_t *)model);
    if ((uintptr_t)arena % 8u != 0) {
        return SNNRT_ERROR_ARENA_MISALIGNED;
    }
    if (arena_bytes < header->arena_bytes) {
        return SNNRT_ERROR_ARENA_TOO_SMALL;
    }
    exit = (const snnrt_exit_parameters *)snnrt_parameters_of(
        snnrt_node_of((const uint8_t *)model, header->node_count - 1u));
    network->model = (const uint8_t *)model;
    network->arena = (uint8_t *)arena;
    network->kernels = &snnrt_kernels_portable;
    network->maximum_timesteps = header->timesteps;
    network->exit_rule = exit->rule;
    network->exit_threshold_q = exit->threshold_q;
    network->model_bytes = header->file_bytes;
    network->model_crc = header->crc;
    network->initialised = SNNRT_INITIALISED;
    return snnrt_network_reset(network);
}
