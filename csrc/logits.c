/* The readout as the exit rule sees it, and whether a network may be used: what steps, health and set-up share. */
#include "snnrt_core.h"
#include "snnrt_float.h"

snnrt_status snnrt_readiness(const snnrt_network *network) {
    if (network != NULL && network->initialised == SNNRT_INITIALISED) {
        return SNNRT_OK;
    }
    return network != NULL && network->initialised == SNNRT_DAMAGED ? SNNRT_ERROR_CRC
                                                                    : SNNRT_ERROR_NOT_INITIALISED;
}

void snnrt_logits_of(const snnrt_network *network, snnrt_logits *logits) {
    const snnrt_node *readout = snnrt_readout_of(network->model);
    const snnrt_readout_parameters *p =
        (const snnrt_readout_parameters *)snnrt_parameters_behind_edge(readout);
    logits->accumulators = network->arena + readout->output;
    logits->integer = snnrt_is_integer(network->model);
    /* Roles ascend: the multipliers come first, one a class. */
    logits->multipliers =
        logits->integer
            ? (const snnrt_int32 *)(const void *)(network->model +
                                                  snnrt_arrays_behind_edge(readout, sizeof *p)->value)
            : NULL;
    logits->shift = p->shift;
    logits->classes = readout->channels;
    logits->timesteps = network->timestep;
    logits->mean = p->mode == SNNRT_READOUT_MEAN;
#if SNNRT_WITH_FLOAT32
    logits->unit = 65536.0f;
    if (!logits->integer && readout->array_count != 0) {
        logits->unit *=
            *(const snnrt_float32 *)(const void *)&snnrt_arrays_behind_edge(readout, sizeof *p)->value;
    }
#endif
}
