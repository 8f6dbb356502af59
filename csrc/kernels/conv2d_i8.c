/* Int8 convolutions, window by window, without scratch: what a row of windows reads is listed column after column of the
 * input, once for all of them, and a window's list is what lies between two columns; in pieces for which there is room. */
#include "column_lists.h"
#include "synapse.h"
#include "tap_sums.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_ARM_MVE

/* Adds the listed columns first ... end; `left`: of the window's first tap. */
static void add_columns(snnrt_listing *l, uint32_t first, uint32_t end, uint32_t left) {
    const snnrt_mark *const last = &l->mark[end - l->first];
    snnrt_row_sum *const rows = &l->rows;
    rows->first = &l->mark[first - l->first];
    rows->weights = l->weights + (uintptr_t)((intptr_t)(int32_t)(l->first - left) * (intptr_t)l->tap_weights);
#if SNNRT_WITH_COUNTERS
    l->window_rows += last->listed - rows->first->listed;
#endif
    while (rows->first->total != last->total) {
        rows->end = last;
        if (l->counts) {
            while (rows->end->total - rows->first->total > SNNRT_COUNTS_MAX) {
                rows->end--;
            }
            snnrt_add_count_rows(rows);
        } else {
            snnrt_add_value_rows(rows);
        }
        rows->from = rows->to;
        rows->first = rows->end;
    }
}

static void forget_columns(snnrt_listing *l, uint32_t next) {
    l->first = l->next = next;
    for (uint32_t p = 0; p < SNNRT_PLANES; p++) {
        l->mark[0].place[p] = (const snnrt_uint16 *)(const void *)l->listed + p * SNNRT_PLANE_PLACES;
    }
}

/* Leaves room, of 16 or 32 bits each, where columns before `first` are. */
static void drop_columns(snnrt_listing *l, uint32_t first) {
    const uint32_t dropped = first - l->first, kept = l->next - first, less = dropped * l->tap;
    const bool words = !SNNRT_WITH_COUNT_PLANES || (!l->counts && !l->rows.spikes);
    snnrt_mark *const mark = l->mark;
    for (uint32_t p = 0; p < SNNRT_PLANES; p++) {
        uint8_t *const to = (uint8_t *)(uintptr_t)mark[0].place[p];
        const uint8_t *const from = (const uint8_t *)mark[dropped].place[p];
        const uint32_t bytes = (uint32_t)((const uint8_t *)mark[dropped + kept].place[p] - from);
        if (words) {
            for (uint32_t k = 0; k < bytes / 4u; k++) {
                ((snnrt_uint32 *)(void *)to)[k] = ((const snnrt_uint32 *)(const void *)from)[k] - less;
            }
        } else {
            for (uint32_t k = 0; k < bytes / 2u; k++) {
                ((snnrt_uint16 *)(void *)to)[k] =
                    (uint16_t)(((const snnrt_uint16 *)(const void *)from)[k] - less);
            }
        }
        for (uint32_t k = 0; k <= kept; k++) {
            mark[k].place[p] = (const uint8_t *)mark[dropped + k].place[p] - (from - to);
        }
        if (words) {
            break;
        }
    }
    for (uint32_t k = 0; k <= kept; k++) {
        mark[k].total = mark[dropped + k].total;
#if SNNRT_WITH_COUNTERS
        mark[k].listed = mark[dropped + k].listed;
#endif
    }
    l->first = first;
}

/* The piece of one window, which begins at the column `left`; listed, or why not. */
static snnrt_list_result sum_window(snnrt_listing *l, snnrt_taps x, int32_t left) {
    const uint32_t dilation = l->step->window->dilation_x;
    /* Columns are those of the input where windows share them, else those of the window. */
    const uint32_t from = dilation == 1 ? (uint32_t)left : 0u, end = from + x.end;
    uint32_t first = from + x.first;
    if (dilation != 1 || first - l->first > l->next - l->first) {
        forget_columns(l, first);
    }
    while (l->next < end) {
        const bool full = l->next - l->first == l->columns_max;
        snnrt_list_result result = SNNRT_NO_ROOM;
        if (!full) {
            result = snnrt_list_column(l, (uint32_t)(left + (int32_t)((l->next - from) * dilation)));
        }
        if (result == SNNRT_LISTED) {
            continue;
        }
        if (result == SNNRT_NO_COUNTS || (l->first == first && !full && l->room > l->least)) {
            return result;
        }
        if (l->first != first) {
            drop_columns(l, first);
            continue;
        }
        if (l->next == first) {
            /* Inputs beyond the model's peak: no counts, then. */
            return SNNRT_NO_COUNTS;
        }
        add_columns(l, first, l->next, from);
        first = l->next;
        forget_columns(l, first);
    }
    add_columns(l, first, end, from);
    return SNNRT_LISTED;
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
static bool find_lines(snnrt_listing *l, uint32_t oy) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
    const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
    const uint32_t piece_end = l->piece.line + l->piece.lines;
    const uint32_t end = piece_end < y.end ? piece_end : y.end;
    const uint32_t ky = l->piece.line > y.first ? l->piece.line : y.first;
    l->lines.lines = end - ky;
    l->lines.count = l->piece.count;
    l->lines.next_offset = conv->kernel_w * l->tap;
    l->lines.offset = (ky - l->piece.line) * l->lines.next_offset;
    l->lines.next_element = conv->dilation_y * step->in_width * step->in_channels;
    l->lines.element =
        (uint32_t)(top + (int32_t)(ky * conv->dilation_y)) * step->in_width * step->in_channels +
        l->group * l->depth + l->piece.first;
    return ky < end;
}

/* A row of windows, of which one piece is summed; listed, or why not. */
static snnrt_list_result sum_row(snnrt_listing *l, uint32_t oy, snnrt_int32 *output) {
    const snnrt_synapse_step *step = l->step;
    const snnrt_window *conv = step->window;
    const snnrt_piece *piece = &l->piece;
    const bool first = piece->line == 0 && piece->first == 0, reads = find_lines(l, oy);
    int32_t left = -(int32_t)conv->pad_left;
    l->weights =
        (uintptr_t)step->weights +
        (((size_t)l->group * conv->kernel_h + piece->line) * conv->kernel_w * l->depth + piece->first) *
            l->rows.outputs;
    forget_columns(l, 0);
    for (uint32_t ox = 0; ox < step->out_width; ox++) {
        const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
        l->rows.to = output;
        begin_sums(l, first);
#if SNNRT_WITH_COUNTERS
        l->window_rows = 0;
#endif
        if (reads && x.first < x.end) {
            const snnrt_list_result result = sum_window(l, x, left);
            if (result != SNNRT_LISTED) {
                return result;
            }
        }
        if (l->rows.from != output) {
            snnrt_begin_sums(output, l->rows.from, l->rows.outputs);
        }
#if SNNRT_WITH_COUNTERS
        l->rows_read += l->window_rows;
        l->active += l->window_rows != 0;
#endif
        output += step->out_channels;
        left += conv->stride_x;
    }
    return SNNRT_LISTED;
}

/* Pieces of no more than `room` elements a column: the first, which none of the others is larger than. */
static void lay_out_pieces(snnrt_listing *l) {
    const uint32_t most = SNNRT_OFFSET_MAX / l->row + 1u, room = l->room < most ? l->room : most;
    const uint32_t line = l->step->window->kernel_w * l->tap, pieces = (l->depth + room - 1u) / room;
    uint32_t last = (SNNRT_OFFSET_MAX + l->row) / line;
    l->piece.lines = room / l->depth;
    l->piece.lines = l->piece.lines < last ? l->piece.lines : last;
    l->piece.lines = l->piece.lines < l->step->window->kernel_h ? l->piece.lines : l->step->window->kernel_h;
    l->piece.lines += l->piece.lines == 0;
    /* Alike, and of whole words. */
    l->piece.count = (l->depth + pieces - 1u) / pieces;
    if (((l->piece.count + 3u) & ~3u) <= room) {
        l->piece.count = (l->piece.count + 3u) & ~3u;
    }
    l->piece.count = l->piece.count < l->depth ? l->piece.count : l->depth;
    last = (l->piece.lines - 1u) * line + (l->piece.count - 1u) * l->row;
    l->columns_max = (SNNRT_OFFSET_MAX - last) / l->tap + 1u;
    l->columns_max = l->columns_max < SNNRT_COLUMNS_MAX ? l->columns_max : SNNRT_COLUMNS_MAX;
}

/* So that a window fits, of whose columns those that are listed did: half at most. */
static void shrink_pieces(snnrt_listing *l) {
    const uint32_t columns = l->step->window->kernel_w, fit = l->next - l->first;
    l->room = 2u * fit < columns && columns > 2u ? l->room * (fit == 0 ? 1u : fit) / columns : l->room / 2u;
    l->room = l->room < l->least ? l->least : l->room;
    lay_out_pieces(l);
}

/* As much room as has what mostly zeros leave. */
static void lay_out_lists(snnrt_listing *l) {
    const snnrt_synapse_step *step = l->step;
    const uint32_t columns = step->window->kernel_w, outputs = l->rows.outputs;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    uint32_t places = SNNRT_LISTED_MAX / 2u, shift = 0;
    while (step->input_peak > 1u << shift && !bits) {
        shift++;
    }
    l->each_shift = 0;
#if SNNRT_WITH_COUNT_PLANES
    if (bits) {
        places = SNNRT_LISTED_MAX;
    } else if (l->counts) {
        places = SNNRT_PLANE_PLACES;
        /* No count is listed more often in the last plane. */
        l->each_shift = shift > 2u ? shift - 2u : 0u;
    }
#endif
    l->rows.shift = l->counts && l->rows.words ? SNNRT_OFFSET_SHIFT : 0;
    l->row = outputs >> l->rows.shift;
    l->tap = l->depth * l->row;
    l->tap_weights = l->depth * outputs;
    /* Of spikes a word at a time is listed. */
    places = (places - (bits ? 32u : 0u)) >> l->each_shift;
    l->least = places / (columns < SNNRT_COLUMNS_MAX ? columns : SNNRT_COLUMNS_MAX);
    if (l->counts && SNNRT_COUNTS_MAX >> shift < l->least) {
        l->least = SNNRT_COUNTS_MAX >> shift;
    }
    l->room = l->counts ? SNNRT_ZEROS * l->least : l->least;
    lay_out_pieces(l);
}

/* Every piece of a row of windows; listed, or why not. */
static snnrt_list_result sum_pieces(snnrt_listing *l, uint32_t oy, snnrt_int32 *output) {
    const snnrt_window *conv = l->step->window;
    const snnrt_piece whole = l->piece;
    snnrt_list_result result = SNNRT_LISTED;
    for (l->group = 0; l->group < conv->groups; l->group++) {
        for (l->piece.line = 0; l->piece.line < conv->kernel_h; l->piece.line += whole.lines) {
            for (l->piece.first = 0; l->piece.first < l->depth; l->piece.first += whole.count) {
                const uint32_t lines = conv->kernel_h - l->piece.line, left = l->depth - l->piece.first;
                l->piece.lines = whole.lines < lines ? whole.lines : lines;
                l->piece.count = whole.count < left ? whole.count : left;
                result = sum_row(l, oy, output + l->group * l->rows.outputs);
                if (result != SNNRT_LISTED) {
                    return result;
                }
            }
        }
    }
    l->piece = whole;
#if SNNRT_WITH_COUNTERS
    l->in_pieces = l->in_pieces || whole.lines < conv->kernel_h || whole.count < l->depth;
#endif
    return result;
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
    if (l->in_pieces) {
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
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    uint32_t oy = step->first_row;
    snnrt_listing l;
    l.step = step;
    l.depth = step->in_channels / step->window->groups;
    l.rows.outputs = step->out_channels / step->window->groups;
    l.rows.words = (((uintptr_t)step->weights | l.rows.outputs) & 3u) == 0;
    l.rows.spikes = step->input_dtype == SNNRT_TYPE_BITS;
    l.counts = counts && (SNNRT_WITH_COUNT_PLANES || l.rows.words);
    l.mark[0].total = 0;
#if SNNRT_WITH_COUNTERS
    l.mark[0].listed = 0;
    l.rows_read = l.active = 0;
    l.in_pieces = false;
#endif
    lay_out_lists(&l);
    while (oy < step->out_height) {
#if SNNRT_WITH_COUNTERS
        const uint64_t rows_read = l.rows_read, active = l.active;
#endif
        const snnrt_list_result result = sum_pieces(&l, oy, output);
        if (result == SNNRT_LISTED) {
            output += step->out_width * step->out_channels;
            oy++;
            continue;
        }
        /* The row anew. */
#if SNNRT_WITH_COUNTERS
        l.rows_read = rows_read;
        l.active = active;
#endif
        if (result == SNNRT_NO_COUNTS) {
            l.counts = false;
            lay_out_lists(&l);
        } else {
            shrink_pieces(&l);
        }
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
