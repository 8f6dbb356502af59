/* The validating pass: header, records, each node, and the memory plan. */
#include "snnrt_check.h"

static snnrt_status check_header(snnrt_check *check, size_t model_bytes) {
    const snnrt_file_header *header = snnrt_header_of(check->model);
    check->expected = SNNRT_HEADER_BYTES;
    check->found = model_bytes;
    if (model_bytes < SNNRT_HEADER_BYTES) {
        return SNNRT_ERROR_TRUNCATED;
    }
    if (header->magic[0] != SNNRT_MAGIC_0 || header->magic[1] != SNNRT_MAGIC_1) {
        check->expected = check->found = 0;
        return SNNRT_ERROR_NOT_A_MODEL;
    }
    if (header->major != SNNRT_FORMAT_MAJOR || header->minor > SNNRT_FORMAT_MINOR) {
        check->expected = SNNRT_FORMAT_MAJOR;
        check->found = header->major;
        return SNNRT_ERROR_VERSION;
    }
    check->expected = header->file_bytes;
    if (check->expected != model_bytes) {
        return SNNRT_ERROR_TRUNCATED;
    }
    check->expected = header->crc;
    check->found = snnrt_model_crc32(check->model, 0, model_bytes, 0);
    if (check->expected != check->found) {
        return SNNRT_ERROR_CRC;
    }
    check->expected = SNNRT_NODES_MAX;
    check->found = header->node_count;
    if (header->node_count - 3u > SNNRT_NODES_MAX - 3u || header->arithmetic > SNNRT_ARITHMETIC_INTEGER ||
        header->zero != 0 || header->timesteps - 1u >= SNNRT_TIMESTEPS_MAX || header->arena_bytes % 8u != 0 ||
        header->metadata_offset > model_bytes) {
        return SNNRT_ERROR_HEADER;
    }
    if (!(header->arithmetic == SNNRT_ARITHMETIC_INTEGER ? SNNRT_WITH_INT8 : SNNRT_WITH_FLOAT32)) {
        return SNNRT_ERROR_KERNEL_MISSING;
    }
    return SNNRT_OK;
}

static snnrt_status check_all(snnrt_check *check, size_t model_bytes) {
    snnrt_status status;
    if (check->model == NULL) {
        return SNNRT_ERROR_NULL;
    }
    check->found = (uintptr_t)check->model % 8u;
    if (check->found != 0) {
        return SNNRT_ERROR_MODEL_MISALIGNED;
    }
    status = check_header(check, model_bytes);
    if (status != SNNRT_OK) {
        return status;
    }
    check->count = snnrt_header_of(check->model)->node_count;
#if SNNRT_WITH_MODEL_CHECK
    status = snnrt_check_records(check);
    if (status != SNNRT_OK) {
        return status;
    }
#endif
    for (check->index = 0; check->index < check->count; check->index++) {
        check->node = snnrt_node_of(check->model, check->index);
        check->expected = 0;
        check->found = check->node->kind;
        status = snnrt_check_kernels(check->node);
#if SNNRT_WITH_MODEL_CHECK
        if (status == SNNRT_OK) {
            status = snnrt_check_node(check);
        }
#endif
        if (status != SNNRT_OK) {
            return status;
        }
    }
#if SNNRT_WITH_MODEL_CHECK
    status = snnrt_check_plan(check);
#endif
    return status;
}

snnrt_status snnrt_check_model(const void *model, size_t model_bytes, snnrt_fault *fault) {
    snnrt_check check;
    snnrt_status status;
    check.model = (const uint8_t *)model;
    check.index = SNNRT_NO_NODE;
    check.expected = check.found = 0;
    status = check_all(&check, model_bytes);
    return status == SNNRT_OK ? status
                              : snnrt_report(fault, status, check.index, check.expected, check.found);
}
