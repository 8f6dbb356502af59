/* Written by `make generate` from the specification in runtime/ir. */
#ifndef SNNRT_CONSTANTS_H
#define SNNRT_CONSTANTS_H

/* The file format that this core reads: its major version, and minor versions up to its own. */
#define SNNRT_FORMAT_MAJOR 2
#define SNNRT_FORMAT_MINOR 0

/* What a network computes in. */
#define SNNRT_ARITHMETIC_FLOAT32 0
#define SNNRT_ARITHMETIC_INTEGER 1

/* Types of values: of inputs and outputs of nodes. */
#define SNNRT_TYPE_BITS 0
#define SNNRT_TYPE_INT16 1
#define SNNRT_TYPE_INT32 2
#define SNNRT_TYPE_FLOAT32 3

/* How the input arrives: the same values at every timestep, or others at each. */
#define SNNRT_INPUT_CONSTANT 0
#define SNNRT_INPUT_SPIKES 1

/* Rules that end a run. */
#define SNNRT_EXIT_NEVER 0
#define SNNRT_EXIT_ENTROPY 1
#define SNNRT_EXIT_CONFIDENCE 2
#define SNNRT_EXIT_MARGIN 3
#define SNNRT_EXIT_PATIENCE 4
#define SNNRT_EXIT_BUDGET 5
#define SNNRT_EXIT_COMBINED 6

#endif
