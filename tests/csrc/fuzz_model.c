/* A target for libFuzzer: any bytes are a model or a status. The checksum is set right first, so that the check itself
 * is on trial; what it takes runs three steps with every kernel set, in memory allocated to the byte, and gives the
 * same with each. Built by `make fuzz` with clang -fsanitize=fuzzer,address,undefined. */
#include <stdlib.h>
#include <string.h>

#include "host/snnrt_host.h"

#define CRC_OFFSET 16u
#define STEPS 3u
/* Larger models are valid and slow; the fuzzer looks for others. */
#define OPERATIONS_MAX 2000000u
#define MEMORY_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds) {
    if (!holds) {
        abort();
    }
}

static uint32_t crc32_of(const uint8_t *bytes, size_t count) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc ^= i - CRC_OFFSET < 4u ? 0u : bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0u - (crc & 1u) & 0xEDB88320u);
        }
    }
    return ~crc;
}

/* One timestep's input out of the file's own bytes: in integers of magnitudes up to the peak. */
static uint8_t *input_of(const snnrt_model_info *info, const uint8_t *data, size_t size) {
    uint8_t *input = malloc(info->input_bytes);
    for (uint32_t i = 0; i < info->input_bytes; i++) {
        input[i] = data[(i * 7u + 3u) % size];
    }
    if (info->arithmetic == SNNRT_ARITHMETIC_INTEGER) {
        const int32_t peak = (int32_t)info->input_peak;
        for (uint32_t i = 0; i < info->input_bytes; i += 2u) {
            int16_t value;
            memcpy(&value, input + i, 2);
            value = (int16_t)(value % (peak + 1));
            memcpy(input + i, &value, 2);
        }
    }
    return input;
}

static void run_model(const uint8_t *model, size_t size, const snnrt_model_info *info, const uint8_t *input) {
    uint8_t *arena = malloc(info->arena_bytes), *scratch = malloc(info->scratch_bytes);
    uint32_t *logits = malloc((size_t)info->classes * 4u);
    snnrt_result first = {0}, result;
    snnrt_network network;
    need(snnrt_network_init(&network, model, size, arena, info->arena_bytes, NULL) == SNNRT_OK);
    for (uint32_t set = 0; set < snnrt_host_kernel_sets(); set++) {
        if (snnrt_host_use_kernels(&network, set) != SNNRT_OK) {
            continue;
        }
        memset(arena, 0xA5, info->arena_bytes);
        memset(scratch, 0x3C, info->scratch_bytes);
        need(snnrt_network_use_scratch(&network, scratch, info->scratch_bytes) == SNNRT_OK);
        need(snnrt_network_reset(&network) == SNNRT_OK);
        for (uint32_t t = 0; t < STEPS; t++) {
            need(snnrt_network_step(&network, input, &result) == SNNRT_OK);
            need(result.class_index < info->classes && result.timesteps == t + 1u);
        }
        if (set == 0) {
            first = result;
            memcpy(logits, snnrt_network_accumulators(&network), (size_t)info->classes * 4u);
        }
        need(first.class_index == result.class_index && first.score_q16 == result.score_q16);
        /* NaN may differ in bits that mean nothing. */
        need(info->arithmetic == SNNRT_ARITHMETIC_FLOAT32 ||
             memcmp(logits, snnrt_network_accumulators(&network), (size_t)info->classes * 4u) == 0);
    }
    free(logits);
    free(scratch);
    free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    snnrt_model_info info;
    snnrt_fault fault;
    snnrt_status status;
    uint8_t *model = malloc(size);
    need(size == 0 || model != NULL);
    if (size != 0) {
        memcpy(model, data, size);
    }
    if (size >= CRC_OFFSET + 4u) {
        uint32_t crc = crc32_of(model, size);
        memcpy(model + CRC_OFFSET, &crc, 4);
    }
    status = snnrt_model_check(model, size, &info, &fault);
    need(snnrt_status_text(status)[0] != 0);
    if (status == SNNRT_OK && info.operations_per_step <= OPERATIONS_MAX && info.arena_bytes <= MEMORY_MAX &&
        info.scratch_bytes <= MEMORY_MAX && info.input_bytes <= MEMORY_MAX) {
        uint8_t *input = input_of(&info, model, size);
        run_model(model, size, &info, input);
        free(input);
    }
    free(model);
    return 0;
}
