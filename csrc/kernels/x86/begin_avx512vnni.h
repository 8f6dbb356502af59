/* Included first: what follows may use AVX-512 with VNNI, whatever the compiler's flags. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,popcnt,avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,popcnt,avx512f,avx512bw,avx512vl,avx512vnni")
#endif
