/* Sums of int8 weights. Outputs are taken in blocks that stay in registers over a run of events. The weights of spikes
 * are added as bytes widened to pairs of 16 bits, two additions for four outputs; other values are multiplied. */
#include "event_run.h"

#if SNNRT_WITH_INT8 && !SNNRT_WITH_ARM_MVE

/* Four outputs: those at even and at odd places, as pairs of 16 bits. */
typedef struct snnrt_pair_sums {
    uint32_t even, odd;
} snnrt_pair_sums;

#if SNNRT_WITH_ARM_DSP
/* Any address will do. */
#define SNNRT_WORDS_FIT(outputs) true

typedef struct snnrt_unaligned_word {
    uint32_t word;
} __attribute__((packed, may_alias)) snnrt_unaligned_word;

static inline void add_weights(snnrt_pair_sums *sums, const int8_t *row) {
    uint32_t word = ((const snnrt_unaligned_word *)(const void *)row)->word;
    __asm__("sxtab16 %0, %0, %1" : "+r"(sums->even) : "r"(word));
    __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sums->odd) : "r"(word));
}

static inline int32_t low_sum(uint32_t pair) { return (int16_t)pair; }
static inline int32_t high_sum(uint32_t pair) { return (int32_t)pair >> 16; }
#define SNNRT_SUM_OFFSET(events) 0
#else
#define SNNRT_WORDS_FIT(outputs) ((outputs) % 4u == 0)

/* Bytes plus 128, which fit no sign. */
static inline void add_weights(snnrt_pair_sums *sums, const int8_t *row) {
    uint32_t word = *(const snnrt_uint32 *)(const void *)row ^ 0x80808080u;
    sums->even += word & 0x00FF00FFu;
    sums->odd += (word >> 8) & 0x00FF00FFu;
}

static inline int32_t low_sum(uint32_t pair) { return (int32_t)(pair & 0xFFFFu); }
static inline int32_t high_sum(uint32_t pair) { return (int32_t)(pair >> 16); }
#define SNNRT_SUM_OFFSET(events) (128 * (int32_t)(events))
#endif

SNNRT_NOINLINE static void finish(const snnrt_event_run *run, uint32_t output, uint32_t even, uint32_t odd) {
    const snnrt_int32 *from = run->from + output;
    snnrt_int32 *to = run->to + output;
    /* Looked at once: what is stored might be the run. */
    const int32_t offset = SNNRT_SUM_OFFSET(run->end - run->position);
    to[0] = from[0] + low_sum(even) - offset;
    to[1] = from[1] + low_sum(odd) - offset;
    to[2] = from[2] + high_sum(even) - offset;
    to[3] = from[3] + high_sum(odd) - offset;
}

SNNRT_NOINLINE static void add_spikes_to_4(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    snnrt_pair_sums p = {0, 0};
    do {
        add_weights(&p, (const int8_t *)(weights + (uintptr_t)*position++ * outputs));
    } while (position != end);
    finish(run, output, p.even, p.odd);
}

SNNRT_NOINLINE static void add_to_1(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const snnrt_int16 *values = run->value;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    int32_t sum = run->from[output];
    do {
        int32_t weight = *(const int8_t *)(weights + (uintptr_t)*position++ * outputs), value = *values++;
        sum += weight * value;
    } while (position != end);
    run->to[output] = sum;
}

#if SNNRT_WITH_FAST_LOOPS
SNNRT_NOINLINE static void add_spikes_to_16(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    snnrt_pair_sums p = {0, 0}, q = {0, 0}, r = {0, 0}, s = {0, 0};
    do {
        const int8_t *row = (const int8_t *)(weights + (uintptr_t)*position++ * outputs);
        add_weights(&p, row);
        add_weights(&q, row + 4);
        add_weights(&r, row + 8);
        add_weights(&s, row + 12);
    } while (position != end);
    finish(run, output, p.even, p.odd);
    finish(run, output + 4, q.even, q.odd);
    finish(run, output + 8, r.even, r.odd);
    finish(run, output + 12, s.even, s.odd);
}

#if SNNRT_WITH_ARM_DSP
/* What a block of four outputs has of an event, and of a pair of events: the bytes 0 and 2 of a word, and 1 and 3. */
#define SNNRT_EVEN_WEIGHTS(pair, word) __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word))
#define SNNRT_ODD_WEIGHTS(pair, word) __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word))
/* low += the products of the low halves with both values, high += those of the high halves. */
#define SNNRT_ADD_TWO(low, high, first, second, values) \
    __asm__("pkhbt %2, %3, %4, lsl #16\n\t" \
            "pkhtb %3, %4, %3, asr #16\n\t" \
            "smlad %0, %2, %5, %0\n\t" \
            "smlad %1, %3, %5, %1" \
            : "+&r"(low), "+&r"(high), "=&r"(pair), "+&r"(first) \
            : "r"(second), "r"(values))

/* Two events at a time. */
SNNRT_NOINLINE static void add_to_4(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const snnrt_int16 *values = run->value;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    const snnrt_int32 *from = run->from + output;
    snnrt_int32 *to = run->to + output;
    int32_t a = from[0], b = from[1], c = from[2], d = from[3];
    if ((((uintptr_t)end - (uintptr_t)position) & 4u) != 0) {
        const int8_t *row = (const int8_t *)(weights + (uintptr_t)*position++ * outputs);
        const int32_t value = *values++;
        a += row[0] * value;
        b += row[1] * value;
        c += row[2] * value;
        d += row[3] * value;
    }
    while (position != end) {
        const uint32_t two_values = ((const snnrt_unaligned_word *)(const void *)values)->word;
        uint32_t one, two, even, more, pair;
        __asm__("ldrd %0, %1, [%2], #8" : "=&r"(one), "=&r"(two), "+&r"(position) : : "memory");
        values += 2;
        one = ((const snnrt_unaligned_word *)(weights + (uintptr_t)one * outputs))->word;
        two = ((const snnrt_unaligned_word *)(weights + (uintptr_t)two * outputs))->word;
        SNNRT_EVEN_WEIGHTS(even, one);
        SNNRT_EVEN_WEIGHTS(more, two);
        SNNRT_ADD_TWO(a, c, even, more, two_values);
        SNNRT_ODD_WEIGHTS(even, one);
        SNNRT_ODD_WEIGHTS(more, two);
        SNNRT_ADD_TWO(b, d, even, more, two_values);
    }
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
}
#else
/* `count` is constant in each call: 8, 4 or 2. */
SNNRT_INLINE static inline void add_to_block(const snnrt_event_run *run, uint32_t output,
                                             const uint32_t count) {
    const snnrt_uint32 *position = run->position, *const end = run->end;
    const snnrt_int16 *values = run->value;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    const snnrt_int32 *from = run->from + output;
    snnrt_int32 *to = run->to + output;
    int32_t a = from[0], b = from[1], c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    if (count >= 4u) {
        c = from[2];
        d = from[3];
    }
    if (count == 8u) {
        e = from[4];
        f = from[5];
        g = from[6];
        h = from[7];
    }
    do {
        const int8_t *row = (const int8_t *)(weights + (uintptr_t)*position++ * outputs);
        const int32_t value = *values++;
        a += row[0] * value;
        b += row[1] * value;
        if (count >= 4u) {
            c += row[2] * value;
            d += row[3] * value;
        }
        if (count == 8u) {
            e += row[4] * value;
            f += row[5] * value;
            g += row[6] * value;
            h += row[7] * value;
        }
    } while (position != end);
    to[0] = a;
    to[1] = b;
    if (count >= 4u) {
        to[2] = c;
        to[3] = d;
    }
    if (count == 8u) {
        to[4] = e;
        to[5] = f;
        to[6] = g;
        to[7] = h;
    }
}

SNNRT_NOINLINE static void add_to_4(const snnrt_event_run *run, uint32_t output) {
    add_to_block(run, output, 4);
}

SNNRT_NOINLINE static void add_to_2(const snnrt_event_run *run, uint32_t output) {
    add_to_block(run, output, 2);
}

#if SNNRT_LONG_PRODUCTS
/* As many as 16 registers hold. */
SNNRT_NOINLINE static void add_to_8(const snnrt_event_run *run, uint32_t output) {
    add_to_block(run, output, 8);
}
#endif
#endif
#endif

static void add_run(const snnrt_event_run *run, bool words) {
    uint32_t output = 0;
    if (words) {
#if SNNRT_WITH_FAST_LOOPS
        for (; output + 16u <= run->outputs; output += 16u) {
            add_spikes_to_16(run, output);
        }
#endif
        for (; output + 4u <= run->outputs; output += 4u) {
            add_spikes_to_4(run, output);
        }
    }
#if SNNRT_WITH_FAST_LOOPS
#if SNNRT_WITH_THUMB1_SUMS
    for (; output + 8u <= run->outputs; output += 8u) {
        snnrt_add_events_to_8(run, output);
    }
#elif !SNNRT_WITH_ARM_DSP && SNNRT_LONG_PRODUCTS
    for (; output + 8u <= run->outputs; output += 8u) {
        add_to_8(run, output);
    }
#endif
    for (; output + 4u <= run->outputs; output += 4u) {
        add_to_4(run, output);
    }
#if !SNNRT_WITH_ARM_DSP
    for (; output + 2u <= run->outputs; output += 2u) {
        add_to_2(run, output);
    }
#endif
#endif
    for (; output < run->outputs; output++) {
        add_to_1(run, output);
    }
}

void snnrt_accumulate_i8(const snnrt_accumulation *sum) {
    const bool words = sum->spikes && SNNRT_WORDS_FIT(sum->outputs);
    const snnrt_int32 *start = (const snnrt_int32 *)sum->start;
    snnrt_event_run run;
    run.outputs = sum->outputs;
    run.from = start;
    run.to = (snnrt_int32 *)sum->accumulator;
    if (start == NULL || sum->slice_count == 0) {
        for (uint32_t o = 0; o < run.outputs; o++) {
            run.to[o] = start == NULL ? 0 : start[o];
        }
        run.from = run.to;
    }
    for (uint32_t s = 0; s < sum->slice_count; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        uint32_t left = slice->count;
        run.end = sum->events->position + slice->first;
        run.value = sum->events->value.i16 + slice->first;
        /* A shift is less than 0 where it wraps. */
        run.weights = (uintptr_t)sum->weights + (uintptr_t)(intptr_t)(int32_t)slice->shift * run.outputs;
        do {
            uint32_t count = left < SNNRT_RUN_MAX ? left : SNNRT_RUN_MAX;
            run.position = run.end;
            run.end += count;
            add_run(&run, words);
            run.from = run.to;
            run.value += count;
            left -= count;
        } while (left != 0);
    }
}
#else
typedef int snnrt_accumulate_i8_left_out;
#endif
