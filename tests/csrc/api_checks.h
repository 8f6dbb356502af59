/* What the programs that check interfaces have alike: checks that are counted, and models from files. */
#ifndef SNNRT_API_CHECKS_H
#define SNNRT_API_CHECKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/snnrt_host.h"

static unsigned long checks, failures;

#define CHECK(condition) \
    do { \
        checks++; \
        if (!(condition)) { \
            failures++; \
            fprintf(stderr, "%s:%d: FAILED: %s\n", __FILE__, __LINE__, #condition); \
        } \
    } while (0)

/* The program's exit code; says how many checks there were. */
static inline int report_checks(void) {
    printf("%lu checks\n", checks);
    return failures == 0 ? 0 : 1;
}

static inline uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    long length;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0) {
        fprintf(stderr, "can't read %s\n", path);
        exit(2);
    }
    *size = (size_t)length;
    bytes = malloc(*size);
    rewind(file);
    if (fread(bytes, 1, *size, file) != *size) {
        exit(2);
    }
    fclose(file);
    return bytes;
}

typedef struct model {
    uint8_t *bytes;
    size_t size;
    uint8_t *input;
    size_t input_size;
    snnrt_model_info info;
} model;

static inline void *arena_for(const model *m) {
    void *arena = malloc(m->info.arena_bytes);
    memset(arena, 0xA5, m->info.arena_bytes);
    return arena;
}

static inline model load(const char *path, const char *input) {
    model m;
    m.bytes = read_file(path, &m.size);
    m.input = read_file(input, &m.input_size);
    if (snnrt_model_check(m.bytes, m.size, &m.info, NULL) != SNNRT_OK) {
        fprintf(stderr, "%s is no valid model\n", path);
        exit(2);
    }
    return m;
}

#endif
