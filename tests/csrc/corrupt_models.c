/* Changes a model in every way that its mode names, and gives each variant to the core: an error, or a
 * network that runs. Model, input and arena are allocated to the byte, so that a sanitiser sees any access
 * outside them.
 *
 *     corrupt_models damaged MODEL INPUT VALUES    every byte, every length
 *     corrupt_models sealed MODEL INPUT VALUES     the same, with the checksum set right afterwards
 *     corrupt_models random MODEL INPUT SEED COUNT several changes at once, checksum right
 *
 * VALUES: "all" 255 other values of a byte, or "some": each bit flipped, one more, one less, 0 and 255.
 * damaged: a variant that is accepted must give the result of the model itself. sealed and random: one that
 * is accepted must run to its end, with the same result from every kernel set and whatever the arena held.
 * Prints "variants N accepted N skipped N"; exits with 1 at the first variant that breaks a promise. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_set_death_callback(callback) ((void)(callback))
#endif

#include "host/snnrt_host.h"
#include "read_file.h"

#define ARENA_MAX (64u << 20)
#define FRAMES_MAX 16u
#define SECONDS_MAX 20u
#define CRC_OFFSET 16u

typedef struct outcome {
    snnrt_result result;
    uint32_t accumulator_count;
    uint32_t accumulators[4096];
    bool floats;
} outcome;

static uint8_t *original, *input;
static size_t original_bytes, input_length;
static unsigned long variants, accepted, skipped;
static char variant[160];
static outcome expected;

static void say_variant(void) {
    fprintf(stderr, "\nvariant: %s\n", variant);
    fflush(stderr);
}

static void fail(const char *why) {
    fprintf(stderr, "FAILED: %s", why);
    say_variant();
    exit(1);
}

static void on_alarm(int number) {
    (void)number;
    say_variant();
    fprintf(stderr, "FAILED: not done after %u s\n", SECONDS_MAX);
    _exit(1);
}

/* The harness's own CRC-32, so that it does not rest on the one under test. */
static uint32_t crc32_of(const uint8_t *bytes, size_t count) {
    static uint32_t table[256];
    uint32_t crc = 0xFFFFFFFFu;
    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++) {
                value = value & 1u ? value >> 1 ^ 0xEDB88320u : value >> 1;
            }
            table[i] = value;
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = i - CRC_OFFSET < 4 ? 0 : bytes[i];
        crc = crc >> 8 ^ table[(crc ^ byte) & 255u];
    }
    return ~crc;
}

static void seal(uint8_t *bytes, size_t count) {
    if (count >= CRC_OFFSET + 4) {
        uint32_t crc = crc32_of(bytes, count);
        memcpy(bytes + CRC_OFFSET, &crc, 4);
    }
}

/* Frames of exactly the size that the model asks for, filled with the input given over and over. */
static uint8_t *frames_of(const snnrt_model_info *info, uint32_t frames) {
    size_t size = (size_t)info->input_bytes * frames;
    uint8_t *bytes = malloc(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = input[i % input_length];
    }
    return bytes;
}

/* One inference from a reset, whatever the arena holds. */
static void run_once(snnrt_network *network, const snnrt_model_info *info, const uint8_t *given,
                     uint32_t frames, outcome *out) {
    memset(out, 0, sizeof *out);
    if (info->timesteps <= FRAMES_MAX) {
        if (snnrt_network_run(network, given, &out->result) != SNNRT_OK) {
            fail("snnrt_network_run");
        }
        if (!out->result.done || out->result.timesteps == 0 || out->result.timesteps > info->timesteps) {
            fail("timesteps");
        }
    } else {
        if (snnrt_network_reset(network) != SNNRT_OK) {
            fail("snnrt_network_reset");
        }
        for (uint32_t t = 0; t < FRAMES_MAX; t++) {
            const uint8_t *frame = given + (frames == 1 ? 0 : (size_t)t * info->input_bytes);
            if (snnrt_network_step(network, frame, &out->result) != SNNRT_OK) {
                fail("snnrt_network_step");
            }
        }
    }
    if (out->result.class_index >= info->classes) {
        fail("class_index");
    }
    out->floats = info->arithmetic == SNNRT_ARITHMETIC_FLOAT32;
    out->accumulator_count = info->classes;
    memcpy(out->accumulators, snnrt_network_accumulators(network), (size_t)info->classes * 4u);
}

static bool is_nan(uint32_t bits) { return (bits & 0x7FFFFFFFu) > 0x7F800000u; }

static bool same(const outcome *a, const outcome *b) {
    if (a->result.class_index != b->result.class_index || a->result.timesteps != b->result.timesteps ||
        a->result.score_q16 != b->result.score_q16 || a->result.done != b->result.done ||
        a->accumulator_count != b->accumulator_count) {
        return false;
    }
    for (uint32_t k = 0; k < a->accumulator_count; k++) {
        if (a->accumulators[k] != b->accumulators[k] &&
            !(a->floats && is_nan(a->accumulators[k]) && is_nan(b->accumulators[k]))) {
            return false;
        }
    }
    return true;
}

/* Runs an accepted model with every kernel set, with and without scratch, each time in an arena and a
 * scratch full of something else. */
static void run_model(const uint8_t *model, size_t count, const snnrt_model_info *info, outcome *first) {
    static outcome other;
    uint32_t steps = info->timesteps < FRAMES_MAX ? info->timesteps : FRAMES_MAX;
    uint32_t frames = info->input_encoding == SNNRT_INPUT_SPIKES ? steps : 1;
    uint8_t *given = frames_of(info, frames);
    uint8_t *arena = malloc(info->arena_bytes);
    size_t scratch_bytes = info->scratch_bytes <= ARENA_MAX ? info->scratch_bytes : 0;
    uint8_t *scratch = malloc(scratch_bytes);
    snnrt_network network;
    if (snnrt_network_init(&network, model, count, arena, info->arena_bytes, NULL) != SNNRT_OK) {
        fail("snnrt_network_init refuses what snnrt_model_check accepts");
    }
    memset(arena, 0xA5, info->arena_bytes);
    run_once(&network, info, given, frames, first);
    for (uint32_t k = 0; k < snnrt_host_kernel_sets(); k++) {
        if (!snnrt_host_kernel_runs(k)) {
            continue;
        }
        if (snnrt_host_use_kernels(&network, k) != SNNRT_OK) {
            fail("snnrt_host_use_kernels");
        }
        for (uint32_t with_scratch = 0; with_scratch < 2; with_scratch++) {
            int fill = (k + with_scratch) % 2 == 0 ? 0x3C : 0xFF;
            memset(arena, fill, info->arena_bytes);
            memset(scratch, fill, scratch_bytes);
            if (snnrt_network_use_scratch(&network, with_scratch != 0 ? scratch : NULL,
                                          with_scratch != 0 ? scratch_bytes : 0) != SNNRT_OK) {
                fail("snnrt_network_use_scratch");
            }
            run_once(&network, info, given, frames, &other);
            if (!same(first, &other)) {
                fail(snnrt_host_kernel_name(k));
            }
        }
    }
    free(scratch);
    free(arena);
    free(given);
}

/* Takes `count` bytes for a model; returns whether the core did. */
static bool try_variant(const uint8_t *bytes, size_t count, bool must_be_same) {
    static outcome found;
    snnrt_model_info info;
    snnrt_network network;
    snnrt_fault fault;
    snnrt_status status;
    uint8_t *model = malloc(count);
    bool taken = false;
    memcpy(model, bytes, count);
    variants++;
    alarm(SECONDS_MAX);
    status = snnrt_model_check(model, count, &info, &fault);
    if (status != SNNRT_OK) {
        if (snnrt_status_text(status)[0] == 0) {
            fail("a status without words");
        }
        /* Each check takes a while: a sample says that init refuses what the check refuses. */
        if (variants % 16u == 0 && (snnrt_network_init(&network, model, count, NULL, 0, NULL) != status ||
                                    snnrt_network_reset(&network) != SNNRT_ERROR_NOT_INITIALISED)) {
            fail("snnrt_network_init takes what snnrt_model_check refuses");
        }
    } else if (info.arena_bytes > ARENA_MAX) {
        skipped++;
    } else {
        taken = true;
        accepted++;
        run_model(model, count, &info, &found);
        if (must_be_same && !same(&found, &expected)) {
            fail("a damaged model gives another result");
        }
    }
    free(model);
    return taken;
}

static bool is_chosen(uint8_t from, uint8_t to, bool all) {
    uint8_t flipped = from ^ to;
    return flipped != 0 && (all || (flipped & (flipped - 1)) == 0 || to == 0 || to == 255 ||
                            to == (uint8_t)(from + 1) || to == (uint8_t)(from - 1));
}

static void try_every_byte(bool sealed, bool all) {
    uint8_t *bytes = malloc(original_bytes);
    memcpy(bytes, original, original_bytes);
    for (size_t i = 0; i < original_bytes; i++) {
        for (unsigned value = 0; value < 256; value++) {
            if (!is_chosen(original[i], (uint8_t)value, all)) {
                continue;
            }
            snprintf(variant, sizeof variant, "byte %zu from %u to %u%s", i, original[i], value,
                     sealed ? ", sealed" : "");
            bytes[i] = (uint8_t)value;
            if (sealed) {
                seal(bytes, original_bytes);
            }
            (void)try_variant(bytes, original_bytes, !sealed);
        }
        memcpy(bytes, original, original_bytes);
    }
    free(bytes);
}

static void try_every_length(bool sealed) {
    uint8_t *bytes = calloc(original_bytes + 32u, 1);
    for (size_t count = 0; count < original_bytes + 32u; count++) {
        if (count == original_bytes) {
            continue;
        }
        memset(bytes, 0, original_bytes + 32u);
        memcpy(bytes, original, original_bytes);
        snprintf(variant, sizeof variant, "length %zu of %zu", count, original_bytes);
        (void)try_variant(bytes, count, true);
        if (sealed && count >= 16) {
            uint32_t length = (uint32_t)count;
            snprintf(variant, sizeof variant, "length %zu of %zu, sealed", count, original_bytes);
            memcpy(bytes + 12, &length, 4);
            seal(bytes, count);
            (void)try_variant(bytes, count, false);
        }
    }
    free(bytes);
}

static uint32_t random_state;

static uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* Where `width` bytes lie: mostly in the header and the records, where a change means most. */
static size_t random_place(size_t width) {
    uint32_t data_offset;
    size_t end;
    memcpy(&data_offset, original + 32, 4);
    end = next_random() % 4 != 0 ? data_offset : original_bytes;
    return next_random() % (end / width) * width;
}

static void change(uint8_t *bytes) {
    static const uint32_t values[] = {0,     1,         2,           3,           15,          16,
                                      32,    255,       256,         32767,       32768,       65535,
                                      65536, 0xFFFFFFu, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0x7F800000u};
    size_t width = (size_t)1 << next_random() % 3;
    size_t place = random_place(width);
    uint32_t value = 0;
    memcpy(&value, bytes + place, width);
    switch (next_random() % 5) {
    case 0:
        value ^= 1u << next_random() % (8 * width);
        break;
    case 1:
        value += next_random() % 2 == 0 ? 1u : 0xFFFFFFFFu;
        break;
    case 2:
        value = values[next_random() % (sizeof values / sizeof values[0])];
        break;
    case 3: /* a value from another place: references and indices that lead elsewhere */
        memcpy(&value, original + random_place(width), width);
        break;
    default:
        value = next_random();
        break;
    }
    memcpy(bytes + place, &value, width);
}

static void try_random(uint32_t seed, unsigned long count) {
    uint8_t *bytes = malloc(original_bytes);
    random_state = seed * 2654435761u + 1u;
    for (unsigned long i = 0; i < count; i++) {
        uint32_t changes = 1u + next_random() % 8u;
        memcpy(bytes, original, original_bytes);
        snprintf(variant, sizeof variant, "random %lu of seed %u", i, seed);
        for (uint32_t k = 0; k < changes; k++) {
            change(bytes);
            if (k == 0 || next_random() % 2 == 0) {
                seal(bytes, original_bytes);
                (void)try_variant(bytes, original_bytes, false);
            }
        }
    }
    free(bytes);
}

int main(int argument_count, char **arguments) {
    snnrt_model_info info;
    bool sealed;
    if (argument_count < 5) {
        return 2;
    }
    __sanitizer_set_death_callback(say_variant);
    signal(SIGALRM, on_alarm);
    original = read_file(arguments[2], &original_bytes);
    input = read_file(arguments[3], &input_length);
    sealed = strcmp(arguments[1], "sealed") == 0;
    snprintf(variant, sizeof variant, "the model itself");
    if (!try_variant(original, original_bytes, false)) {
        fail("the model itself is refused");
    }
    (void)snnrt_model_check(original, original_bytes, &info, NULL);
    run_model(original, original_bytes, &info, &expected);
    variants = accepted = skipped = 0;
    if (strcmp(arguments[1], "random") == 0) {
        if (argument_count < 6) {
            return 2;
        }
        try_random((uint32_t)strtoul(arguments[4], NULL, 10), strtoul(arguments[5], NULL, 10));
    } else {
        try_every_byte(sealed, strcmp(arguments[4], "all") == 0);
        try_every_length(sealed);
    }
    free(original);
    free(input);
    printf("variants %lu accepted %lu skipped %lu\n", variants, accepted, skipped);
    return 0;
}
