/* Runs inferences of one model on some inputs, for timing without Python and for callgrind.
 * Usage: one_inference MODEL INPUTS KERNELS RUNS [nodes]
 * INPUTS: one input after another, as snnrt_network_run takes them. After one run to warm up, RUNS runs of each input; prints
 * a line for each: its class, its timesteps, and the nanoseconds of every run; with `nodes`, of every node in all timesteps of
 * the fastest run. */
#define _POSIX_C_SOURCE 200112L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/snnrt_host.h"
#include "snnrt_core.h"

static void *aligned(size_t size) {
    void *room;
    if (posix_memalign(&room, 64, size + 1u) != 0) {
        exit(2);
    }
    return room;
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "one_inference: %s: can't be read\n", path);
        exit(2);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = aligned(*size);
    if (fread(bytes, 1, *size, file) != *size) {
        exit(2);
    }
    fclose(file);
    return bytes;
}

static void require(snnrt_status status) {
    if (status != SNNRT_OK) {
        fprintf(stderr, "one_inference: %s\n", snnrt_status_text(status));
        exit(1);
    }
}

static uint32_t kernel_index(const char *name) {
    uint32_t index = 0;
    while (index < snnrt_host_kernel_sets() && strcmp(snnrt_host_kernel_name(index), name) != 0) {
        index++;
    }
    return index;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* A timestep of a node, as step.c runs it: a trace would make neurons compute what it shows. */
static void run_node(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    switch (node->kind) {
#define RUN_CASE(KIND, kind, ...) \
    case SNNRT_KIND_##KIND: \
        snnrt_##kind##_advance(network, node, index); \
        break;
        SNNRT_STEP_LIST(RUN_CASE)
#undef RUN_CASE
    default:
        break;
    }
}

/* One inference of a network that never exits early, the time of each node added to `taken`, of a reset to the first's. */
static void clock_run(snnrt_network *network, const void *input, uint32_t nodes, double *taken) {
    double last = now();
    require(snnrt_network_reset(network));
    network->input = input;
    for (; network->timestep < network->maximum_timesteps; network->timestep++) {
        for (uint32_t index = 0; index < nodes; index++) {
            const snnrt_node *node = snnrt_node_of(network->model, index);
            double time;
            if (network->timestep == 0 || (node->flags & SNNRT_NODE_STATIC) == 0) {
                run_node(network, node, index);
            }
            time = now();
            taken[index] += time - last;
            last = now();
        }
    }
}

/* Runs of one input, clocked node by node. */
static void clock_nodes(snnrt_network *network, const void *input, int runs, uint32_t nodes,
                        snnrt_result *result) {
    static double taken[1024], fastest[1024];
    double least = -1.0;
    require(snnrt_network_run(network, input, result));
    for (int run = 0; run < runs; run++) {
        double all = 0.0;
        memset(taken, 0, sizeof taken);
        clock_run(network, input, nodes, taken);
        for (uint32_t node = 0; node < nodes; node++) {
            all += taken[node];
        }
        if (least < 0.0 || all < least) {
            least = all;
            memcpy(fastest, taken, sizeof taken);
        }
    }
    printf("%u %u", result->class_index, result->timesteps);
    for (uint32_t node = 0; node < nodes; node++) {
        printf(" %.0f", fastest[node]);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    size_t model_bytes, inputs_bytes;
    snnrt_model_info info;
    snnrt_network network;
    snnrt_result result;
    uint8_t *model, *inputs;
    int runs;
    if (argc != 5 && !(argc == 6 && strcmp(argv[5], "nodes") == 0)) {
        fprintf(stderr, "usage: one_inference MODEL INPUTS KERNELS RUNS [nodes]\n");
        return 2;
    }
    model = read_file(argv[1], &model_bytes);
    inputs = read_file(argv[2], &inputs_bytes);
    runs = atoi(argv[4]);
    require(snnrt_model_check(model, model_bytes, &info, NULL));
    require(
        snnrt_network_init(&network, model, model_bytes, aligned(info.arena_bytes), info.arena_bytes, NULL));
    require(snnrt_network_use_scratch(&network, aligned(info.scratch_bytes), info.scratch_bytes));
    require(snnrt_host_keep(&network, aligned(snnrt_host_kept_bytes(model)), snnrt_host_kept_bytes(model)));
    require(snnrt_host_use_kernels(&network, kernel_index(argv[3])));
    require(snnrt_network_run(&network, inputs, &result));
    for (size_t at = 0; at + info.input_bytes <= inputs_bytes; at += info.input_bytes) {
        double *taken;
        if (argc == 6) {
            clock_nodes(&network, inputs + at, runs, info.node_count, &result);
            continue;
        }
        taken = aligned((size_t)runs * sizeof *taken);
        for (int run = 0; run < runs; run++) {
            double start = now();
            require(snnrt_network_run(&network, inputs + at, &result));
            taken[run] = now() - start;
        }
        printf("%u %u", result.class_index, result.timesteps);
        for (int run = 0; run < runs; run++) {
            printf(" %.0f", taken[run]);
        }
        printf("\n");
        free(taken);
    }
    return 0;
}
