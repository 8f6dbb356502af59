/* Convolution of 3 × 3 by spreading: the pairs of channels of a pixel that are not 0 are multiplied for all windows that
 * read it while its sums stay in registers, and those are added to the windows' once. Sums are int16: of so many channels as
 * cannot leave it whatever the inputs. A later timestep adds what changed since the first one where that is less.
 * Where all of it lies, and how inputs become pairs; the sums are each instruction set's own. Internal. */
#ifndef SNNRT_X86_SPREAD_PAIRS_H
#define SNNRT_X86_SPREAD_PAIRS_H

#include "conv_units.h"

#define SNNRT_SPREAD_KERNEL 3u
#define SNNRT_SPREAD_TAPS (SNNRT_SPREAD_KERNEL * SNNRT_SPREAD_KERNEL)
/* Channels of a group: of one vector of bytes. */
#define SNNRT_SPREAD_GROUP 32u
#define SNNRT_SPREAD_DEPTH_MIN 16u
/* Twice the largest product of a pair fits int16. */
#define SNNRT_SPREAD_PEAK_MAX 127u

/* What has been laid out, at the head of the kept memory. */
typedef struct snnrt_spread_head {
    uint32_t group_sum; /* the largest sum that a group's weights of one sign reach with inputs of 1 */
    uint32_t turn; /* which half of the bytes holds the reference's */
} snnrt_spread_head;

/* A group of a pixel that is not 0. */
typedef struct snnrt_spread_entry {
    uint32_t values; /* where its bytes are */
    uint32_t sums; /* where the sums of its first window are */
    uint32_t pairs; /* bit 2k: pair k is not 0 */
    uint32_t group;
} snnrt_spread_entry;

typedef struct snnrt_spread_plan {
    const snnrt_synapse_step *step;
    uint32_t pixels, groups, depth; /* depth: of whole groups */
    uint32_t block; /* outputs of a block: 32 or 64 */
    uint32_t blocks;
    uint32_t pitch, sums; /* bytes of a row of sums; of all sums of a block */
    uint32_t unit; /* bytes of a pair's weights */
    snnrt_spread_head *head;
    int8_t *weights; /* block by block, pair by pair, the taps from the last to the first */
    uint8_t *bytes[2]; /* of the inputs: the reference's and the others', as head->turn says */
    uint8_t *changes;
    snnrt_spread_entry *entries;
    snnrt_uint32 *active; /* of each pixel: elements that are not 0 */
    snnrt_uint32 *column_windows;
    uint8_t *reference, *sum; /* int16; of `sum` those of windows are 0 between calls */
} snnrt_spread_plan;

/* What differs between instruction sets: adds the entries to a block's sums. */
typedef void snnrt_spread_sums(const snnrt_spread_plan *plan, const uint8_t *values, uint32_t count,
                               uint32_t block, uint8_t *sums);

/* Lays the plan out in kept memory; false where that is too small, or the convolution another one. */
SNNRT_AVX2 static bool snnrt_plan_spread(snnrt_spread_plan *plan, const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t edge = SNNRT_SPREAD_KERNEL - 1u;
    snnrt_unit_room room;
    size_t rows, columns, bytes;
    if (step->kept == NULL || step->kept->refused || conv->kernel_h != SNNRT_SPREAD_KERNEL ||
        conv->kernel_w != SNNRT_SPREAD_KERNEL || conv->stride_y != 1u || conv->stride_x != 1u ||
        conv->dilation_y != 1u || conv->dilation_x != 1u || conv->groups != 1u || step->by_rows ||
        step->input_peak > SNNRT_SPREAD_PEAK_MAX || step->in_channels < SNNRT_SPREAD_DEPTH_MIN) {
        return false;
    }
    plan->step = step;
    plan->pixels = step->in_height * step->in_width;
    plan->groups = (step->in_channels + SNNRT_SPREAD_GROUP - 1u) / SNNRT_SPREAD_GROUP;
    plan->depth = plan->groups * SNNRT_SPREAD_GROUP;
    plan->block = step->out_channels > 32u ? 64u : 32u;
    plan->blocks = (step->out_channels + plan->block - 1u) / plan->block;
    plan->unit = SNNRT_SPREAD_TAPS * plan->block * 2u;
    /* Windows of every pixel, also those that the padding has not; and all that it has. */
    rows = (size_t)step->in_height + edge + conv->pad_top;
    rows = rows < step->out_height + edge ? step->out_height + edge : rows;
    columns = (size_t)step->in_width + edge + conv->pad_left;
    columns = columns < step->out_width + edge ? step->out_width + edge : columns;
    if (rows * columns * plan->block > UINT32_MAX / 4u) {
        return false;
    }
    plan->pitch = (uint32_t)columns * plan->block * 2u;
    plan->sums = (uint32_t)rows * plan->pitch;
    room.base = (uint8_t *)step->kept->weights;
    room.taken = 0;
    bytes = (size_t)plan->pixels * plan->depth;
    plan->head = (snnrt_spread_head *)snnrt_take_room(&room, sizeof *plan->head);
    plan->weights = (int8_t *)snnrt_take_room(&room, (size_t)plan->blocks * plan->depth / 2u * plan->unit);
    plan->bytes[0] = (uint8_t *)snnrt_take_room(&room, bytes);
    plan->bytes[1] = (uint8_t *)snnrt_take_room(&room, bytes);
    plan->changes = (uint8_t *)snnrt_take_room(&room, bytes);
    /* One is written for every group. */
    plan->entries = (snnrt_spread_entry *)snnrt_take_room(&room, ((size_t)plan->pixels * plan->groups + 1u) *
                                                                     sizeof *plan->entries);
    plan->active = (snnrt_uint32 *)snnrt_take_room(&room, plan->pixels * sizeof *plan->active);
    plan->column_windows = (snnrt_uint32 *)snnrt_take_room(&room, columns * sizeof *plan->column_windows);
    plan->reference = (uint8_t *)snnrt_take_room(&room, (size_t)plan->blocks * plan->sums);
    plan->sum = (uint8_t *)snnrt_take_room(&room, (size_t)plan->blocks * plan->sums);
    return room.taken <= step->kept->bytes;
}

/* Two channels side by side; and how far sums of them go. */
SNNRT_NOINLINE SNNRT_AVX2 static void snnrt_lay_out_spread(const snnrt_spread_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t outputs = step->out_channels, depth = step->in_channels;
    int32_t largest = 0;
    memset(plan->weights, 0, (size_t)plan->blocks * plan->depth / 2u * plan->unit);
    memset(plan->sum, 0, (size_t)plan->blocks * plan->sums);
    for (uint32_t o = 0; o < outputs; o++) {
        int8_t *block = plan->weights + (size_t)(o / plan->block) * (plan->depth / 2u) * plan->unit;
        for (uint32_t first = 0; first < depth; first += SNNRT_SPREAD_GROUP) {
            int32_t above = 0, under = 0;
            for (uint32_t c = first; c < depth && c < first + SNNRT_SPREAD_GROUP; c++) {
                int8_t *to = block + (size_t)(c / 2u) * plan->unit + 2u * (o % plan->block) + c % 2u;
                for (uint32_t tap = 0; tap < SNNRT_SPREAD_TAPS; tap++) {
                    const int8_t weight = ((const int8_t *)step->weights)[(tap * depth + c) * outputs + o];
                    to[(size_t)(SNNRT_SPREAD_TAPS - 1u - tap) * plan->block * 2u] = weight;
                    above += weight > 0 ? weight : 0;
                    under -= weight < 0 ? weight : 0;
                }
            }
            largest = above > largest ? above : largest;
            largest = under > largest ? under : largest;
        }
    }
    plan->head->group_sum = (uint32_t)largest;
    plan->head->turn = 0;
}

/* Up to 32 elements from element `first` on, as bytes; what is beyond a byte goes to `beyond`. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i snnrt_spread_load(const snnrt_synapse_step *step, size_t first,
                                                                uint32_t left, __m256i *beyond) {
    const snnrt_int16 *from = (const snnrt_int16 *)step->input + first;
    int16_t part[SNNRT_SPREAD_GROUP];
    __m256i a, b;
    if (left < SNNRT_SPREAD_GROUP) {
        memset(part, 0, sizeof part);
        memcpy(part, from, left * sizeof *part);
        from = part;
    }
    a = _mm256_loadu_si256((const __m256i *)(const void *)from);
    b = _mm256_loadu_si256((const __m256i *)(const void *)(from + 16));
    *beyond = _mm256_or_si256(*beyond, _mm256_or_si256(a, b));
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xD8);
}

/* The same of bits. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i snnrt_spread_bits(const snnrt_synapse_step *step,
                                                                uint32_t first, uint32_t left) {
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
                                            2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i select = _mm256_set1_epi64x((int64_t)0x8040201008040201ull);
    const uint32_t count = left < SNNRT_SPREAD_GROUP ? left : SNNRT_SPREAD_GROUP;
    const uint32_t bits = snnrt_bits_from((const snnrt_uint32 *)step->input, first, count) &
                          (0xFFFFFFFFu >> (SNNRT_SPREAD_GROUP - count));
    const __m256i some =
        _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)bits), spread), select);
    return _mm256_min_epu8(some, _mm256_set1_epi8(1));
}

/* Bit 2k: pair k is not 0. */
SNNRT_INLINE SNNRT_AVX2 static inline uint32_t snnrt_spread_pairs(__m256i bytes) {
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(bytes, _mm256_setzero_si256())) & 0x55555555u;
}

/* What of a timestep's pairs is not 0, and what of their changes; whether these are less, and none negative. */
typedef struct snnrt_spread_found {
    uint32_t whole, changed;
    bool fits, grows;
} snnrt_spread_found;

/* The inputs as bytes, and how many of their pairs are not 0. `counted` is constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline snnrt_spread_found
snnrt_take_bytes(const snnrt_spread_plan *plan, uint8_t *to, const uint8_t *reference, const bool bits,
                 const bool counted) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t depth = step->in_channels;
    __m256i beyond = _mm256_setzero_si256(), less = _mm256_setzero_si256();
    snnrt_spread_found found = {0, 0, true, true};
    uint32_t element = 0;
    for (uint32_t pixel = 0; pixel < plan->pixels; pixel++) {
        uint32_t elements = 0;
        for (uint32_t c = 0; c < depth; c += SNNRT_SPREAD_GROUP) {
            const uint32_t left = depth - c;
            const __m256i bytes = bits ? snnrt_spread_bits(step, element + c, left)
                                       : snnrt_spread_load(step, (size_t)element + c, left, &beyond);
            const __m256i before = _mm256_load_si256((const __m256i *)(const void *)reference);
            _mm256_store_si256((__m256i *)(void *)to, bytes);
            found.whole += (uint32_t)__builtin_popcount(snnrt_spread_pairs(bytes));
            found.changed += (uint32_t)__builtin_popcount(snnrt_spread_pairs(_mm256_sub_epi8(bytes, before)));
            less = _mm256_or_si256(less, _mm256_subs_epu8(before, bytes));
            if (counted) {
                const __m256i none = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
                elements +=
                    SNNRT_SPREAD_GROUP - (uint32_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(none));
            }
            to += SNNRT_SPREAD_GROUP;
            reference += SNNRT_SPREAD_GROUP;
        }
        if (counted) {
            plan->active[pixel] = elements;
        }
        element += depth;
    }
    found.fits = _mm256_testz_si256(beyond, _mm256_set1_epi16((int16_t)0xFF00)) != 0;
    found.grows = _mm256_testz_si256(less, less) != 0;
    return found;
}

SNNRT_NOINLINE SNNRT_AVX2 static snnrt_spread_found
snnrt_take_spread(const snnrt_spread_plan *plan, uint8_t *to, const uint8_t *reference, bool counted) {
    const bool bits = plan->step->input_dtype == SNNRT_TYPE_BITS;
    if (counted) {
        return bits ? snnrt_take_bytes(plan, to, reference, true, true)
                    : snnrt_take_bytes(plan, to, reference, false, true);
    }
    return bits ? snnrt_take_bytes(plan, to, reference, true, false)
                : snnrt_take_bytes(plan, to, reference, false, false);
}

/* Entries of groups first ... end that are not 0. */
SNNRT_NOINLINE SNNRT_AVX2 static uint32_t
snnrt_list_spread(const snnrt_spread_plan *plan, const uint8_t *values, uint32_t first, uint32_t end) {
    const snnrt_synapse_step *step = plan->step;
    snnrt_spread_entry *entry = plan->entries;
    uint32_t row = step->window->pad_top * plan->pitch + step->window->pad_left * plan->block * 2u;
    uint32_t at = first * SNNRT_SPREAD_GROUP;
    for (uint32_t y = 0; y < step->in_height; y++, row += plan->pitch) {
        uint32_t sums = row;
        for (uint32_t x = 0; x < step->in_width; x++, sums += plan->block * 2u, at += plan->depth) {
            for (uint32_t group = first; group < end; group++) {
                const uint32_t here = at + (group - first) * SNNRT_SPREAD_GROUP;
                const __m256i bytes = _mm256_load_si256((const __m256i *)(const void *)(values + here));
                entry->values = here;
                entry->sums = sums;
                entry->pairs = snnrt_spread_pairs(bytes);
                entry->group = group;
                entry += entry->pairs != 0;
            }
        }
    }
    return (uint32_t)(entry - plan->entries);
}

/* What changed since the reference, of which nothing became less. */
SNNRT_NOINLINE SNNRT_AVX2 static void snnrt_subtract_spread(const snnrt_spread_plan *plan, const uint8_t *now,
                                                            const uint8_t *before) {
    const size_t bytes = (size_t)plan->pixels * plan->depth;
    for (size_t at = 0; at < bytes; at += 32u) {
        const __m256i a = _mm256_load_si256((const __m256i *)(const void *)(now + at));
        const __m256i b = _mm256_load_si256((const __m256i *)(const void *)(before + at));
        _mm256_store_si256((__m256i *)(void *)(plan->changes + at), _mm256_sub_epi8(a, b));
    }
}

/* Outputs o ... o + 16 of 16 sums and, of changes, of those that were added to them, which become 0. */
SNNRT_INLINE SNNRT_AVX2 static inline void snnrt_widen_spread(snnrt_int32 *to, const snnrt_int32 *from,
                                                              const uint8_t *sums, uint8_t *more,
                                                              const bool changed) {
    __m256i all = _mm256_load_si256((const __m256i *)(const void *)sums), low, high;
    if (changed) {
        all = _mm256_add_epi16(all, _mm256_load_si256((const __m256i *)(const void *)more));
        _mm256_store_si256((__m256i *)(void *)more, _mm256_setzero_si256());
    }
    low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(all));
    high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(all, 1));
    low = _mm256_add_epi32(low, _mm256_loadu_si256((const __m256i *)(const void *)from));
    high = _mm256_add_epi32(high, _mm256_loadu_si256((const __m256i *)(const void *)(from + 8)));
    _mm256_storeu_si256((__m256i *)(void *)to, low);
    _mm256_storeu_si256((__m256i *)(void *)(to + 8), high);
}

/* The outputs of a block: what they were, or the bias, and the sums. `changed` is constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline void snnrt_finish_block(const snnrt_spread_plan *plan, uint32_t block,
                                                              const bool first, const bool changed) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t outputs = step->out_channels, edge = SNNRT_SPREAD_KERNEL - 1u;
    const uint32_t left = outputs - block * plan->block, here = left < plan->block ? left : plan->block;
    const size_t inside = (size_t)block * plan->sums + edge * plan->pitch + edge * plan->block * 2u;
    snnrt_int32 *output = (snnrt_int32 *)step->output + block * plan->block;
    int32_t bias[SNNRT_BLOCK_OUTPUTS] = {0};
    if (step->bias != NULL) {
        memcpy(bias, (const snnrt_int32 *)step->bias + block * plan->block, here * sizeof *bias);
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const uint8_t *sums = plan->reference + inside + (size_t)oy * plan->pitch;
        uint8_t *more = plan->sum + inside + (size_t)oy * plan->pitch;
        for (uint32_t ox = 0; ox < step->out_width; ox++, output += outputs) {
            uint32_t o = 0;
            for (; o + 16u <= here; o += 16u) {
                snnrt_widen_spread(output + o, first ? (const snnrt_int32 *)bias + o : output + o,
                                   sums + 2u * o, more + 2u * o, changed);
            }
            if (o < here) {
                int32_t part[16] = {0};
                memcpy(part, first ? (const snnrt_int32 *)bias + o : output + o, (here - o) * sizeof *part);
                snnrt_widen_spread(part, part, sums + 2u * o, more + 2u * o, changed);
                memcpy(output + o, part, (here - o) * sizeof *part);
            }
            sums += plan->block * 2u;
            more += plan->block * 2u;
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX2 static void snnrt_finish_spread(const snnrt_spread_plan *plan, bool first,
                                                          bool changed) {
    for (uint32_t block = 0; block < plan->blocks; block++) {
        if (changed) {
            snnrt_finish_block(plan, block, true, true);
        } else {
            snnrt_finish_block(plan, block, first, false);
        }
    }
}

/* Windows that read an element that is not 0. */
SNNRT_NOINLINE SNNRT_AVX2 static uint32_t snnrt_active_spread(const snnrt_spread_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    uint32_t active = 0;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const uint32_t top = oy - conv->pad_top;
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const uint32_t from = ox - conv->pad_left;
            uint32_t any = 0;
            for (uint32_t tap = 0; tap < SNNRT_SPREAD_TAPS; tap++) {
                const uint32_t y = top + tap / SNNRT_SPREAD_KERNEL, x = from + tap % SNNRT_SPREAD_KERNEL;
                any |= y < step->in_height && x < step->in_width ? plan->active[y * step->in_width + x] : 0u;
            }
            active += any != 0;
        }
    }
    return active;
}

SNNRT_NOINLINE SNNRT_AVX2 static void snnrt_count_spread(const snnrt_spread_plan *plan) {
    snnrt_unit_plan units;
    units.step = plan->step;
    units.active = plan->active;
    units.column_windows = plan->column_windows;
    units.columns = plan->step->out_width + SNNRT_SPREAD_KERNEL - 1u;
    snnrt_count_units(&units, snnrt_active_spread(plan));
}

/* The whole convolution; `add` is constant in each call, and what tells one set's layout from others'. */
SNNRT_INLINE SNNRT_AVX2 static inline bool snnrt_spread_all(const snnrt_synapse_step *step, const void *form,
                                                            snnrt_spread_sums *add) {
    const bool counted = SNNRT_WITH_COUNTERS && step->counts != NULL;
    snnrt_spread_plan plan;
    snnrt_spread_found found;
    uint32_t together, turn;
    const uint8_t *values;
    bool changed, waits;
    if (!snnrt_plan_spread(&plan, step)) {
        return false;
    }
    if (step->kept->form != form) {
        snnrt_lay_out_spread(&plan);
        step->kept->form = form;
        step->kept->began = false;
    }
    together = plan.head->group_sum == 0
                   ? plan.groups
                   : 32767u / (plan.head->group_sum * (step->input_peak == 0 ? 1u : step->input_peak));
    if (together == 0) {
        step->kept->refused = true;
        return false;
    }
    together = together < plan.groups ? together : plan.groups;
    waits = step->later && together == plan.groups;
    turn = plan.head->turn ^ 1u;
    found = snnrt_take_spread(&plan, plan.bytes[turn], plan.bytes[turn ^ 1u], counted);
    if (!found.fits) {
        step->kept->refused = true;
        return false;
    }
    changed = step->kept->began && found.grows && found.changed < found.whole;
    values = plan.bytes[turn];
    if (changed) {
        snnrt_subtract_spread(&plan, values, plan.bytes[turn ^ 1u]);
        values = plan.changes;
    } else {
        plan.head->turn = turn;
    }
    for (uint32_t first = 0; first < plan.groups; first += together) {
        const uint32_t end = first + together < plan.groups ? first + together : plan.groups;
        const uint32_t count = snnrt_list_spread(&plan, values, first, end);
        uint8_t *sums = changed ? plan.sum : plan.reference;
        if (!changed) {
            memset(sums, 0, (size_t)plan.blocks * plan.sums);
        }
        for (uint32_t block = 0; block < plan.blocks; block++) {
            add(&plan, values, count, block, sums + (size_t)block * plan.sums);
        }
        if (!waits) {
            snnrt_finish_spread(&plan, first == 0, changed);
        }
    }
    step->kept->waits = waits;
    step->kept->changed = changed;
    /* Sums of some of the groups are no reference. */
    step->kept->began = changed || together == plan.groups;
    if (counted) {
        snnrt_count_spread(&plan);
    }
    return true;
}

#endif
