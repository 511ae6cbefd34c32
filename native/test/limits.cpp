// s4j_plan says what calls allocate, to the byte, and a limit of scratch is kept without a change of results
// beyond rounding, with the same bits for any number of threads.
#include <atomic>
#include <memory>

#include "problem.h"

using namespace check;

// What is allocated can be counted with glibc's allocator, which sanitizers replace.
#if defined(__GLIBC__) && !defined(S4J_SANITIZED)
#    define S4J_COUNTS 1
#    include <sys/wait.h>
#    include <unistd.h>
#else
#    define S4J_COUNTS 0
#endif

namespace {
std::atomic<int64_t> allocated{0};
}

#if S4J_COUNTS
// The core's own memory comes from here alone.
extern "C" {
void* __libc_memalign(size_t, size_t);
void* aligned_alloc(size_t alignment, size_t n) {
    allocated += static_cast<int64_t>(n);
    return __libc_memalign(alignment, n);
}
}
#endif

namespace {

const double kHyper[S4J_HYPER] = {0.9, 0.999, 1e-8};
constexpr int64_t kBatch = 700;

struct Bytes {
    int64_t scratch = -1, state = -1;
};

Bytes plan(int type, int64_t n, int64_t d, int64_t c, int work, int threads, int64_t limit) {
    Bytes b;
    const int64_t before = allocated;
    CHECK_EQUAL(s4j_plan(type, 0, 0, n, d, c, 1, work, S4J_ADAM, kHyper, std::min(n, kBatch), threads, limit,
                         &b.scratch, &b.state),
                S4J_OK);
    CHECK_EQUAL(allocated - before, 0);
    return b;
}

// What f allocates of the core's memory. A process of its own has a pool of scratch that is still empty.
template <class F>
int64_t bytes_of(const F& f) {
#if S4J_COUNTS
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
        allocated = 0;
        f();
        const int64_t bytes = allocated;
        _exit(write(ends[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
    }
    close(ends[1]);
    int64_t bytes = -1;
    if (read(ends[0], &bytes, sizeof bytes) != sizeof bytes) bytes = -1;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? bytes : -1;
#else
    f();
    return -1;
#endif
}

// What aligned_alloc is asked for.
int64_t rounded(int64_t bytes) {
    return (std::max<int64_t>(bytes, 1) + 63) / 64 * 64;
}

template <class T>
struct Outcome {
    double loss = 0;
    std::vector<T> gradient;
};

template <class T>
int loss_gradient(const Problem<T>& p, int threads, int64_t limit, Outcome<T>* out, bool with_gradient) {
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    out->gradient.assign(p.parameters.size(), 0);
    const Objective goal = objective(data.get(), p.classes, true, 0.1);
    return s4j_loss_gradient(goal.get(), S4J_AUTO, p.parameters.data(),
                             with_gradient ? out->gradient.data() : nullptr, threads, limit, &out->loss);
}

template <class T>
int two_steps(const Problem<T>& p, int threads, int64_t limit, std::vector<T>* parameters) {
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, true, 0.1);
    const int64_t batch = std::min(p.rows, kBatch);
    int status = -1;
    const std::unique_ptr<s4j_trainer, DataFree> trainer(s4j_trainer_create(
        goal.get(), S4J_ADAM, kHyper, nullptr, p.parameters.data(), batch, 1, threads, limit, &status));
    if (!trainer) return status;
    s4j_trainer_shuffle(trainer.get());
    status = s4j_trainer_step(trainer.get(), 0, batch, 1e-3);
    const int64_t last = p.rows % batch;
    if (status == S4J_OK && last > 0) status = s4j_trainer_step(trainer.get(), p.rows - last, last, 1e-3);
    parameters->assign(p.parameters.size(), 0);
    s4j_trainer_parameters(trainer.get(), parameters->data());
    return status;
}

// Forks: before any call has started a thread.
template <class T>
void allocations(const Problem<T>& p, int64_t limit) {
    const int64_t n = p.rows, d = p.features, c = p.classes;
    for (const int threads : {1, 3}) {
        Outcome<T> out;
        std::vector<T> w;
        for (const bool gradient : {false, true}) {
            const int work = gradient ? S4J_LOSS_GRADIENT : S4J_LOSS;
            CHECK_EQUAL(bytes_of([&] { loss_gradient(p, threads, limit, &out, gradient); }),
                        rounded(plan(kType<T>, n, d, c, work, threads, limit).scratch));
        }
        const Bytes training = plan(kType<T>, n, d, c, S4J_TRAINING, threads, limit);
        CHECK_EQUAL(bytes_of([&] { two_steps(p, threads, limit, &w); }),
                    rounded(training.state) + rounded(training.scratch));
        const int64_t labels = bytes_of([&] {
            const std::unique_ptr<s4j_data, DataFree> data(p.data());
            std::vector<int32_t> predicted(static_cast<size_t>(n));
            double loss = 0;
            s4j_predict(data.get(), c, 1, 0, p.parameters.data(), predicted.data(), nullptr, nullptr, threads,
                        &loss);
        });
        CHECK_EQUAL(labels, rounded(plan(kType<T>, n, d, c, S4J_PREDICTION, threads, limit).scratch));
    }
}

template <class T>
void results(const Problem<T>& p, int64_t limit, const Outcome<T>& free, const std::vector<T>& free_steps) {
    Outcome<T> first, out;
    std::vector<T> first_steps, steps;
    for (const int threads : {1, 2, 3, 5, 40}) {
        CHECK_EQUAL(loss_gradient(p, threads, limit, &out, true), S4J_OK);
        CHECK_EQUAL(two_steps(p, threads, limit, &steps), S4J_OK);
        if (threads == 1) {
            first = out;
            first_steps = steps;
        }
        CHECK(out.loss == first.loss && out.gradient == first.gradient && steps == first_steps);
    }
    CHECK_EQUAL(loss_gradient(p, 1, limit, &out, false), S4J_OK);
    CHECK(out.loss == first.loss);
    // A few roundings per lane or block that is cut otherwise; Adam's first steps divide by the gradient.
    const double tolerance = 200 * kEpsilon<T>;
    CHECK_NEAR(first.loss, free.loss, tolerance * std::fabs(free.loss));
    const std::vector<double> expected(free.gradient.begin(), free.gradient.end());
    CHECK(distance(first.gradient.data(), expected) <= tolerance * norm(expected));
    const std::vector<double> weights(free_steps.begin(), free_steps.end());
    CHECK(distance(first_steps.data(), weights) <= 1e-3 * norm(weights));
}

template <class T>
void shape(int64_t n, int64_t d, int64_t c, bool forks, s4j::Random& random) {
    const Problem<T> p(n, d, c, true, random);
    const auto least = [&](int work) { return plan(kType<T>, n, d, c, work, 1, 0).scratch; };
    const int64_t lowest = std::max(least(S4J_LOSS_GRADIENT), least(S4J_TRAINING));
    const int64_t most = plan(kType<T>, n, d, c, S4J_LOSS_GRADIENT, 16, S4J_NO_LIMIT).scratch;
    const auto name = [&](int64_t limit) {
        about("%s %dx%dx%d, limit %.0f", kTypeName<T>, static_cast<int>(n), static_cast<int>(d),
              static_cast<int>(c), static_cast<double>(limit));
    };
    Outcome<T> free;
    std::vector<T> free_steps;
    if (!forks) {
        CHECK_EQUAL(loss_gradient(p, 2, S4J_NO_LIMIT, &free, true), S4J_OK);
        CHECK_EQUAL(two_steps(p, 2, S4J_NO_LIMIT, &free_steps), S4J_OK);
    }
    for (const int64_t limit : {lowest, lowest + 1000, (lowest + most) / 2, most, S4J_NO_LIMIT}) {
        name(limit);
        if (limit < lowest) continue;
        for (const int work : {S4J_LOSS, S4J_LOSS_GRADIENT, S4J_TRAINING})
            for (const int threads : {1, 4, 1024})
                CHECK(plan(kType<T>, n, d, c, work, threads, limit).scratch <= limit);
        if (forks)
            allocations(p, limit);
        else
            results(p, limit, free, free_steps);
    }
    // The least that a plan names is refused from one byte less on, before anything is allocated.
    name(least(S4J_LOSS_GRADIENT) - 1);
    Outcome<T> out;
    std::vector<T> w;
    const int64_t before = allocated;
    CHECK_EQUAL(loss_gradient(p, 2, least(S4J_LOSS_GRADIENT) - 1, &out, true), S4J_BAD_ARGUMENT);
    CHECK_CONTAINS(s4j_last_error(), std::to_string(least(S4J_LOSS_GRADIENT) - 1).c_str());
    CHECK_CONTAINS(s4j_last_error(), std::to_string(least(S4J_LOSS_GRADIENT)).c_str());
    CHECK_EQUAL(two_steps(p, 2, least(S4J_TRAINING) - 1, &w), S4J_BAD_ARGUMENT);
    CHECK_CONTAINS(s4j_last_error(), std::to_string(least(S4J_TRAINING)).c_str());
    CHECK_EQUAL(allocated - before, 0);
}

template <class T>
void shapes(bool forks, bool quick, s4j::Random& random) {
    if (quick) {
        shape<T>(2003, 40, 10, forks, random);  // small, several lanes
        shape<T>(1203, 30, 90, forks, random);  // medium, several lanes
        shape<T>(70, 5, 2100, forks, random);   // large
        return;
    }
    shape<T>(5003, 300, 10, forks, random);   // small, several lanes
    shape<T>(60'001, 8, 3, forks, random);    // small, with a second sum
    shape<T>(3001, 100, 90, forks, random);   // medium, several lanes
    shape<T>(40'000, 4, 40, forks, random);   // medium, with a second sum
    shape<T>(1100, 20, 2100, forks, random);  // large, several blocks where they are small
    shape<T>(1, 3, 2, forks, random);
}

// What no machine holds can be planned.
void giants() {
    const int64_t n = int64_t{1} << 40;
    for (const int64_t c : {2, 10, 1000, 100'000})
        for (const int work : {S4J_LOSS, S4J_LOSS_GRADIENT, S4J_TRAINING, S4J_PREDICTION}) {
            const Bytes b = plan(S4J_F64, n, 1 << 19, c, work, 1024, S4J_NO_LIMIT);
            CHECK(b.scratch > 0);
            CHECK(work == S4J_TRAINING ? b.state > 8 * n : b.state == 0);
        }
    // As many threads as fit the limit, found at once.
    for (const int work : {S4J_LOSS, S4J_LOSS_GRADIENT, S4J_TRAINING, S4J_HESSIAN_PRODUCT}) {
        const Bytes least = plan(S4J_F64, 1'000'000, 100, 100, work, INT32_MAX, 0);
        const Bytes one = plan(S4J_F64, 1'000'000, 100, 100, work, 1, 0);
        CHECK_EQUAL(least.scratch, one.scratch);
        const Bytes some = plan(S4J_F64, 1'000'000, 100, 100, work, INT32_MAX, 10 * least.scratch);
        CHECK(some.scratch <= 10 * least.scratch);
    }
    Bytes b;
    const auto refused = [&](int64_t rows, int64_t columns, int work, int64_t batch) {
        return s4j_plan(S4J_F32, 0, 0, rows, columns, 10, 1, work, S4J_ADAM, kHyper, batch, 1, S4J_NO_LIMIT,
                        &b.scratch, &b.state) == S4J_BAD_ARGUMENT;
    };
    CHECK(refused(INT64_MAX, 4, S4J_LOSS, 1));
    CHECK(refused(0, 4, S4J_LOSS, 1));
    CHECK(refused(10, INT64_MAX, S4J_LOSS, 1));
    CHECK(refused(10, 4, -1, 1));
    CHECK(refused(10, 4, S4J_TRAINING, 0));
    CHECK(refused(10, 4, S4J_TRAINING, 11));
    CHECK(!refused(10, 4, S4J_TRAINING, 10));
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    s4j::Random random(31);
    if (!S4J_COUNTS) std::printf("this allocator's calls are not counted, only results compared\n");
    for (const bool forks : {true, false}) {
        if (forks && !S4J_COUNTS) continue;
        shapes<float>(forks, arguments.quick, random);
        shapes<double>(forks, arguments.quick, random);
    }
    giants();
    return finish("limits");
}
