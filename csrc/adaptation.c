/* The adaptive threshold: docs/adaptation.md. */
#include "snnrt_core.h"

#if SNNRT_WITH_ADAPTATION

/* From `value` towards `end` by `step`, and not past it. */
static uint32_t moved(uint32_t value, uint32_t end, uint32_t step) {
    if (value < end) {
        return end - value > step ? value + step : end;
    }
    return value - end > step ? value - step : end;
}

bool snnrt_adaptation_fits(const snnrt_network *network, const snnrt_adaptation *settings) {
    uint32_t rule = network->exit_rule, classes = snnrt_readout_of(network->model)->channels;
    bool forward = rule == SNNRT_EXIT_ENTROPY;
    return (forward || rule == SNNRT_EXIT_CONFIDENCE || rule == SNNRT_EXIT_MARGIN) &&
           settings->window - 1u < 65535u && settings->low <= settings->high && settings->step != 0 &&
           (forward ? settings->careful <= settings->bold : settings->careful >= settings->bold) &&
           snnrt_exit_rule_fits(rule, settings->careful, classes) &&
           snnrt_exit_rule_fits(rule, settings->bold, classes);
}

void snnrt_adaptation_start(snnrt_network *network, snnrt_adaptation *settings) {
    uint32_t least = settings->careful < settings->bold ? settings->careful : settings->bold;
    uint32_t most = settings->careful < settings->bold ? settings->bold : settings->careful;
    uint32_t threshold = network->exit_threshold_q;
    threshold = threshold < least ? least : threshold > most ? most : threshold;
    settings->count = settings->sum = 0;
    settings->threshold_q = network->exit_threshold_q = threshold;
}

void snnrt_adaptation_add(snnrt_network *network, uint32_t timesteps) {
    snnrt_adaptation *settings = network->adaptation;
    /* Steps past T may go before the first look. */
    timesteps = timesteps < network->maximum_timesteps ? timesteps : network->maximum_timesteps;
    settings->sum += settings->costs == NULL ? timesteps : settings->costs[timesteps - 1u];
    settings->count++;
    if (settings->count < settings->window) {
        return;
    }
    if (settings->sum > settings->high) {
        network->exit_threshold_q = moved(network->exit_threshold_q, settings->bold, settings->step);
    } else if (settings->sum < settings->low) {
        network->exit_threshold_q = moved(network->exit_threshold_q, settings->careful, settings->step);
    }
    settings->count = settings->sum = 0;
    settings->threshold_q = network->exit_threshold_q;
}

#else
typedef int snnrt_adaptation_left_out;
#endif
