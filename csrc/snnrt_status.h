/* The one list of status codes and their texts. snnrt.h makes the enum of it, status.c the strings. */
#ifndef SNNRT_STATUS_H
#define SNNRT_STATUS_H

#define SNNRT_STATUS_LIST(X) \
    X(OK, 0, "ok") \
    X(ERROR_NULL, 1, "a required pointer is NULL") \
    X(ERROR_MODEL_MISALIGNED, 2, "the model must lie at a multiple of 8 bytes") \
    X(ERROR_NOT_A_MODEL, 3, "not a snnrt model (wrong magic number)") \
    X(ERROR_VERSION, 4, "the model's format version is newer than this core") \
    X(ERROR_TRUNCATED, 5, "the model has fewer or more bytes than its header says") \
    X(ERROR_CRC, 6, "the model's checksum does not match: the bytes are damaged") \
    X(ERROR_HEADER, 7, "a header field is out of range") \
    X(ERROR_NODE_KIND, 8, "a node's kind is unknown or stands in the wrong place") \
    X(ERROR_NODE_INPUTS, 9, "a node's inputs do not fit its kind or the order of nodes") \
    X(ERROR_NODE_SHAPE, 10, "a node's shape does not follow from its inputs and parameters") \
    X(ERROR_NODE_DTYPE, 11, "a node's data type does not fit its kind or inputs") \
    X(ERROR_NODE_PARAMETER, 12, "a node's parameter is out of range") \
    X(ERROR_ARRAY_REFERENCE, 13, "a node's array lies outside the data section") \
    X(ERROR_ARRAY_VALUE, 14, "a value in a node's array is out of range") \
    X(ERROR_ACCUMULATOR, 15, "a node's sum could overflow its accumulator") \
    X(ERROR_ARENA_PLAN, 16, "the memory plan overlaps itself or does not fill the arena") \
    X(ERROR_ARENA_TOO_SMALL, 17, "the arena is smaller than the model needs") \
    X(ERROR_ARENA_MISALIGNED, 18, "the arena must lie at a multiple of 8 bytes") \
    X(ERROR_KERNEL_MISSING, 19, "the model needs a kernel that this build leaves out") \
    X(ERROR_NOT_INITIALISED, 20, "the network was not initialised") \
    X(ERROR_ARGUMENT, 21, "an argument is out of range") \
    X(ERROR_INPUT_MISALIGNED, 22, "the input must be aligned to its element size") \
    X(ERROR_INPUT_MISSING, 23, "the input hook gave no input") \
    X(ERROR_INTERFACE, 24, "the model's inputs or classes are not what the firmware was compiled for")

#endif
