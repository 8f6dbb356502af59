/* Kernels: what computes. Internal. Portable forms in kernels/, forms for an instruction set in
 * kernels/<isa>/; all give the same bits (docs/ir.md). */
#ifndef SNNRT_KERNELS_H
#define SNNRT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snnrt.h"
#include "snnrt_file.h"

/* Non-zero inputs waiting to be accumulated: weight row and value (1 for a spike). */
typedef struct snnrt_events {
    uint32_t count;
    uint32_t row[SNNRT_EVENTS_MAX];
    union {
        int16_t i16[SNNRT_EVENTS_MAX];
        float f32[SNNRT_EVENTS_MAX];
    } value;
} snnrt_events;

/* Appends the non-zero elements of input[first .. first + count) as rows row, row + 1, ...; returns how
 * many elements were looked at: fewer than count only if the events are full. */
typedef uint32_t snnrt_scan_kernel(const void *input, uint32_t first, uint32_t count, uint32_t row,
                                   snnrt_events *events);

/* accumulator[0 .. outputs) += sum over events, in order, of weights[row][0 .. outputs) * value. */
typedef void snnrt_accumulate_i8_kernel(int32_t *accumulator, const int8_t *weights,
                                        uint32_t outputs, const snnrt_events *events);
typedef void snnrt_accumulate_f32_kernel(float *accumulator, const float *weights, uint32_t outputs,
                                         const snnrt_events *events);

/* A neuron node's step. Arrays that are absent are NULL; `granularity` as in the file. */
typedef struct snnrt_neuron_step {
    const snnrt_neuron_parameters *parameters;
    const void *arrays[SNNRT_NEURON_PARAMETERS];
    const void *current;
    void *state;
    void *synapse_state;
    void *output;
    uint32_t neurons;
    uint32_t channels;
} snnrt_neuron_step;

/* Returns the number of spikes fired. */
typedef uint64_t snnrt_neuron_kernel(const snnrt_neuron_step *step);

/* One set of kernels; NULL where the build leaves the numbers out. */
typedef struct snnrt_kernels {
    const char *name;
    snnrt_scan_kernel *scan_bits_i16;
    snnrt_scan_kernel *scan_i16;
    snnrt_accumulate_i8_kernel *accumulate_i8;
    snnrt_neuron_kernel *neuron_i32;
    snnrt_scan_kernel *scan_bits_f32;
    snnrt_scan_kernel *scan_f32;
    snnrt_accumulate_f32_kernel *accumulate_f32;
    snnrt_neuron_kernel *neuron_f32;
} snnrt_kernels;

extern const snnrt_kernels snnrt_kernels_portable;

snnrt_scan_kernel snnrt_scan_bits_i16; /* a spike's value is 1, in value.i16 */
snnrt_scan_kernel snnrt_scan_bits_f32; /* the same in value.f32 */
snnrt_scan_kernel snnrt_scan_i16;
snnrt_scan_kernel snnrt_scan_f32;
snnrt_accumulate_i8_kernel snnrt_accumulate_i8;
snnrt_accumulate_f32_kernel snnrt_accumulate_f32;
snnrt_neuron_kernel snnrt_neuron_i32;
snnrt_neuron_kernel snnrt_neuron_f32;

/* Dense and conv2d: one window after another, bias first, then the events of the window. */
typedef struct snnrt_synapse_step {
    const snnrt_kernels *kernels;
    const snnrt_synapse_parameters *parameters;
    const void *weights;
    const void *bias;
    const void *input;
    void *output;
    snnrt_counts *counts; /* may be NULL */
    uint32_t input_dtype;
    uint32_t numbers;
    uint32_t in_channels, in_height, in_width;
    uint32_t out_channels, out_height, out_width;
} snnrt_synapse_step;

void snnrt_dense(const snnrt_synapse_step *step);
void snnrt_conv2d(const snnrt_synapse_step *step);

typedef struct snnrt_pool_step {
    const snnrt_synapse_parameters *parameters;
    const void *input;
    void *output;
    uint32_t input_dtype;
    uint32_t output_dtype;
    uint32_t channels, in_height, in_width, out_height, out_width;
    bool average;
} snnrt_pool_step;

void snnrt_pool2d(const snnrt_pool_step *step);

/* output (+)= input, elements converted; `first` overwrites. int32 saturates. */
typedef struct snnrt_add_step {
    const void *input;
    void *output;
    uint32_t elements;
    uint32_t input_dtype;
    uint32_t output_dtype;
    bool first;
} snnrt_add_step;

void snnrt_add(const snnrt_add_step *step);

static inline int32_t snnrt_saturating_add(int32_t a, int32_t b) {
    uint32_t sum = (uint32_t)a + (uint32_t)b;
    uint32_t overflow = (~((uint32_t)a ^ (uint32_t)b) & ((uint32_t)a ^ sum)) >> 31;
    uint32_t limit = ((uint32_t)a >> 31) + 0x7FFFFFFFu;
    return (int32_t)(overflow ? limit : sum);
}

static inline uint32_t snnrt_bit(const uint32_t *words, uint32_t index) {
    return (words[index >> 5] >> (index & 31u)) & 1u;
}

/* Index of the lowest set bit; word must not be 0. */
static inline uint32_t snnrt_lowest_bit(uint32_t word) {
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctz(word);
#else
    static const uint8_t position[32] = {0,  1,  28, 2,  29, 14, 24, 3,  30, 22, 20,
                                         15, 25, 17, 4,  8,  31, 27, 13, 23, 21, 19,
                                         16, 7,  26, 12, 18, 6,  11, 5,  10, 9};
    return position[((word & (0u - word)) * 0x077CB531u) >> 27];
#endif
}

static inline uint32_t snnrt_popcount(uint32_t word) {
    word = word - ((word >> 1) & 0x55555555u);
    word = (word & 0x33333333u) + ((word >> 2) & 0x33333333u);
    return (((word + (word >> 4)) & 0x0F0F0F0Fu) * 0x01010101u) >> 24;
}

#endif
