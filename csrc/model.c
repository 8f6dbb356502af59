/* The validating pass: header, then each node, its arrays, and the memory plan. */
#include "snnrt_core.h"

uint32_t snnrt_output_bytes(const snnrt_node *node) {
    uint32_t elements = snnrt_elements(node);
    if (node->dtype == SNNRT_TYPE_BITS) {
        return (elements + 31u) / 32u * 4u;
    }
    return elements * (node->dtype == SNNRT_TYPE_INT16 ? 2u : 4u);
}

uint32_t snnrt_alias_root(const uint8_t *model, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(model, index);
    return node->kind == SNNRT_KIND_FLATTEN ? node->inputs[0] : index;
}

snnrt_status snnrt_fail(const snnrt_check *check, snnrt_status status, size_t expected,
                        size_t found) {
    if (check->fault != NULL) {
        check->fault->node = check->index;
        check->fault->expected = (int64_t)expected;
        check->fault->found = (int64_t)found;
    }
    return status;
}

/* Header, nodes, data, metadata: in this order, none over another, the last up to the end. */
static bool sections_fit(const snnrt_file_header *header) {
    uint32_t data = header->data_offset;
    uint32_t metadata = header->metadata_offset;
    return (data | metadata) % 16u == 0 &&
           data >= SNNRT_HEADER_BYTES + header->node_count * SNNRT_NODE_BYTES && metadata >= data &&
           header->data_bytes <= metadata - data && metadata <= header->file_bytes &&
           header->metadata_bytes == header->file_bytes - metadata;
}

static snnrt_status check_header(const snnrt_check *check, size_t model_bytes) {
    const snnrt_file_header *header = snnrt_header_of(check->model);
    uint32_t end, crc;
    if (model_bytes < SNNRT_HEADER_BYTES) {
        return snnrt_fail(check, SNNRT_ERROR_TRUNCATED, SNNRT_HEADER_BYTES, model_bytes);
    }
    if (header->magic[0] != SNNRT_MAGIC_0 || header->magic[1] != SNNRT_MAGIC_1) {
        return snnrt_fail(check, SNNRT_ERROR_NOT_A_MODEL, 0, 0);
    }
    if (header->major != SNNRT_FORMAT_MAJOR || header->minor > SNNRT_FORMAT_MINOR) {
        return snnrt_fail(check, SNNRT_ERROR_VERSION, SNNRT_FORMAT_MAJOR, header->major);
    }
    end = header->file_bytes;
    if (end != model_bytes) {
        return snnrt_fail(check, SNNRT_ERROR_TRUNCATED, end, model_bytes);
    }
    crc = snnrt_model_crc32(check->model, 0, end, 0);
    if (crc != header->crc) {
        return snnrt_fail(check, SNNRT_ERROR_CRC, header->crc, crc);
    }
    if (header->node_count < 3 || header->node_count > SNNRT_NODES_MAX) {
        return snnrt_fail(check, SNNRT_ERROR_HEADER, SNNRT_NODES_MAX, header->node_count);
    }
    if (header->numbers > SNNRT_ARITHMETIC_INTEGER || header->zero != 0 ||
        (header->reserved[0] | header->reserved[1] | header->reserved[2] | header->reserved[3]) != 0 ||
        header->timesteps - 1u >= 65535u || header->arena_bytes % 8u != 0 || !sections_fit(header)) {
        return snnrt_fail(check, SNNRT_ERROR_HEADER, 0, 0);
    }
    if (!(header->numbers == SNNRT_ARITHMETIC_INTEGER ? SNNRT_WITH_INT8 : SNNRT_WITH_FLOAT32)) {
        return snnrt_fail(check, SNNRT_ERROR_KERNEL_MISSING, 0, header->numbers);
    }
    return SNNRT_OK;
}

snnrt_status snnrt_check_model(const void *model, size_t model_bytes, snnrt_fault *fault) {
    snnrt_check check;
    snnrt_status status;
    check.model = (const uint8_t *)model;
    check.fault = fault;
    check.index = SNNRT_NO_NODE;
    if (model == NULL) {
        return snnrt_fail(&check, SNNRT_ERROR_NULL, 0, 0);
    }
    if ((uintptr_t)model % 8u != 0) {
        return snnrt_fail(&check, SNNRT_ERROR_MODEL_MISALIGNED, 0, (uintptr_t)model % 8u);
    }
    status = check_header(&check, model_bytes);
    if (status != SNNRT_OK) {
        return status;
    }
    check.count = snnrt_header_of(check.model)->node_count;
    for (check.index = 0; check.index < check.count; check.index++) {
        check.node = snnrt_node_of(check.model, check.index);
        if (!snnrt_kernel_present(check.node)) {
            return snnrt_fail(&check, SNNRT_ERROR_KERNEL_MISSING, 0, check.node->kind);
        }
#if SNNRT_WITH_MODEL_CHECK
        status = snnrt_check_node(&check);
        if (status != SNNRT_OK) {
            return status;
        }
#endif
    }
#if SNNRT_WITH_MODEL_CHECK
    for (check.index = 0; check.index < check.count; check.index++) {
        check.node = snnrt_node_of(check.model, check.index);
        check.source = snnrt_node_of(check.model, check.node->inputs[0] & ~SNNRT_DELAYED);
        status = snnrt_check_arrays(&check);
        if (status != SNNRT_OK) {
            return status;
        }
    }
    status = snnrt_check_plan(&check);
#endif
    return status;
}

/* What a node likes to have beside the arena. */
static size_t scratch_bytes(const snnrt_node *node, const snnrt_node *source) {
#if SNNRT_WITH_CONV2D
    if (node->kind == SNNRT_KIND_CONV2D) {
        snnrt_synapse_step step;
        step.window = &node->parameters.synapse.window;
        step.in_channels = source->channels;
        step.in_height = source->height;
        step.in_width = source->width;
        step.out_channels = node->channels;
        step.out_width = node->width;
        return snnrt_conv2d_scratch_bytes(&step);
    }
#else
    (void)node;
    (void)source;
#endif
    return 0;
}

static void describe(const uint8_t *model, snnrt_model_info *info) {
    const snnrt_file_header *header = snnrt_header_of(model);
    const snnrt_node *input = snnrt_node_of(model, 0);
    info->file_bytes = header->file_bytes;
    info->arena_bytes = header->arena_bytes;
    info->scratch_bytes = 0;
    for (uint32_t i = 1; i < header->node_count; i++) {
        const snnrt_node *node = snnrt_node_of(model, i);
        size_t scratch = scratch_bytes(node, snnrt_node_of(model, node->inputs[0] & ~SNNRT_DELAYED));
        if (scratch > info->scratch_bytes && scratch <= UINT32_MAX) {
            info->scratch_bytes = (uint32_t)scratch;
        }
    }
    info->timesteps = header->timesteps;
    info->node_count = header->node_count;
    info->numbers = header->numbers;
    info->input_encoding = input->parameters.input.encoding;
    info->input_height = input->height;
    info->input_width = input->width;
    info->input_channels = input->channels;
    info->input_bytes = snnrt_output_bytes(input);
    info->classes = snnrt_node_of(model, header->node_count - 2u)->channels;
}

snnrt_status snnrt_model_check(const void *model, size_t model_bytes, snnrt_model_info *info,
                               snnrt_fault *fault) {
    snnrt_status status = snnrt_check_model(model, model_bytes, fault);
    if (status == SNNRT_OK && info != NULL) {
        describe((const uint8_t *)model, info);
    }
    return status;
}
