/* The file's structures, as docs/ir.md lays them out, read in place. Internal. */
#ifndef SNNRT_FILE_H
#define SNNRT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "snnrt_compiler.h"
#include "snnrt_ir.h"

#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "snnrt reads its little-endian files in place: big-endian processors are not supported"
#endif
#endif

/* Bits of a node's flags. */
#define SNNRT_NODE_STATIC 1u
#define SNNRT_NODE_MAP 2u

typedef struct snnrt_file_header {
    uint32_t magic[2];
    uint16_t major;
    uint16_t minor;
    uint32_t file_bytes;
    uint32_t crc;
    uint8_t arithmetic;
    uint8_t zero;
    uint16_t node_count;
    uint32_t arena_bytes;
    uint32_t timesteps;
    uint32_t data_offset;
    uint32_t metadata_offset;
} snnrt_file_header;

/* A record; its edges, parameters and arrays lie behind it. */
typedef struct snnrt_node {
    uint8_t kind;
    uint8_t type;
    uint8_t flags;
    uint8_t edge_count;
    uint8_t parameter_words;
    uint8_t array_count;
    uint16_t peak;
    uint32_t channels;
    uint32_t height;
    uint32_t width;
    uint32_t output;
} snnrt_node;

typedef struct snnrt_edge {
    uint16_t source;
    uint16_t delay;
} snnrt_edge;

typedef struct snnrt_array {
    uint8_t role;
    uint8_t element;
    uint8_t layout;
    uint8_t granularity;
    uint32_t value; /* offset in the file; granularity layer: the value itself */
} snnrt_array;

/* An array whose size is negative where a compiler pads these structures: such a build must fail. */
typedef char snnrt_header_is_not_padded[sizeof(snnrt_file_header) == SNNRT_HEADER_BYTES ? 1 : -1];
typedef char snnrt_node_is_not_padded[sizeof(snnrt_node) == SNNRT_RECORD_BYTES ? 1 : -1];
typedef char snnrt_edge_is_a_word[sizeof(snnrt_edge) == 4 ? 1 : -1];
typedef char snnrt_array_is_two_words[sizeof(snnrt_array) == 8 ? 1 : -1];

/* A term of an exit rule of several. */
typedef struct snnrt_exit_term {
    uint8_t rule;
    uint8_t joined; /* 1: must be met together with the next */
    uint16_t reserved; /* 0 */
    uint32_t threshold_q;
    uint16_t first; /* timesteps in which it is in force; */
    uint16_t last; /* 65535: for ever */
    float threshold; /* as asked for */
} snnrt_exit_term;
typedef char snnrt_exit_term_is_four_words[sizeof(snnrt_exit_term) == 16 ? 1 : -1];

/* The drift monitor's table, an array of the exit. */
#define SNNRT_MONITOR_ROWS 8
#define SNNRT_MONITOR_COLUMNS 16
typedef struct snnrt_monitor_table {
    int32_t alarm; /* 1/4096 bit, from 1 */
    uint8_t lowest; /* half octave of the first column */
    uint8_t step_shift; /* timesteps a row: 2^step_shift */
    uint16_t reserved; /* 0 */
    int16_t bets[SNNRT_MONITOR_ROWS][SNNRT_MONITOR_COLUMNS]; /* 1/4096 bit */
} snnrt_monitor_table;
typedef char snnrt_monitor_table_is_not_padded[sizeof(snnrt_monitor_table) == 264 ? 1 : -1];

static inline const snnrt_file_header *snnrt_header_of(const uint8_t *model) {
    return (const snnrt_file_header *)(const void *)model;
}

/* Where each record begins, in words from the start of the file. */
static inline const uint16_t *snnrt_index_of(const uint8_t *model) {
    return (const uint16_t *)(const void *)(model + SNNRT_HEADER_BYTES);
}

static inline const snnrt_node *snnrt_node_at(const uint8_t *model, uint32_t word) {
    return (const snnrt_node *)(const void *)((const uint32_t *)(const void *)model + word);
}

static inline const snnrt_node *snnrt_node_of(const uint8_t *model, uint32_t index) {
    return snnrt_node_at(model, snnrt_index_of(model)[index]);
}

static inline const snnrt_edge *snnrt_edges_of(const snnrt_node *node) {
    return (const snnrt_edge *)(const void *)(node + 1);
}

/* The parameters of a node of a kind that has one edge, and its arrays behind so many words: without a look at the
 * record. */
static inline const void *snnrt_parameters_behind_edge(const snnrt_node *node) {
    return (const void *)(snnrt_edges_of(node) + 1);
}

static inline const snnrt_array *snnrt_arrays_behind_edge(const snnrt_node *node, size_t parameter_bytes) {
    return (const snnrt_array *)(const void *)((const uint8_t *)snnrt_parameters_behind_edge(node) +
                                               parameter_bytes);
}

/* Cast to the kind's structure. */
static inline const void *snnrt_parameters_of(const snnrt_node *node) {
    return (const void *)(snnrt_edges_of(node) + node->edge_count);
}

static inline const snnrt_array *snnrt_arrays_of(const snnrt_node *node) {
    return (const snnrt_array *)(const void *)((const uint32_t *)snnrt_parameters_of(node) +
                                               node->parameter_words);
}

/* The elements of an array. */
static inline const void *snnrt_elements_of(const uint8_t *model, const snnrt_array *array) {
    return array->granularity == SNNRT_PER_LAYER ? (const void *)&array->value
                                                 : (const void *)(model + array->value);
}

static inline uint32_t snnrt_elements(const snnrt_node *node) {
    return node->channels * node->height * node->width;
}

/* The node that edge `edge` reads. */
static inline const snnrt_node *snnrt_source_of(const uint8_t *model, const snnrt_node *node, uint32_t edge) {
    return snnrt_node_of(model, snnrt_edges_of(node)[edge].source);
}

static inline const snnrt_node *snnrt_readout_of(const uint8_t *model) {
    return snnrt_node_of(model, snnrt_header_of(model)->node_count - 2u);
}

/* Whether the network computes in integers; known at build time where only one arithmetic is built. */
static inline bool snnrt_is_integer(const uint8_t *model) {
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    return snnrt_header_of(model)->arithmetic == SNNRT_ARITHMETIC_INTEGER;
#else
    (void)model;
    return SNNRT_WITH_INT8 != 0;
#endif
}

/* The array with that role; NULL where the node has none. */
SNNRT_INTERNAL const snnrt_array *snnrt_find_array(const snnrt_node *node, uint32_t role);

/* Bytes of a node's output; its dimensions must be checked. */
SNNRT_INTERNAL uint32_t snnrt_output_bytes(const snnrt_node *node);

/* Bytes of a node's block of states; 0 where its kind has none. Its dimensions and arrays must be checked. */
SNNRT_INTERNAL uint32_t snnrt_state_bytes(const snnrt_node *node);

/* Arena offset of the block of a node whose kind has states. */
static inline uint32_t snnrt_state_offset(const snnrt_node *node) {
    return *(const uint32_t *)snnrt_parameters_of(node);
}

#endif
