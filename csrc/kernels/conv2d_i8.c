/* Int8 convolutions, window by window, without scratch: what a window reads is listed by column of the input, each column
 * once for all windows of a row, in pieces for which there is room. */
#include "column_lists.h"
#include "synapse.h"
#include "tap_sums.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_ARM_MVE

/* 16-bit places of a column, and those of one of its planes. */
static uint32_t places_of_column(const snnrt_listing *l) { return SNNRT_LISTED_MAX / l->slots & ~1u; }
static uint32_t places_of_plane(const snnrt_listing *l) {
    const bool one = !SNNRT_WITH_COUNT_PLANES || !l->counts || l->step->input_dtype == SNNRT_TYPE_BITS;
    return one ? places_of_column(l) : places_of_column(l) / SNNRT_PLANES;
}

/* Columns whose lists have not been added; of counts, their sum and planes. */
typedef struct snnrt_waiting {
    snnrt_column_rows *end;
    uint32_t total, planes;
} snnrt_waiting;

static snnrt_waiting none_waiting(snnrt_listing *l) {
    const snnrt_waiting none = {l->rows.column, 0, 1};
    return none;
}

static snnrt_waiting add_columns(snnrt_listing *l, snnrt_waiting waiting) {
    l->rows.columns = (uint32_t)(waiting.end - l->rows.column);
    l->rows.total = waiting.total;
    l->rows.planes = waiting.planes;
    if (l->counts) {
        snnrt_add_count_rows(&l->rows);
    } else {
        snnrt_add_value_rows(&l->rows);
    }
    l->rows.from = l->rows.to;
    return none_waiting(l);
}

/* The piece of one window; false as snnrt_list_column. */
static bool sum_window(snnrt_listing *l, snnrt_taps x, const int8_t *weights) {
    const snnrt_window *conv = l->step->window;
    const uint32_t tap_weights = l->depth * l->rows.outputs, dilation = conv->dilation_x;
    const bool kept = l->slots == conv->kernel_w;
    const uint32_t slot = kept ? l->slot + x.first : 0u;
    uint32_t at = (uint32_t)(l->left + (int32_t)(x.first * dilation)), read = 0;
    snnrt_column *const end = l->column + l->slots;
    snnrt_column *column = &l->column[slot < l->slots ? slot : slot - l->slots];
    snnrt_waiting waiting = none_waiting(l);
    weights += x.first * tap_weights;
    for (uint32_t left = x.first < x.end ? x.end - x.first : 0u; left != 0; left--) {
        if (!kept && waiting.end != l->rows.column) {
            waiting = add_columns(l, waiting);
        }
        if ((!kept || column->at != at) && !snnrt_list_column(l, column, at)) {
            return false;
        }
        if (column->listed != 0) {
            if (waiting.total + column->total > SNNRT_COUNTS_MAX && l->counts) {
                waiting = add_columns(l, waiting);
            }
            waiting.end->column = column;
            waiting.end->weights = weights;
            waiting.end++;
            waiting.total += column->total;
#if SNNRT_WITH_COUNT_PLANES
            waiting.planes = waiting.planes < column->planes ? column->planes : waiting.planes;
#endif
            read += column->listed;
        }
        weights += tap_weights;
        at += dilation;
        column++;
        column = column == end ? l->column : column;
    }
    if (waiting.end != l->rows.column) {
        (void)add_columns(l, waiting);
    } else if (l->rows.from != l->rows.to) {
        snnrt_begin_sums(l->rows.to, l->rows.from, l->rows.outputs);
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
        snnrt_begin_sums(l->rows.to, NULL, l->rows.outputs);
    }
}

/* The piece's lines of a row of windows; false where none lies inside the input. */
static bool find_lines(snnrt_listing *l) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const uint32_t piece_end = l->piece.line + l->piece.lines;
    const uint32_t end = piece_end < l->y.end ? piece_end : l->y.end;
    const uint32_t ky = l->piece.line > l->y.first ? l->piece.line : l->y.first;
    l->lines.lines = end - ky;
    l->lines.count = l->piece.count;
    l->lines.next_offset = conv->kernel_w * l->depth * l->rows.outputs;
    l->lines.offset = (ky - l->piece.line) * l->lines.next_offset;
    l->lines.next_element = conv->dilation_y * step->in_width * step->in_channels;
    l->lines.element =
        (uint32_t)(l->top + (int32_t)(ky * conv->dilation_y)) * step->in_width * step->in_channels +
        l->group * l->depth + l->piece.first;
    return ky < end;
}

/* A row of windows, of which one piece is summed; false as snnrt_list_column. */
static bool sum_row(snnrt_listing *l, snnrt_int32 *output) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const snnrt_piece *piece = &l->piece;
    const bool first = piece->line == 0 && piece->first == 0, reads = find_lines(l);
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
        snnrt_taps x = {0, 0};
        if (reads) {
            x = snnrt_taps_inside(l->left, conv->kernel_w, conv->dilation_x, step->in_width);
        }
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

/* Every row of windows; false as snnrt_list_column. */
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
    if (!counts && snnrt_conv2d_image(step)) {
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
