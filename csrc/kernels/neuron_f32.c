#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_FLOAT32
#define SNNRT_NEURON_NAME snnrt_neuron_f32
#include "neuron_f32_body.h"
#else
typedef int snnrt_neuron_f32_left_out;
#endif
