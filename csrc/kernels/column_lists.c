/* Lists what a column of the input holds for a row of windows: of spikes and values that are not 0, where their weights
 * begin. */
#include "column_lists.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS

#if SNNRT_WITH_COUNT_PLANES
typedef snnrt_uint16 snnrt_listed;
#define SNNRT_LISTED_SPIKE(offset) ((uint16_t)(offset))
#else
typedef snnrt_uint32 snnrt_listed;
#define SNNRT_LISTED_SPIKE(offset) ((offset) | 1u << 16)
#endif

static void list_spikes(const snnrt_listing *l, snnrt_column *column, uint32_t element) {
    const uint32_t outputs = l->rows.outputs;
    snnrt_listed *place = (snnrt_listed *)(uintptr_t)column->end[0], *const before = place;
    const snnrt_lines *const lines = &l->lines;
    uint32_t line_offset = lines->offset;
    for (uint32_t line = lines->lines; line != 0; line--) {
        const snnrt_uint32 *words = (const snnrt_uint32 *)l->step->input + (element >> 5);
        const uint32_t begin = element & 31u;
        uint32_t word = *words++ >> begin << begin, left = begin + lines->count;
        uint32_t offset = line_offset - begin * outputs;
        for (;;) {
            if (left < 32u) {
                word &= (1u << left) - 1u;
            }
            for (; word != 0; word &= word - 1u) {
                *place++ = SNNRT_LISTED_SPIKE(offset + snnrt_lowest_bit(word) * outputs);
            }
            if (left <= 32u) {
                break;
            }
            left -= 32u;
            offset += 32u * outputs;
            word = *words++;
        }
        element += lines->next_element;
        line_offset += lines->next_offset;
    }
    column->end[0] = place;
    column->listed = column->total = (uint32_t)(place - before);
}

/* Two elements as they lie in memory, the first in the low half. */
static inline uint32_t two_elements(const snnrt_int16 *value) {
    return *(const snnrt_uint32 *)(const void *)value;
}

/* Where a line is listed. */
typedef struct snnrt_places {
#if SNNRT_WITH_COUNT_PLANES
    snnrt_uint16 *one, *two, *four;
#endif
    snnrt_uint32 *value;
    uint32_t total;
} snnrt_places;

/* `v` is not 0: 16 bits, as planes no negative ones. */
SNNRT_INLINE static inline void list_one(snnrt_places *to, uint32_t v, uint32_t offset, const bool planes) {
#if SNNRT_WITH_COUNT_PLANES
    if (planes) {
        if ((v & 1u) != 0) {
            *to->one++ = (uint16_t)offset;
        }
        if ((v & 2u) != 0) {
            *to->two++ = (uint16_t)offset;
        }
        for (v >>= 2; v != 0; v--) {
            *to->four++ = (uint16_t)offset;
        }
        return;
    }
#endif
    (void)planes;
    to->total += v;
    *to->value++ = v << 16 | offset;
}

/* False, and not all listed, where planes meet a negative value. */
SNNRT_INLINE static inline bool list_line(snnrt_places *to, const snnrt_int16 *value, uint32_t count,
                                          uint32_t offset, uint32_t outputs, const bool planes) {
    const snnrt_int16 *const end = value + count;
#if SNNRT_WITH_FAST_LOOPS
    /* Most are 0, and neighbours together. */
    if (((uintptr_t)value & 3u) == 0) {
        const snnrt_int16 *const last = value + (count & ~3u);
        while (value != last) {
            const uint32_t a = two_elements(value), b = two_elements(value + 2), any = a | b;
            uint32_t next = offset;
            value += 4;
            offset += 4u * outputs;
            if (any == 0) {
                continue;
            }
            if (planes && (any & 0x80008000u) != 0) {
                return false;
            }
            if ((a & 0xFFFFu) != 0) {
                list_one(to, a & 0xFFFFu, next, planes);
            }
            next += outputs;
            if (a >> 16 != 0) {
                list_one(to, a >> 16, next, planes);
            }
            next += outputs;
            if ((b & 0xFFFFu) != 0) {
                list_one(to, b & 0xFFFFu, next, planes);
            }
            next += outputs;
            if (b >> 16 != 0) {
                list_one(to, b >> 16, next, planes);
            }
        }
    }
#endif
    for (; value != end; value++, offset += outputs) {
        const uint32_t v = (uint16_t)*value;
        if (planes && (v & 0x8000u) != 0) {
            return false;
        }
        if (v != 0) {
            list_one(to, v, offset, planes);
        }
    }
    return true;
}

#if SNNRT_WITH_COUNT_PLANES
static uint32_t in_plane(const snnrt_column *column, const void *end, uint32_t plane) {
    return (uint32_t)((const snnrt_uint16 *)end - (const snnrt_uint16 *)column->begin[plane]);
}

static void list_counts(const snnrt_listing *l, snnrt_column *column, uint32_t element) {
    const snnrt_lines *const lines = &l->lines;
    const snnrt_int16 *value = (const snnrt_int16 *)l->step->input + element;
    uint32_t offset = lines->offset, fours;
    snnrt_places to;
    to.one = (snnrt_uint16 *)(uintptr_t)column->end[0];
    to.two = (snnrt_uint16 *)(uintptr_t)column->end[1];
    to.four = (snnrt_uint16 *)(uintptr_t)column->end[2];
    to.total = 0;
    for (uint32_t line = lines->lines; line != 0; line--) {
        if (!list_line(&to, value, lines->count, offset, l->rows.outputs, true)) {
            column->total = SNNRT_COUNTS_MAX + 1u;
            return;
        }
        value += lines->next_element;
        offset += lines->next_offset;
    }
    column->end[0] = to.one;
    column->end[1] = to.two;
    column->end[2] = to.four;
    fours = in_plane(column, to.four, 2);
    column->total = in_plane(column, to.one, 0) + 2u * in_plane(column, to.two, 1) + 4u * fours;
    column->planes = fours != 0 ? 3u : to.two != column->begin[1] ? 2u : 1u;
#if SNNRT_WITH_COUNTERS
    value = (const snnrt_int16 *)l->step->input + element;
    for (uint32_t line = lines->lines; line != 0; line--, value += lines->next_element) {
        for (uint32_t c = 0; c < lines->count; c++) {
            column->listed += value[c] != 0;
        }
    }
#else
    column->listed = column->total;
#endif
}
#endif

static void list_values(const snnrt_listing *l, snnrt_column *column, uint32_t element) {
    const snnrt_lines *const lines = &l->lines;
    const snnrt_int16 *value = (const snnrt_int16 *)l->step->input + element;
    snnrt_uint32 *const before = (snnrt_uint32 *)(uintptr_t)column->end[0];
    uint32_t offset = lines->offset;
    snnrt_places to;
    to.value = before;
    to.total = 0;
    for (uint32_t line = lines->lines; line != 0; line--) {
        if (lines->count == 1u) {
            const uint32_t v = (uint16_t)*value;
            if (v != 0) {
                list_one(&to, v, offset, false);
            }
        } else {
            (void)list_line(&to, value, lines->count, offset, l->rows.outputs, false);
        }
        value += lines->next_element;
        offset += lines->next_offset;
    }
    column->end[0] = to.value;
    column->total = to.total;
    column->listed = (uint32_t)(to.value - before);
}

bool snnrt_list_column(snnrt_listing *l, snnrt_column *column, uint32_t at) {
    const snnrt_synapse_step *step = l->step;
    const uint32_t element = l->lines.element + at * step->in_channels;
    column->at = at;
    column->total = 0;
    column->listed = 0;
#if SNNRT_WITH_COUNT_PLANES
    column->planes = 1;
#endif
    for (uint32_t p = 0; p < SNNRT_PLANES; p++) {
        column->end[p] = column->begin[p];
    }
    if (step->input_dtype == SNNRT_TYPE_BITS) {
        list_spikes(l, column, element);
#if SNNRT_WITH_COUNT_PLANES
    } else if (l->counts) {
        list_counts(l, column, element);
#endif
    } else {
        list_values(l, column, element);
    }
    /* A negative one is more than all others may be together. */
    return !l->counts || column->total <= SNNRT_COUNTS_MAX;
}
#else
typedef int snnrt_column_lists_left_out;
#endif
