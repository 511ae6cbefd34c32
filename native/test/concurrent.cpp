// Many callers at once, on objects they share and on their own: every call has the bits that it has alone.
#if defined(__linux__)
#    include <malloc.h>
#    include <sys/resource.h>
#    include <unistd.h>

#    include <fstream>
#endif

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "problem.h"

using namespace check;

namespace {

constexpr int kCallers = 8;

// What a call wrote, byte by byte; empty where it was refused.
using Bytes = std::vector<char>;

template <class T>
void append(Bytes& bytes, const std::vector<T>& values) {
    const char* from = reinterpret_cast<const char*>(values.data());
    bytes.insert(bytes.end(), from, from + values.size() * sizeof(T));
}

template <class T>
struct Objects {
    explicit Objects(const Problem<T>& p)
        : problem(p), data(p.data()), goal(objective(data.get(), p.classes, true, 1e-3)) {}

    const Problem<T>& problem;
    const std::unique_ptr<s4j_data, DataFree> data;
    const Objective goal;

    Bytes loss_and_gradient(int threads) const {
        Bytes bytes;
        std::vector<T> gradient(problem.parameters.size());
        std::vector<double> loss(1);
        if (s4j_loss_gradient(goal.get(), S4J_AUTO, problem.parameters.data(), gradient.data(), threads,
                              S4J_NO_LIMIT, loss.data()) != S4J_OK)
            return bytes;
        append(bytes, gradient);
        append(bytes, loss);
        return bytes;
    }

    Bytes adam(int threads) const {
        Bytes bytes;
        const double hyper[S4J_HYPER] = {0.9, 0.999, 1e-8};
        const int64_t n = problem.rows, batch = n / 3;
        int status = -1;
        const std::unique_ptr<s4j_trainer, DataFree> trainer(
            s4j_trainer_create(goal.get(), S4J_ADAM, hyper, nullptr, problem.parameters.data(), batch, 3,
                               threads, S4J_NO_LIMIT, &status));
        if (status != S4J_OK) return bytes;
        s4j_trainer_shuffle(trainer.get());
        for (int64_t first = 0; first < n; first += batch)
            if (s4j_trainer_step(trainer.get(), first, std::min(batch, n - first), 0.01) != S4J_OK)
                return bytes;
        std::vector<T> parameters(problem.parameters.size());
        s4j_trainer_parameters(trainer.get(), parameters.data());
        append(bytes, parameters);
        return bytes;
    }

    Bytes predictions(int threads) const {
        Bytes bytes;
        std::vector<int32_t> labels(static_cast<size_t>(problem.rows));
        std::vector<T> probabilities(static_cast<size_t>(problem.rows * problem.classes));
        std::vector<double> loss(1);
        if (s4j_predict(data.get(), problem.classes, 1, 0, problem.parameters.data(), labels.data(), nullptr,
                        probabilities.data(), threads, loss.data()) != S4J_OK)
            return bytes;
        append(bytes, labels);
        append(bytes, probabilities);
        append(bytes, loss);
        return bytes;
    }

    Bytes solve(int method, bool curved, int threads) const {
        Bytes bytes;
        double options[S4J_SOLVER_OPTIONS] = {};
        options[S4J_SOLVER_MEMORY] = 4;
        options[S4J_SOLVER_LOWER] = -kInfinity<double>;
        options[S4J_SOLVER_UPPER] = kInfinity<double>;
        options[S4J_SOLVER_CURVATURE] = curved;
        int status = -1;
        const std::unique_ptr<s4j_solver, DataFree> solver(
            s4j_solver_create(goal.get(), method, options, nullptr, nullptr, problem.parameters.data(),
                              threads, S4J_NO_LIMIT, &status));
        if (status != S4J_OK) return bytes;
        std::vector<double> standing(S4J_STANDING);
        for (int i = 0; i < 3; ++i)
            if (s4j_solver_iterate(solver.get(), nullptr, standing.data()) != S4J_OK) return bytes;
        if (s4j_solver_certify(solver.get(), nullptr, standing.data()) != S4J_OK) return bytes;
        std::vector<T> parameters(problem.parameters.size());
        s4j_solver_parameters(solver.get(), parameters.data());
        append(bytes, parameters);
        append(bytes, standing);
        return bytes;
    }

    // Of logits that are the features.
    Bytes softmax(int threads) const {
        Bytes bytes;
        const int64_t D = problem.features, N = static_cast<int64_t>(problem.x.size()) / D;
        std::vector<T> logits(problem.x.begin(), problem.x.begin() + N * D);
        if (s4j_row_function(kType<T>, S4J_SOFTMAX, logits.data(), logits.data(), 0, N, D, threads) != S4J_OK)
            return bytes;
        append(bytes, logits);
        return bytes;
    }
};

template <class T>
void callers(int64_t n, int64_t d, int64_t c, int rounds, s4j::Random& random) {
    const Problem<T> p(n, d, c, true, random);
    const Objects<T> shared(p);
    using Call = std::function<Bytes(const Objects<T>&, int)>;
    const std::vector<Call> calls = {
        [](const Objects<T>& o, int threads) { return o.loss_and_gradient(threads); },
        [](const Objects<T>& o, int threads) { return o.adam(threads); },
        [](const Objects<T>& o, int threads) { return o.predictions(threads); },
        [](const Objects<T>& o, int threads) { return o.solve(S4J_LBFGS, o.problem.classes <= 64, threads); },
        [](const Objects<T>& o, int threads) { return o.solve(S4J_NEWTON, false, threads); },
        [](const Objects<T>& o, int threads) { return o.softmax(threads); },
    };
    std::vector<Bytes> alone;
    for (const Call& call : calls) alone.push_back(call(shared, 1));

    about("%s %dx%dx%d", kTypeName<T>, static_cast<int>(n), static_cast<int>(d), static_cast<int>(c));
    const int most = static_cast<int>(calls.size());
    std::vector<std::atomic<int>> same(calls.size());
    std::vector<std::thread> threads;
    for (int caller = 0; caller < kCallers; ++caller)
        threads.emplace_back([&, caller] {
            const Objects<T> own(p);
            for (int i = 0; i < rounds * most; ++i) {
                // Each begins elsewhere, on another number of threads.
                const int number = (i + caller) % most;
                const Bytes bytes = calls[number](i % 2 ? own : shared, 1 + (i + caller) % 4);
                if (!bytes.empty() && bytes == alone[number]) ++same[number];
            }
        });
    for (std::thread& t : threads) t.join();
    for (const std::atomic<int>& s : same) CHECK_EQUAL(s, kCallers * rounds);
}

#if defined(__linux__)
// Bytes that the process has mapped.
rlim_t address_space() {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}
#endif

// With address space for a few of OpenBLAS's buffers, callers take turns. It keeps what it has: before all others.
void few_buffers([[maybe_unused]] s4j::Random& random) {
#if defined(__linux__)
    mallopt(M_ARENA_MAX, 1);  // an arena for each thread would take it all
    rlimit before, few;
    getrlimit(RLIMIT_AS, &before);
    constexpr rlim_t kThreadStacks = rlim_t{kCallers * 5} << 23, kBuffers = rlim_t{400} << 20;
    few = {address_space() + kThreadStacks + kBuffers, before.rlim_max};
    setrlimit(RLIMIT_AS, &few);
    callers<float>(300, 40, 5, 2, random);
    setrlimit(RLIMIT_AS, &before);
#endif
}

template <class T>
void run(bool quick, s4j::Random& random) {
    const int rounds = quick ? 1 : 5;
    callers<T>(quick ? 300 : 1500, 40, 5, rounds, random);
    callers<T>(quick ? 200 : 700, 30, 70, rounds, random);
    callers<T>(quick ? 60 : 150, 20, 600, rounds, random);
    if (!quick) callers<T>(100, 10, 2100, 1, random);  // predictions by OpenBLAS
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    s4j::Random random(17);
    few_buffers(random);
    run<float>(arguments.quick, random);
    run<double>(arguments.quick, random);
    return finish("concurrent");
}
