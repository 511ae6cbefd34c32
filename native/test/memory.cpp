// What solvers and trainers hold at most is what their plans say, within 2 %, whatever the rows are stored as, and a
// limit of scratch is kept. Each case runs in a process of its own, whose pool of scratch is empty. --table prints.
#include <memory>
#include <string>

#include "allocator.h"
#include "parallel.h"
#include "problem.h"

using namespace check;

#if !S4J_COUNTS_ALLOCATIONS

int main() {
    std::printf("skipped: it counts calls of glibc's allocator, which is not the one here\n");
    return kSkipped;
}

#else

#    include <sys/wait.h>

namespace {

constexpr int kThreads = 2;
// Of objects whose size depends on nothing.
constexpr double kFixed = 4096;

enum Storage { kDense, kBytes, kBfloat16, kSparse, kStorages };
constexpr const char* kStorageNames[] = {"dense", "bytes", "bfloat16", "sparse"};
constexpr const char* kMethods[] = {"lbfgs", "lbfgsb", "owlqn", "newton", "sdca"};
constexpr const char* kRules[] = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"};

bool print = false;

using Data = std::unique_ptr<s4j_data, DataFree>;

struct Case {
    Storage storage;
    int64_t rows, features, classes;
    bool intercept;
};

// Labelled rows of random features, stored so.
template <class T>
struct Rows {
    Problem<T> p;
    std::vector<uint8_t> bytes;
    std::vector<uint16_t> halves;
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;
    Data data;

    Rows(const Case& c, s4j::Random& random) : p(c.rows, c.features, c.classes, c.intercept, random) {
        const double scale = 1.0 / 256, offset = -0.5;
        p.stride = c.features;
        p.x.resize(static_cast<size_t>(p.rows * p.features));
        fill(p.x.data(), p.rows * p.features, random);
        const auto stored = [&](int format, const void* at) {
            return s4j_data_create_stored(kType<T>, format, at, p.rows, p.features, p.features, 1, &scale,
                                          &offset, p.labels.data(), nullptr);
        };
        switch (c.storage) {
            case kBytes:
                for (const T x : p.x)
                    bytes.push_back(static_cast<uint8_t>(static_cast<double>(x) * 127 + 128));
                data.reset(stored(S4J_UINT8, bytes.data()));
                break;
            case kBfloat16:
                for (size_t i = 0; i < p.x.size(); ++i)
                    halves.push_back(static_cast<uint16_t>(0x3F80 + random.below(128)));
                data.reset(stored(S4J_BFLOAT16, halves.data()));
                break;
            case kSparse:
                for (int64_t i = 0; i < p.rows; ++i) {
                    for (int64_t d = 0; d < p.features; ++d) {
                        if (random.below(10) != 0) continue;
                        indices.push_back(static_cast<int32_t>(d));
                        values.push_back(p.x[i * p.features + d]);
                    }
                    offsets.push_back(static_cast<int64_t>(indices.size()));
                }
                data.reset(s4j_sparse_create(kType<T>, offsets.data(), indices.data(), values.data(), p.rows,
                                             p.features, p.labels.data(), nullptr, 1));
                break;
            default:
                data.reset(p.data());
        }
    }
};

// The most that f holds on the heap beyond what there was before; -1 where it fails.
template <class F>
int64_t most_held(const F& f) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
        // The threads are there before it counts.
        s4j::parallel_for(64, kThreads, [](int64_t, int) {});
        const long before = live;
        peak = before;
        const bool good = f();
        const int64_t bytes = good ? peak - before : -1;
        _exit(write(ends[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
    }
    close(ends[1]);
    int64_t bytes = -1;
    if (read(ends[0], &bytes, sizeof bytes) != sizeof bytes) bytes = -1;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? bytes : -1;
}

template <class T>
void compare(const std::string& what, const Case& c, int64_t scratch, int64_t state, int64_t limit,
             int64_t measured) {
    about("%s %s %s %dx%dx%d intercept %d, limit %.0f", what.c_str(), kTypeName<T>, kStorageNames[c.storage],
          static_cast<int>(c.rows), static_cast<int>(c.features), static_cast<int>(c.classes), c.intercept,
          limit == S4J_NO_LIMIT ? 0.0 : static_cast<double>(limit));
    const double planned = static_cast<double>(scratch + state);
    CHECK_NEAR(static_cast<double>(measured), planned, 0.02 * planned + kFixed);
    CHECK(scratch <= limit);
    if (print)
        std::printf("| %s | %s %s | %d x %d, C %d | %s | %s | %.3f | %.3f | %.3f |\n", what.c_str(),
                    kStorageNames[c.storage], kTypeName<T>, static_cast<int>(c.rows),
                    static_cast<int>(c.features), static_cast<int>(c.classes), c.intercept ? "yes" : "no",
                    limit == S4J_NO_LIMIT ? "" : "least", planned / 1e6, static_cast<double>(measured) / 1e6,
                    static_cast<double>(measured) / planned);
}

template <class T>
void solvers(const Case& c, s4j::Random& random) {
    const Rows<T> rows(c, random);
    const Objective goal = objective(rows.data.get(), c.classes, c.intercept, 1e-2);
    const std::vector<T> start(rows.p.parameters.size());
    for (int method = S4J_LBFGS; method <= S4J_SDCA; ++method)
        for (const bool curved : {false, true})
            for (const bool limited : {false, true}) {
                if (curved && method != S4J_LBFGS && method != S4J_NEWTON) continue;
                double options[S4J_SOLVER_OPTIONS] = {};
                options[S4J_SOLVER_GAP] = 1e-4;
                options[S4J_SOLVER_MEMORY] = 6;
                options[S4J_SOLVER_L1] = method == S4J_OWLQN ? 1e-3 : 0;
                options[S4J_SOLVER_LOWER] = -kInfinity<double>;
                options[S4J_SOLVER_UPPER] = kInfinity<double>;
                options[S4J_SOLVER_CURVATURE] = curved;
                const bool stored = c.storage == kBytes || c.storage == kBfloat16;
                const bool bounded = method == S4J_LBFGSB;
                int64_t scratch = 0, state = 0;
                const auto plan = [&](int64_t limit) {
                    CHECK_EQUAL(s4j_solver_plan(kType<T>, c.storage == kSparse, stored, c.rows, c.features,
                                                c.classes, c.intercept, method, options, bounded, kThreads,
                                                limit, &scratch, &state),
                                S4J_OK);
                };
                // The least that it says it needs.
                plan(0);
                const int64_t limit = limited ? scratch : S4J_NO_LIMIT;
                plan(limit);
                const std::vector<T> lower(start.size(), T(-1)), upper(start.size(), T(1));
                const int64_t most = most_held([&] {
                    int status = -1;
                    const std::unique_ptr<s4j_solver, DataFree> solver(s4j_solver_create(
                        goal.get(), method, options, bounded ? lower.data() : nullptr,
                        bounded ? upper.data() : nullptr, start.data(), kThreads, limit, &status));
                    double at[S4J_STANDING] = {};
                    for (int i = 0; i < 4 && status == S4J_OK && at[S4J_AT_STOP] == 0; ++i)
                        status = s4j_solver_iterate(solver.get(), nullptr, at);
                    return status == S4J_OK && s4j_solver_certify(solver.get(), nullptr, at) == S4J_OK;
                });
                compare<T>(std::string(kMethods[method]) + (curved ? ", curvature" : ""), c, scratch, state,
                           limit, most);
            }
}

template <class T>
void trainers(const Case& c, s4j::Random& random) {
    const Rows<T> rows(c, random);
    const Objective goal = objective(rows.data.get(), c.classes, c.intercept, 1e-3);
    const double hyper[S4J_HYPER] = {0.9, 0.99, 1e-6};
    const int64_t batch = std::min<int64_t>(c.rows, 300);
    for (int rule = S4J_SGD; rule <= S4J_ADAM; ++rule)
        for (const bool limited : {false, true}) {
            int64_t scratch = 0, state = 0;
            const auto plan = [&](int64_t limit) {
                CHECK_EQUAL(
                    s4j_plan(kType<T>, c.storage == kSparse, c.storage == kBytes || c.storage == kBfloat16,
                             c.rows, c.features, c.classes, c.intercept, S4J_TRAINING, rule, hyper, batch,
                             kThreads, limit, &scratch, &state),
                    S4J_OK);
            };
            plan(0);
            const int64_t limit = limited ? scratch : S4J_NO_LIMIT;
            plan(limit);
            const int64_t most = most_held([&] {
                int status = -1;
                const std::unique_ptr<s4j_trainer, DataFree> trainer(
                    s4j_trainer_create(goal.get(), rule, hyper, nullptr, rows.p.parameters.data(), batch, 1,
                                       kThreads, limit, &status));
                for (int64_t first = 0; first < c.rows && status == S4J_OK; first += batch)
                    status = s4j_trainer_step(trainer.get(), first, std::min(batch, c.rows - first), 0.01);
                return status == S4J_OK;
            });
            compare<T>(kRules[rule], c, scratch, state, limit, most);
        }
}

template <class T>
void run(bool quick, s4j::Random& random) {
    for (int storage = kDense; storage < kStorages; ++storage)
        for (const bool intercept : {false, true}) {
            const auto both = [&](int64_t n, int64_t d, int64_t c) {
                const Case at{static_cast<Storage>(storage), n, d, c, intercept};
                solvers<T>(at, random);
                trainers<T>(at, random);
            };
            both(800, 150, 10);             // small; several lanes
            if (!quick) both(700, 60, 40);  // medium
            both(60, 20, 2100);             // large
        }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--table") == 0) {
        print = true;
        std::printf("| method | rows | shape | intercept | limit | plan MB | measured MB | ratio |\n");
        std::printf("| --- | --- | --- | --- | --- | ---: | ---: | ---: |\n");
        --argc;
        ++argv;
    }
    const Arguments arguments = start(argc, argv);
    s4j::Random random(29);
    run<float>(arguments.quick, random);
    run<double>(arguments.quick, random);
    return finish("memory");
}

#endif
