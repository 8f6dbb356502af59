/* What a model asks for and gives. */
#include "snnrt_check.h"

/* The most operations that a node takes in a step. */
static uint64_t operations_of(const snnrt_node *node, const snnrt_node *source) {
    switch (node->kind) {
#define SNNRT_OPERATIONS_CASE(KIND, kind, ...) \
    case SNNRT_KIND_##KIND: \
        return snnrt_##kind##_operations(node, source);
        SNNRT_STEP_LIST(SNNRT_OPERATIONS_CASE)
#undef SNNRT_OPERATIONS_CASE
    default:
        return 0;
    }
}

static void describe(const uint8_t *model, snnrt_model_info *info) {
    const snnrt_file_header *header = snnrt_header_of(model);
    const snnrt_node *input = snnrt_node_of(model, 0);
    const snnrt_input_parameters *p = (const snnrt_input_parameters *)snnrt_parameters_of(input);
    info->file_bytes = header->file_bytes;
    info->arena_bytes = header->arena_bytes;
    info->scratch_bytes = 0;
    info->operations_per_step = 0;
    for (uint32_t i = 1; i < header->node_count; i++) {
        const snnrt_node *node = snnrt_node_of(model, i);
        const snnrt_node *source = snnrt_source_of(model, node, 0);
        uint64_t operations = operations_of(node, source);
        uint64_t room = UINT64_MAX - info->operations_per_step;
#if SNNRT_WITH_CONV2D
        size_t scratch = node->kind == SNNRT_KIND_CONV2D ? snnrt_conv2d_scratch(node, source) : 0;
        if (scratch > info->scratch_bytes && scratch <= UINT32_MAX) {
            info->scratch_bytes = (uint32_t)scratch;
        }
#endif
        info->operations_per_step += operations < room ? operations : room;
    }
    info->timesteps = header->timesteps;
    info->node_count = header->node_count;
    info->arithmetic = header->arithmetic;
    info->input_encoding = p->encoding;
    info->input_height = input->height;
    info->input_width = input->width;
    info->input_channels = input->channels;
    info->input_bytes = snnrt_output_bytes(input);
    info->input_peak = input->peak;
    info->input_scale = p->scale;
    info->classes = snnrt_readout_of(model)->channels;
}

snnrt_status snnrt_model_check(const void *model, size_t model_bytes, snnrt_model_info *info,
                               snnrt_fault *fault) {
    snnrt_status status = snnrt_check_model(model, model_bytes, fault);
    if (status == SNNRT_OK && info != NULL) {
        describe((const uint8_t *)model, info);
    }
    return status;
}
