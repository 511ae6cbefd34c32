// The plan of a call whose scratch is limited.
#pragma once

#include <string>

#include "plan.h"
#include "status.h"

namespace s4j {

struct Fitted {
    Plan plan;
    int threads;    // as many of the caller's as there is scratch for
    int64_t bytes;  // of scratch; above the limit where not even the smallest cut fits it
};

inline void require_scratch(int64_t bytes, int64_t limit) {
    if (bytes > limit)
        throw Failure(S4J_BAD_ARGUMENT, "scratch_limit is " + std::to_string(limit) + " bytes, at least " +
                                            std::to_string(bytes) + " are needed");
}

// Cuts the work into fewer lanes and smaller blocks until bytes(plan, threads), what a call needs of scratch,
// is at most `limit` on as many threads as there can be lanes; where that cannot be, on one. So the cut
// depends on shape and limit alone, and what it leaves to the number of threads changes no result.
template <class T, class Bytes>
Fitted fit_plan(const Shape& shape, s4j_regime regime, int threads, int64_t limit, const Bytes& bytes) {
    Plan plan = make_plan<T>(shape, regime);
    Plan smallest = plan;
    for (int64_t budget = kMostBudget; bytes(plan, kMaxLanes) > limit; budget /= 2) {
        // Not always the last one: longer lanes can need a second sum.
        if (bytes(plan, 1) < bytes(smallest, 1)) smallest = plan;
        if (budget == 0) {
            plan = smallest;
            break;
        }
        plan = make_plan<T>(shape, regime, budget / 2);
    }
    // By halves: a caller may ask for any number of threads.
    if (bytes(plan, threads) > limit) {
        int fit = 1;
        while (threads - fit > 1) {
            const int middle = fit + (threads - fit) / 2;
            (bytes(plan, middle) > limit ? threads : fit) = middle;
        }
        threads = fit;
    }
    return {plan, threads, bytes(plan, threads)};
}

}  // namespace s4j
