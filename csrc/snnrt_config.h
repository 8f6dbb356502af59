/* What a build contains. Define any of these to 0 before compiling to leave that part out;
 * a model that needs it is then refused with SNNRT_ERROR_KERNEL_MISSING. */
#ifndef SNNRT_CONFIG_H
#define SNNRT_CONFIG_H

#ifndef SNNRT_WITH_FLOAT32
#define SNNRT_WITH_FLOAT32 1
#endif
#ifndef SNNRT_WITH_INT8
#define SNNRT_WITH_INT8 1
#endif
/* Kinds of nodes, as `make generate` lists them. */
#ifndef SNNRT_WITH_CONV2D
#define SNNRT_WITH_CONV2D 1
#endif
#ifndef SNNRT_WITH_POOL2D
#define SNNRT_WITH_POOL2D 1
#endif
#ifndef SNNRT_WITH_ADD
#define SNNRT_WITH_ADD 1
#endif
#ifndef SNNRT_WITH_MAX_POOL2D
#define SNNRT_WITH_MAX_POOL2D 1
#endif
#ifndef SNNRT_WITH_CONCATENATE
#define SNNRT_WITH_CONCATENATE 1
#endif
#ifndef SNNRT_WITH_DELAY
#define SNNRT_WITH_DELAY 1
#endif
#ifndef SNNRT_WITH_PAD2D
#define SNNRT_WITH_PAD2D 1
#endif
#ifndef SNNRT_WITH_COMPETITION
#define SNNRT_WITH_COMPETITION 1
#endif
/* end */
/* Neurons beyond snnrt_neuron_is_plain: synaptic currents, several spikes a step, lower bounds, leaks that differ, no
 * threshold. */
#ifndef SNNRT_WITH_NEURON_VARIANTS
#define SNNRT_WITH_NEURON_VARIANTS 1
#endif
/* Of these, neurons with Loihi's integers. */
#ifndef SNNRT_WITH_LOIHI
#define SNNRT_WITH_LOIHI SNNRT_WITH_NEURON_VARIANTS
#endif
/* A loop of their own for convolutions whose groups read one channel each; without, they take the general one. */
#ifndef SNNRT_WITH_DEPTHWISE
#define SNNRT_WITH_DEPTHWISE SNNRT_WITH_CONV2D
#endif
/* Readouts of the last or largest value, or of the first spike. */
#ifndef SNNRT_WITH_READOUT_MODES
#define SNNRT_WITH_READOUT_MODES 1
#endif
#ifndef SNNRT_WITH_COUNTERS
#define SNNRT_WITH_COUNTERS 1
#endif
#ifndef SNNRT_WITH_TRACE
#define SNNRT_WITH_TRACE 1
#endif
#ifndef SNNRT_WITH_STRINGS
#define SNNRT_WITH_STRINGS 1
#endif
/* Entropy and confidence; without, models whose rule is `never` and no other. */
#ifndef SNNRT_WITH_EXIT_SCORES
#define SNNRT_WITH_EXIT_SCORES 1
#endif
/* Of these, confidence. */
#ifndef SNNRT_WITH_EXIT_CONFIDENCE
#define SNNRT_WITH_EXIT_CONFIDENCE SNNRT_WITH_EXIT_SCORES
#endif
/* And by margin, patience or budget, and by rules of several terms. */
#ifndef SNNRT_WITH_EXIT_COMBINED
#define SNNRT_WITH_EXIT_COMBINED SNNRT_WITH_EXIT_SCORES
#endif
/* snnrt_network_record_health. */
#ifndef SNNRT_WITH_HEALTH
#define SNNRT_WITH_HEALTH 1
#endif
/* The drift monitor that a model may have; without, such a model runs unwatched. */
#ifndef SNNRT_WITH_MONITOR
#define SNNRT_WITH_MONITOR 1
#endif
/* snnrt_network_adapt. */
#ifndef SNNRT_WITH_ADAPTATION
#define SNNRT_WITH_ADAPTATION SNNRT_WITH_EXIT_SCORES
#endif
/* snnrt_encode_...: raw sensor values in integers. */
#ifndef SNNRT_WITH_ENCODING
#define SNNRT_WITH_ENCODING 1
#endif
/* The whole check of a model's nodes, arrays and memory plan. At 0, snnrt_network_init checks the header, the checksum and
 * that the kernels are there, and trusts the rest: for a model that is linked in, not for one that comes later. */
#ifndef SNNRT_WITH_MODEL_CHECK
#define SNNRT_WITH_MODEL_CHECK 1
#endif
/* Kernels reached through a table that can be replaced while the program runs (host); at 0 they are called directly. */
#ifndef SNNRT_WITH_KERNEL_TABLE
#define SNNRT_WITH_KERNEL_TABLE 0
#endif
/* Ask for the scratch with which the vector kernels' convolutions are fastest (a copy of the weights). */
#ifndef SNNRT_WITH_VECTOR_SCRATCH
#define SNNRT_WITH_VECTOR_SCRATCH 0
#endif
/* Loops of their own for the common cases: 800 bytes of code for a third fewer instructions; and the checksum four bits
 * at a time by a table of 64 bytes, instead of bit by bit. */
#ifndef SNNRT_WITH_FAST_LOOPS
#ifdef __OPTIMIZE_SIZE__
#define SNNRT_WITH_FAST_LOOPS 0
#else
#define SNNRT_WITH_FAST_LOOPS 1
#endif
#endif
/* Instructions of Cortex-M4, M7, M33 and their like that add in lanes and saturate, where the compiler has them. */
#ifndef SNNRT_WITH_ARM_DSP
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__)
#define SNNRT_WITH_ARM_DSP __ARM_FEATURE_DSP
#else
#define SNNRT_WITH_ARM_DSP 0
#endif
#endif
/* Vectors of Cortex-M55 and its like (Helium). */
#ifndef SNNRT_WITH_ARM_MVE
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__)
#define SNNRT_WITH_ARM_MVE (__ARM_FEATURE_MVE & 1)
#else
#define SNNRT_WITH_ARM_MVE 0
#endif
#endif
/* Non-zero inputs collected before one accumulation; 6 bytes of stack each, with float32 in the build 8. */
#ifndef SNNRT_EVENTS_MAX
#define SNNRT_EVENTS_MAX 32
#endif

#endif
