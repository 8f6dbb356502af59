/* Written by `make generate` from the specification in runtime/ir. */
/* Internal. */
#ifndef SNNRT_IR_H
#define SNNRT_IR_H

#include <stdint.h>

#include "snnrt_config.h"
#include "snnrt_constants.h"

#define SNNRT_HEADER_BYTES 40u
#define SNNRT_RECORD_BYTES 24u
#define SNNRT_NODES_MAX 1024u
#define SNNRT_TIMESTEPS_MAX 65535u
#define SNNRT_DELAY_MAX 1u
#define SNNRT_CLASSES_MAX 4096u
#define SNNRT_EXIT_TERMS_MAX 1024u
#define SNNRT_MONITOR_ALARM_MAX 0x00100000
#define SNNRT_MONITOR_LOWEST_MAX 40u
#define SNNRT_MONITOR_SHIFT_MAX 15u
#define SNNRT_DIMENSION_MAX 0x00FFFFFFu
#define SNNRT_ELEMENTS_MAX 0x08000000u
#define SNNRT_VALUE_MAX 32767u
#define SNNRT_WEIGHT_MAX 127
#define SNNRT_ACCUMULATOR_MAX 0x40000000
#define SNNRT_ARRAY_ALIGNMENT 8u
#define SNNRT_NO_OFFSET 0xFFFFFFFFu
#define SNNRT_MAGIC_0 0x524E4E53u
#define SNNRT_MAGIC_1 0x1A0A0D54u

#define SNNRT_ELEMENT_FLOAT32 0
#define SNNRT_ELEMENT_INT32 1
#define SNNRT_ELEMENT_INT8 2

#define SNNRT_LAYOUT_DENSE 0

#define SNNRT_PER_TENSOR 0
#define SNNRT_PER_LAYER 1
#define SNNRT_PER_CHANNEL 2
#define SNNRT_PER_NEURON 3

#define SNNRT_READOUT_SUM 0
#define SNNRT_READOUT_MEAN 1
#define SNNRT_READOUT_LAST 2
#define SNNRT_READOUT_MAXIMUM 3
#define SNNRT_READOUT_FIRST_SPIKE 4

#define SNNRT_MAX_POOL_ANY 0
#define SNNRT_MAX_POOL_EARLIEST 1
#define SNNRT_MAX_POOL_NET 2

#define SNNRT_KIND_INPUT 1
#define SNNRT_KIND_DENSE 2
#define SNNRT_KIND_CONV2D 3
#define SNNRT_KIND_SUM_POOL2D 4
#define SNNRT_KIND_AVG_POOL2D 5
#define SNNRT_KIND_FLATTEN 6
#define SNNRT_KIND_ADD 7
#define SNNRT_KIND_NEURON 8
#define SNNRT_KIND_MAX_POOL2D 11
#define SNNRT_KIND_CONCATENATE 12
#define SNNRT_KIND_DELAY 13
#define SNNRT_KIND_PAD2D 14
#define SNNRT_KIND_INHIBITION 17
#define SNNRT_KIND_WINNERS 18
#define SNNRT_KIND_READOUT 9
#define SNNRT_KIND_EXIT 10

/* A neuron's flags. */
#define SNNRT_INTEGRATION_DECAY 0
#define SNNRT_INTEGRATION_EULER 1
#define SNNRT_INTEGRATION_DIVIDE 2
#define SNNRT_INTEGRATION_DIVIDE_LEAK 3
#define SNNRT_SYNAPSE_DECAY_THEN_ADD 0
#define SNNRT_SYNAPSE_ADD_THEN_DECAY 1
#define SNNRT_SYNAPSE_USE_THEN_DECAY 2
#define SNNRT_SYNAPSE_PREVIOUS 3
#define SNNRT_RESET_NONE 0
#define SNNRT_RESET_SUBTRACT 1
#define SNNRT_RESET_VALUE 2
#define SNNRT_NEURON_INTEGRATION(flags) (((flags) >> 0) & 3u)
#define SNNRT_NEURON_SYNAPSE_ORDER(flags) (((flags) >> 2) & 3u)
#define SNNRT_NEURON_STRICT 0x010u
#define SNNRT_NEURON_RESET(flags) (((flags) >> 5) & 3u)
#define SNNRT_NEURON_RESET_NEXT 0x080u
#define SNNRT_NEURON_STATE_INT16 0x100u
#define SNNRT_NEURON_MULTIPLE 0x200u
#define SNNRT_NEURON_RESET_AHEAD 0x400u
#define SNNRT_NEURON_ONE_SPIKE 0x800u
#define SNNRT_NEURON_LOIHI 0x1000u
#define SNNRT_NEURON_SHIFT_DECAY 0x2000u
#define SNNRT_NEURON_REFRACTORY_INTEGRATES 0x4000u
#define SNNRT_NEURON_RESET_SYNAPSE 0x8000u
#define SNNRT_NEURON_TAKES_BACK 0x10000u
#define SNNRT_NEURON_FLAGS_ALL 0x1FFFFu
/* Of these, what every build has; and what float32 lacks. */
#define SNNRT_NEURON_FLAGS_PLAIN 0x1FFu
#define SNNRT_NEURON_FLAGS_INTEGER 0x3100u

/* X(own, needs, excludes) of what does not go with all: flags << SNNRT_NEURON_ARRAYS | roles. */
#define SNNRT_NEURON_RULES(X) \
    X(0x00002000u, 0x00000002u, 0x00030000u) \
    X(0x00800000u, 0x00000020u, 0x00240000u) \
    X(0x40000000u, 0x00880020u, 0x00000A00u) \
    X(0x00200000u, 0x00000020u, 0x00000000u) \
    X(0x01000000u, 0x00280000u, 0x00000000u) \
    X(0x20000000u, 0x00202002u, 0x01000000u) \
    X(0x00000200u, 0x00000420u, 0x00200000u) \
    X(0x00000400u, 0x00000200u, 0x00000000u) \
    X(0x00000800u, 0x00000020u, 0x00200000u) \
    X(0x10000000u, 0x00000800u, 0x00000000u) \
    X(0x02000000u, 0x00000020u, 0x00A00000u) \
    X(0x04000000u, 0x00140022u, 0x02E32A80u) \
    X(0x08000000u, 0x00000000u, 0x04000000u)

/* Roles of arrays in a record. */
#define SNNRT_DENSE_WEIGHTS 0
#define SNNRT_DENSE_BIAS 1
#define SNNRT_DENSE_SCALE 2
#define SNNRT_DENSE_ARRAYS 3

#define SNNRT_CONV2D_WEIGHTS 0
#define SNNRT_CONV2D_BIAS 1
#define SNNRT_CONV2D_SCALE 2
#define SNNRT_CONV2D_ARRAYS 3

#define SNNRT_NEURON_MEMBRANE 0
#define SNNRT_NEURON_SYNAPSE 1
#define SNNRT_NEURON_GAIN 2
#define SNNRT_NEURON_BIAS 3
#define SNNRT_NEURON_LEAK 4
#define SNNRT_NEURON_THRESHOLD 5
#define SNNRT_NEURON_RESET_VALUE 6
#define SNNRT_NEURON_LOWER_BOUND 7
#define SNNRT_NEURON_INITIAL 8
#define SNNRT_NEURON_ADAPTATION 9
#define SNNRT_NEURON_ADAPTATION_DECAY 10
#define SNNRT_NEURON_REFRACTORY 11
#define SNNRT_NEURON_SCALE 12
#define SNNRT_NEURON_SYNAPSE_RISE 13
#define SNNRT_NEURON_ARRAYS 14

#define SNNRT_DELAY_STEPS 0
#define SNNRT_DELAY_ARRAYS 1

#define SNNRT_READOUT_MULTIPLIERS 0
#define SNNRT_READOUT_SCALE 1
#define SNNRT_READOUT_LOGIT_SCALE 2
#define SNNRT_READOUT_ARRAYS 3

#define SNNRT_EXIT_TERMS 0
#define SNNRT_EXIT_MONITOR 1
#define SNNRT_EXIT_ARRAYS 2

/* A record's parameters. */
/* Windows: of conv2d, and without the last four fields of the poolings. */
typedef struct snnrt_window {
    uint16_t kernel_h;
    uint16_t kernel_w;
    uint16_t stride_y;
    uint16_t stride_x;
    uint16_t pad_top;
    uint16_t pad_bottom;
    uint16_t pad_left;
    uint16_t pad_right;
    uint16_t dilation_y;
    uint16_t dilation_x;
    uint16_t groups;
    uint16_t rows;
} snnrt_window;

typedef struct snnrt_input_parameters {
    uint32_t encoding;
    float scale;
    int32_t peak;
    float low;
    float high;
} snnrt_input_parameters;

typedef struct snnrt_neuron_parameters {
    uint32_t state;
    uint32_t flags;
    uint32_t max_spikes;
} snnrt_neuron_parameters;

typedef struct snnrt_max_pool2d_parameters {
    uint32_t state;
    uint16_t kernel_h;
    uint16_t kernel_w;
    uint16_t stride_y;
    uint16_t stride_x;
    uint16_t pad_top;
    uint16_t pad_bottom;
    uint16_t pad_left;
    uint16_t pad_right;
    uint32_t mode;
    uint32_t inputs_kept;
} snnrt_max_pool2d_parameters;

typedef struct snnrt_delay_parameters {
    uint32_t state;
    uint32_t longest;
} snnrt_delay_parameters;

typedef struct snnrt_pad2d_parameters {
    int32_t pad_top;
    int32_t pad_bottom;
    int32_t pad_left;
    int32_t pad_right;
    uint16_t spacing_y;
    uint16_t spacing_x;
} snnrt_pad2d_parameters;

typedef struct snnrt_inhibition_parameters {
    uint32_t state;
    uint32_t radius;
} snnrt_inhibition_parameters;

typedef struct snnrt_winners_parameters {
    uint32_t state;
    uint32_t k;
    uint32_t radius;
} snnrt_winners_parameters;

typedef struct snnrt_readout_parameters {
    uint32_t mode;
    uint32_t shift;
} snnrt_readout_parameters;

typedef struct snnrt_exit_parameters {
    uint32_t rule;
    uint32_t threshold_q;
    float threshold;
} snnrt_exit_parameters;

/* Bits of a row's traits; above them the place in the list of nodes. */
#define SNNRT_TRAIT_STATIC 0x01u
#define SNNRT_TRAIT_MEMORY 0x02u
#define SNNRT_TRAIT_ALIAS 0x04u
#define SNNRT_TRAIT_STATE 0x08u
#define SNNRT_TRAIT_SAME_SHAPE 0x10u
#define SNNRT_PLACE(traits) ((traits) >> 5)
#define SNNRT_PLACE_FIRST 0
#define SNNRT_PLACE_LAST 1
#define SNNRT_PLACE_BEFORE_LAST 2
#define SNNRT_PLACE_INSIDE 3

/* X(KIND, kind, reads, traits, fewest, most, words, roles, passes) of every kind in the build:
 * for each type of the output four bits, which types its inputs may have; how many edges; words of
 * parameters; roles of arrays; for each type of the output a bit, whether its input says it. */
#define SNNRT_LIST_INPUT(X) X(INPUT, input, 0x8020u, 0x01u, 0u, 0u, 5u, 0u, 0x0u)
#define SNNRT_LIST_DENSE(X) X(DENSE, dense, 0x9300u, 0x63u, 1u, 1u, 0u, 3u, 0x0u)
#if SNNRT_WITH_CONV2D
#define SNNRT_LIST_CONV2D(X) X(CONV2D, conv2d, 0x9300u, 0x63u, 1u, 1u, 6u, 3u, 0x0u)
#else
#define SNNRT_LIST_CONV2D(X)
#endif
#if SNNRT_WITH_POOL2D
#define SNNRT_LIST_SUM_POOL2D(X) X(SUM_POOL2D, sum_pool2d, 0x9430u, 0x63u, 1u, 1u, 4u, 0u, 0x6u)
#else
#define SNNRT_LIST_SUM_POOL2D(X)
#endif
#if SNNRT_WITH_POOL2D
#define SNNRT_LIST_AVG_POOL2D(X) X(AVG_POOL2D, avg_pool2d, 0x9000u, 0x63u, 1u, 1u, 4u, 0u, 0x0u)
#else
#define SNNRT_LIST_AVG_POOL2D(X)
#endif
#define SNNRT_LIST_FLATTEN(X) X(FLATTEN, flatten, 0x8421u, 0x65u, 1u, 1u, 0u, 0u, 0xFu)
#if SNNRT_WITH_ADD
#define SNNRT_LIST_ADD(X) X(ADD, add, 0x9730u, 0x73u, 1u, 255u, 0u, 0u, 0x2u)
#else
#define SNNRT_LIST_ADD(X)
#endif
#define SNNRT_LIST_NEURON(X) X(NEURON, neuron, 0x844Cu, 0x7Au, 1u, 1u, 3u, 14u, 0x0u)
#if SNNRT_WITH_MAX_POOL2D
#define SNNRT_LIST_MAX_POOL2D(X) X(MAX_POOL2D, max_pool2d, 0x8421u, 0x6Bu, 1u, 1u, 7u, 0u, 0xFu)
#else
#define SNNRT_LIST_MAX_POOL2D(X)
#endif
#if SNNRT_WITH_CONCATENATE
#define SNNRT_LIST_CONCATENATE(X) X(CONCATENATE, concatenate, 0x8421u, 0x63u, 2u, 255u, 0u, 0u, 0xFu)
#else
#define SNNRT_LIST_CONCATENATE(X)
#endif
#if SNNRT_WITH_DELAY
#define SNNRT_LIST_DELAY(X) X(DELAY, delay, 0x8421u, 0x7Au, 1u, 1u, 2u, 1u, 0xFu)
#else
#define SNNRT_LIST_DELAY(X)
#endif
#if SNNRT_WITH_PAD2D
#define SNNRT_LIST_PAD2D(X) X(PAD2D, pad2d, 0x8421u, 0x63u, 1u, 1u, 5u, 0u, 0xFu)
#else
#define SNNRT_LIST_PAD2D(X)
#endif
#if SNNRT_WITH_COMPETITION
#define SNNRT_LIST_INHIBITION(X) X(INHIBITION, inhibition, 0x000Fu, 0x7Au, 1u, 2u, 2u, 0u, 0x0u)
#else
#define SNNRT_LIST_INHIBITION(X)
#endif
#if SNNRT_WITH_COMPETITION
#define SNNRT_LIST_WINNERS(X) X(WINNERS, winners, 0x000Fu, 0x7Au, 1u, 2u, 3u, 0u, 0x0u)
#else
#define SNNRT_LIST_WINNERS(X)
#endif
#define SNNRT_LIST_READOUT(X) X(READOUT, readout, 0x9700u, 0x52u, 1u, 1u, 2u, 3u, 0x0u)
#define SNNRT_LIST_EXIT(X) X(EXIT, exit, 0x8400u, 0x30u, 1u, 1u, 3u, 2u, 0x0u)
#define SNNRT_NODE_LIST(X) \
    SNNRT_LIST_INPUT(X) \
    SNNRT_LIST_DENSE(X) \
    SNNRT_LIST_CONV2D(X) \
    SNNRT_LIST_SUM_POOL2D(X) \
    SNNRT_LIST_AVG_POOL2D(X) \
    SNNRT_LIST_FLATTEN(X) \
    SNNRT_LIST_ADD(X) \
    SNNRT_LIST_NEURON(X) \
    SNNRT_LIST_MAX_POOL2D(X) \
    SNNRT_LIST_CONCATENATE(X) \
    SNNRT_LIST_DELAY(X) \
    SNNRT_LIST_PAD2D(X) \
    SNNRT_LIST_INHIBITION(X) \
    SNNRT_LIST_WINNERS(X) \
    SNNRT_LIST_READOUT(X) \
    SNNRT_LIST_EXIT(X)
/* Of these, the kinds with a step (their output has memory of its own); and those with states. */
#define SNNRT_STEP_LIST(X) \
    SNNRT_LIST_DENSE(X) \
    SNNRT_LIST_CONV2D(X) \
    SNNRT_LIST_SUM_POOL2D(X) \
    SNNRT_LIST_AVG_POOL2D(X) \
    SNNRT_LIST_ADD(X) \
    SNNRT_LIST_NEURON(X) \
    SNNRT_LIST_MAX_POOL2D(X) \
    SNNRT_LIST_CONCATENATE(X) \
    SNNRT_LIST_DELAY(X) \
    SNNRT_LIST_PAD2D(X) \
    SNNRT_LIST_INHIBITION(X) \
    SNNRT_LIST_WINNERS(X) \
    SNNRT_LIST_READOUT(X)
#define SNNRT_STATE_LIST(X) \
    SNNRT_LIST_NEURON(X) \
    SNNRT_LIST_MAX_POOL2D(X) \
    SNNRT_LIST_DELAY(X) \
    SNNRT_LIST_INHIBITION(X) \
    SNNRT_LIST_WINNERS(X)
/* Whether kinds that pass on what their input says may stand in a loop. */
#define SNNRT_VALUES_PASS (SNNRT_WITH_POOL2D || SNNRT_WITH_ADD || SNNRT_WITH_MAX_POOL2D || SNNRT_WITH_CONCATENATE || SNNRT_WITH_DELAY || SNNRT_WITH_PAD2D)
#define SNNRT_KINDS_END 19

#endif
