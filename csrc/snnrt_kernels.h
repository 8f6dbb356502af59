/* Kernels: what computes. Internal. Portable forms in kernels/, forms for an instruction set in
 * kernels/<isa>/; all give the same bits (docs/ir.md). */
#ifndef SNNRT_KERNELS_H
#define SNNRT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snnrt_compiler.h"

#include "snnrt_unstable.h"
#include "snnrt_file.h"

#if SNNRT_EVENTS_MAX < 1
#error "SNNRT_EVENTS_MAX: expected 1 or more, the events that are collected before they are added"
#endif

/* Vector kernels read and write events in blocks: so many entries past the capacity are theirs too. */
#ifndef SNNRT_EVENTS_PADDING
#define SNNRT_EVENTS_PADDING (SNNRT_WITH_KERNEL_TABLE ? 16u : 0u)
#endif

/* Non-zero inputs: the position of each and its value (1 for a spike), in ascending position. */
typedef struct snnrt_events {
    snnrt_uint32 *position;
    union {
        snnrt_int16 *i16;
        snnrt_float32 *f32;
    } value;
    uint32_t count;
    uint32_t capacity;
} snnrt_events;

/* Appends the non-zero elements of input[first .. first + count) at positions position, position + 1, ...;
 * returns how many elements were looked at: fewer than count only if the events are full. */
typedef uint32_t snnrt_scan_kernel(const void *input, uint32_t first, uint32_t count, uint32_t position,
                                   snnrt_events *events);

/* Events first .. first + count, at least one, whose weight rows are their positions plus `shift` (modulo 2^32). */
typedef struct snnrt_slice {
    uint32_t first;
    uint32_t count;
    uint32_t shift;
} snnrt_slice;

/* One sum: accumulator[0 .. outputs) = start + sum over the slices' events, in order, of
 * weights[row][0 .. outputs) * value. `start` may be the accumulator itself; NULL is zero. */
typedef struct snnrt_accumulation {
    void *accumulator;
    const void *start;
    const void *weights;
    uint32_t outputs;
    uint32_t peak; /* no value's magnitude is larger (int16 values) */
    bool spikes; /* every value is 1 */
    const snnrt_events *events;
    const snnrt_slice *slices;
    uint32_t slice_count;
} snnrt_accumulation;

typedef void snnrt_accumulate_kernel(const snnrt_accumulation *sum);

/* For each of `windows` windows, `window_bits` apart: output[0 .. count) += `rows` rows, `row_bits` apart, of `runs`
 * neighbouring runs of `count` bits; `output` goes on by `count` from window to window. */
typedef struct snnrt_bits_sum {
    const snnrt_uint32 *words;
    uint32_t first; /* bit */
    uint32_t count, runs, rows, row_bits;
    uint32_t windows, window_bits;
    snnrt_int16 *output;
} snnrt_bits_sum;

typedef void snnrt_add_bits_kernel(const snnrt_bits_sum *sum);

/* A neuron's arrays are there or have one of the granularities from SNNRT_PER_LAYER on. */
#define SNNRT_ABSENT 0u
#define SNNRT_GRANULARITY(step, parameter) (((step)->granularity >> (2u * (parameter))) & 3u)

/* Roles of a neuron's arrays in this build: those behind the scale are of variants. */
#if SNNRT_WITH_NEURON_VARIANTS
#define SNNRT_NEURON_ROLES SNNRT_NEURON_ARRAYS
#else
#define SNNRT_NEURON_ROLES (SNNRT_NEURON_SCALE + 1)
#endif

/* Whether the build counts the updates in which max_spikes held a neuron back. */
#define SNNRT_COUNTS_CAPPED (SNNRT_WITH_COUNTERS && SNNRT_WITH_NEURON_VARIANTS)

/* A neuron node's step. */
typedef struct snnrt_neuron_step {
    uint32_t flags;
    uint32_t max_spikes;
    uint32_t granularity; /* two bits a parameter: SNNRT_GRANULARITY */
    const void *arrays[SNNRT_NEURON_ROLES]; /* unset where the parameter is absent */
    const void *current;
    void *state;
    void *output;
    uint32_t neurons;
    uint32_t channels;
    /* Of neurons that are not plain, where they have the mechanism; counters are int16_t, what fired is bits. */
    void *synapse_state;
    void *rise_state;
    void *adaptation_state;
    void *refractory_state;
    void *fired_state;
    void *net_state;
#if SNNRT_WITH_KERNEL_TABLE
    uint8_t
        *resting; /* of each block of 32: whether it has no current, for ever, and no membrane; may be NULL */
#endif
#if SNNRT_COUNTS_CAPPED
    uint64_t *capped; /* is raised by the updates in which max_spikes held a neuron back */
#endif
} snnrt_neuron_step;

static inline void snnrt_count_capped(const snnrt_neuron_step *step, uint32_t updates) {
#if SNNRT_COUNTS_CAPPED
    *step->capped += updates;
#else
    (void)step;
    (void)updates;
#endif
}

/* One leak for all membranes, a threshold, one spike a step, no synaptic current, lower bound, adaptation or refractory
 * period: what builds without neuron variants have. */
static inline bool snnrt_neuron_is_plain(uint32_t flags, uint32_t granularity) {
    const uint32_t fixed = 3u << 2 * SNNRT_NEURON_SYNAPSE | 3u << 2 * SNNRT_NEURON_LOWER_BOUND |
                           3u << 2 * SNNRT_NEURON_MEMBRANE | 3u << 2 * SNNRT_NEURON_ADAPTATION |
                           3u << 2 * SNNRT_NEURON_REFRACTORY | 3u << 2 * SNNRT_NEURON_SYNAPSE_RISE;
    return (granularity & fixed) == (uint32_t)SNNRT_PER_LAYER << 2 * SNNRT_NEURON_MEMBRANE &&
           (granularity & 3u << 2 * SNNRT_NEURON_THRESHOLD) != 0 && flags <= SNNRT_NEURON_FLAGS_PLAIN;
}

/* Returns the number of spikes fired; builds without counters may return 0. */
typedef uint64_t snnrt_neuron_kernel(const snnrt_neuron_step *step);

/* Timesteps of neurons whose currents stay as they are: the spikes of the first at `output`, of the others behind it, and how
 * many in spikes[0 ... steps). `whole`: membranes begin at 0 and need not be there afterwards; else they are read and written.
 * False, and nothing done, where it takes the steps one by one. */
typedef bool snnrt_ahead_kernel(const snnrt_neuron_step *step, uint32_t steps, bool whole,
                                snnrt_uint32 *spikes);

typedef struct snnrt_synapse_step snnrt_synapse_step;
typedef struct snnrt_direct_lines snnrt_direct_lines;
typedef struct snnrt_pool_step snnrt_pool_step;

/* A whole int8 convolution at once; false, and nothing done, where it takes the sums one by one. */
typedef bool snnrt_conv2d_kernel(const snnrt_synapse_step *step);

/* What a convolution left waiting (snnrt_kept): the step of the neurons that alone read it, true; or, where that is not for this
 * kernel, its outputs, false. */
typedef bool snnrt_waiting_kernel(const snnrt_synapse_step *step, const snnrt_neuron_step *neurons,
                                  uint64_t *spikes);

/* A whole int8 layer, dense or convolution, on other hardware; false where the layer is left to the core. */
typedef bool snnrt_synapse_kernel(const snnrt_synapse_step *step);

/* A whole pooling of spikes; false, and nothing done, where it takes the windows one by one. */
typedef bool snnrt_pool_kernel(const snnrt_pool_step *step);

/* One set of kernels; NULL where the build leaves the numbers out. */
typedef struct snnrt_kernels {
    const char *name;
    snnrt_scan_kernel *scan_bits_i16;
    snnrt_scan_kernel *scan_i16;
    snnrt_accumulate_kernel *accumulate_i8;
    snnrt_conv2d_kernel *conv2d_i8; /* NULL: this set has none */
    snnrt_add_bits_kernel *add_bits_i16;
    snnrt_pool_kernel *pool_spikes; /* NULL: this set has none */
    snnrt_neuron_kernel *neuron_i32;
    snnrt_scan_kernel *scan_bits_f32;
    snnrt_scan_kernel *scan_f32;
    snnrt_accumulate_kernel *accumulate_f32;
    snnrt_neuron_kernel *neuron_f32;
    snnrt_synapse_kernel *synapse_i8; /* NULL: this set has none */
    snnrt_ahead_kernel *neuron_ahead; /* NULL: this set has none */
    snnrt_waiting_kernel *conv2d_waiting; /* NULL: convolutions of this set leave nothing waiting */
} snnrt_kernels;

#if SNNRT_WITH_KERNEL_TABLE
extern const snnrt_kernels snnrt_kernels_portable;
const snnrt_kernels *snnrt_host_kernels(uint32_t index); /* of an index that runs */
#define SNNRT_KERNEL(holder, kernel) ((holder)->kernels->kernel)
#else
#define SNNRT_KERNEL(holder, kernel) ((void)(holder), snnrt_##kernel)
#endif

SNNRT_INTERNAL snnrt_scan_kernel snnrt_scan_bits_i16; /* a spike's value is 1, in value.i16 */
SNNRT_INTERNAL snnrt_scan_kernel snnrt_scan_bits_f32; /* the same in value.f32 */
SNNRT_INTERNAL snnrt_scan_kernel snnrt_scan_i16;
SNNRT_INTERNAL snnrt_scan_kernel snnrt_scan_f32;
SNNRT_INTERNAL snnrt_accumulate_kernel snnrt_accumulate_i8;
SNNRT_INTERNAL snnrt_accumulate_kernel snnrt_accumulate_f32;
SNNRT_INTERNAL snnrt_add_bits_kernel snnrt_add_bits_i16;
SNNRT_INTERNAL snnrt_neuron_kernel snnrt_neuron_i32;
#if SNNRT_WITH_KERNEL_TABLE
/* The neurons from `start` on, a multiple of 32: what a vector kernel leaves. */
SNNRT_INTERNAL uint64_t snnrt_neuron_i32_from(const snnrt_neuron_step *step, uint32_t start);
/* In vectors of 16 bytes, where the compiler and the processor have them: what the portable set of a host takes, whose
 * builds, as those of its vector kernels, have csrc/host. */
#if SNNRT_WITH_VECTOR_SCRATCH && defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
#define SNNRT_WITH_QUADS SNNRT_WITH_INT8
#define SNNRT_WITH_FLOAT_QUADS SNNRT_WITH_FLOAT32
#define SNNRT_WITH_POOL_QUADS SNNRT_WITH_POOL2D
#else
#define SNNRT_WITH_QUADS 0
#define SNNRT_WITH_FLOAT_QUADS 0
#define SNNRT_WITH_POOL_QUADS 0
#endif
SNNRT_INTERNAL snnrt_neuron_kernel snnrt_neuron_i32_quads, snnrt_neuron_f32_quads;
SNNRT_INTERNAL snnrt_ahead_kernel snnrt_neuron_ahead_quads;
SNNRT_INTERNAL snnrt_scan_kernel snnrt_scan_f32_quads;
SNNRT_INTERNAL snnrt_accumulate_kernel snnrt_accumulate_f32_quads;
SNNRT_INTERNAL uint64_t snnrt_neuron_f32_from(const snnrt_neuron_step *step, uint32_t start);
#endif
SNNRT_INTERNAL snnrt_neuron_kernel snnrt_neuron_f32;
SNNRT_INTERNAL snnrt_neuron_kernel snnrt_neuron_loihi; /* neurons with that flag */

#if SNNRT_WITH_KERNEL_TABLE
#define SNNRT_AHEAD_STEPS 8u

/* What a node of a host keeps from one timestep and inference to the next (csrc/host/keep.c). */
typedef struct snnrt_kept {
    int8_t *weights; /* of a convolution; NULL elsewhere */
    size_t bytes; /* of them, with what else its kernel keeps there */
    bool began; /* in this inference: what it keeps of a timestep holds for the others */
    bool waits, changed; /* its sums are there, its outputs are not; of the changes in this timestep */
    bool refused; /* the kernel that takes most of it has found that it can't */
    const void *form; /* how they are laid out; NULL: not yet */
    uint8_t *resting; /* of neurons whose currents are static, as in their step; NULL elsewhere */
    snnrt_uint32 *
        ahead; /* of those too: the spikes of SNNRT_AHEAD_STEPS timesteps, how many in each, and of how many */
} snnrt_kept;
#endif

/* Int8 convolutions have a form of their own; a small build of both numbers takes that of float32 for them. */
#define SNNRT_WITH_CONV_LISTS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && (SNNRT_WITH_FAST_LOOPS || !SNNRT_WITH_FLOAT32))

/* Cortex-M55 lists the counts of a convolution's lines (arm/direct_lists_helium.c). */
#define SNNRT_WITH_DIRECT_LISTS (SNNRT_WITH_CONV_LISTS && SNNRT_WITH_ARM_MVE && SNNRT_WITH_FAST_LOOPS)
#if SNNRT_WITH_DIRECT_LISTS
#define SNNRT_LISTED_WORDS 512u /* 4 bytes of stack each */

/* What lines of a convolution's input have that is not 0: as many lines as the kernel, each in the place of its number
 * modulo them. An entry is a value, and above it how far its weights are from the line's first. */
struct snnrt_direct_lines {
    uint32_t next; /* line that is to be listed: 0 before the first row of windows */
    snnrt_uint32 words[SNNRT_LISTED_WORDS];
};
#endif

/* Dense and conv2d: one window after another, bias first, then the events of the window. */
struct snnrt_synapse_step {
    const snnrt_kernels *kernels;
#if SNNRT_WITH_KERNEL_TABLE
    uint32_t node; /* its index */
#endif
    const snnrt_window *window; /* a dense node's is NULL, or in builds without a kernel table not set */
    const void *weights;
    const void *bias;
    const void *input;
    void *output;
    snnrt_counts *counts; /* may be NULL */
    void *scratch; /* for all events of the input at once; may be NULL */
    size_t scratch_bytes;
    uint32_t input_dtype;
    uint32_t input_peak;
    uint32_t numbers;
    uint32_t in_channels, in_height, in_width;
    uint32_t out_channels, out_height, out_width;
    /* Of a convolution, rows first_row ... out_height: `output` has no others. */
    uint32_t first_row;
#if SNNRT_WITH_DIRECT_LISTS
    snnrt_direct_lines *lines; /* of a convolution: from one call for some rows to the next; may be NULL */
#endif
#if SNNRT_WITH_KERNEL_TABLE
    bool by_rows; /* whether these are not all: vector kernels take whole layers */
    snnrt_kept *kept; /* may be NULL */
    bool later; /* whether outputs may wait until the neurons behind ask for them */
#endif
};

SNNRT_INTERNAL void snnrt_dense(const snnrt_synapse_step *step);
SNNRT_INTERNAL void snnrt_conv2d(const snnrt_synapse_step *step);
SNNRT_INTERNAL snnrt_conv2d_kernel snnrt_conv2d_i8; /* takes every layer */
#if SNNRT_WITH_KERNEL_TABLE
SNNRT_INTERNAL snnrt_conv2d_kernel snnrt_conv2d_i8_quads; /* the same, SNNRT_WITH_QUADS */
#endif
SNNRT_INTERNAL void snnrt_dense_i8(const snnrt_synapse_step *step);
SNNRT_INTERNAL void
snnrt_depthwise(const snnrt_synapse_step *step); /* as many groups as inputs, more than 1 */

/* Scratch with which a convolution looks at each input once instead of once a window; of the step only `window` and
 * the shapes are read. */
SNNRT_INTERNAL size_t snnrt_conv2d_scratch_bytes(const snnrt_synapse_step *step);

#if SNNRT_WITH_KERNEL_TABLE
/* Bytes that a convolution likes to keep; of the step only `window` and the shapes are read. Not `all`: its weights alone. */
SNNRT_INTERNAL size_t snnrt_conv2d_kept_bytes(const snnrt_synapse_step *step, bool all);
#endif

struct snnrt_pool_step {
    const snnrt_kernels *kernels;
    const snnrt_window *window;
    const void *input;
    void *output;
    uint32_t input_dtype;
    uint32_t output_dtype;
    uint32_t channels, in_height, in_width, out_height, out_width;
    bool average;
};

SNNRT_INTERNAL void snnrt_pool2d(const snnrt_pool_step *step);
#if SNNRT_WITH_KERNEL_TABLE
SNNRT_INTERNAL snnrt_pool_kernel snnrt_pool_spikes_quads;
#endif

/* Sums of 2 × 2 spikes by words; false, and nothing done, for other poolings. */
#define SNNRT_WITH_POOL_BITS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_POOL2D && SNNRT_WITH_FAST_LOOPS && !SNNRT_WITH_KERNEL_TABLE)
#if SNNRT_WITH_POOL_BITS
SNNRT_INTERNAL bool snnrt_pool_bits(const snnrt_pool_step *step);
#endif

/* Any spike of each channel of each window, into cleared bits. */
SNNRT_INTERNAL void snnrt_max_pool_bits(const snnrt_pool_step *step);

/* output (+)= input, elements converted; `first` overwrites. int32 saturates. */
typedef struct snnrt_add_step {
    const void *input;
    void *output;
    uint32_t elements;
    uint32_t input_dtype;
    uint32_t output_dtype;
    bool first;
} snnrt_add_step;

SNNRT_INTERNAL void snnrt_add(const snnrt_add_step *step);

/* Bits output[to ... to + count) |= input[from ... from + count). */
SNNRT_INTERNAL void snnrt_or_bits(snnrt_uint32 *output, uint32_t to, const snnrt_uint32 *input, uint32_t from,
                                  uint32_t count);

/* Elements output[to ... to + count) = input[from ... from + count) of a type; bits into cleared ones. */
SNNRT_INTERNAL void snnrt_copy_elements(uint32_t type, void *output, uint32_t to, const void *input,
                                        uint32_t from, uint32_t count);

static inline int32_t snnrt_saturating_add(int32_t a, int32_t b) {
#if SNNRT_WITH_ARM_DSP
    int32_t sum;
    __asm__("qadd %0, %1, %2" : "=r"(sum) : "r"(a), "r"(b));
    return sum;
#elif defined(__GNUC__) && !SNNRT_WITH_KERNEL_TABLE
    int32_t sum;
    /* Where it overflows both have the same sign. Thumb-2 jumps there, for it is rare; others are told nothing. */
#if defined(__thumb2__)
    if (__builtin_expect(__builtin_add_overflow(a, b, &sum), 0)) {
        sum = (b >> 31) ^ INT32_MAX;
    }
    return sum;
#else
    return __builtin_add_overflow(a, b, &sum) ? (b >> 31) ^ INT32_MAX : sum;
#endif
#else
    /* Without a branch, for vectors. */
    uint32_t sum = (uint32_t)a + (uint32_t)b;
    uint32_t overflow = (~((uint32_t)a ^ (uint32_t)b) & ((uint32_t)a ^ sum)) >> 31;
    uint32_t limit = ((uint32_t)a >> 31) + 0x7FFFFFFFu;
    return (int32_t)(overflow ? limit : sum);
#endif
}

/* Bits first .. first + count of the packed words, 1 ... 32 of them; those behind are anything. */
static inline uint32_t snnrt_bits_from(const snnrt_uint32 *words, uint32_t first, uint32_t count) {
    const uint32_t shift = first & 31u;
    uint32_t word;
    words += first >> 5;
    word = words[0] >> shift;
    return shift + count > 32u ? word | words[1] << (32u - shift) : word;
}

static inline uint32_t snnrt_bit(const snnrt_uint32 *words, uint32_t index) {
    return (words[index >> 5] >> (index & 31u)) & 1u;
}

/* Index of the lowest set bit; word must not be 0. */
static inline uint32_t snnrt_lowest_bit(uint32_t word) {
#if defined(__GNUC__) && !(defined(__thumb__) && !defined(__thumb2__)) && \
    (!defined(__riscv) || defined(__riscv_zbb))
    return (uint32_t)__builtin_ctz(word);
#else
    static const uint8_t position[32] = {0,  1,  28, 2,  29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4,  8,
                                         31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6,  11, 5,  10, 9};
    return position[((word & (0u - word)) * 0x077CB531u) >> 27];
#endif
}

static inline uint32_t snnrt_popcount(uint32_t word) {
    word = word - ((word >> 1) & 0x55555555u);
    word = (word & 0x33333333u) + ((word >> 2) & 0x33333333u);
    return (((word + (word >> 4)) & 0x0F0F0F0Fu) * 0x01010101u) >> 24;
}

#endif
