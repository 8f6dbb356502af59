/* Kernels that do nothing: with these a step takes what finding, preparing and calling each node's kernel takes. */
#include "snnrt_core.h"

void snnrt_dense(const snnrt_synapse_step *step) { (void)step; }
void snnrt_conv2d(const snnrt_synapse_step *step) { (void)step; }
void snnrt_pool2d(const snnrt_pool_step *step) { (void)step; }
void snnrt_add(const snnrt_add_step *step) { (void)step; }
uint64_t snnrt_neuron_i32(const snnrt_neuron_step *step) {
    (void)step;
    return 0;
}
