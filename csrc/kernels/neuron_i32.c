#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
#define SNNRT_NEURON_NAME snnrt_neuron_i32
#include "neuron_i32_body.h"
#else
typedef int snnrt_neuron_i32_left_out;
#endif
