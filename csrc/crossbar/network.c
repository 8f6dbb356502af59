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

/* Where each unit's events begin. */
static void find_units(const snnrt_crossbar_plane *plane, uint32_t units, uint32_t depth) {
    uint32_t unit = 0, end = 0;
    for (uint32_t event = 0; event < plane->count; event++) {
        while (plane->positions[event] >= end) {
            plane->starts[unit++] = event;
            end += depth;
        }
    }
    while (unit <= units) {
        plane->starts[unit++] = plane->count;
    }
}

static void end_window(snnrt_crossbar_work *work, const snnrt_synapse_step *step, uint32_t group,
                       uint32_t inputs, snnrt_int32 **output) {
    const uint32_t outputs = work->layer->outputs;
    const snnrt_int32 *bias = (const snnrt_int32 *)step->bias;
    if (work->layer->mode == SNNRT_CROSSBAR_EXACT) {
        (void)snnrt_crossbar_end(work, group, NULL, NULL);
        return;
    }
    (void)snnrt_crossbar_end(work, group, bias == NULL ? NULL : bias + (size_t)group * outputs, *output);
    snnrt_count_window(step, inputs, outputs);
    *output += outputs;
}

/* A kernel row of a window: `taps` from `tap` on, on units from `unit` on, `stride` apart. How many inputs are not 0. */
static uint32_t drive_taps(snnrt_crossbar_work *work, uint32_t tap, uint32_t taps, uint32_t unit,
                           uint32_t stride, uint32_t depth) {
    uint32_t inputs = 0;
    for (uint32_t index = 0; index < work->plane_count; index++) {
        const uint32_t *starts = work->planes[index].starts;
        if (stride == 1u) {
            /* neighbours: one run of events, one run of rows */
            snnrt_crossbar_drive(work, index, starts[unit], starts[unit + taps], (unit - tap) * depth);
            continue;
        }
        for (uint32_t k = 0; k < taps; k++) {
            const uint32_t at = unit + k * stride;
            snnrt_crossbar_drive(work, index, starts[at], starts[at + 1u], (at - tap - k) * depth);
        }
    }
    if (stride == 1u) {
        return work->all.starts[unit + taps] - work->all.starts[unit];
    }
    for (uint32_t k = 0; k < taps; k++, unit += stride) {
        inputs += work->all.starts[unit + 1u] - work->all.starts[unit];
    }
    return inputs;
}

static void run_windows(snnrt_crossbar_work *work, const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t groups = work->layer->groups, depth = step->in_channels / groups;
    const uint32_t stride = conv->dilation_x * groups;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            for (uint32_t group = 0; group < groups; group++) {
                uint32_t inputs = 0;
                snnrt_crossbar_begin(work);
                for (uint32_t ky = y.first; ky < y.end && x.first < x.end; ky++) {
                    const uint32_t row = (uint32_t)(top + (int32_t)(ky * conv->dilation_y));
                    const uint32_t column = (uint32_t)(left + (int32_t)(x.first * conv->dilation_x));
                    inputs += drive_taps(work, ky * conv->kernel_w + x.first, x.end - x.first,
                                         (row * step->in_width + column) * groups + group, stride, depth);
                }
                end_window(work, step, group, inputs, &output);
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
            snnrt_events events;
            snnrt_crossbar_prepare(&work, layer, joint->reads, &chip->events[i], chip->room, elements);
            work.step = chip->place->timestep;
            work.input = chip->place->input;
            events.count = 0;
            events.position = work.positions;
            events.value.i16 = work.values;
            events.capacity = elements;
            (void)snnrt_scan_of(step)(step->input, 0, elements, 0, &events);
            snnrt_crossbar_find_planes(&work, events.count);
            if (step->window == NULL) {
                snnrt_int32 *output = (snnrt_int32 *)step->output;
                snnrt_crossbar_begin(&work);
                snnrt_crossbar_drive_all(&work);
                end_window(&work, step, 0, events.count, &output);
            } else {
                const uint32_t depth = step->in_channels / layer->groups;
                for (uint32_t index = 0; index < work.plane_count; index++) {
                    find_units(&work.planes[index], elements / depth, depth);
                }
                find_units(&work.all, elements / depth, depth);
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
