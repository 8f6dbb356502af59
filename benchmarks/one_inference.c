/* Runs inferences of one model on one input, for callgrind and for timing without Python.
 * Usage: one_inference MODEL INPUT KERNELS RUNS; prints the class, timesteps and best nanoseconds of a run. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../csrc/host/snnrt_host.h"

static void *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    void *bytes;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        exit(2);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = aligned_alloc(64, (*size + 63u) / 64u * 64u);
    if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
        exit(2);
    }
    fclose(file);
    return bytes;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv) {
    size_t model_bytes, input_bytes;
    snnrt_model_info info;
    snnrt_network network;
    snnrt_result result;
    double best = 1e30;
    void *model, *input, *arena, *scratch;
    if (argc != 5) {
        return 2;
    }
    model = read_file(argv[1], &model_bytes);
    input = read_file(argv[2], &input_bytes);
    if (snnrt_model_check(model, model_bytes, &info, NULL) != SNNRT_OK) {
        return 1;
    }
    arena = aligned_alloc(64, (info.arena_bytes + 63u) / 64u * 64u);
    scratch = aligned_alloc(64, (info.scratch_bytes + 63u) / 64u * 64u + 64u);
    if (arena == NULL || scratch == NULL ||
        snnrt_init(&network, model, model_bytes, arena, info.arena_bytes, NULL) != SNNRT_OK ||
        snnrt_use_scratch(&network, scratch, info.scratch_bytes) != SNNRT_OK ||
        snnrt_host_use_kernels(&network, (uint32_t)atoi(argv[3])) != SNNRT_OK) {
        return 1;
    }
    for (int run = 0; run < atoi(argv[4]); run++) {
        double start = now();
        if (snnrt_run(&network, input, &result) != SNNRT_OK) {
            return 1;
        }
        double taken = now() - start;
        best = taken < best ? taken : best;
    }
    printf("%u %u %.0f\n", result.class_index, result.timesteps, best);
    return 0;
}
