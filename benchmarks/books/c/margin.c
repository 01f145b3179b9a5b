/* The benchmarks' rulebooks by hand: one fused pass over an account's balances and positions, flat reference rows.
 *
 * Compiled with -O3 -march=native -ffp-contract=off -fopenmp. Row ids and offsets are unsigned (no sign extension, no
 * wraparound), a reference row is one or two cache lines, tiers cost no branch. What depends on reference rows alone is
 * worked out before (price * threshold), as marginc does it once a snapshot.
 */
#include <math.h>
#include <stdint.h>
#ifdef __AVX__
#include <immintrin.h>
#endif

typedef struct { double collateral, borrowable, cap, unused; } Asset;      /* USD per unit twice, units */
typedef struct { double mark, begin[3], rate[4], less[4], lot, per_lot, loss_limit, surcharge; } Market;

typedef struct {
    const uint32_t *balance_offsets, *asset;
    const double *amount;
    const uint32_t *position_offsets, *market;
    const double *size, *entry, *cash;
    const Asset *assets;
    const Market *markets;
    double trigger;
    double *required, *backing, *available, *maintenance;
    uint8_t *status;                                                        /* 0 liquidatable, 1 healthy */
    uint8_t *uncertain;                                                     /* of `certified` only */
} Book;

static inline double largest(double a, double b) { return a > b ? a : b; }
static inline double smallest(double a, double b) { return a < b ? a : b; }

/* How many tiers begin at the notional or below, the first one not counted. */
static inline uint32_t tier_of(const Market *m, double notional) {
#ifdef __AVX__ /* all at once: `mark` stands before the three, its answer is shifted out */
    __m256d reached = _mm256_cmp_pd(_mm256_set1_pd(notional), _mm256_loadu_pd(&m->mark), _CMP_GE_OQ);
    return (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_pd(reached) >> 1);
#else
    return (notional >= m->begin[0]) + (notional >= m->begin[1]) + (notional >= m->begin[2]);
#endif
}

/* Slices of the notional at their rates: all of it at the rate of its tier, less what the tiers below save. */
static inline double slices(const Market *m, double notional) {
    uint32_t tier = tier_of(m, notional);
    return notional * m->rate[tier] - m->less[tier];
}

static inline void decide(const Book *b, uint32_t i, double equity, double maintenance, double collateral,
                          double borrowable) {
    double borrowed = largest(0.0, maintenance - equity);
    double required = maintenance + borrowed, backing = equity + borrowed + collateral;
    b->required[i] = required;
    b->backing[i] = backing;
    b->available[i] = equity + borrowable - maintenance;
    b->maintenance[i] = maintenance;
    b->status[i] = !(required > b->trigger * backing);
}

static inline void continuous_account(const Book *b, uint32_t i) {
    double collateral = 0, borrowable = 0, maintenance = 0, pnl = 0;
    for (uint32_t r = b->balance_offsets[i], end = b->balance_offsets[i + 1]; r < end; r++) {
        const Asset *a = &b->assets[b->asset[r]];
        double counted = smallest(largest(b->amount[r], 0.0), a->cap);
        collateral += counted * a->collateral;
        borrowable += counted * a->borrowable;
    }
    for (uint32_t r = b->position_offsets[i], end = b->position_offsets[i + 1]; r < end; r++) {
        const Market *m = &b->markets[b->market[r]];
        maintenance += slices(m, fabs(b->size[r]) * m->mark);
        pnl += b->size[r] * (m->mark - b->entry[r]);
    }
    decide(b, i, b->cash[i] + pnl, maintenance, collateral, borrowable);
}

static inline void discontinuous_account(const Book *b, uint32_t i) {
    double collateral = 0, borrowable = 0, maintenance = 0, pnl = 0;
    for (uint32_t r = b->balance_offsets[i], end = b->balance_offsets[i + 1]; r < end; r++) {
        const Asset *a = &b->assets[b->asset[r]];
        double counted = smallest(largest(b->amount[r], 0.0), a->cap);
        collateral += counted * a->collateral;
        borrowable += counted * a->borrowable;
    }
    for (uint32_t r = b->position_offsets[i], end = b->position_offsets[i + 1]; r < end; r++) {
        const Market *m = &b->markets[b->market[r]];
        double notional = floor(fabs(b->size[r]) * m->per_lot) * m->lot * m->mark;
        double gain = b->size[r] * (m->mark - b->entry[r]);
        uint32_t tier = tier_of(m, notional);
        maintenance += notional * m->rate[tier] + (gain < -m->loss_limit ? notional * m->surcharge : 0.0);
        pnl += gain;
    }
    decide(b, i, b->cash[i] + pnl, maintenance, collateral, borrowable);
}

/* The continuous rule with the bound of the study: the sum of the absolute terms, times operations, times 2^-53. */
static inline void certified_account(const Book *b, uint32_t i) {
    double collateral = 0, borrowable = 0, maintenance = 0, pnl = 0, magnitude = 0;
    uint32_t first = b->balance_offsets[i], last = b->balance_offsets[i + 1];
    for (uint32_t r = first; r < last; r++) {
        const Asset *a = &b->assets[b->asset[r]];
        double counted = smallest(largest(b->amount[r], 0.0), a->cap);
        collateral += counted * a->collateral;
        borrowable += counted * a->borrowable;
    }
    uint32_t begin = b->position_offsets[i], end = b->position_offsets[i + 1];
    for (uint32_t r = begin; r < end; r++) {
        const Market *m = &b->markets[b->market[r]];
        double size = fabs(b->size[r]), notional = size * m->mark;
        maintenance += slices(m, notional);
        pnl += b->size[r] * (m->mark - b->entry[r]);
        magnitude += notional + size * b->entry[r];
    }
    decide(b, i, b->cash[i] + pnl, maintenance, collateral, borrowable);
    magnitude += fabs(b->cash[i]) + collateral;
    double bound = 8.0 * (double)(last - first + end - begin + 12) * 0x1p-53 * magnitude;
    b->uncertain[i] = !(fabs(b->required[i] - b->trigger * b->backing[i]) > bound) && magnitude != 0;
}

#define OVER_ACCOUNTS(name)                                                                                            \
    void name(const Book *book, uint32_t count, int threads) {                                                         \
        const Book b = *book;                                                                                          \
        if (threads == 1)                                                                                              \
            for (uint32_t i = 0; i < count; i++) name##_account(&b, i);                                                \
        else {                                                                                                         \
            _Pragma("omp parallel for schedule(guided, 4096) num_threads(threads)")                                    \
            for (uint32_t i = 0; i < count; i++) name##_account(&b, i);                                                \
        }                                                                                                              \
    }

OVER_ACCOUNTS(continuous)
OVER_ACCOUNTS(discontinuous)
OVER_ACCOUNTS(certified)
