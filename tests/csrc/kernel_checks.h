/* What the checks of kernels share: random arguments, what is said of them, and the checks, a case each. */
#ifndef SNNRT_KERNEL_CHECKS_H
#define SNNRT_KERNEL_CHECKS_H

#include "board.h"
#include "snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE
/* Every set that this processor runs, in turn. */
extern snnrt_network network;
#define KERNEL(kernel) network.kernels->kernel
#else
#define KERNEL(kernel) snnrt_##kernel
#endif

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Drawn: 0 ... limit - 1; low ... high. */
uint32_t below(uint32_t limit);
int32_t between(int32_t low, int32_t high);

#define ROWS 1000u
#define OUTPUTS_MAX 300u
#define WEIGHTS_MAX 270000u
extern int8_t weights[WEIGHTS_MAX + 3u];
extern int32_t bias[OUTPUTS_MAX];

/* Weights: 0 the least, 1 the largest, else any. */
void make_weights(uint32_t kind);

/* Says what differs, and ends the program with 1. */
void fail(const char *what, uint32_t number);

void check_neuron(uint32_t number);
void check_ties(uint32_t number);
#if SNNRT_WITH_CONV2D
#define CONV_INPUTS 4000u
#define CONV_OUTPUTS 6000u
#define GUARD 32u
extern int16_t pixels[CONV_INPUTS + 64u];
extern int32_t filtered[GUARD + CONV_OUTPUTS + GUARD];

/* Runs a layer of a window on `pixels`, or where they are `packed` on their bits; of the step input and output are filled in.
 * Outputs are at filtered[GUARD], all others are 0x12345678. */
void run_layer(snnrt_synapse_step *step, bool packed, bool dense);

/* As run_layer, and compares sums, what lies beside them, and events. */
void compare_layer(snnrt_synapse_step *step, bool packed, bool dense, const char *what, uint32_t number);
uint32_t check_limits(void); /* all of them; how many */
void check_convolution(uint32_t number);
#endif
#if SNNRT_WITH_POOL2D
void check_pool(uint32_t number);
#endif

#endif
