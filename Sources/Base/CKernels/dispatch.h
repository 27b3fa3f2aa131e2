// A loop compiled for several sets of instructions: `name_body` is written once, and DISPATCH makes `th_name` of it, which
// runs it with the best that this processor has.

#ifndef TAPEHOUSE_DISPATCH_H
#define TAPEHOUSE_DISPATCH_H

#define BODY static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,bmi,bmi2,lzcnt"), min_vector_width(512)))
static int level;
__attribute__((constructor)) static void find_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        level = 2;
    else if (__builtin_cpu_supports("avx2"))
        level = 1;
}
#define DISPATCH(type, name, parameters, arguments)                                                                    \
    AVX2 static type name##_avx2 parameters { return name##_body arguments; }                                          \
    AVX512 static type name##_avx512 parameters { return name##_body arguments; }                                      \
    type th_##name parameters {                                                                                        \
        if (level == 2)                                                                                                \
            return name##_avx512 arguments;                                                                            \
        if (level == 1)                                                                                                \
            return name##_avx2 arguments;                                                                              \
        return name##_body arguments;                                                                                  \
    }
#else
#define DISPATCH(type, name, parameters, arguments)                                                                    \
    type th_##name parameters { return name##_body arguments; }
#endif

#endif
