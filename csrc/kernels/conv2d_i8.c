/* Int8 convolutions, window by window, without scratch: what a window reads is listed by column of the input, each column
 * once for all windows of a row, in pieces for which there is room. */
#include "row_sums.h"
#include "synapse.h"
#include "tap_sums.h"
#include "taps.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_ARM_MVE

#define SNNRT_NO_COLUMN UINT32_MAX

/* Of a window's columns: `count` elements from `first` on, of each kernel line from `line` on. */
typedef struct snnrt_piece {
    uint32_t line, lines, first, count;
} snnrt_piece;

typedef struct snnrt_listing {
    const snnrt_synapse_step *step;
    uint32_t depth; /* elements that a group reads of a pixel */
    uint32_t group;
    uint32_t slots; /* columns that stay listed */
    uint32_t slot; /* of the window's first column */
    bool counts; /* as long as no value says otherwise */
    snnrt_piece piece;
    snnrt_taps y; /* kernel lines of the window inside the input */
    int32_t top, left;
    uint64_t rows_read, active;
    snnrt_row_sum rows;
    snnrt_column column[SNNRT_COLUMNS_MAX];
    uint32_t listed[SNNRT_LISTED_MAX / 2u];
} snnrt_listing;

/* A column's lines: where the first begins, and bytes to its weights; both from line to line. */
typedef struct snnrt_lines {
    uint32_t lines, count;
    uint32_t element, next_element;
    uint32_t offset, next_offset;
} snnrt_lines;

#if SNNRT_WITH_COUNT_PLANES
typedef snnrt_uint16 snnrt_listed;
#define SNNRT_LISTED_SPIKE(offset) ((uint16_t)(offset))
#else
typedef snnrt_uint32 snnrt_listed;
#define SNNRT_LISTED_SPIKE(offset) ((offset) | 1u << 16)
#endif

static void list_spikes(const snnrt_listing *l, snnrt_column *column, const snnrt_lines *lines) {
    const uint32_t outputs = l->rows.outputs;
    snnrt_listed *place = (snnrt_listed *)(uintptr_t)column->end[0], *const before = place;
    uint32_t element = lines->element, line_offset = lines->offset;
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

static void list_counts(const snnrt_listing *l, snnrt_column *column, const snnrt_lines *lines) {
    const snnrt_int16 *value = (const snnrt_int16 *)l->step->input + lines->element;
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
    value = (const snnrt_int16 *)l->step->input + lines->element;
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

static void list_values(const snnrt_listing *l, snnrt_column *column, const snnrt_lines *lines) {
    const snnrt_int16 *value = (const snnrt_int16 *)l->step->input + lines->element;
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

/* 16-bit places of a column, and those of one of its planes. */
static uint32_t places_of_column(const snnrt_listing *l) { return SNNRT_LISTED_MAX / l->slots & ~1u; }
static uint32_t places_of_plane(const snnrt_listing *l) {
    const bool one = !SNNRT_WITH_COUNT_PLANES || !l->counts || l->step->input_dtype == SNNRT_TYPE_BITS;
    return one ? places_of_column(l) : places_of_column(l) / SNNRT_PLANES;
}

/* Lists column `at` of the input; false where there are negative values among counts. */
SNNRT_NOINLINE static bool list_column(snnrt_listing *l, snnrt_column *column, uint32_t at) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const uint32_t end =
        l->piece.line + l->piece.lines < l->y.end ? l->piece.line + l->piece.lines : l->y.end;
    const uint32_t ky = l->piece.line > l->y.first ? l->piece.line : l->y.first;
    snnrt_lines lines;
    column->at = at;
    column->total = 0;
    column->listed = 0;
#if SNNRT_WITH_COUNT_PLANES
    column->planes = 1;
#endif
    for (uint32_t p = 0; p < SNNRT_PLANES; p++) {
        column->end[p] = column->begin[p];
    }
    if (ky >= end) {
        return true;
    }
    lines.lines = end - ky;
    lines.count = l->piece.count;
    lines.next_offset = conv->kernel_w * l->depth * l->rows.outputs;
    lines.offset = (ky - l->piece.line) * lines.next_offset;
    lines.next_element = conv->dilation_y * step->in_width * step->in_channels;
    lines.element =
        ((uint32_t)(l->top + (int32_t)(ky * conv->dilation_y)) * step->in_width + at) * step->in_channels +
        l->group * l->depth + l->piece.first;
    if (step->input_dtype == SNNRT_TYPE_BITS) {
        list_spikes(l, column, &lines);
#if SNNRT_WITH_COUNT_PLANES
    } else if (l->counts) {
        list_counts(l, column, &lines);
#endif
    } else {
        list_values(l, column, &lines);
    }
    /* A negative one is more than all others may be together. */
    return !l->counts || column->total <= SNNRT_COUNTS_MAX;
}

static void add_columns(snnrt_listing *l) {
    if (l->counts) {
        snnrt_add_count_rows(&l->rows);
    } else {
        snnrt_add_value_rows(&l->rows);
    }
    l->rows.from = l->rows.to;
    l->rows.columns = 0;
    l->rows.total = 0;
    l->rows.planes = 1;
}

/* The piece of one window; false as list_column. */
static bool sum_window(snnrt_listing *l, snnrt_taps x, const int8_t *weights) {
    const snnrt_window *conv = l->step->window;
    const uint32_t tap_weights = l->depth * l->rows.outputs;
    const bool kept = l->slots == conv->kernel_w;
    uint32_t read = 0;
    weights += x.first * tap_weights;
    l->rows.columns = 0;
    l->rows.total = 0;
    l->rows.planes = 1;
    for (uint32_t kx = x.first; kx < x.end; kx++, weights += tap_weights) {
        const uint32_t at = (uint32_t)(l->left + (int32_t)(kx * conv->dilation_x));
        const uint32_t slot = l->slot + kx;
        snnrt_column *column = &l->column[!kept ? 0u : slot < l->slots ? slot : slot - l->slots];
        if (!kept && l->rows.columns != 0) {
            add_columns(l);
        }
        if ((!kept || column->at != at) && !list_column(l, column, at)) {
            return false;
        }
        if (column->listed != 0) {
            if (l->counts && l->rows.total + column->total > SNNRT_COUNTS_MAX) {
                add_columns(l);
            }
            l->rows.column[l->rows.columns].column = column;
            l->rows.column[l->rows.columns].weights = weights;
            l->rows.columns++;
            l->rows.total += column->total;
#if SNNRT_WITH_COUNT_PLANES
            l->rows.planes = l->rows.planes < column->planes ? column->planes : l->rows.planes;
#endif
            read += column->listed;
        }
    }
    if (l->rows.columns != 0) {
        add_columns(l);
    } else if (l->rows.from != l->rows.to) {
        for (uint32_t o = 0; o < l->rows.outputs; o++) {
            l->rows.to[o] = l->rows.from[o];
        }
    }
#if SNNRT_WITH_COUNTERS
    l->rows_read += read;
    l->active += read != 0;
#else
    (void)read;
#endif
    return true;
}

/* Sums of zero where there is no bias. */
static void begin_sums(snnrt_listing *l, bool first) {
    const snnrt_int32 *bias = (const snnrt_int32 *)l->step->bias;
    l->rows.from = l->rows.to;
    if (first && bias != NULL) {
        l->rows.from = bias + l->group * l->rows.outputs;
    } else if (first) {
        for (uint32_t o = 0; o < l->rows.outputs; o++) {
            l->rows.to[o] = 0;
        }
    }
}

/* A row of windows, of which one piece is summed; false as list_column. */
static bool sum_row(snnrt_listing *l, snnrt_int32 *output) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const snnrt_piece *piece = &l->piece;
    const bool first = piece->line == 0 && piece->first == 0;
    const uint32_t steps = conv->stride_x % l->slots;
    const int8_t *weights =
        (const int8_t *)step->weights +
        (((size_t)l->group * conv->kernel_h + piece->line) * conv->kernel_w * l->depth + piece->first) *
            l->rows.outputs;
    for (uint32_t s = 0; s < l->slots; s++) {
        l->column[s].at = SNNRT_NO_COLUMN;
    }
    l->slot = 0;
    l->left = -(int32_t)conv->pad_left;
    for (uint32_t ox = 0; ox < step->out_width; ox++) {
        snnrt_taps x = snnrt_taps_inside(l->left, conv->kernel_w, conv->dilation_x, step->in_width);
        l->rows.to = output;
        begin_sums(l, first);
        if (!sum_window(l, x, weights)) {
            return false;
        }
        output += step->out_channels;
        l->left += conv->stride_x;
        l->slot += steps;
        l->slot -= l->slot >= l->slots ? l->slots : 0u;
    }
    return true;
}

/* The first piece, which none of the others is larger than. */
static void lay_out_lists(snnrt_listing *l, uint32_t shift) {
    const snnrt_window *conv = l->step->window;
    const uint32_t outputs = l->rows.outputs, tap_weights = l->depth * outputs;
    const uint32_t line_weights = conv->kernel_w * tap_weights;
    uint32_t room = places_of_plane(l), most = SNNRT_OFFSET_MAX / outputs + 1u, pieces;
#if SNNRT_WITH_COUNT_PLANES
    if (l->counts) {
        /* No count is listed more often in the last plane. */
        room >>= shift > 2u ? shift - 2u : 0u;
    } else
#endif
    {
        room /= 2u;
    }
    if (l->counts && SNNRT_COUNTS_MAX >> shift < room) {
        room = SNNRT_COUNTS_MAX >> shift;
    }
    room = room < most ? room : most;
    l->piece.lines = room < l->depth ? 1u : room / l->depth;
    if (l->piece.lines > 1u) {
        /* Bytes to the last line's last row. */
        const uint32_t lines = (SNNRT_OFFSET_MAX - (tap_weights - outputs)) / line_weights + 1u;
        l->piece.lines = l->piece.lines < lines ? l->piece.lines : lines;
        l->piece.lines = l->piece.lines < conv->kernel_h ? l->piece.lines : conv->kernel_h;
    }
    /* Alike, and of whole words. */
    pieces = (l->depth + room - 1u) / room;
    l->piece.count = (l->depth + pieces - 1u) / pieces;
    if (((l->piece.count + 3u) & ~3u) <= room) {
        l->piece.count = (l->piece.count + 3u) & ~3u;
    }
    l->piece.count = l->piece.count < l->depth ? l->piece.count : l->depth;
    for (uint32_t s = 0; s < l->slots; s++) {
        uint8_t *begin = (uint8_t *)l->listed + 2u * places_of_column(l) * s;
        for (uint32_t p = 0; p < SNNRT_PLANES; p++) {
            l->column[s].begin[p] = l->column[s].end[p] = begin;
            begin += 2u * places_of_plane(l) * (places_of_plane(l) != places_of_column(l));
        }
    }
}

/* Every row of windows; false as list_column. */
static bool sum_rows(snnrt_listing *l, uint32_t shift) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    snnrt_piece whole;
    lay_out_lists(l, shift);
    whole = l->piece;
    l->rows_read = l->active = 0;
    for (uint32_t oy = step->first_row; oy < step->out_height;
         oy++, output += step->out_width * step->out_channels) {
        l->top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        l->y = snnrt_taps_inside(l->top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (l->group = 0; l->group < conv->groups; l->group++) {
            for (l->piece.line = 0; l->piece.line < conv->kernel_h; l->piece.line += whole.lines) {
                for (l->piece.first = 0; l->piece.first < l->depth; l->piece.first += whole.count) {
                    const uint32_t lines = conv->kernel_h - l->piece.line, left = l->depth - l->piece.first;
                    l->piece.lines = whole.lines < lines ? whole.lines : lines;
                    l->piece.count = whole.count < left ? whole.count : left;
                    if (!sum_row(l, output + l->group * l->rows.outputs)) {
                        return false;
                    }
                }
            }
        }
    }
    return true;
}

#if SNNRT_WITH_COUNTERS
static bool is_element(const snnrt_synapse_step *step, uint32_t element) {
    return step->input_dtype == SNNRT_TYPE_BITS ? snnrt_bit((const snnrt_uint32 *)step->input, element) != 0
                                                : ((const snnrt_int16 *)step->input)[element] != 0;
}

/* Whether a group's window reads anything. */
static bool window_reads(const snnrt_listing *l, uint32_t oy, uint32_t ox) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
    const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
    const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
    const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
    for (uint32_t ky = y.first; ky < y.end; ky++) {
        for (uint32_t kx = x.first; kx < x.end; kx++) {
            const uint32_t pixel = (uint32_t)(top + (int32_t)(ky * conv->dilation_y)) * step->in_width +
                                   (uint32_t)(left + (int32_t)(kx * conv->dilation_x));
            for (uint32_t c = 0; c < l->depth; c++) {
                if (is_element(step, pixel * step->in_channels + l->group * l->depth + c)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void count_windows(snnrt_listing *l) {
    const snnrt_synapse_step *step = l->step;
    if (l->piece.lines != step->window->kernel_h || l->piece.count != l->depth) {
        /* A window of several pieces is active once. */
        l->active = 0;
        for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
            for (uint32_t ox = 0; ox < step->out_width; ox++) {
                for (l->group = 0; l->group < step->window->groups; l->group++) {
                    l->active += window_reads(l, oy, ox);
                }
            }
        }
    }
    step->counts->row_activations += l->rows_read;
    step->counts->synaptic_operations += l->rows_read * l->rows.outputs;
    step->counts->active_windows += l->active;
}
#endif

/* Kept apart: what is listed is most of the stack. */
SNNRT_NOINLINE static bool sum_listed(const snnrt_synapse_step *step, bool counts) {
    const snnrt_window *conv = step->window;
    uint32_t shift = 0;
    snnrt_listing l;
    l.step = step;
    l.depth = step->in_channels / conv->groups;
    l.slots = conv->dilation_x == 1 && conv->kernel_w <= SNNRT_COLUMNS_MAX ? conv->kernel_w : 1u;
    while (step->input_peak > 1u << shift) {
        shift++;
    }
    l.rows.outputs = step->out_channels / conv->groups;
    l.rows.words = (((uintptr_t)step->weights | l.rows.outputs) & 3u) == 0;
    l.counts = counts;
#if !SNNRT_WITH_COUNT_PLANES && !SNNRT_WITH_ARM_MVE
    l.counts = counts && l.rows.words;
#endif
    if (!sum_rows(&l, shift)) {
        l.counts = false;
        (void)sum_rows(&l, shift);
    }
#if SNNRT_WITH_COUNTERS
    if (step->counts != NULL) {
        count_windows(&l);
    }
#endif
    return true;
}

bool snnrt_conv2d_i8(const snnrt_synapse_step *step) {
    const bool counts = step->input_dtype == SNNRT_TYPE_BITS || step->input_peak <= SNNRT_COUNT_MAX;
#if SNNRT_WITH_FAST_LOOPS
    if (!counts && snnrt_conv2d_taps(step)) {
        return true;
    }
#endif
    return sum_listed(step, counts);
}

/* A window of one tap, as deep as there are inputs. */
void snnrt_dense_i8(const snnrt_synapse_step *step) {
    static const snnrt_window tap = {1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0};
    snnrt_synapse_step whole = *step;
    whole.window = &tap;
    whole.first_row = 0;
    whole.in_channels = step->in_channels * step->in_height * step->in_width;
    whole.in_height = whole.in_width = whole.out_height = whole.out_width = 1;
    /* Longer lists are worth more than additions in lanes to few outputs. */
    (void)sum_listed(&whole, step->input_peak <= SNNRT_COUNT_MAX && step->out_channels >= 16u);
}
#else
typedef int snnrt_conv2d_i8_left_out;
#endif
