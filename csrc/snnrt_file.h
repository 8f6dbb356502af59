/* The file's structures, as docs/ir.md lays them out. Internal. */
#ifndef SNNRT_FILE_H
#define SNNRT_FILE_H

#include <stdint.h>

#include "snnrt_window.h"

#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "snnrt reads its little-endian files in place: big-endian processors are not supported"
#endif
#endif

#define SNNRT_MAGIC_0 0x524E4E53u /* "SNNR" */
#define SNNRT_MAGIC_1 0x1A0A0D54u /* "T", carriage return, line feed, substitute */
#define SNNRT_HEADER_BYTES 64u
#define SNNRT_NODE_BYTES 96u
#define SNNRT_NODES_MAX 1024u
#define SNNRT_INPUTS_MAX 4u
#define SNNRT_CLASSES_MAX 4096u
#define SNNRT_DIMENSION_MAX 0x00FFFFFFu
#define SNNRT_ELEMENTS_MAX 0x08000000u
#define SNNRT_ACCUMULATOR_MAX 0x40000000
#define SNNRT_NO_OFFSET 0xFFFFFFFFu
#define SNNRT_NO_INPUT 0xFFFFu
#define SNNRT_DELAYED 0x8000u

enum {
    SNNRT_KIND_INPUT = 1,
    SNNRT_KIND_DENSE = 2,
    SNNRT_KIND_CONV2D = 3,
    SNNRT_KIND_SUM_POOL2D = 4,
    SNNRT_KIND_AVG_POOL2D = 5,
    SNNRT_KIND_FLATTEN = 6,
    SNNRT_KIND_ADD = 7,
    SNNRT_KIND_NEURON = 8,
    SNNRT_KIND_READOUT = 9,
    SNNRT_KIND_EXIT = 10
};

#define SNNRT_NEURON_INTEGRATION(flags) ((flags) & 3u)
#define SNNRT_NEURON_SYNAPSE_ORDER(flags) (((flags) >> 2) & 3u)
#define SNNRT_NEURON_RESET(flags) (((flags) >> 6) & 3u)
#define SNNRT_NEURON_STRICT 0x010u
#define SNNRT_NEURON_MULTIPLE 0x020u
#define SNNRT_NEURON_RESET_NEXT 0x100u
#define SNNRT_NEURON_STATE_INT16 0x200u
#define SNNRT_NEURON_FLAGS_MAX 0x3FFu

enum { SNNRT_INTEGRATION_DECAY = 0, SNNRT_INTEGRATION_EULER = 1, SNNRT_INTEGRATION_DIVIDE = 2, SNNRT_INTEGRATION_DIVIDE_LEAK = 3 };
enum {
    SNNRT_SYNAPSE_DECAY_THEN_ADD = 0,
    SNNRT_SYNAPSE_ADD_THEN_DECAY = 1,
    SNNRT_SYNAPSE_USE_THEN_DECAY = 2,
    SNNRT_SYNAPSE_PREVIOUS = 3
};
enum { SNNRT_RESET_NONE = 0, SNNRT_RESET_SUBTRACT = 1, SNNRT_RESET_VALUE = 2 };

/* Order of a neuron's parameters in the record and in `granularity`. */
enum {
    SNNRT_NEURON_MEMBRANE = 0,
    SNNRT_NEURON_SYNAPSE = 1,
    SNNRT_NEURON_GAIN = 2,
    SNNRT_NEURON_BIAS = 3,
    SNNRT_NEURON_LEAK = 4,
    SNNRT_NEURON_THRESHOLD = 5,
    SNNRT_NEURON_RESET_VALUE = 6,
    SNNRT_NEURON_LOWER_BOUND = 7,
    SNNRT_NEURON_INITIAL = 8,
    SNNRT_NEURON_SCALE = 9,
    SNNRT_NEURON_ARRAYS = 10
};
enum {
    SNNRT_ABSENT = 0,
    SNNRT_PER_LAYER = 1,
    SNNRT_PER_CHANNEL = 2,
    SNNRT_PER_NEURON = 3
};
#define SNNRT_GRANULARITY(record, parameter) (((record)->granularity >> (2u * (parameter))) & 3u)

#define SNNRT_NODE_STATIC 1u

typedef struct snnrt_file_header {
    uint32_t magic[2];
    uint16_t major;
    uint16_t minor;
    uint32_t file_bytes;
    uint32_t crc;
    uint8_t numbers;
    uint8_t zero;
    uint16_t node_count;
    uint32_t arena_bytes;
    uint32_t timesteps;
    uint32_t data_offset;
    uint32_t data_bytes;
    uint32_t metadata_offset;
    uint32_t metadata_bytes;
    uint32_t reserved[4];
} snnrt_file_header;

typedef struct snnrt_input_parameters {
    uint32_t encoding;
    float scale;
    int32_t peak;
    float low;
    float high;
} snnrt_input_parameters;

typedef struct snnrt_synapse_parameters {
    uint32_t weights;
    uint32_t bias;
    uint32_t scale;
    snnrt_window window;
} snnrt_synapse_parameters;

typedef struct snnrt_neuron_parameters {
    uint32_t flags;
    uint32_t granularity;
    uint32_t state;
    uint32_t synapse_state;
    uint32_t max_spikes;
    uint32_t arrays[SNNRT_NEURON_ARRAYS];
} snnrt_neuron_parameters;

typedef struct snnrt_readout_parameters {
    uint32_t mode;
    uint32_t multipliers;
    uint32_t shift;
    uint32_t scale;
} snnrt_readout_parameters;

typedef struct snnrt_exit_parameters {
    uint32_t rule;
    uint32_t threshold_q;
    float threshold;
} snnrt_exit_parameters;

typedef struct snnrt_node {
    uint8_t kind;
    uint8_t dtype;
    uint8_t rank;
    uint8_t input_count;
    uint16_t inputs[SNNRT_INPUTS_MAX];
    uint32_t channels;
    uint32_t height;
    uint32_t width;
    uint32_t output;
    uint16_t peak;
    uint16_t flags;
    union {
        uint32_t words[16];
        snnrt_input_parameters input;
        snnrt_synapse_parameters synapse;
        snnrt_neuron_parameters neuron;
        snnrt_readout_parameters readout;
        snnrt_exit_parameters exit;
    } parameters;
} snnrt_node;

/* An array whose size is negative where a compiler pads these structures: such a build must fail. */
typedef char snnrt_header_is_64_bytes[sizeof(snnrt_file_header) == SNNRT_HEADER_BYTES ? 1 : -1];
typedef char snnrt_node_is_96_bytes[sizeof(snnrt_node) == SNNRT_NODE_BYTES ? 1 : -1];

static inline const snnrt_file_header *snnrt_header_of(const uint8_t *model) {
    return (const snnrt_file_header *)(const void *)model;
}

static inline const snnrt_node *snnrt_node_of(const uint8_t *model, uint32_t index) {
    return (const snnrt_node *)(const void *)(model + SNNRT_HEADER_BYTES) + index;
}

static inline uint32_t snnrt_elements(const snnrt_node *node) {
    return node->channels * node->height * node->width;
}

#endif
