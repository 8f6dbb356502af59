/* What this processor can do at most, on one core: bytes copied, and what it does with vectors in registers.
 * Usage: machine_rates BYTES
 * Prints six lines: bytes a second of the fastest copy of BYTES bytes (at least 4096; read and written counted once); then in
 * vectors of 16, 32 and 64 bytes additions a second of int16 and of float32, sums of two products of bytes (VPMADDUBSW) and
 * of four (VPDPBUSD), and vectors loaded from 8 KiB, 0 where the processor has none so wide. */
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

/* Instructions a second of `step`, on eight vectors in turn. */
#define RATE(name, bytes, attribute, step) \
    typedef int16_t name##_lanes __attribute__((vector_size(bytes))); \
    attribute static double name(void) { \
        static name##_lanes room[8192u / (bytes)]; \
        double least = 1e18; \
        memset(room, 1, sizeof room); /* else all of it may be one page of zeros */ \
        for (int round = 0; round < ROUNDS; round++) { \
            name##_lanes sum[SUMS] = {{0}}; \
            double start = now(), taken; \
            for (int turn = 0; turn < TURNS; turn++) { \
                const name##_lanes *from = room + turn % (int)(8192u / (bytes) / SUMS) * SUMS; \
                for (int k = 0; k < SUMS; k++) { \
                    step; \
                } \
            } \
            taken = now() - start; \
            least = taken < least ? taken : least; \
        } \
        return (double)TURNS * SUMS / least * 1e9; \
    }
#define QUADS __asm__ volatile("vpdpbusd %1, %1, %0" : "+v"(sum[k]) : "v"(*from))
#define PRODUCTS __asm__ volatile("vpmaddubsw %0, %0, %0" : "+v"(sum[k]) : "m"(*from))
/* Into one register: a vector of them would be written to memory. */
#define LOAD(instruction, kept) \
    __typeof__(sum[0]) loaded; \
    __asm__ volatile(instruction " %1, %0" : kept(loaded) : "m"(from[k]))
#define LOADS_OF_32 LOAD("vmovdqa", "=x")
#define LOADS_OF_64 LOAD("vmovdqa64", "=v")

#if defined(__x86_64__)
#define KEPT(sum) "+v"(sum)
#define WIDE __attribute__((target("avx2")))
#define WIDEST __attribute__((target("avx512f,avx512bw")))
ADDITIONS(int16_by_32, int16_t, 32, WIDE)
ADDITIONS(float_by_32, float, 32, WIDE)
ADDITIONS(int16_by_64, int16_t, 64, WIDEST)
ADDITIONS(float_by_64, float, 64, WIDEST)
RATE(products_by_32, 32, WIDE, PRODUCTS)
RATE(products_by_64, 64, WIDEST, PRODUCTS)
RATE(quads_by_64, 64, __attribute__((target("avx512f,avx512bw,avx512vnni"))), QUADS)
RATE(loads_by_32, 32, WIDE, LOADS_OF_32)
RATE(loads_by_64, 64, WIDEST, LOADS_OF_64)
#else
#define KEPT(sum) "+w"(sum)
#endif
ADDITIONS(int16_by_16, int16_t, 16, )
ADDITIONS(float_by_16, float, 16, )

int main(int argc, char **argv) {
    long bytes = argc == 2 ? atol(argv[1]) : 0;
    double wide[4] = {0.0, 0.0, 0.0, 0.0}, widest[4] = {0.0, 0.0, 0.0, 0.0}, quads = 0.0;
    if (bytes <= 0) {
        fprintf(stderr, "usage: machine_rates BYTES\n");
        return 2;
    }
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        wide[0] = int16_by_32();
        wide[1] = float_by_32();
        wide[2] = products_by_32();
        wide[3] = loads_by_32();
    }
    if (__builtin_cpu_supports("avx512bw")) {
        widest[0] = int16_by_64();
        widest[1] = float_by_64();
        widest[2] = products_by_64();
        widest[3] = loads_by_64();
        quads = __builtin_cpu_supports("avx512vnni") ? quads_by_64() : 0.0;
    }
#endif
    printf("%.0f\n", copy_rate(bytes < 4096 ? 4096u : (size_t)bytes));
    printf("%.0f %.0f %.0f\n", int16_by_16(), wide[0], widest[0]);
    printf("%.0f %.0f %.0f\n", float_by_16(), wide[1], widest[1]);
    printf("0 %.0f %.0f\n", wide[2], widest[2]);
    printf("0 0 %.0f\n", quads);
    printf("0 %.0f %.0f\n", wide[3], widest[3]);
    return 0;
}
