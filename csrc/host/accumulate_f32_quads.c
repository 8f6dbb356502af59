/* Sums of float32 weights in vectors of 16 bytes (SSE2, NEON) that stay in registers from the first event to the last:
 * products rounded, then added, as everywhere. */
#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_FLOAT_QUADS
/* Vectors that leave registers for the rows. */
#if defined(__x86_64__)
#define QUADS_AT_ONCE 8u
#else
#define QUADS_AT_ONCE 16u
#endif

typedef float sum_quad __attribute__((vector_size(16), aligned(4), may_alias));

/* Outputs `first` on; `quads` and `spikes` are constant in each call. The last vector may begin among outputs that have
 * their sums: those are left as they are. */
SNNRT_INLINE static inline void add_quads(const snnrt_accumulation *sum, const uint32_t first,
                                          const uint32_t quads, const bool spikes) {
    const uint32_t outputs = sum->outputs, left = outputs - first;
    const ptrdiff_t last = left < 4u * quads ? (ptrdiff_t)left - 4 : (ptrdiff_t)(4u * quads) - 4;
    const snnrt_float32 *start = (const snnrt_float32 *)sum->start;
    const snnrt_float32 *weights = (const snnrt_float32 *)sum->weights + first;
    snnrt_float32 *to = (snnrt_float32 *)sum->accumulator + first;
    sum_quad total[QUADS_AT_ONCE];
    for (uint32_t q = 0; q < quads; q++) {
        total[q] = (sum_quad){0};
        if (start != NULL) {
            total[q] = *(const sum_quad *)(const void *)(start + first +
                                                         (q + 1u < quads ? (ptrdiff_t)(4u * q) : last));
        }
    }
    for (uint32_t s = 0; s < sum->slice_count; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        const snnrt_uint32 *position = sum->events->position + slice->first;
        const snnrt_float32 *value = sum->events->value.f32 + slice->first;
        for (uint32_t e = 0; e < slice->count; e++) {
            const snnrt_float32 *row = weights + (size_t)(position[e] + slice->shift) * outputs;
            for (uint32_t q = 0; q < quads; q++) {
                sum_quad added =
                    *(const sum_quad *)(const void *)(row + (q + 1u < quads ? (ptrdiff_t)(4u * q) : last));
                if (!spikes) {
                    added = added * value[e];
                }
                total[q] = total[q] + added;
            }
        }
    }
    for (uint32_t q = 0; q + 1u < quads; q++) {
        *(sum_quad *)(void *)(to + 4u * q) = total[q];
    }
    if (left >= 4u * quads) {
        *(sum_quad *)(void *)(to + last) = total[quads - 1u];
        return;
    }
    for (uint32_t k = 4u * quads - left; k < 4u; k++) {
        to[last + (ptrdiff_t)k] = total[quads - 1u][k];
    }
}

SNNRT_INLINE static inline void add_all_quads(const snnrt_accumulation *sum, const bool spikes) {
    uint32_t first = 0;
    while (first < sum->outputs) {
        const uint32_t quads = (sum->outputs - first + 3u) / 4u;
        if (quads >= 16u && QUADS_AT_ONCE >= 16u) {
            add_quads(sum, first, QUADS_AT_ONCE, spikes);
            first += 4u * QUADS_AT_ONCE;
        } else if (quads >= 8u) {
            add_quads(sum, first, 8u, spikes);
            first += 32u;
        } else if (quads >= 4u) {
            add_quads(sum, first, 4u, spikes);
            first += 16u;
        } else if (quads == 3u) {
            add_quads(sum, first, 3u, spikes);
            first += 12u;
        } else if (quads == 2u) {
            add_quads(sum, first, 2u, spikes);
            first += 8u;
        } else {
            add_quads(sum, first, 1u, spikes);
            first += 4u;
        }
    }
}

void snnrt_accumulate_f32_quads(const snnrt_accumulation *sum) {
    if (sum->outputs < 4u) {
        snnrt_accumulate_f32(sum);
    } else if (sum->spikes) {
        add_all_quads(sum, true);
    } else {
        add_all_quads(sum, false);
    }
}
#else
typedef int snnrt_accumulate_f32_quads_left_out;
#endif
