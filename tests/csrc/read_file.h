/* A whole file in memory that the caller frees; ends the program with 2 where it cannot be read. */
#ifndef SNNRT_READ_FILE_H
#define SNNRT_READ_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

#endif
