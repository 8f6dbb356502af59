/* The validating pass: header, then each node, its arrays, and the memory plan. */
#include <string.h>

#include "snnrt_core.h"

uint64_t snnrt_output_bytes(const snnrt_node *node) {
    uint64_t elements = snnrt_elements(node);
    switch (node->dtype) {
    case SNNRT_DTYPE_BITS:
        return (elements + 31u) / 32u * 4u;
    case SNNRT_DTYPE_INT16:
        return elements * 2u;
    default:
        return elements * 4u;
    }
}

uint32_t snnrt_alias_root(const uint8_t *model, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(model, index);
    return node->kind == SNNRT_KIND_FLATTEN ? node->inputs[0] : index;
}

static bool section_fits(uint64_t offset, uint64_t bytes, uint64_t first, uint64_t end) {
    return offset % 16u == 0 && offset >= first && offset + bytes <= end;
}

static snnrt_status check_header(const uint8_t *model, size_t model_bytes, snnrt_fault *fault) {
    static const uint8_t magic[8] = {'S', 'N', 'N', 'R', 'T', 0x0D, 0x0A, 0x1A};
    const snnrt_file_header *header = snnrt_header_of(model);
    uint64_t nodes_end;
    uint32_t crc;
    if (model_bytes < SNNRT_HEADER_BYTES) {
        return snnrt_fail(fault, SNNRT_ERROR_TRUNCATED, SNNRT_NO_NODE, SNNRT_HEADER_BYTES,
                          (int64_t)model_bytes);
    }
    if (memcmp(header->magic, magic, sizeof magic) != 0) {
        return snnrt_fail(fault, SNNRT_ERROR_NOT_A_MODEL, SNNRT_NO_NODE, 0, 0);
    }
    if (header->major != SNNRT_FORMAT_MAJOR || header->minor > SNNRT_FORMAT_MINOR) {
        return snnrt_fail(fault, SNNRT_ERROR_VERSION, SNNRT_NO_NODE, SNNRT_FORMAT_MAJOR,
                          header->major);
    }
    if (header->file_bytes != model_bytes) {
        return snnrt_fail(fault, SNNRT_ERROR_TRUNCATED, SNNRT_NO_NODE, header->file_bytes,
                          (int64_t)model_bytes);
    }
    crc = snnrt_crc32(0, model, offsetof(snnrt_file_header, crc));
    crc = snnrt_crc32(crc, (const uint8_t *)"\0\0\0\0", 4);
    crc = snnrt_crc32(crc, model + offsetof(snnrt_file_header, numbers),
                      model_bytes - offsetof(snnrt_file_header, numbers));
    if (crc != header->crc) {
        return snnrt_fail(fault, SNNRT_ERROR_CRC, SNNRT_NO_NODE, header->crc, crc);
    }
    if (header->node_count < 3 || header->node_count > SNNRT_NODES_MAX) {
        return snnrt_fail(fault, SNNRT_ERROR_HEADER, SNNRT_NO_NODE, SNNRT_NODES_MAX,
                          header->node_count);
    }
    nodes_end = SNNRT_HEADER_BYTES + (uint64_t)header->node_count * SNNRT_NODE_BYTES;
    if (header->numbers > SNNRT_NUMBERS_INT8 || header->zero != 0 || header->timesteps == 0 ||
        header->timesteps > 65535u || header->arena_bytes % 8u != 0 ||
        !section_fits(header->data_offset, header->data_bytes, nodes_end, model_bytes) ||
        !section_fits(header->metadata_offset, header->metadata_bytes,
                      (uint64_t)header->data_offset + header->data_bytes, model_bytes) ||
        (uint64_t)header->metadata_offset + header->metadata_bytes != model_bytes) {
        return snnrt_fail(fault, SNNRT_ERROR_HEADER, SNNRT_NO_NODE, 0, 0);
    }
    if (!(header->numbers == SNNRT_NUMBERS_INT8 ? SNNRT_WITH_INT8 : SNNRT_WITH_FLOAT32)) {
        return snnrt_fail(fault, SNNRT_ERROR_KERNEL_MISSING, SNNRT_NO_NODE, 0, header->numbers);
    }
    return SNNRT_OK;
}

static void describe(const uint8_t *model, snnrt_model_info *info) {
    const snnrt_file_header *header = snnrt_header_of(model);
    const snnrt_node *input = snnrt_node_of(model, 0);
    info->file_bytes = header->file_bytes;
    info->arena_bytes = header->arena_bytes;
    info->scratch_bytes = 0;
    for (uint32_t i = 1; i < header->node_count; i++) {
        const snnrt_node *node = snnrt_node_of(model, i);
        size_t scratch =
            snnrt_scratch_bytes(node, snnrt_node_of(model, node->inputs[0] & ~SNNRT_DELAYED));
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
    info->input_bytes = (uint32_t)snnrt_output_bytes(input);
    info->classes = snnrt_node_of(model, header->node_count - 2u)->channels;
}

snnrt_status snnrt_model_check(const void *model, size_t model_bytes, snnrt_model_info *info,
                               snnrt_fault *fault) {
    const uint8_t *bytes = (const uint8_t *)model;
    snnrt_status status;
    uint32_t count;
    if (model == NULL) {
        return snnrt_fail(fault, SNNRT_ERROR_NULL, SNNRT_NO_NODE, 0, 0);
    }
    if ((uintptr_t)model % 8u != 0) {
        return snnrt_fail(fault, SNNRT_ERROR_MODEL_MISALIGNED, SNNRT_NO_NODE, 0,
                          (int64_t)((uintptr_t)model % 8u));
    }
    status = check_header(bytes, model_bytes, fault);
    if (status != SNNRT_OK) {
        return status;
    }
    count = snnrt_header_of(bytes)->node_count;
    for (uint32_t i = 0; i < count; i++) {
        status = snnrt_check_node(bytes, i, fault);
        if (status != SNNRT_OK) {
            return status;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        status = snnrt_check_arrays(bytes, i, fault);
        if (status != SNNRT_OK) {
            return status;
        }
    }
    status = snnrt_check_plan(bytes, fault);
    if (status == SNNRT_OK && info != NULL) {
        describe(bytes, info);
    }
    return status;
}
