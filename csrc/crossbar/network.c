/* A chip's layers in place of a network's. */
#include "../kernels/synapse.h"
#include "../kernels/taps.h"
#include "windows.h"

/* A kernel set that knows its chip. */
typedef struct joint_kernels {
    snnrt_kernels kernels; /* first: a step's kernels are the joint */
    const snnrt_crossbar_kernels *reads;
    const snnrt_crossbar_chip *chip;
} joint_kernels;

size_t snnrt_crossbar_joint_bytes(void) { return (sizeof(joint_kernels) + 7u) & ~(size_t)7u; }

/* A window's place: the kernel's taps inside the input. */
typedef struct window_place {
    snnrt_taps x, y;
    uint32_t unit; /* of the first tap: a unit is the channels of a group at a point */
    uint32_t tap_units, row_units; /* from a tap to the next, from a row of the kernel to the next */
    uint32_t width, height; /* the kernel's */
    uint32_t depth; /* bits of a unit */
} window_place;

/* Rows being written, one bit after another. */
typedef struct row_writer {
    uint64_t *to;
    uint64_t word, any;
    uint32_t filled; /* bits of the word */
} row_writer;

/* Writes `count` bits, 1 ... 64; those above are 0. */
SNNRT_INLINE static inline void write_rows(row_writer *rows, uint64_t bits, uint32_t count) {
    const uint32_t filled = rows->filled;
    rows->word |= bits << filled;
    rows->filled += count;
    rows->any |= bits;
    if (rows->filled >= SNNRT_CROSSBAR_WORD) {
        *rows->to++ = rows->word;
        /* in two shifts, as none may be by a whole word */
        rows->word = bits >> 1 >> (SNNRT_CROSSBAR_WORD - 1u - filled);
        rows->filled -= SNNRT_CROSSBAR_WORD;
    }
}

SNNRT_INLINE static inline void skip_rows(row_writer *rows, uint32_t count) {
    for (; count > SNNRT_CROSSBAR_WORD; count -= SNNRT_CROSSBAR_WORD) {
        write_rows(rows, 0, SNNRT_CROSSBAR_WORD);
    }
    if (count != 0) {
        write_rows(rows, 0, count);
    }
}

/* Writes bits from[first ... first + count), at least one. */
SNNRT_INLINE static inline void copy_rows(row_writer *rows, const uint64_t *from, uint32_t first,
                                          uint32_t count) {
    const uint64_t *word = from + first / SNNRT_CROSSBAR_WORD;
    const uint32_t left = first % SNNRT_CROSSBAR_WORD;
    for (;; word++, count -= SNNRT_CROSSBAR_WORD) {
        const uint64_t bits = word[0] >> left | word[1] << 1 << (SNNRT_CROSSBAR_WORD - 1u - left);
        if (count <= SNNRT_CROSSBAR_WORD) {
            write_rows(rows, bits & ~(uint64_t)0 >> (SNNRT_CROSSBAR_WORD - count), count);
            return;
        }
        write_rows(rows, bits, SNNRT_CROSSBAR_WORD);
    }
}

/* The rows of a window that a plane drives; returns whether there are any. */
static bool drive_window(snnrt_crossbar_plane *plane, const window_place *place) {
    const uint32_t depth = place->depth, taps = place->x.end - place->x.first;
    const uint32_t before = place->x.first * depth, behind = (place->width - place->x.end) * depth;
    uint32_t unit = place->unit;
    row_writer rows;
    rows.to = plane->room;
    rows.word = rows.any = 0;
    rows.filled = 0;
    skip_rows(&rows, place->y.first * place->width * depth);
    for (uint32_t ky = place->y.first; ky < place->y.end; ky++, unit += place->row_units) {
        skip_rows(&rows, before);
        if (place->tap_units == 1u) {
            /* neighbours: one run of bits, one run of rows */
            copy_rows(&rows, plane->inputs, unit * depth, taps * depth);
        } else {
            for (uint32_t k = 0; k < taps; k++) {
                copy_rows(&rows, plane->inputs, (unit + k * place->tap_units) * depth, depth);
            }
        }
        skip_rows(&rows, behind);
    }
    skip_rows(&rows, (place->height - place->y.end) * place->width * depth);
    *rows.to = rows.word;
    plane->rows = plane->room;
    return rows.any != 0;
}

/* Reads, or where the core has the sums only counts, the window that the planes drive, or if not `driven` none. */
static void end_window(snnrt_crossbar_work *work, const snnrt_synapse_step *step, uint32_t group, bool driven,
                       snnrt_int32 **output) {
    const snnrt_crossbar_layer *layer = work->layer;
    const bool counted = layer->mode == SNNRT_CROSSBAR_EXACT;
    const int32_t *bias =
        step->bias == NULL ? NULL : (const snnrt_int32 *)step->bias + (size_t)group * layer->outputs;
    int32_t *results = counted ? NULL : *output;
    if (driven) {
        (void)snnrt_crossbar_end(work, group, bias, results);
    } else {
        snnrt_crossbar_silent(work, bias, results);
    }
    if (!counted) {
        uint32_t inputs = 0;
        if (driven && step->counts != NULL) {
            inputs = work->plane_count == 1u
                         ? work->planes[0].count
                         : work->kernels->count(work->all.rows, layer->fan_in, layer->fan_in, &inputs);
        }
        snnrt_count_window(step, inputs, layer->outputs);
        *output += layer->outputs;
    }
}

static void run_windows(snnrt_crossbar_work *work, const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t groups = work->layer->groups;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    window_place place;
    place.tap_units = conv->dilation_x * groups;
    place.row_units = conv->dilation_y * step->in_width * groups;
    place.width = conv->kernel_w;
    place.height = conv->kernel_h;
    place.depth = step->in_channels / groups;
    /* Rows that come in parts draw other numbers than all at once, but none twice. */
    work->window = step->first_row * step->out_width * groups;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        place.y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            place.x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            for (uint32_t group = 0; group < groups; group++) {
                bool driven = place.x.first < place.x.end && place.y.first < place.y.end;
                if (driven) {
                    const uint32_t row = (uint32_t)(top + (int32_t)(place.y.first * conv->dilation_y));
                    const uint32_t column = (uint32_t)(left + (int32_t)(place.x.first * conv->dilation_x));
                    place.unit = (row * step->in_width + column) * groups + group;
                    driven = drive_window(&work->all, &place);
                }
                if (driven && work->plane_count == 1u) {
                    work->planes[0].rows = work->all.rows;
                } else if (driven) {
                    for (uint32_t index = 0; index < work->plane_count; index++) {
                        (void)drive_window(&work->planes[index], &place);
                    }
                }
                end_window(work, step, group, driven, &output);
            }
        }
    }
}

static bool read_layer(const snnrt_synapse_step *step) {
    const joint_kernels *joint = (const joint_kernels *)(const void *)step->kernels;
    const snnrt_crossbar_chip *chip = joint->chip;
    const uint32_t elements = step->in_channels * step->in_height * step->in_width;
    for (uint32_t i = 0; i < chip->layer_count; i++) {
        const snnrt_crossbar_layer *layer = &chip->layers[i];
        if (layer->node == step->node) {
            snnrt_crossbar_work work;
            snnrt_crossbar_prepare(&work, layer, joint->reads, &chip->events[i], chip->room, elements);
            work.step = chip->place->timestep;
            work.input = chip->place->input;
            if (step->input_dtype == SNNRT_TYPE_BITS) {
                snnrt_crossbar_take_bits(&work, (const snnrt_uint32 *)step->input);
            } else {
                snnrt_crossbar_take_values(&work, (const snnrt_int16 *)step->input);
            }
            if (step->window == NULL) {
                snnrt_int32 *output = (snnrt_int32 *)step->output;
                work.all.rows = work.all.inputs;
                snnrt_crossbar_drive_all(&work);
                end_window(&work, step, 0, true, &output);
            } else {
                run_windows(&work, step);
            }
            return layer->mode != SNNRT_CROSSBAR_EXACT;
        }
    }
    return false;
}

snnrt_status snnrt_crossbar_join(snnrt_network *network, const snnrt_crossbar_chip *chip, void *joint,
                                 uint32_t kernels) {
    joint_kernels *whole = (joint_kernels *)joint;
    snnrt_status status;
    if (network == NULL || chip == NULL || joint == NULL) {
        return SNNRT_ERROR_NULL;
    }
    status = snnrt_host_use_kernels(network, kernels);
    if (status == SNNRT_OK) {
        whole->kernels = *network->kernels;
        whole->kernels.synapse_i8 = read_layer;
        whole->reads = snnrt_crossbar_kernel_set(kernels);
        whole->chip = chip;
        network->kernels = &whole->kernels;
    }
    return status;
}
