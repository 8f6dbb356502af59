/* What firmware has on top of inference: the input hook, the health record, the integrity check, a sensor's bytes. Prints
 * "N checks"; exits with 1 after a failure.
 *
 *     device_api CONSTANT.snnrt CONSTANT.input SPIKES.snnrt SPIKES.input
 *
 * As core_api's: at least 3 timesteps, 3 classes. SPIKES: spikes over time. One input each. */
#include <signal.h>
#include <sys/time.h>

#include "api_checks.h"

typedef struct subject {
    uint8_t *bytes, *input, *arena;
    size_t size;
    snnrt_model_info info;
    snnrt_network network;
    /* what the hook does */
    uint32_t asked, last, missing_from;
} subject;

static void open_subject(subject *s, char **paths) {
    size_t ignored;
    memset(s, 0, sizeof *s);
    s->bytes = read_file(paths[0], &s->size);
    s->input = read_file(paths[1], &ignored);
    if (snnrt_model_check(s->bytes, s->size, &s->info, NULL) != SNNRT_OK) {
        exit(2);
    }
    s->arena = malloc(s->info.arena_bytes);
    s->missing_from = UINT32_MAX;
}

static void start(subject *s) {
    CHECK(snnrt_network_init(&s->network, s->bytes, s->size, s->arena, s->info.arena_bytes, NULL) ==
          SNNRT_OK);
    s->asked = 0;
    s->missing_from = UINT32_MAX;
}

static const void *give(void *user, uint32_t timestep) {
    subject *s = (subject *)user;
    s->asked++;
    s->last = timestep;
    if (timestep >= s->missing_from) {
        return NULL;
    }
    return s->input +
           (s->info.input_encoding == SNNRT_INPUT_SPIKES ? (size_t)timestep * s->info.input_bytes : 0u);
}

static void check_hook(subject *s) {
    bool spikes = s->info.input_encoding == SNNRT_INPUT_SPIKES;
    snnrt_result given, pulled;
    int32_t sums[3];
    start(s);
    CHECK(snnrt_network_run(&s->network, s->input, &given) == SNNRT_OK);
    memcpy(sums, snnrt_network_accumulators(&s->network), sizeof sums);
    CHECK(snnrt_network_set_input_hook(&s->network, give, s) == SNNRT_OK);
    CHECK(snnrt_network_run(&s->network, s->input, &given) == SNNRT_OK && s->asked == 0);
    CHECK(snnrt_network_run(&s->network, NULL, &pulled) == SNNRT_OK);
    CHECK(memcmp(sums, snnrt_network_accumulators(&s->network), sizeof sums) == 0);
    CHECK(pulled.timesteps == given.timesteps && pulled.class_index == given.class_index &&
          pulled.score_q16 == given.score_q16);
    /* No more than the run takes. */
    CHECK(s->asked == (spikes ? pulled.timesteps : 1u));
    CHECK(s->last == s->asked - 1u);

    s->missing_from = 0;
    CHECK(snnrt_network_run(&s->network, NULL, &pulled) == SNNRT_ERROR_INPUT_MISSING);
    CHECK(snnrt_network_step(&s->network, NULL, &pulled) == SNNRT_ERROR_INPUT_MISSING);
    if (spikes) {
        CHECK(snnrt_network_reset(&s->network) == SNNRT_OK);
        s->missing_from = 1;
        CHECK(snnrt_network_step(&s->network, NULL, &pulled) == SNNRT_OK && pulled.timesteps == 1);
        memcpy(sums, snnrt_network_accumulators(&s->network), sizeof sums);
        CHECK(snnrt_network_step(&s->network, NULL, &pulled) == SNNRT_ERROR_INPUT_MISSING);
        CHECK(memcmp(sums, snnrt_network_accumulators(&s->network), sizeof sums) == 0);
        s->missing_from = UINT32_MAX;
        CHECK(snnrt_network_step(&s->network, NULL, &pulled) == SNNRT_OK && pulled.timesteps == 2);
    }
    CHECK(snnrt_network_set_input_hook(&s->network, NULL, NULL) == SNNRT_OK);
    CHECK(snnrt_network_run(&s->network, NULL, &pulled) == SNNRT_ERROR_NULL);
    CHECK(snnrt_network_set_input_hook(NULL, give, s) == SNNRT_ERROR_NOT_INITIALISED);
}

static uint32_t sum_of(const uint32_t *bins) {
    uint32_t sum = 0;
    for (int i = 0; i < SNNRT_HEALTH_BINS; i++) {
        sum += bins[i];
    }
    return sum;
}

static void check_health(subject *s) {
    snnrt_health health;
    snnrt_result result;
    uint32_t crc;
    memset(&health, 0xA5, sizeof health);
    memcpy(&crc, s->bytes + 16, sizeof crc);
    start(s);
    CHECK(sizeof health == 176);
    CHECK(snnrt_network_record_health(NULL, &health) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_record_health(&s->network, &health) == SNNRT_OK);
    CHECK(memcmp(&health, "SNNH", 4) == 0 && health.version == 1 && health.bytes == sizeof health);
    CHECK(health.model_crc == crc && health.maximum_timesteps == s->info.timesteps);
    CHECK(health.inferences == 0 && sum_of(health.timesteps) == 0 && sum_of(health.scores) == 0);

    for (uint32_t rule = SNNRT_EXIT_NEVER; rule <= SNNRT_EXIT_CONFIDENCE; rule++) {
        for (uint32_t limit = 1; limit <= 40; limit += 13) {
            uint32_t threshold = rule == SNNRT_EXIT_CONFIDENCE ? 40000u : 30000u;
            uint32_t bin;
            CHECK(snnrt_network_set_exit(&s->network, rule, threshold, limit) == SNNRT_OK);
            CHECK(health.exit_rule == rule && health.threshold_q == threshold);
            CHECK(health.maximum_timesteps == limit && health.inferences == 0);
            CHECK(health.steps_per_bin == (limit + 15) / 16);
            /* ln 3 = 71998.6 / 65536 */
            CHECK(health.score_limit - (rule == SNNRT_EXIT_CONFIDENCE ? 65536u : 71997u) <=
                  (rule == SNNRT_EXIT_CONFIDENCE ? 0u : 3u));
            CHECK(snnrt_network_reset(&s->network) == SNNRT_OK);
            do {
                CHECK(snnrt_network_step(&s->network, s->input, &result) == SNNRT_OK);
                CHECK(health.inferences == result.done);
            } while (!result.done);
            /* Going on after the end is the same inference. */
            CHECK(snnrt_network_step(&s->network, s->input, NULL) == SNNRT_OK);
            bin = (result.timesteps - 1) / health.steps_per_bin;
            CHECK(health.timesteps[bin] == 1 && sum_of(health.timesteps) == 1);
            CHECK(sum_of(health.scores) == 1);
            if (rule != SNNRT_EXIT_NEVER) {
                uint32_t place = (uint32_t)((uint64_t)result.score_q16 * 16 / health.score_limit);
                CHECK(health.scores[place > 15 ? 15 : place] == 1);
            }
            CHECK(health.exits == (result.timesteps < limit));
            CHECK(snnrt_network_step(&s->network, s->input, &result) == SNNRT_OK && health.inferences == 1);
            CHECK(snnrt_network_reset(&s->network) == SNNRT_OK && health.inferences == 1);
        }
    }
    health.inferences = UINT32_MAX;
    health.timesteps[0] = UINT32_MAX;
    CHECK(snnrt_network_set_exit(&s->network, 9, 0, 1) == SNNRT_ERROR_ARGUMENT);
    CHECK(health.inferences == UINT32_MAX);
    CHECK(snnrt_network_step(&s->network, s->input, NULL) == SNNRT_OK);
    for (int i = 0; i < 40; i++) {
        CHECK(snnrt_network_step(&s->network, s->input, &result) == SNNRT_OK);
    }
    CHECK(health.inferences == UINT32_MAX);
    CHECK(snnrt_network_record_health(&s->network, NULL) == SNNRT_OK);
    CHECK(snnrt_network_reset(&s->network) == SNNRT_OK);
    CHECK(snnrt_network_set_exit(&s->network, SNNRT_EXIT_NEVER, 0, 1) == SNNRT_OK);
    CHECK(snnrt_network_step(&s->network, s->input, &result) == SNNRT_OK && result.done);
    CHECK(health.inferences == UINT32_MAX && health.exit_rule == SNNRT_EXIT_CONFIDENCE);
}

/* An inference whose results nobody looks at is one all the same. */
static void check_unseen(subject *s) {
    snnrt_health health;
    start(s);
    CHECK(snnrt_network_record_health(&s->network, &health) == SNNRT_OK);
    CHECK(snnrt_network_set_exit(&s->network, SNNRT_EXIT_NEVER, 0, 3) == SNNRT_OK);
    for (uint32_t t = 0; t < 5; t++) {
        CHECK(health.inferences == (t >= 3));
        CHECK(snnrt_network_step(&s->network, s->input, NULL) == SNNRT_OK);
    }
    CHECK(health.inferences == 1 && health.exits == 0);
    CHECK(snnrt_network_record_health(&s->network, NULL) == SNNRT_OK);
}

static subject *interrupted;
static snnrt_result wanted;
static volatile unsigned long interrupts, differences;

/* A whole inference, wherever the check of the bytes is. */
static void on_interrupt(int number) {
    snnrt_result result;
    (void)number;
    interrupts++;
    differences += snnrt_network_run(&interrupted->network, interrupted->input, &result) != SNNRT_OK ||
                   result.class_index != wanted.class_index || result.timesteps != wanted.timesteps ||
                   result.score_q16 != wanted.score_q16;
}

/* Steps in an interrupt while an idle loop verifies: neither disturbs the other. */
static void check_interrupts(subject *s) {
    const struct itimerval often = {{0, 200}, {0, 200}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    snnrt_health health;
    unsigned long rounds = 0;
    bool complete;
    start(s);
    CHECK(snnrt_network_run(&s->network, s->input, &wanted) == SNNRT_OK);
    CHECK(snnrt_network_record_health(&s->network, &health) == SNNRT_OK);
    interrupted = s;
    interrupts = differences = 0;
    signal(SIGALRM, on_interrupt);
    setitimer(ITIMER_REAL, &often, NULL);
    while (interrupts < 200) {
        CHECK(snnrt_network_verify(&s->network, 100, &complete) == SNNRT_OK);
        rounds += complete;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN);
    CHECK(differences == 0 && rounds != 0);
    CHECK(health.inferences == interrupts && health.checks == rounds && health.faults == 0);
    CHECK(snnrt_network_record_health(&s->network, NULL) == SNNRT_OK);
}

static void check_verify(subject *s) {
    static const uint32_t pieces[] = {0, 1, 7, 64, 1000, UINT32_MAX};
    snnrt_health health;
    snnrt_result result;
    bool complete = true;
    CHECK(snnrt_network_verify(NULL, 0, &complete) == SNNRT_ERROR_NOT_INITIALISED && !complete);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        uint32_t calls = 0;
        start(s);
        do {
            CHECK(snnrt_network_verify(&s->network, pieces[i], &complete) == SNNRT_OK);
            calls++;
        } while (!complete);
        CHECK(calls == (pieces[i] == 0 ? 1u : (s->size + pieces[i] - 1u) / pieces[i]));
        CHECK(snnrt_network_verify(&s->network, 0, NULL) == SNNRT_OK);
    }
    /* Every byte, one bit of each: found by the next whole round, then nothing runs until an init. */
    for (size_t at = 0; at < s->size; at++) {
        uint8_t bit = (uint8_t)(1u << (at % 8u));
        start(s);
        CHECK(snnrt_network_record_health(&s->network, &health) == SNNRT_OK);
        CHECK(snnrt_network_verify(&s->network, 16, &complete) == SNNRT_OK);
        CHECK(snnrt_network_verify(&s->network, 0, &complete) == SNNRT_OK && complete && health.checks == 1);
        s->bytes[at] = (uint8_t)(s->bytes[at] ^ bit);
        CHECK(snnrt_network_verify(&s->network, 0, &complete) == SNNRT_ERROR_CRC && complete);
        CHECK(health.checks == 2 && health.faults == 1);
        CHECK(snnrt_network_run(&s->network, s->input, &result) == SNNRT_ERROR_CRC);
        CHECK(snnrt_network_step(&s->network, s->input, &result) == SNNRT_ERROR_CRC);
        CHECK(snnrt_network_reset(&s->network) == SNNRT_ERROR_CRC);
        CHECK(snnrt_network_verify(&s->network, 0, &complete) == SNNRT_ERROR_CRC);
        CHECK(snnrt_network_accumulators(&s->network) == NULL);
        s->bytes[at] = (uint8_t)(s->bytes[at] ^ bit);
    }
    start(s);
    CHECK(snnrt_network_run(&s->network, s->input, &result) == SNNRT_OK);
}

static int64_t floor_shift(int64_t value, int bits) {
    int64_t unit = (int64_t)1 << bits;
    return value >= 0 ? value / unit : -((-value + unit - 1) / unit);
}

/* Buffers are no longer than what is said. */
static void check_encoding(void) {
    static const snnrt_affine channels[3] = {{70000, -9000000, -32768, 32767},
                                             {-32768, 40000, -32768, 32767},
                                             {65536, 0, -32768, 32767}};
    static const snnrt_affine limited[3] = {{70000, -9000000, -20000, 9000},
                                            {-32768, 40000, -1, 32767},
                                            {65536, 0, -32768, 0}};
    for (uint32_t count = 0; count < 40; count++) {
        for (uint32_t setting = 0; setting < 6; setting++) {
            const uint32_t of = 1u + setting % 3u;
            const int32_t peak = setting < 3 ? 0 : 60;
            uint8_t *bytes = malloc(count + 1u);
            int16_t *words = malloc((count + 1u) * sizeof *words);
            int16_t *found = malloc((count + 1u) * sizeof *found);
            found[count] = 0x5AA5;
            for (uint32_t k = 0; k < count; k++) {
                bytes[k] = (uint8_t)(k * 91u + setting);
                words[k] = (int16_t)(k * 7919u + setting * 30000u);
            }
            snnrt_encode_u8(bytes, found, count, channels, of, peak);
            for (uint32_t k = 0; k < count; k++) {
                const snnrt_affine *c = &channels[k % of];
                int64_t expected = floor_shift((int64_t)c->multiplier * bytes[k] + c->offset, 16);
                expected = peak != 0 && expected > peak    ? peak
                           : peak != 0 && expected < -peak ? -peak
                                                           : expected;
                CHECK(found[k] == expected);
            }
            snnrt_encode_q15(words, found, count, peak == 0 ? channels : limited, of, peak != 0);
            for (uint32_t k = 0; k < count; k++) {
                const snnrt_affine *c = &(peak == 0 ? channels : limited)[k % of];
                int64_t value = words[k] > c->high ? c->high : words[k] < c->low ? c->low : words[k];
                int64_t expected = floor_shift(
                    floor_shift((int64_t)c->multiplier * (value - c->low - 32768), 16) + c->offset, 16);
                CHECK(found[k] == expected);
            }
            CHECK(found[count] == 0x5AA5);
            free(bytes);
            free(words);
            free(found);
        }
    }
}

int main(int argument_count, char **arguments) {
    if (argument_count != 5) {
        return 2;
    }
    for (int i = 1; i < 5; i += 2) {
        subject s;
        open_subject(&s, arguments + i);
        check_hook(&s);
        check_verify(&s);
        check_health(&s);
        check_unseen(&s);
        check_interrupts(&s);
        free(s.bytes);
        free(s.input);
        free(s.arena);
    }
    check_encoding();
    return report_checks();
}
