/* Lists what a column of the input holds for a row of windows: of spikes and values that are not 0, where their weights
 * begin. */
#include "column_lists.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_ARM_MVE

#if SNNRT_WITH_COUNT_PLANES
typedef snnrt_uint16 snnrt_listed;
#define SNNRT_LISTED_SPIKE(offset) ((uint16_t)(offset))
#else
typedef snnrt_uint32 snnrt_listed;
#define SNNRT_LISTED_SPIKE(offset) ((offset) | 1u << 16)
#endif

static snnrt_list_result list_spikes(const snnrt_listing *l, snnrt_mark *mark, uint32_t element,
                                     uint32_t line_offset) {
    const uint32_t row = l->row;
    const snnrt_listed *const limit =
        (const snnrt_listed *)(const void *)(l->listed + SNNRT_LISTED_MAX / 2u) - 32;
    snnrt_listed *place = (snnrt_listed *)(uintptr_t)mark->place[0], *const before = place;
    const snnrt_lines *const lines = &l->lines;
    for (uint32_t line = lines->lines; line != 0; line--) {
        const snnrt_uint32 *words = (const snnrt_uint32 *)l->step->input + (element >> 5);
        const uint32_t begin = element & 31u;
        uint32_t word = *words++ >> begin << begin, left = begin + lines->count;
        uint32_t offset = line_offset - begin * row;
        for (;;) {
            if (left < 32u) {
                word &= (1u << left) - 1u;
            }
            if (place > limit) {
                return SNNRT_NO_ROOM;
            }
            for (; word != 0; word &= word - 1u) {
                *place++ = SNNRT_LISTED_SPIKE(offset + snnrt_lowest_bit(word) * row);
            }
            if (left <= 32u) {
                break;
            }
            left -= 32u;
            offset += 32u * row;
            word = *words++;
        }
        element += lines->next_element;
        line_offset += lines->next_offset;
    }
    mark->place[0] = place;
    mark->total += (uint32_t)(place - before);
#if SNNRT_WITH_COUNTERS
    mark->listed += (uint32_t)(place - before);
#endif
    return (uint32_t)(place - before) > SNNRT_COUNTS_MAX ? SNNRT_NO_ROOM : SNNRT_LISTED;
}

/* Two elements as they lie in memory, the first in the low half. */
static inline uint32_t two_elements(const snnrt_int16 *value) {
    return *(const snnrt_uint32 *)(const void *)value;
}

/* Where a line is listed. */
typedef struct snnrt_list_ends {
#if SNNRT_WITH_COUNT_PLANES
    snnrt_uint16 *one, *two, *four;
    uint32_t most; /* in the last plane, of an element: larger ones are no counts of this layer */
#endif
    snnrt_uint32 *value;
    uint32_t total; /* of the values, where counts are listed as such */
} snnrt_list_ends;

/* `v` is not 0: 16 bits. False where planes meet a negative value, or one beyond what inputs were to hold. */
SNNRT_INLINE static inline bool list_one(snnrt_list_ends *to, uint32_t v, uint32_t offset,
                                         const bool planes) {
#if SNNRT_WITH_COUNT_PLANES
    if (planes) {
        uint32_t fours = v >> 2;
        if ((v & 1u) != 0) {
            *to->one++ = (uint16_t)offset;
        }
        if ((v & 2u) != 0) {
            *to->two++ = (uint16_t)offset;
        }
        if (fours != 0) {
            if (fours > to->most) {
                return false;
            }
            do {
                *to->four++ = (uint16_t)offset;
            } while (--fours != 0);
        }
        return true;
    }
#endif
    (void)planes;
#if !SNNRT_WITH_COUNT_PLANES
    to->total += v;
#endif
    *to->value++ = v << 16 | offset;
    return true;
}

#if SNNRT_WITH_FAST_LOOPS && SNNRT_WITH_COUNT_PLANES
/* One element of a pair: `half` is it alone, from which `fours` shifts its fours, and `bits` its lowest bit into N, the next
 * one into C. Most are 0, and few of the others 4 or more. */
#define SNNRT_LIST_COUNT(pair, half, fours, bits, many, few, none) \
    half " %[t], %[" pair "], #16\n\t" \
         "beq " none "f\n\t" \
         "lsrs %[t], %[t], #" fours "\n\t" \
         "bne " many "f\n" few ":\n\t" \
         "lsls %[t], %[" pair "], #" bits "\n\t" \
         "it mi\n\t" \
         "strhmi %[offset], [%[one]], #2\n\t" \
         "it cs\n\t" \
         "strhcs %[offset], [%[two]], #2\n" none ":\n\t" \
         "add %[offset], %[offset], %[row]\n\t"
#define SNNRT_LIST_FOURS(many, few) \
    many ":\n\t" \
         "cmp %[t], %[most]\n\t" \
         "bhi 8f\n\t" \
         "strh %[offset], [%[four]], #2\n\t" \
         "subs %[t], %[t], #1\n\t" \
         "bne " many "b\n\t" \
         "b " few "b\n"

/* Planes of four elements and four; false as list_one. */
SNNRT_INLINE static inline bool list_count_fours(snnrt_list_ends *to, const snnrt_int16 *value,
                                                 const snnrt_int16 *end, uint32_t offset, uint32_t row) {
    uint32_t a, b, t;
    snnrt_uint16 *one = to->one, *two = to->two, *four = to->four;
    __asm__ volatile("1:\n\t"
                     "ldrd %[a], %[b], [%[value]], #8\n\t"
                     "orrs %[t], %[a], %[b]\n\t"
                     "bne 2f\n\t"
                     "add %[offset], %[offset], %[row], lsl #2\n\t"
                     "cmp %[value], %[end]\n\t"
                     "bne 1b\n\t"
                     "b 9f\n"
                     "2:\n\t" SNNRT_LIST_COUNT("a", "lsls", "18", "31", "10", "20", "30")
                         SNNRT_LIST_COUNT("a", "lsrs", "2", "15", "11", "21",
                                          "31") SNNRT_LIST_COUNT("b", "lsls", "18", "31", "12", "22", "32")
                             SNNRT_LIST_COUNT("b", "lsrs", "2", "15", "13", "23",
                                              "33") "cmp %[value], %[end]\n\t"
                                                    "bne 1b\n\t"
                                                    "b 9f\n" SNNRT_LIST_FOURS("10", "20")
                                                        SNNRT_LIST_FOURS("11", "21") SNNRT_LIST_FOURS("12",
                                                                                                      "22")
                                                            SNNRT_LIST_FOURS("13", "23") "8:\n\t"
                                                                                         "mov %[value], #0\n"
                                                                                         "9:"
                     : [value] "+&r"(value), [offset] "+&r"(offset), [one] "+&r"(one), [two] "+&r"(two),
                       [four] "+&r"(four), [a] "=&r"(a), [b] "=&r"(b), [t] "=&r"(t)
                     : [end] "r"(end), [row] "r"(row), [most] "r"(to->most)
                     : "cc", "memory");
    to->one = one;
    to->two = two;
    to->four = four;
    return value == end;
}
#endif

#if SNNRT_WITH_FAST_LOOPS
/* Four elements and four, most of which are 0, and neighbours together. */
SNNRT_NOINLINE static void list_value_fours(snnrt_list_ends *ends, const snnrt_int16 *value,
                                            const snnrt_int16 *end, uint32_t offset, uint32_t row) {
    snnrt_list_ends to = *ends;
    do {
        uint32_t a = two_elements(value), b = two_elements(value + 2), next = offset;
        value += 4;
        offset += 4u * row;
        if ((a | b) == 0) {
            continue;
        }
        SNNRT_IN_REGISTER(a);
        SNNRT_IN_REGISTER(b);
        if ((a & 0xFFFFu) != 0) {
            list_one(&to, a & 0xFFFFu, next, false);
        }
        next += row;
        if (a >> 16 != 0) {
            list_one(&to, a >> 16, next, false);
        }
        next += row;
        if ((b & 0xFFFFu) != 0) {
            list_one(&to, b & 0xFFFFu, next, false);
        }
        next += row;
        if (b >> 16 != 0) {
            list_one(&to, b >> 16, next, false);
        }
    } while (value != end);
    *ends = to;
}
#endif

/* False, and not all listed, as list_one. */
SNNRT_INLINE static inline bool list_line(snnrt_list_ends *to, const snnrt_int16 *value, uint32_t count,
                                          uint32_t offset, uint32_t row, const bool planes) {
    const snnrt_int16 *const end = value + count;
#if SNNRT_WITH_FAST_LOOPS
    for (; ((uintptr_t)value & 2u) != 0 && value != end; value++, offset += row) {
        if (*value != 0 && !list_one(to, (uint16_t)*value, offset, planes)) {
            return false;
        }
    }
    {
        const uint32_t fours = (uint32_t)(end - value) & ~3u;
        const snnrt_int16 *const last = value + fours;
#if SNNRT_WITH_COUNT_PLANES
        if (planes && last != value && !list_count_fours(to, value, last, offset, row)) {
            return false;
        }
#endif
        if (!planes && last != value) {
            list_value_fours(to, value, last, offset, row);
        }
        offset += fours * row;
        value = last;
    }
#endif
    for (; value != end; value++, offset += row) {
        const uint32_t v = (uint16_t)*value;
        if (v != 0 && !list_one(to, v, offset, planes)) {
            return false;
        }
    }
    return true;
}

/* Places that every plane has left, of 16 bits; values: of the only one, of 32. */
static inline uint32_t places_left(const snnrt_listing *l, const snnrt_list_ends *to, const bool planes) {
#if SNNRT_WITH_COUNT_PLANES
    if (planes) {
        const snnrt_uint16 *const begin = (const snnrt_uint16 *)(const void *)l->listed;
        uint32_t most = (uint32_t)(to->one - begin);
        const uint32_t two = (uint32_t)(to->two - begin) - SNNRT_PLANE_PLACES;
        const uint32_t four = (uint32_t)(to->four - begin) - 2u * SNNRT_PLANE_PLACES;
        most = most < two ? two : most;
        return SNNRT_PLANE_PLACES - (most < four ? four : most);
    }
#endif
    (void)planes;
    return SNNRT_LISTED_MAX / 2u - (uint32_t)(to->value - (const snnrt_uint32 *)l->listed);
}

/* As many elements at a time as there is room for; listed, or why not. */
SNNRT_INLINE static inline snnrt_list_result list_lines(const snnrt_listing *l, snnrt_list_ends *to,
                                                        const snnrt_int16 *line, uint32_t offset,
                                                        const bool planes) {
    const snnrt_lines *const lines = &l->lines;
    uint32_t room = places_left(l, to, planes) >> l->each_shift;
#if SNNRT_WITH_FAST_LOOPS && SNNRT_WITH_COUNT_PLANES
    if (planes && ((lines->count | lines->next_element) & 3u) == 0 && ((uintptr_t)line & 3u) == 0 &&
        lines->lines * lines->count <= room) {
        const uint32_t row = l->row, next_element = lines->next_element, next_offset = lines->next_offset;
        for (uint32_t left = lines->lines; left != 0; left--) {
            if (!list_count_fours(to, line, line + lines->count, offset, row)) {
                return SNNRT_NO_COUNTS;
            }
            line += next_element;
            offset += next_offset;
        }
        return SNNRT_LISTED;
    }
#endif
    for (uint32_t lines_left = lines->lines; lines_left != 0; lines_left--) {
        const snnrt_int16 *value = line;
        uint32_t left = lines->count, here = offset;
        do {
            uint32_t count = left;
            if (room < count) {
                room = places_left(l, to, planes) >> l->each_shift;
                if (room < count) {
                    count = room & ~(SNNRT_CHUNK - 1u);
                    if (count == 0) {
                        return SNNRT_NO_ROOM;
                    }
                }
            }
            room -= count;
            left -= count;
            if (!list_line(to, value, count, here, l->row, planes)) {
                return SNNRT_NO_COUNTS;
            }
            value += count;
            here += count * l->row;
        } while (left != 0);
        line += lines->next_element;
        offset += lines->next_offset;
    }
    return SNNRT_LISTED;
}

/* Counts as planes, or other values. */
SNNRT_INLINE static inline snnrt_list_result list_elements(const snnrt_listing *l, snnrt_mark *mark,
                                                           uint32_t element, uint32_t offset,
                                                           const bool planes) {
    const snnrt_int16 *line = (const snnrt_int16 *)l->step->input + element;
    snnrt_list_result result;
    snnrt_list_ends to;
#if SNNRT_WITH_COUNT_PLANES
    to.one = (snnrt_uint16 *)(uintptr_t)mark->place[0];
    to.two = (snnrt_uint16 *)(uintptr_t)mark->place[1];
    to.four = (snnrt_uint16 *)(uintptr_t)mark->place[2];
    to.most = 1u << l->each_shift;
#endif
    to.value = (snnrt_uint32 *)(uintptr_t)mark->place[0];
    to.total = 0;
    result = list_lines(l, &to, line, offset, planes);
#if SNNRT_WITH_COUNT_PLANES
    if (planes) {
        to.total = (uint32_t)(to.one - (const snnrt_uint16 *)mark->place[0]) +
                   2u * (uint32_t)(to.two - (const snnrt_uint16 *)mark->place[1]) +
                   4u * (uint32_t)(to.four - (const snnrt_uint16 *)mark->place[2]);
        mark->place[0] = to.one;
        mark->place[1] = to.two;
        mark->place[2] = to.four;
    } else
#endif
    {
        if (SNNRT_WITH_COUNT_PLANES || !l->counts) {
            to.total = (uint32_t)(to.value - (const snnrt_uint32 *)mark->place[0]);
        }
        mark->place[0] = to.value;
    }
    mark->total += to.total;
    if (to.total > SNNRT_COUNTS_MAX && l->counts && result == SNNRT_LISTED) {
        /* A negative one is more than all others may be together. */
        return to.total >= 0x8000u ? SNNRT_NO_COUNTS : SNNRT_NO_ROOM;
    }
#if SNNRT_WITH_COUNTERS
    for (uint32_t left = l->lines.lines; left != 0; left--, line += l->lines.next_element) {
        for (uint32_t c = 0; c < l->lines.count; c++) {
            mark->listed += line[c] != 0;
        }
    }
#endif
    return result;
}

snnrt_list_result snnrt_list_column(snnrt_listing *l, uint32_t at) {
    const snnrt_synapse_step *step = l->step;
    snnrt_mark *const mark = &l->mark[l->next - l->first + 1u];
    const uint32_t element = l->lines.element + at * step->in_channels;
    const uint32_t offset = l->lines.offset + (l->next - l->first) * l->tap;
    snnrt_list_result result;
    *mark = mark[-1];
    if (step->input_dtype == SNNRT_TYPE_BITS) {
        result = list_spikes(l, mark, element, offset);
#if SNNRT_WITH_COUNT_PLANES
    } else if (l->counts) {
        result = list_elements(l, mark, element, offset, true);
#endif
    } else {
        result = list_elements(l, mark, element, offset, false);
    }
    l->next += result == SNNRT_LISTED;
    return result;
}
#else
typedef int snnrt_column_lists_left_out;
#endif
