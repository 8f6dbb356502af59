/* The validating pass: header, records, each node, and the memory plan. */
#include "snnrt_check.h"

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
    if (header->node_count - 3u > SNNRT_NODES_MAX - 3u) {
        return snnrt_fail(check, SNNRT_ERROR_HEADER, SNNRT_NODES_MAX, header->node_count);
    }
    if (header->arithmetic > SNNRT_ARITHMETIC_INTEGER || header->zero != 0 ||
        header->timesteps - 1u >= SNNRT_TIMESTEPS_MAX || header->arena_bytes % 8u != 0 ||
        header->metadata_offset > end) {
        return snnrt_fail(check, SNNRT_ERROR_HEADER, 0, 0);
    }
    if (!(header->arithmetic == SNNRT_ARITHMETIC_INTEGER ? SNNRT_WITH_INT8 : SNNRT_WITH_FLOAT32)) {
        return snnrt_fail(check, SNNRT_ERROR_KERNEL_MISSING, 0, header->arithmetic);
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
    check.data_end = snnrt_header_of(check.model)->data_offset;
#if SNNRT_WITH_MODEL_CHECK
    status = snnrt_check_records(&check);
    if (status != SNNRT_OK) {
        return status;
    }
#endif
    for (check.index = 0; check.index < check.count; check.index++) {
        check.node = snnrt_node_of(check.model, check.index);
        status = snnrt_check_kernels(check.node);
        if (status != SNNRT_OK) {
            return snnrt_fail(&check, status, 0, check.node->kind);
        }
#if SNNRT_WITH_MODEL_CHECK
        status = snnrt_check_node(&check);
        if (status != SNNRT_OK) {
            return status;
        }
#endif
    }
#if SNNRT_WITH_MODEL_CHECK
    status = snnrt_check_plan(&check);
#endif
    return status;
}
