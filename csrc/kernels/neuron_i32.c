#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
#include "neuron_i32_body.h"

uint64_t snnrt_neuron_i32(const snnrt_neuron_step *step) { return update_from(step, 0); }
#else
typedef int snnrt_neuron_i32_left_out;
#endif
