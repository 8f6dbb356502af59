/* Runs FOLDER/0.snnrt, 1.snnrt, ... over the inputs in 0.input, ... with every kernel set, with and without
 * scratch and what hosts keep, one call and step by step, and writes the results to 0.output, ...
 *
 *     run_models FOLDER COUNT
 *
 * An output holds, for each way of running and each input: class, timesteps, score (u32), the accumulators
 * (32 bit), the counts of every node (6 u64), and a hash of every neuron's state and output at every step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/snnrt_host.h"

static void fail(const char *what, const char *path) {
    fprintf(stderr, "FAILED: %s: %s\n", path, what);
    exit(1);
}

static void *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    void *bytes;
    long length;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0) {
        fail("can't be read", path);
    }
    *size = (size_t)length;
    bytes = malloc(*size);
    rewind(file);
    if (fread(bytes, 1, *size, file) != *size) {
        fail("can't be read", path);
    }
    fclose(file);
    return bytes;
}

typedef struct watcher {
    const uint8_t *model;
    uint64_t hash;
    uint32_t node_count;
    uint32_t next;
} watcher;

static void add_to_hash(watcher *at, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        at->hash = (at->hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
    }
}

/* Sizes from the record (docs/ir.md): the index at 40 in words, the kind at 0, the type at 1, edges at 3, three
 * dimensions at 8, and behind the edges a neuron's state offset and flags. */
static void watch(void *user, const snnrt_network *network, uint32_t node, const void *output,
                  const void *state) {
    watcher *at = (watcher *)user;
    const uint8_t *file = at->model;
    const uint8_t *record = file + (size_t)(file[40 + 2 * node] | file[41 + 2 * node] << 8) * 4;
    uint32_t dimensions[3], flags;
    size_t elements;
    bool by_rows;
    (void)network;
    if (node != at->next) {
        fail("nodes are not shown in order", "trace");
    }
    at->next = node + 1 == at->node_count ? 0 : node + 1;
    /* What a convolution by rows makes is nowhere as a whole, or in the scratch. */
    by_rows = record[0] == 3 && (record[24 + 4 * record[3] + 22] | record[24 + 4 * record[3] + 23]) != 0;
    if ((!by_rows && (output == NULL) != (record[0] == 10)) ||
        (record[0] != 11 &&
         (state == NULL) != (record[0] != 8 && record[0] != 13 && record[0] != 17 && record[0] != 18))) {
        fail("a node is shown without what it has", "trace");
    }
    if (record[0] != 8) {
        return;
    }
    memcpy(dimensions, record + 8, sizeof dimensions);
    memcpy(&flags, record + 28 + 4 * record[3], sizeof flags);
    elements = (size_t)dimensions[0] * dimensions[1] * dimensions[2];
    add_to_hash(at, state, elements * ((flags & 0x100u) != 0 ? 2 : 4));
    add_to_hash(at, output, record[1] == 0 ? (elements + 31) / 32 * 4 : elements * (record[1] == 1 ? 2 : 4));
}

typedef struct job {
    const char *path;
    const uint8_t *model;
    size_t model_bytes;
    const uint8_t *inputs;
    size_t input_bytes;
    snnrt_model_info info;
    FILE *output;
} job;

/* One way of running over all inputs; `stepped`: snnrt_network_step in a loop, from frames copied to the byte. */
static void run_inputs(const job *job, uint32_t kernels, bool with_scratch, bool stepped) {
    const snnrt_model_info *info = &job->info;
    uint32_t frames = info->input_encoding == SNNRT_INPUT_SPIKES ? info->timesteps : 1;
    size_t stride = (size_t)info->input_bytes * frames;
    uint8_t *arena = malloc(info->arena_bytes);
    uint8_t *scratch = malloc(info->scratch_bytes);
    uint8_t *given = malloc(stride);
    snnrt_counts *counts = malloc(info->node_count * sizeof *counts);
    const size_t kept_bytes = with_scratch ? snnrt_host_kept_bytes(job->model) : 0;
    void *kept = NULL;
    watcher at = {job->model, 0, info->node_count, 0};
    snnrt_network network;
    if (snnrt_network_init(&network, job->model, job->model_bytes, arena, info->arena_bytes, NULL) !=
            SNNRT_OK ||
        snnrt_host_use_kernels(&network, kernels) != SNNRT_OK ||
        snnrt_network_set_trace(&network, watch, &at) != SNNRT_OK) {
        fail("can't be started", job->path);
    }
    if (with_scratch && snnrt_network_use_scratch(&network, scratch, info->scratch_bytes) != SNNRT_OK) {
        fail("scratch", job->path);
    }
    if (kept_bytes != 0 && (posix_memalign(&kept, 64, kept_bytes) != 0 ||
                            snnrt_host_keep(&network, kept, kept_bytes) != SNNRT_OK)) {
        fail("what is kept", job->path);
    }
    for (size_t first = 0; first + stride <= job->input_bytes; first += stride) {
        snnrt_result result;
        uint32_t words[3];
        snnrt_status status;
        memcpy(given, job->inputs + first, stride);
        memset(arena, (int)(first + kernels * 3 + with_scratch), info->arena_bytes);
        at.hash = 0xCBF29CE484222325u;
        status = snnrt_network_count_events(&network, counts, info->node_count);
        if (stepped) {
            uint32_t t = 0;
            status = snnrt_network_reset(&network);
            do {
                const uint8_t *frame = frames == 1 ? given : given + (size_t)t * info->input_bytes;
                status = status == SNNRT_OK
                             ? snnrt_network_step(&network, t != 0 && frames == 1 ? NULL : frame, &result)
                             : status;
                t++;
            } while (status == SNNRT_OK && !result.done);
        } else if (status == SNNRT_OK) {
            status = snnrt_network_run(&network, given, &result);
        }
        if (status != SNNRT_OK) {
            fail(snnrt_status_text(status), job->path);
        }
        words[0] = result.class_index;
        words[1] = result.timesteps;
        words[2] = result.score_q16;
        fwrite(words, sizeof words, 1, job->output);
        fwrite(snnrt_network_accumulators(&network), 4, info->classes, job->output);
        fwrite(counts, sizeof *counts, info->node_count, job->output);
        fwrite(&at.hash, sizeof at.hash, 1, job->output);
    }
    free(kept);
    free(counts);
    free(given);
    free(scratch);
    free(arena);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 3) {
        return 2;
    }
    for (unsigned long i = 0; i < strtoul(arguments[2], NULL, 10); i++) {
        char path[3][1024];
        uint8_t *model, *inputs;
        job job = {0};
        snprintf(path[0], sizeof path[0], "%s/%lu.snnrt", arguments[1], i);
        snprintf(path[1], sizeof path[1], "%s/%lu.input", arguments[1], i);
        snprintf(path[2], sizeof path[2], "%s/%lu.output", arguments[1], i);
        job.path = path[0];
        job.model = model = read_file(path[0], &job.model_bytes);
        job.inputs = inputs = read_file(path[1], &job.input_bytes);
        job.output = fopen(path[2], "wb");
        if (job.output == NULL || snnrt_model_check(model, job.model_bytes, &job.info, NULL) != SNNRT_OK) {
            fail("no valid model, or no room for the output", path[0]);
        }
        for (uint32_t k = 0; k < snnrt_host_kernel_sets(); k++) {
            if (snnrt_host_kernel_runs(k)) {
                run_inputs(&job, k, false, k == 0);
                run_inputs(&job, k, true, false);
            }
        }
        fclose(job.output);
        free(model);
        free(inputs);
    }
    return 0;
}
