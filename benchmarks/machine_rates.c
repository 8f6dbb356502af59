/* What this processor can do at most, on one core: bytes copied and additions in registers.
 * Usage: machine_rates BYTES
 * Prints three lines: bytes a second of the fastest copy of BYTES bytes (at least 4096; read and written counted once), then
 * additions a second of int16 and of float32 in vectors of 16, 32 and 64 bytes, 0 where the processor has none so wide. */
#define _POSIX_C_SOURCE 200112L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 20000
#define ROUNDS 40
#define SUMS 8

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double copy_rate(size_t bytes) {
    uint8_t *from = malloc(bytes), *to = malloc(bytes);
    double least = 1e18;
    if (from == NULL || to == NULL) {
        exit(2);
    }
    memset(from, 1, bytes);
    for (int round = 0; round < 200; round++) {
        double start = now(), taken;
        memcpy(to, from, bytes);
        __asm__ volatile("" : : "r"(to) : "memory");
        taken = now() - start;
        least = taken < least ? taken : least;
    }
    free(from);
    free(to);
    return (double)bytes / least * 1e9;
}

/* Eight sums that wait for none of the others, kept in registers. */
#define ADDITIONS(name, element, bytes, attribute) \
    typedef element name##_lanes __attribute__((vector_size(bytes))); \
    attribute static double name(void) { \
        double least = 1e18; \
        for (int round = 0; round < ROUNDS; round++) { \
            name##_lanes sum[SUMS] = {{0}}, one = {0}; \
            double start = now(), taken; \
            one[0] = (element)round; \
            for (int turn = 0; turn < TURNS; turn++) { \
                for (int k = 0; k < SUMS; k++) { \
                    sum[k] += one; \
                    __asm__ volatile("" : KEPT(sum[k])); \
                } \
            } \
            taken = now() - start; \
            least = taken < least ? taken : least; \
        } \
        return (double)TURNS * SUMS * (bytes / sizeof(element)) / least * 1e9; \
    }

#if defined(__x86_64__)
#define KEPT(sum) "+v"(sum)
#define WIDE __attribute__((target("avx2")))
#define WIDEST __attribute__((target("avx512f,avx512bw")))
ADDITIONS(int16_by_32, int16_t, 32, WIDE)
ADDITIONS(float_by_32, float, 32, WIDE)
ADDITIONS(int16_by_64, int16_t, 64, WIDEST)
ADDITIONS(float_by_64, float, 64, WIDEST)
#else
#define KEPT(sum) "+w"(sum)
#endif
ADDITIONS(int16_by_16, int16_t, 16, )
ADDITIONS(float_by_16, float, 16, )

int main(int argc, char **argv) {
    long bytes = argc == 2 ? atol(argv[1]) : 0;
    double wide[2] = {0.0, 0.0}, widest[2] = {0.0, 0.0};
    if (bytes <= 0) {
        fprintf(stderr, "usage: machine_rates BYTES\n");
        return 2;
    }
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        wide[0] = int16_by_32();
        wide[1] = float_by_32();
    }
    if (__builtin_cpu_supports("avx512bw")) {
        widest[0] = int16_by_64();
        widest[1] = float_by_64();
    }
#endif
    printf("%.0f\n", copy_rate(bytes < 4096 ? 4096u : (size_t)bytes));
    printf("%.0f %.0f %.0f\n", int16_by_16(), wide[0], widest[0]);
    printf("%.0f %.0f %.0f\n", float_by_16(), wide[1], widest[1]);
    return 0;
}
