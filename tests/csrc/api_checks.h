/* What the programs that check interfaces have alike: checks that are counted, and models from files. */
#ifndef SNNRT_API_CHECKS_H
#define SNNRT_API_CHECKS_H

#include <string.h>

#include "host/snnrt_host.h"
#include "read_file.h"

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
