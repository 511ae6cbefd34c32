// A training step in steady state, and a solver's iteration, allocate nothing: neither we nor OpenBLAS.
#include <memory>
#include <thread>

#include "allocator.h"
#include "problem.h"

using namespace check;

#if !S4J_COUNTS_ALLOCATIONS

int main() {
    std::printf("skipped: it counts calls of glibc's allocator, which is not the one here\n");
    return kSkipped;
}

#else

namespace {

template <class T>
void steps_allocate_nothing(int64_t n, int64_t d, int64_t c, int64_t batch, int threads,
                            s4j::Random& random) {
    about("%s %dx%dx%d by %d, %d threads", sizeof(T) == 4 ? "float" : "double", static_cast<int>(n),
          static_cast<int>(d), static_cast<int>(c), static_cast<int>(batch), threads);
    const Problem<T> p(n, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const double hyper[S4J_HYPER] = {0.9, 0.999, 1e-8};
    const Objective goal = objective(data.get(), c, true, 1e-3);
    int status = -1;
    const std::unique_ptr<s4j_trainer, DataFree> trainer(s4j_trainer_create(
        goal.get(), S4J_ADAM, hyper, nullptr, p.parameters.data(), batch, 1, threads, S4J_NO_LIMIT, &status));
    if (!CHECK(status == S4J_OK)) return;
    int good = 0, steps = 0;
    const auto epoch = [&] {
        s4j_trainer_shuffle(trainer.get());
        for (int64_t first = 0; first < n; first += batch, ++steps)
            good += s4j_trainer_step(trainer.get(), first, std::min(batch, n - first), 0.01) == S4J_OK;
        s4j_trainer_take_loss(trainer.get());
    };
    // One epoch starts the threads and OpenBLAS's buffers.
    epoch();
    const long before = allocations;
    CHECK(before > 0);
    epoch();
    epoch();
    CHECK_EQUAL(allocations - before, 0);
    CHECK_EQUAL(good, steps);
}

template <class T>
void iterations_allocate_nothing(int method, int64_t n, int64_t d, int64_t c, bool curved,
                                 s4j::Random& random) {
    // Newton is soon at the minimum.
    const int iterations = method == S4J_NEWTON ? 3 : 6;
    about("%s %dx%dx%d method %d", sizeof(T) == 4 ? "float" : "double", static_cast<int>(n),
          static_cast<int>(d), static_cast<int>(c), method);
    const Problem<T> p(n, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), c, true, 1e-3);
    double options[S4J_SOLVER_OPTIONS] = {};
    options[S4J_SOLVER_MEMORY] = 4;
    options[S4J_SOLVER_L1] = method == S4J_OWLQN ? 1e-3 : 0;
    options[S4J_SOLVER_LOWER] = method == S4J_LBFGSB ? -0.5 : -kInfinity<double>;
    options[S4J_SOLVER_UPPER] = method == S4J_LBFGSB ? 0.5 : kInfinity<double>;
    options[S4J_SOLVER_CURVATURE] = curved;
    int status = -1;
    const std::vector<T> start(p.parameters.size());
    const std::unique_ptr<s4j_solver, DataFree> solver(s4j_solver_create(
        goal.get(), method, options, nullptr, nullptr, start.data(), 2, S4J_NO_LIMIT, &status));
    if (!CHECK(status == S4J_OK)) return;
    double standing[S4J_STANDING];
    const auto iterate = [&] {
        for (int i = 0; i < iterations; ++i)
            CHECK(s4j_solver_iterate(solver.get(), nullptr, standing) == S4J_OK);
        CHECK_EQUAL(static_cast<int>(standing[S4J_AT_STOP]), S4J_RUNNING);
    };
    iterate();
    const long before = allocations;
    iterate();
    CHECK_EQUAL(allocations - before, 0);
}

template <class T>
void run(bool quick, s4j::Random& random) {
    for (const int threads : {1, 2}) {
        if (quick && threads == 1) continue;
        steps_allocate_nothing<T>(1000, 60, 10, 128, threads, random);
        steps_allocate_nothing<T>(3000, 100, 10, 1100, threads, random);  // several lanes
        steps_allocate_nothing<T>(500, 60, 50, 128, threads, random);     // medium
        steps_allocate_nothing<T>(3000, 100, 100, 700, threads, random);  // medium, several lanes
        steps_allocate_nothing<T>(100, 20, 2100, 32, threads, random);    // large
    }
    for (const int method : {S4J_LBFGS, S4J_LBFGSB, S4J_OWLQN, S4J_NEWTON, S4J_SDCA}) {
        iterations_allocate_nothing<T>(method, 500, 30, 10, true, random);
        iterations_allocate_nothing<T>(method, 500, 30, 40, false, random);
        iterations_allocate_nothing<T>(method, 30, 10, 2100, false, random);
    }
}

// OpenBLAS allocates when more threads than ever before are in it at once, which need not be in the first epoch.
void multiply_on_two_threads(s4j::Random& random) {
    const Problem<float> p(512, 200, 2100, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    std::atomic<int> begun{0}, good{0};
    const auto predict = [&] {
        ++begun;
        while (begun < 2) std::this_thread::yield();
        std::vector<int32_t> labels(static_cast<size_t>(p.rows));
        double loss = 0;
        for (int i = 0; i < 10; ++i)
            good += s4j_predict(data.get(), p.classes, 1, 0, p.parameters.data(), labels.data(), nullptr,
                                nullptr, 1, &loss) == S4J_OK;
    };
    std::thread other(predict);
    predict();
    other.join();
    CHECK_EQUAL(good, 20);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    s4j::Random random(23);
    multiply_on_two_threads(random);
    run<float>(arguments.quick, random);
    run<double>(arguments.quick, random);
    return finish("allocations");
}

#endif
