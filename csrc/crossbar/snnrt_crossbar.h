/* Reads of a programmed crossbar: sums over driven rows, noise, converters, digital sums. C99, no allocation; all memory is
 * the caller's. docs/crossbar.md has the model. Conductances are integers in steps of a power of two, so that a sum is the
 * same in any order, and random numbers are functions of a key and a counter: every host and kernel gives the same bits. */
#ifndef SNNRT_CROSSBAR_H
#define SNNRT_CROSSBAR_H

#include "../host/snnrt_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of outputs, columns of a slice and normal numbers: arrays are padded to multiples of these. */
#define SNNRT_CROSSBAR_LANES 16
#define SNNRT_CROSSBAR_NORMALS 64

/* How a layer is read. EXACT: the chip holds the integer weights; in a network the core's own sums are taken. LINEAR: no
 * converters; tiles, slices and passes fold into one product. CONVERTED: every column of every tile is converted in every
 * pass. */
#define SNNRT_CROSSBAR_EXACT 0
#define SNNRT_CROSSBAR_LINEAR 1
#define SNNRT_CROSSBAR_CONVERTED 2

/* One dense or convolution on the chip. Rows are in the chip's order, a convolution's as the core's: (kernel row, kernel
 * column, input channel). A column is a slice of an output: slice * lanes + output. */
typedef struct snnrt_crossbar_layer {
    uint32_t node; /* its index in the model */
    uint32_t mode; /* SNNRT_CROSSBAR_... */
    uint32_t groups;
    uint32_t fan_in;
    uint32_t outputs; /* of a group */
    uint32_t lanes; /* outputs, rounded up to a multiple of SNNRT_CROSSBAR_LANES */
    uint32_t slices; /* 1 unless converted */
    uint32_t tile_rows;
    uint32_t row_tiles;
    uint32_t bits; /* of the largest magnitude of an input, 1 ... 16 */
    uint32_t codes; /* of a converter, the largest; converted only */
    uint32_t noisy;
    const uint32_t *order; /* the chip's row of each input of a window, in the core's order; NULL: the same */
    const uint32_t *output_order; /* the chip's output of each of the core's, of one group; NULL: the same */
    const int32_t *matrix; /* groups x fan_in x slices x lanes, in steps */
    const int32_t *variance; /* of the same shape: what a driven row adds to a column's variance; or NULL */
    double variance_step; /* a unit of `variance`, steps^2; of a linear layer outputs^2 */
    double row_variance; /* what each driven row adds to every column */
    double read_variance; /* what each reading has */
    /* groups x row_tiles x slices x lanes. A code is round(current * gain + offset + bow), bow 4 t (1 - |t|) times that
     * of the column, t the code over the largest; it is worth (code - correction) * worth of the result. */
    const double *gain;
    const double *offset; /* NULL with `bow` and `correction`: all zero */
    const double *bow;
    const double *correction;
    const double *worth;
    const double
        *output_offset; /* groups x lanes: added to the result of a window with a driven row; or NULL */
    double scale; /* of a linear layer: result = scale * sum */
    const uint64_t *keys; /* of a group's noise */
} snnrt_crossbar_layer;

/* What a layer did. `reads` and `row_activations` are groups x row_tiles, `passes` is groups; the caller's. */
typedef struct snnrt_crossbar_events {
    uint64_t windows;
    uint64_t silent_windows;
    uint64_t *passes;
    uint64_t *row_activations;
    uint64_t *reads;
} snnrt_crossbar_events;

/* Standard normal numbers, count a multiple of SNNRT_CROSSBAR_NORMALS: Threefry4x32-13 and Box-Muller in float32, by
 * one rounding an operation. Numbers of the counters low, low + 1, ... low + count / 4 - 1 below (second, third, fourth). */
void snnrt_crossbar_normals(uint64_t key, uint32_t low, uint32_t second, uint32_t third, uint32_t fourth,
                            uint32_t count, float *normals);

/* Bytes that a read of the layer needs, for inputs of `elements` elements in all. */
size_t snnrt_crossbar_room(const snnrt_crossbar_layer *layer, size_t elements);

/* Results (windows x outputs) of one group for integer rows (windows x fan_in) in the chip's order, without a bias.
 * `room` (a multiple of 64) has snnrt_crossbar_room(layer, fan_in) bytes. Noise is that of the windows with a driven row
 * from number `first` on; returns the number of them. `kernels` is a kernel set that this processor runs. */
uint64_t snnrt_crossbar_multiply(const snnrt_crossbar_layer *layer, uint32_t group, const int16_t *rows,
                                 uint32_t windows, int32_t *results, void *room, uint64_t first,
                                 snnrt_crossbar_events *events, uint32_t kernels);

/* A chip under a network. The fields are the caller's. */
typedef struct snnrt_crossbar_chip {
    const snnrt_crossbar_layer *layers;
    snnrt_crossbar_events *events; /* one a layer */
    uint32_t layer_count;
    void *room; /* the largest of snnrt_crossbar_room for the layers, at a multiple of 64 */
    const snnrt_host_place *place; /* noise depends on it, and so on nothing else */
} snnrt_crossbar_chip;

/* Bytes of memory (a multiple of 8) that joins a network and a chip. */
size_t snnrt_crossbar_joint_bytes(void);

/* Lets the chip's layers multiply in the network's place, until another kernel set is chosen; `joint`, chip and network
 * must stay. Without scratch (snnrt_network_use_scratch) convolutions by rows draw other noise. SNNRT_ERROR_ARGUMENT: no such kernel set, or it can't run. */
snnrt_status snnrt_crossbar_join(snnrt_network *network, const snnrt_crossbar_chip *chip, void *joint,
                                 uint32_t kernels);

#ifdef __cplusplus
}
#endif

#endif
