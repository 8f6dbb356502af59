/* Runs FOLDER/0.snnrt, ... over the inputs in 0.input, ... on the chip in 0.chip, ... with every kernel set, and writes the
 * results to 0.output, ...; multiplies each layer by itself with every kernel set, which must agree.
 *
 *     crossbar_runs FOLDER COUNT
 *
 * A chip is written by tests/crossbar_chips.py. An output holds for each kernel set: for each input class, timesteps, score
 * (u32), accumulators (32 bit) and counts of every node (6 u64); then for each layer windows, silent windows (u64), and
 * passes, row activations and reads of its groups and row tiles (u64). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crossbar/snnrt_crossbar.h"

#define NUMBERS 13
#define ARRAYS 11
#define LAYERS_MAX 64
#define WINDOWS 9u

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
    bytes = malloc(*size == 0 ? 1 : *size);
    rewind(file);
    if (fread(bytes, 1, *size, file) != *size) {
        fail("can't be read", path);
    }
    fclose(file);
    return bytes;
}

typedef struct chip {
    snnrt_crossbar_layer layers[LAYERS_MAX];
    snnrt_crossbar_events events[LAYERS_MAX];
    void *arrays[LAYERS_MAX][ARRAYS];
    uint32_t elements[LAYERS_MAX];
    uint32_t count;
} chip;

/* Each array by itself, no longer than it is: a read past its end is seen. */
static void open_chip(chip *c, const char *path) {
    size_t size, at = 4;
    uint8_t *bytes = read_file(path, &size);
    memcpy(&c->count, bytes, 4);
    if (c->count > LAYERS_MAX) {
        fail("too many layers", path);
    }
    for (uint32_t i = 0; i < c->count; i++) {
        snnrt_crossbar_layer *layer = &c->layers[i];
        uint32_t n[NUMBERS];
        double d[4];
        memset(layer, 0, sizeof *layer);
        memcpy(n, bytes + at, sizeof n);
        memcpy(d, bytes + at + sizeof n, sizeof d);
        at += sizeof n + sizeof d;
        layer->node = n[0], layer->mode = n[1], layer->groups = n[2], layer->fan_in = n[3];
        layer->outputs = n[4], layer->lanes = n[5], layer->slices = n[6], layer->tile_rows = n[7];
        layer->row_tiles = n[8], layer->bits = n[9], layer->codes = n[10], layer->noisy = n[11];
        c->elements[i] = n[12];
        layer->variance_step = d[0], layer->row_variance = d[1], layer->read_variance = d[2];
        layer->scale = d[3];
        for (uint32_t k = 0; k < ARRAYS; k++) {
            uint32_t length;
            memcpy(&length, bytes + at, 4);
            c->arrays[i][k] = length == 0 ? NULL : malloc(length);
            if (length != 0) {
                memcpy(c->arrays[i][k], bytes + at + 4, length);
            }
            at += 4 + (size_t)length;
        }
        layer->order = c->arrays[i][0], layer->output_order = c->arrays[i][1];
        layer->matrix = c->arrays[i][2], layer->variance = c->arrays[i][3];
        layer->gain = c->arrays[i][4], layer->offset = c->arrays[i][5], layer->bow = c->arrays[i][6];
        layer->correction = c->arrays[i][7], layer->worth = c->arrays[i][8];
        layer->output_offset = c->arrays[i][9], layer->keys = c->arrays[i][10];
        c->events[i].passes = malloc(layer->groups * sizeof(uint64_t));
        c->events[i].row_activations = malloc((size_t)layer->groups * layer->row_tiles * sizeof(uint64_t));
        c->events[i].reads = malloc((size_t)layer->groups * layer->row_tiles * sizeof(uint64_t));
    }
    if (at != size) {
        fail("more than a chip", path);
    }
    free(bytes);
}

static void clear_events(chip *c) {
    for (uint32_t i = 0; i < c->count; i++) {
        const size_t tiles = (size_t)c->layers[i].groups * c->layers[i].row_tiles;
        snnrt_crossbar_events *events = &c->events[i];
        events->windows = events->silent_windows = 0;
        memset(events->passes, 0, c->layers[i].groups * sizeof(uint64_t));
        memset(events->row_activations, 0, tiles * sizeof(uint64_t));
        memset(events->reads, 0, tiles * sizeof(uint64_t));
    }
}

static void write_events(const chip *c, FILE *output) {
    for (uint32_t i = 0; i < c->count; i++) {
        const size_t tiles = (size_t)c->layers[i].groups * c->layers[i].row_tiles;
        const snnrt_crossbar_events *events = &c->events[i];
        fwrite(&events->windows, sizeof(uint64_t), 1, output);
        fwrite(&events->silent_windows, sizeof(uint64_t), 1, output);
        fwrite(events->passes, sizeof(uint64_t), c->layers[i].groups, output);
        fwrite(events->row_activations, sizeof(uint64_t), tiles, output);
        fwrite(events->reads, sizeof(uint64_t), tiles, output);
    }
}

static void close_chip(chip *c) {
    for (uint32_t i = 0; i < c->count; i++) {
        for (uint32_t k = 0; k < ARRAYS; k++) {
            free(c->arrays[i][k]);
        }
        free(c->events[i].passes);
        free(c->events[i].row_activations);
        free(c->events[i].reads);
    }
}

/* As long as asked for and no longer, at a multiple of 64. */
static void *room_of(size_t bytes) {
    void *room = NULL;
    if (posix_memalign(&room, 64, bytes == 0 ? 64 : bytes) != 0) {
        exit(2);
    }
    memset(room, 0xA5, bytes);
    return room;
}

/* Spikes, small numbers of both signs, and as large ones as there are; every fourth row has none. */
static void fill_rows(int16_t *rows, uint32_t fan_in, uint32_t seed) {
    uint32_t x = seed * 2654435761u + 1u;
    for (uint32_t w = 0; w < WINDOWS; w++) {
        for (uint32_t r = 0; r < fan_in; r++) {
            int32_t value;
            x ^= x << 13, x ^= x >> 17, x ^= x << 5;
            value = w % 3u == 0 ? 1 : w % 3u == 1u ? (int32_t)(x >> 8 & 15u) - 8 : (int16_t)(x >> 9);
            rows[(size_t)w * fan_in + r] = w % 4u == 3u || (x & 3u) != 0 ? 0 : (int16_t)value;
        }
    }
}

static void multiply_layers(chip *c, const char *path) {
    for (uint32_t i = 0; i < c->count; i++) {
        snnrt_crossbar_layer layer = c->layers[i];
        int16_t *rows = malloc((size_t)WINDOWS * layer.fan_in * sizeof(int16_t));
        int32_t *wanted = malloc((size_t)WINDOWS * layer.outputs * sizeof(int32_t));
        int32_t *found = malloc((size_t)WINDOWS * layer.outputs * sizeof(int32_t));
        void *room;
        /* a layer by itself takes whatever there is, and has no sums of the core */
        layer.bits = 16;
        layer.mode = layer.mode == SNNRT_CROSSBAR_EXACT ? SNNRT_CROSSBAR_LINEAR : layer.mode;
        room = room_of(snnrt_crossbar_room(&layer, layer.fan_in));
        fill_rows(rows, layer.fan_in, i + 1u);
        for (uint32_t group = 0; group < layer.groups; group++) {
            for (uint32_t k = 0; k < snnrt_host_kernel_sets(); k++) {
                if (snnrt_host_kernel_runs(k)) {
                    uint64_t live =
                        snnrt_crossbar_multiply(&layer, group, rows, WINDOWS, k == 0 ? wanted : found, room,
                                                UINT32_MAX, &c->events[i], k);
                    if (live > WINDOWS ||
                        (k != 0 && memcmp(wanted, found, WINDOWS * layer.outputs * 4u) != 0)) {
                        fail("kernel sets differ", path);
                    }
                }
            }
        }
        free(room);
        free(found);
        free(wanted);
        free(rows);
    }
}

typedef struct job {
    const char *path;
    const uint8_t *model, *inputs;
    size_t model_bytes, input_bytes;
    snnrt_model_info info;
    FILE *output;
} job;

static void run_inputs(const job *job, chip *c, uint32_t kernels) {
    const snnrt_model_info *info = &job->info;
    const uint32_t frames = info->input_encoding == SNNRT_INPUT_SPIKES ? info->timesteps : 1;
    const size_t stride = (size_t)info->input_bytes * frames;
    size_t room_bytes = 0;
    snnrt_network network;
    snnrt_crossbar_chip under;
    snnrt_host_batch batch;
    snnrt_host_place place;
    uint8_t *arena = malloc(info->arena_bytes);
    uint8_t *scratch = malloc(info->scratch_bytes + 1u);
    void *joint = malloc(snnrt_crossbar_joint_bytes());
    uint32_t words[3];
    uint8_t *accumulators = malloc((size_t)info->classes * 4u);
    snnrt_counts *counts = malloc(info->node_count * sizeof *counts);
    clear_events(c);
    for (uint32_t i = 0; i < c->count; i++) {
        size_t bytes = snnrt_crossbar_room(&c->layers[i], c->elements[i]);
        room_bytes = bytes > room_bytes ? bytes : room_bytes;
    }
    under.layers = c->layers;
    under.events = c->events;
    under.layer_count = c->count;
    under.room = room_of(room_bytes);
    under.place = &place;
    if (snnrt_network_init(&network, job->model, job->model_bytes, arena, info->arena_bytes, NULL) !=
            SNNRT_OK ||
        snnrt_network_use_scratch(&network, scratch, info->scratch_bytes) != SNNRT_OK ||
        snnrt_crossbar_join(NULL, &under, joint, kernels) != SNNRT_ERROR_NULL ||
        snnrt_crossbar_join(&network, NULL, joint, kernels) != SNNRT_ERROR_NULL ||
        snnrt_crossbar_join(&network, &under, NULL, kernels) != SNNRT_ERROR_NULL ||
        snnrt_crossbar_join(&network, &under, joint, snnrt_host_kernel_sets()) != SNNRT_ERROR_ARGUMENT ||
        snnrt_crossbar_join(&network, &under, joint, kernels) != SNNRT_OK) {
        fail("can't be joined", job->path);
    }
    memset(&batch, 0, sizeof batch);
    batch.inputs = 1;
    batch.input_bytes = stride;
    batch.timestep_bytes = frames == 1 ? 0 : info->input_bytes;
    batch.nodes = info->node_count;
    batch.timesteps = info->timesteps;
    batch.classes = &words[0];
    batch.steps = &words[1];
    batch.scores_q16 = &words[2];
    batch.accumulators = accumulators;
    batch.accumulator_bytes = (size_t)info->classes * 4u;
    batch.counts = counts;
    batch.place = &place;
    for (size_t first = 0; first + stride <= job->input_bytes; first += stride) {
        uint8_t *given = malloc(stride);
        memcpy(given, job->inputs + first, stride);
        memset(counts, 0, info->node_count * sizeof *counts);
        batch.input = given;
        if (snnrt_host_run_batch(&network, &batch) != SNNRT_OK) {
            fail("can't be run", job->path);
        }
        batch.first_input++;
        fwrite(words, sizeof words, 1, job->output);
        fwrite(accumulators, 4, info->classes, job->output);
        fwrite(counts, sizeof *counts, info->node_count, job->output);
        free(given);
    }
    write_events(c, job->output);
    free(under.room);
    free(counts);
    free(accumulators);
    free(joint);
    free(arena);
    free(scratch);
}

/* 65,536 numbers that are normal: the mean is known to 0.004, the variance to 0.0055 (one sigma). */
static void check_normals(void) {
    const uint32_t count = 65536;
    float *normals = malloc(count * sizeof *normals);
    double sum = 0.0, squares = 0.0;
    snnrt_crossbar_normals(0x0123456789ABCDEFu, 3, 1, 2, 5, count, normals);
    for (uint32_t i = 0; i < count; i++) {
        sum += normals[i];
        squares += (double)normals[i] * normals[i];
    }
    if (sum > 0.02 * count || sum < -0.02 * count || squares > 1.03 * count || squares < 0.97 * count) {
        fail("are not normal", "numbers");
    }
    free(normals);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 3) {
        return 2;
    }
    check_normals();
    for (unsigned long i = 0; i < strtoul(arguments[2], NULL, 10); i++) {
        char path[4][1024];
        static const char *const ends[4] = {"snnrt", "input", "chip", "output"};
        uint8_t *model, *inputs;
        job job = {0};
        chip c;
        for (uint32_t k = 0; k < 4u; k++) {
            snprintf(path[k], sizeof path[k], "%s/%lu.%s", arguments[1], i, ends[k]);
        }
        job.path = path[0];
        job.model = model = read_file(path[0], &job.model_bytes);
        job.inputs = inputs = read_file(path[1], &job.input_bytes);
        job.output = fopen(path[3], "wb");
        open_chip(&c, path[2]);
        if (job.output == NULL || snnrt_model_check(model, job.model_bytes, &job.info, NULL) != SNNRT_OK) {
            fail("no valid model, or no room for the output", path[0]);
        }
        for (uint32_t k = 0; k < snnrt_host_kernel_sets(); k++) {
            if (snnrt_host_kernel_runs(k)) {
                run_inputs(&job, &c, k);
            }
        }
        multiply_layers(&c, path[2]);
        fclose(job.output);
        close_chip(&c);
        free(model);
        free(inputs);
    }
    return 0;
}
