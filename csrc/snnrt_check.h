/* The check of a model: what its parts share. Internal. */
#ifndef SNNRT_CHECK_H
#define SNNRT_CHECK_H

#include "snnrt_core.h"

/* A check at work. A part that finds a fault gives its status, and leaves here where and what it is. */
typedef struct snnrt_check {
    const uint8_t *model;
    const snnrt_node *node;
    const snnrt_node *source; /* of the first edge; the node itself where it has none */
    uint32_t index;
    uint32_t count; /* nodes of the model */
    size_t expected;
    size_t found;
    uint32_t data_end; /* file offset: arrays begin there or later */
    uint32_t present; /* bit r: the node has the array of role r */
    uint32_t tensor; /* elements of its array of the granularity tensor */
    uint32_t low; /* of SNNRT_OWN_RANGE: values from here ... */
    uint32_t span; /* ... to so far beyond */
#if SNNRT_WITH_NEURON_VARIANTS
    uint32_t decay_span; /* of a neuron's decays */
#endif
    uint32_t peak; /* what the node's must be: the sum of its sources', until its kind says otherwise */
    uint32_t is_static; /* what the node's flag must be */
} snnrt_check;

/* A kind's row of the specification. */
typedef struct snnrt_row {
    uint16_t reads;
    uint8_t traits, fewest, most, sizes; /* words of parameters, and above bit 4 roles of arrays */
    uint8_t kind;
    uint8_t passes; /* bit t: whether an output of type t is what its only input says */
} snnrt_row;

/* The row of a kind; of one that the build lacks all is 0. */
SNNRT_INTERNAL const snnrt_row *snnrt_row_of(uint32_t kind);

/* Fills `fault`, unless it is NULL, and gives back `status`. */
SNNRT_INTERNAL snnrt_status snnrt_report(snnrt_fault *fault, snnrt_status status, uint32_t node,
                                         size_t expected, size_t found);

/* The whole check; snnrt_model_check also describes the model. */
SNNRT_INTERNAL snnrt_status snnrt_check_model(const void *model, size_t model_bytes, snnrt_fault *fault);

/* Readies a network of zeros for a model that was checked, in that arena. */
SNNRT_INTERNAL snnrt_status snnrt_start(snnrt_network *network, const uint8_t *model, void *arena,
                                        size_t arena_bytes);

/* SNNRT_OK, or what is wrong with a kind: none of that number, or not in the build. */
SNNRT_INTERNAL snnrt_status snnrt_check_kernels(const snnrt_node *node);

/* The parts of the check: each may rely on the ones before, for all nodes. */
SNNRT_INTERNAL snnrt_status snnrt_check_records(snnrt_check *check);
SNNRT_INTERNAL snnrt_status snnrt_check_node(snnrt_check *check);
SNNRT_INTERNAL snnrt_status snnrt_check_plan(snnrt_check *check);

/* What an array of a role must be, a byte: which elements and values (SNNRT_..._RANGE), which granularities. 0: the
 * node may not have it. Floats from 0 on are ordered as their bits are; infinity and NaN lie beyond the largest. */
enum {
    SNNRT_WEIGHT_RANGE = 1, /* int8 but -128 */
    SNNRT_INT_RANGE, /* int32 */
    SNNRT_Q15_RANGE, /* int32, 0 ... 32768, or ... check.decay_span */
    SNNRT_COUNT_RANGE, /* int32, 0 ... 32767 */
    SNNRT_NATURAL_RANGE, /* int32 from 0 */
    SNNRT_POSITIVE_RANGE, /* int32 from 1 */
    SNNRT_OWN_RANGE, /* int32, check.low ... check.low + check.span */
    SNNRT_FLOAT_RANGE, /* float32, finite */
    SNNRT_FLOAT_ABOVE_0_RANGE, /* float32 above 0, finite */
    /* Of networks that compute in float32 only. */
    SNNRT_FLOAT_1_RANGE, /* float32, 0 ... 1 */
    SNNRT_FLOAT_0_RANGE, /* float32 from 0, finite */
    SNNRT_FLOAT_OWN_RANGE /* float32, its bits check.low ... check.low + check.span */
};
#define SNNRT_LARGEST_FLOAT 0x7F7FFFFFu
#define SNNRT_ONE_FLOAT 0x3F800000u
#define SNNRT_TENSOR_OF(range) ((range) | 16u << SNNRT_PER_TENSOR)
#define SNNRT_OUTPUTS_OF(range) ((range) | 16u << SNNRT_PER_CHANNEL)
#define SNNRT_NEURONS_OF(range) \
    ((range) | 16u << SNNRT_PER_LAYER | 16u << SNNRT_PER_CHANNEL | 16u << SNNRT_PER_NEURON)

/* Of a node's rules in float32 and in integers, those of the model; a build has but those of its arithmetics. */
#define SNNRT_RULES_OF(c, rules) ((rules)[SNNRT_WITH_FLOAT32 && snnrt_is_integer((c)->model)])

/* a * b, or UINT32_MAX where it is larger. */
SNNRT_INTERNAL uint32_t snnrt_bounded_product(uint32_t a, uint32_t b);

/* Looks at the node's arrays, and notes them in check.present: ascending roles below `roles`, each as rules[role] says,
 * at an offset behind the array before. */
SNNRT_INTERNAL snnrt_status snnrt_check_arrays(snnrt_check *check, const uint8_t *rules, uint32_t roles);

/* Whether `count` 32-bit words all lie in that range. */
SNNRT_INTERNAL bool snnrt_words_fit(const snnrt_check *check, const void *words, uint32_t count,
                                    uint32_t range);

#if SNNRT_WITH_CONV2D || SNNRT_WITH_POOL2D || SNNRT_WITH_MAX_POOL2D
/* Whether the node is the map that a window makes of its source, also a map. */
SNNRT_INTERNAL bool snnrt_window_fits(const snnrt_check *check, const snnrt_window *window,
                                      uint32_t dilation_y, uint32_t dilation_x);
#endif

/* Weights, bias and scale of dense and conv2d, whose outputs read `fan_in` inputs. */
SNNRT_INTERNAL snnrt_status snnrt_check_weights(snnrt_check *check, uint32_t fan_in);

#define SNNRT_DECLARE_CHECK(KIND, kind, ...) \
    SNNRT_INTERNAL snnrt_status snnrt_##kind##_check(snnrt_check *check);
SNNRT_NODE_LIST(SNNRT_DECLARE_CHECK)
#undef SNNRT_DECLARE_CHECK

#endif
