/* snnrt: runs a spiking neural network from a .snnrt file, for as many timesteps as an input needs.
 *
 * Freestanding C99. No allocation, no recursion, no global state that changes; the stack is bounded.
 * Memory is the caller's: the model's bytes (read in place, they may lie in flash) and one arena
 * whose exact size the model states.
 *
 * What may be called from where: functions without a network, and those with different networks, in different threads
 * or interrupts at once. Two functions with one network must not overlap, with one exception: while snnrt_network_verify runs,
 * an interrupt may call snnrt_network_reset, snnrt_network_step and snnrt_network_run with the same network, and the other way round. All
 * others (snnrt_network_init, snnrt_network_set_exit, snnrt_network_record_health, ...) wait until none of these is under way. No function
 * blocks, allocates or calls back, but for the input hook and the trace.
 *
 *     static const uint8_t model[] = { ... };          // at a multiple of 8
 *     static uint64_t arena[ARENA_BYTES / 8];          // from `snnrt inspect` or snnrt_model_check
 *     snnrt_network network;
 *     snnrt_result result;
 *     if (snnrt_network_init(&network, model, sizeof model, arena, sizeof arena, NULL) != SNNRT_OK) ...
 *     if (snnrt_network_run(&network, image, &result) != SNNRT_OK) ...
 *     // result.class_index, result.timesteps
 *
 * docs/ir.md specifies the file and every operation, bit for bit.
 */
#ifndef SNNRT_H
#define SNNRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snnrt_config.h"
#include "snnrt_constants.h"
#include "snnrt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header. */
#define SNNRT_VERSION_MAJOR 0
#define SNNRT_VERSION_MINOR 1

#define SNNRT_STATUS_ENUM(name, code, text) SNNRT_##name = code,
typedef enum snnrt_status { SNNRT_STATUS_LIST(SNNRT_STATUS_ENUM) SNNRT_STATUS_END } snnrt_status;
#undef SNNRT_STATUS_ENUM

/* Where a check failed. `node` is the node's index, or SNNRT_NO_NODE; `expected` and `found` are
 * the bound and the value that broke it, in the unit of the status (bytes, version, count, ...). */
typedef struct snnrt_fault {
    uint32_t node;
    int64_t expected;
    int64_t found;
} snnrt_fault;
#define SNNRT_NO_NODE 0xFFFFFFFFu

/* What a model asks for and gives. Elements are ordered (height, width, channels). */
typedef struct snnrt_model_info {
    uint32_t file_bytes;
    uint32_t arena_bytes; /* exact need of snnrt_network_init, a multiple of 8; never 0 */
    uint32_t scratch_bytes; /* the most that snnrt_network_use_scratch can put to use; 0: nothing */
    uint32_t timesteps; /* T, 1 ... 65535: the most steps that snnrt_network_run takes */
    uint32_t node_count; /* 3 ... 1024 */
    uint32_t arithmetic; /* SNNRT_ARITHMETIC_... */
    uint32_t input_encoding; /* SNNRT_INPUT_... */
    uint32_t input_height; /* elements; 1 for a vector, as the width */
    uint32_t input_width;
    uint32_t input_channels;
    uint32_t input_bytes; /* of one timestep's input: float (FLOAT32) or int16_t (INTEGER) elements */
    /* INTEGER: the largest magnitude that an element may have, 1 ... 32767; FLOAT32: 0, no limit. Larger
     * ones overflow sums: results are then unspecified */
    uint32_t input_peak;
    /* INTEGER: the real number that an input of 1 stands for, above 0; FLOAT32: unused */
    float input_scale;
    uint32_t classes; /* 1 ... 4096 */
    /* additions, products with their sums, and updates of neurons: the most that a step takes, whatever the
     * input; stays at 2^64 - 1 */
    uint64_t operations_per_step;
} snnrt_model_info;

/* Outcome after a step. */
typedef struct snnrt_result {
    uint32_t class_index; /* largest accumulated logit, lowest index among equals */
    uint32_t timesteps; /* steps since the reset, saturating at 2^32 - 1 */
    uint32_t score_q16; /* ENTROPY: entropy in nats, Q16 (divide by 65536 ln K to normalise);
                             CONFIDENCE: largest probability, Q16; MARGIN: nats, Q16; PATIENCE: timesteps
                             that the class has been the same; BUDGET: timesteps; NEVER: 0; COMBINED: as of
                             the first term */
    bool done; /* the exit rule was met, or T was reached */
} snnrt_result;

/* What a device has seen, for a host to read (`snnrt health`): little-endian, fixed size, no pointers, so it can be
 * copied out of memory or sent as it is. An inference is counted once, at the first step since a reset whose result
 * is done; counts stay at 2^32 - 1. Written by the core only; docs/health.md specifies every byte. */
#define SNNRT_HEALTH_BINS 16
#define SNNRT_HEALTH_MAGIC 0x484E4E53u /* "SNNH" */
typedef struct snnrt_health {
    uint32_t magic;
    uint16_t version; /* 1 */
    uint16_t bytes; /* of this record */
    uint32_t model_crc;
    uint32_t exit_rule; /* in force, as threshold_q and maximum_timesteps */
    uint32_t threshold_q;
    uint32_t maximum_timesteps;
    uint32_t steps_per_bin; /* ceil(maximum_timesteps / 16) */
    uint32_t score_limit; /* upper end of the last score bin, Q16: ln K for entropies, 1 for probabilities */
    uint32_t inferences;
    uint32_t exits; /* inferences that the rule ended before the last timestep */
    uint32_t checks; /* finished by snnrt_network_verify */
    uint32_t faults; /* of these, checksums that did not match */
    uint32_t timesteps[SNNRT_HEALTH_BINS]; /* bin (timesteps - 1) / steps_per_bin */
    /* of the last step: entropy, or with CONFIDENCE the largest probability */
    uint32_t scores[SNNRT_HEALTH_BINS];
} snnrt_health;

/* How an exit's threshold follows the inputs: after every `window` inferences it moves by `step` where their summed cost
 * left the band, towards `bold` where it was above `high`, towards `careful` where it was below `low`, and never past
 * either. `bold` is the floor on how sure an answer is. docs/adaptation.md has the rule and who computes the numbers. */
typedef struct snnrt_adaptation {
    uint32_t window; /* 1 ... 65535 */
    uint32_t low; /* summed cost of a window, at most high */
    uint32_t high;
    uint32_t step; /* of threshold_q, from 1 */
    uint32_t careful; /* threshold_q; with ENTROPY at most `bold`, with CONFIDENCE and MARGIN at least */
    uint32_t bold;
    const uint16_t *costs; /* of inferences of 1 ... T timesteps; NULL: the timesteps themselves */
    /* Kept by the core: inferences of this window, their cost, the threshold in force. */
    uint32_t count;
    uint32_t sum;
    uint32_t threshold_q;
} snnrt_adaptation;

struct snnrt_counts;
struct snnrt_kept;
struct snnrt_kernels;
struct snnrt_network;

/* Gives the input of one timestep (0 first) where it lies, as snnrt_network_step takes it; NULL: there is none. */
typedef const void *(*snnrt_input_hook)(void *user, uint32_t timestep);

/* A running network. The fields are private; the caller gives the room. */
typedef struct snnrt_network {
    const uint8_t *model;
    uint8_t *arena;
    const void *input;
    const struct snnrt_kernels *kernels;
    struct snnrt_kept *kept; /* of each node, on a host; or NULL */
    void *scratch;
    size_t scratch_bytes;
    struct snnrt_counts *counts;
    void (*trace)(void *user, const struct snnrt_network *network, uint32_t node, const void *output,
                  const void *state);
    void *trace_user;
    snnrt_input_hook hook;
    void *hook_user;
    snnrt_health *health;
    uint32_t model_bytes;
    uint32_t model_crc;
    uint32_t verified_bytes;
    uint32_t verified_crc;
    uint32_t timestep;
    uint32_t maximum_timesteps;
    uint32_t exit_rule;
    uint32_t exit_threshold_q;
    uint32_t steady; /* timesteps that the class has been the same */
    uint32_t steady_class;
    uint32_t recorded;
    uint32_t initialised;
#if SNNRT_WITH_MONITOR
    int32_t monitor; /* its level, or SNNRT_MONITOR_OFF */
#endif
#if SNNRT_WITH_ADAPTATION
    snnrt_adaptation *adaptation;
#endif
} snnrt_network;

/* The version that was compiled, to compare with the header's: major << 16 | minor. */
uint32_t snnrt_version(void);

/* Checks that `model_bytes` bytes at `model` (a multiple of 8) are a valid model, reading each once or
 * twice and nothing outside them. Fills `info` on SNNRT_OK and `fault` otherwise (each may be NULL).
 * Time: linear in the file, plus the square of the node count (at most 1024). */
snnrt_status snnrt_model_check(const void *model, size_t model_bytes, snnrt_model_info *info,
                               snnrt_fault *fault);

/* Checks the model, takes the arena (a multiple of 8, at least info.arena_bytes) and resets.
 * Both must outlive the network; the arena must not be touched meanwhile. On failure `network` is
 * left unusable (each call returns SNNRT_ERROR_NOT_INITIALISED), the arena unchanged, and `fault`
 * (may be NULL) says where; for SNNRT_ERROR_ARENA_TOO_SMALL expected and found are bytes. */
snnrt_status snnrt_network_init(snnrt_network *network, const void *model, size_t model_bytes, void *arena,
                                size_t arena_bytes, snnrt_fault *fault);

/* Back to the state before the first timestep. Counts become 0. */
snnrt_status snnrt_network_reset(snnrt_network *network);

/* One timestep. `input` holds one timestep's elements in (height, width, channels) order, and is read in place:
 * int16_t in an INTEGER model (clip(round(x / scale)), see docs/ir.md), of magnitudes up to info.input_peak, which is
 * the caller's to keep; float in a FLOAT32 model. It must be aligned to its elements (SNNRT_ERROR_INPUT_MISALIGNED).
 * Spikes are read during the call only. A constant input is given in the first step after a reset and must
 * stay as it is until the next reset; in later steps `input` is ignored, whatever it is.
 * `result` may be NULL. Steps past the exit or past T are allowed and go on accumulating.
 * On failure nothing has changed. Bounded time: the dense sum over all nodes. */
snnrt_status snnrt_network_step(snnrt_network *network, const void *input, snnrt_result *result);

/* Reset, then steps until done. `input`: one timestep's elements (constant), or T timesteps, one
 * after the other (spikes). `result` must not be NULL. */
snnrt_status snnrt_network_run(snnrt_network *network, const void *input, snnrt_result *result);

/* A timestep of a stream without end: as snnrt_network_step, and where result->done says that the window has ended, a reset
 * too, so that the next call begins another window. Windows are T timesteps at most; the accumulators of one that has
 * ended are gone. `result` must not be NULL. With the input hook and `input` NULL the hook is asked as in a run. */
snnrt_status snnrt_network_stream(snnrt_network *network, const void *input, snnrt_result *result);

/* Replaces the model's exit rule and T until the next snnrt_network_init. `threshold_q` as in docs/ir.md;
 * `maximum_timesteps` 1 ... 65535. COMBINED is the model's own rule of so many terms, if it has one: no other. A
 * health record starts again. On failure the rule stays as it was; without
 * exit scores in the build, rules other than NEVER give SNNRT_ERROR_KERNEL_MISSING. */
snnrt_status snnrt_network_set_exit(snnrt_network *network, uint32_t rule, uint32_t threshold_q,
                                    uint32_t maximum_timesteps);

/* Where snnrt_network_step and snnrt_network_run get inputs when called with `input` NULL: `hook` is asked for a timestep's input when
 * that step begins, and for a constant input once after a reset; its memory is read in place, as long as snnrt_network_step
 * says. So a run pulls no more timesteps from a sensor than it takes. A hook that gives NULL ends the call with
 * SNNRT_ERROR_INPUT_MISSING before anything has changed. A NULL hook takes it away. */
snnrt_status snnrt_network_set_input_hook(snnrt_network *network, snnrt_input_hook hook, void *user);

/* Checks the model's bytes against the checksum that snnrt_network_init found, at most `bytes` of them in this call (0: all
 * that is left), so that an idle loop can go round a model in bounded time. `complete` (may be NULL) says whether a round
 * has ended; the next call starts another. Where the sum does not match: SNNRT_ERROR_CRC, and every later call with
 * this network returns that until snnrt_network_init; a step that is under way in an interrupt or was interrupted ends as usual.
 * A CRC-32 finds every burst of up to 32 flipped bits and, in models below 11 KB, every 3 of them; of other damage it
 * misses one case in 2^32. */
snnrt_status snnrt_network_verify(snnrt_network *network, uint32_t bytes, bool *complete);

/* Clears `health` and records into it from now on; NULL stops. Networks may not share a record. Without health in
 * the build: SNNRT_ERROR_KERNEL_MISSING. */
snnrt_status snnrt_network_record_health(snnrt_network *network, snnrt_health *health);

/* Lets the threshold of the exit in force (ENTROPY, CONFIDENCE or MARGIN, of one term) follow the inputs from now on, from
 * where it is, taken into careful ... bold; NULL leaves it where it is. `adaptation` must outlive that; each network has its
 * own. snnrt_network_set_exit ends it too. No promise of a calibration holds for a threshold that moves, and a drift
 * monitor stops: its table is of one exit. SNNRT_ERROR_ARGUMENT: other rules, or settings that make no sense. Without it
 * in the build: SNNRT_ERROR_KERNEL_MISSING. */
snnrt_status snnrt_network_adapt(snnrt_network *network, snnrt_adaptation *adaptation);

/* The drift monitor of a model that has one (`snnrt monitor`, docs/monitor.md). It looks at the timestep and the score that
 * each inference ends with, once, at the first step since a reset whose result is done; its level M, in 1/4096 bit, becomes
 * max(M, 0) plus what the model's table has for them. From the model's alarm level on it is an alarm, and M stays. While
 * inputs are drawn as those that the model was calibrated with, the mean run to an alarm is at least as long as the model
 * promises. M is all the state there is: 4 bytes.
 *
 * Gives M and whether it is an alarm (each may be NULL). SNNRT_ERROR_ARGUMENT: the model has no monitor, or
 * snnrt_network_set_exit has set an exit or T that is not the model's own, which its table knows nothing of. Without the
 * monitor in the build: SNNRT_ERROR_KERNEL_MISSING. */
snnrt_status snnrt_network_monitor(const snnrt_network *network, int32_t *level, bool *alarm);

/* Sets M: 0 begins anew, as snnrt_network_init and snnrt_network_set_exit do; what snnrt_network_monitor gave before the
 * power went goes on. Levels above the alarm's count as that. Status as snnrt_network_monitor. */
snnrt_status snnrt_network_set_monitor(snnrt_network *network, int32_t level);

/* The accumulators, class by class: int32_t in an INTEGER model, float in a FLOAT32 model. Valid until
 * the next call with this network. NULL if the network is not initialised. */
const void *snnrt_network_accumulators(const snnrt_network *network);

/* The status in words; never NULL. Without strings in the build: "". */
const char *snnrt_status_text(snnrt_status status);

#ifdef __cplusplus
}
#endif

#endif
