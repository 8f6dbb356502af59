/* The check of a model: what its parts share. Internal. */
#ifndef SNNRT_CHECK_H
#define SNNRT_CHECK_H

#include "snnrt_core.h"

/* A check at work. */
typedef struct snnrt_check {
    const uint8_t *model;
    const snnrt_node *node;
    const snnrt_node *source;      /* of the first edge; the node itself where it has none */
    const snnrt_array *array;      /* the node's next array that was not looked at */
    const snnrt_array *arrays_end;
    snnrt_fault *fault;
    uint32_t index;
    uint32_t count;       /* nodes of the model */
    uint32_t data_end;    /* file offset: arrays begin there or later */
    uint32_t tensor;      /* elements of an array of the granularity tensor */
    uint32_t peak;        /* what the node's must be: the sum of its sources', until its kind says otherwise */
    uint32_t present;     /* bit r: the array of role r is there */
    bool is_static;       /* what the node's flag must be */
} snnrt_check;

/* A kind's row of the specification. */
typedef struct snnrt_row {
    uint16_t reads;
    uint8_t traits, fewest, most, words;
} snnrt_row;

/* The row of a kind; of one that the build lacks all is 0. */
const snnrt_row *snnrt_row_of(uint32_t kind);

/* Fills the fault, if there is room for one, and gives back `status`. */
snnrt_status snnrt_fail(const snnrt_check *check, snnrt_status status, size_t expected, size_t found);

/* The whole check; snnrt_model_check also describes the model. */
snnrt_status snnrt_check_model(const void *model, size_t model_bytes, snnrt_fault *fault);

/* SNNRT_OK, or what is wrong with a kind: none of that number, or not in the build. */
snnrt_status snnrt_check_kernels(const snnrt_node *node);

/* The parts of the check: each may rely on the ones before, for all nodes. */
snnrt_status snnrt_check_records(snnrt_check *check);
snnrt_status snnrt_check_node(snnrt_check *check);
snnrt_status snnrt_check_plan(snnrt_check *check);

/* Whether all of a node's dimensions, and their product, are in range. */
bool snnrt_dimensions_fit(const snnrt_node *node);

/* Granularities that an array may have. */
#define SNNRT_STORED_TENSOR (1u << SNNRT_PER_TENSOR)
#define SNNRT_STORED_OUTPUTS (1u << SNNRT_PER_CHANNEL)
#define SNNRT_STORED_NEURONS (1u << SNNRT_PER_LAYER | 1u << SNNRT_PER_CHANNEL | 1u << SNNRT_PER_NEURON)

/* Ranges of 32-bit elements: low, and how far beyond it values may lie. Floats from 0 on are ordered as their bits
 * are; infinity and NaN lie beyond the largest. */
#define SNNRT_LARGEST_FLOAT 0x7F7FFFFFu
#define SNNRT_ONE_FLOAT 0x3F800000u
#define SNNRT_ANY 0u, 0xFFFFFFFFu
#define SNNRT_ANY_FINITE 0u, SNNRT_FINITE
#define SNNRT_POSITIVE_FINITE 1u, SNNRT_LARGEST_FLOAT - 1u
#define SNNRT_NOT_NEGATIVE 0u, 0x7FFFFFFFu
#define SNNRT_FINITE (SNNRT_LARGEST_FLOAT << 1) /* as a span: any float but infinity and NaN, whatever its sign */

/* Looks at the node's next array if it has that role, and notes its presence: its element type, granularity, place
 * in the file and values low ... low + span (of int8: all but -128). SNNRT_OK where the array is absent. */
snnrt_status snnrt_check_array(snnrt_check *check, uint32_t role, uint32_t element, uint32_t stored, uint32_t low,
                               uint32_t span);

#if SNNRT_WITH_CONV2D || SNNRT_WITH_POOL2D
/* Whether the node is the map that a window makes of its source, also a map. */
bool snnrt_window_fits(const snnrt_check *check, const snnrt_window *window, uint32_t dilation_y,
                       uint32_t dilation_x);
#endif

#if SNNRT_WITH_ADD || SNNRT_WITH_POOL2D
/* Whether the node reads itself, through kinds that take what they give from what they read: values of such a loop
 * have no bound, and no type. */
bool snnrt_reads_itself(const snnrt_check *check);
#endif

/* Weights, bias and scale of dense and conv2d, whose outputs read `fan_in` inputs. */
snnrt_status snnrt_check_weights(snnrt_check *check, uint64_t fan_in);

#define SNNRT_DECLARE_CHECK(KIND, kind, ...) snnrt_status snnrt_##kind##_check(snnrt_check *check);
SNNRT_NODE_LIST(SNNRT_DECLARE_CHECK)
#undef SNNRT_DECLARE_CHECK

#endif
