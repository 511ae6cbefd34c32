// The solvers: on goals of their own through the abstract interface, and on softmax objectives through the
// ABI, with the gap that they certify.
#include "solver.h"

#include "line_search.h"
#include "problem.h"

using namespace check;
using s4j::Box;
using s4j::Goal;
using s4j::Scratch;
using s4j::Search;
using s4j::SolverSettings;
using s4j::Trial;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr const char* kMethods[] = {"lbfgs", "lbfgsb", "owlqn", "newton", "sdca"};

struct Options {
    double values[S4J_SOLVER_OPTIONS] = {0, 0, 10, 0, -kInfinity, kInfinity, 1, 0};
    Options& with(int index, double value) {
        values[index] = value;
        return *this;
    }
};

// sum_i a_i / 2 (w_i - c_i)^2, a from 1 to `condition`; all parameters penalised by l2.
template <class T>
struct Quadratic : Goal<T> {
    std::vector<double> a, c;
    Quadratic(int64_t n, double condition, double l2) : a(n), c(n) {
        this->size = this->penalised = n;
        this->l2 = l2;
        for (int64_t i = 0; i < n; ++i) {
            a[i] = std::pow(condition, static_cast<double>(i) / static_cast<double>(n > 1 ? n - 1 : 1));
            c[i] = i % 3 - 0.8;
        }
    }
    double evaluate(const T* w, T* g) override {
        double value = 0;
        for (size_t i = 0; i < a.size(); ++i) {
            const double d = static_cast<double>(w[i]) - c[i], x = static_cast<double>(w[i]);
            value += 0.5 * a[i] * d * d + 0.5 * this->l2 * x * x;
            g[i] = static_cast<T>(a[i] * d + this->l2 * x);
        }
        return value;
    }
    void multiply(const T*, const T* v, T* product) override {
        for (size_t i = 0; i < a.size(); ++i)
            product[i] = static_cast<T>((a[i] + this->l2) * static_cast<double>(v[i]));
    }
    // The minimum of one variable with l1 within bounds, and of all of them.
    double argmin(size_t i, double l1, double low, double high) const {
        const double pull = a[i] * c[i], h = a[i] + this->l2;
        const double w = pull > l1 ? (pull - l1) / h : pull < -l1 ? (pull + l1) / h : 0;
        return std::clamp(w, low, high);
    }
    double minimum(double l1, double low, double high) const {
        double value = 0;
        for (size_t i = 0; i < a.size(); ++i) {
            const double w = argmin(i, l1, low, high), d = w - c[i];
            value += 0.5 * a[i] * d * d + 0.5 * this->l2 * w * w + l1 * std::abs(w);
        }
        return value;
    }
};

// Chained Rosenbrock: sum 100 (w_{i+1} - w_i^2)^2 + (1 - w_i)^2; its Hessian is indefinite on the way.
template <class T>
struct Rosenbrock : Goal<T> {
    explicit Rosenbrock(int64_t n) {
        this->size = this->penalised = n;
        this->convex = false;
    }
    double evaluate(const T* w, T* g) override {
        double value = 0;
        std::fill_n(g, this->size, T(0));
        for (int64_t i = 0; i + 1 < this->size; ++i) {
            const double x = static_cast<double>(w[i]), r = static_cast<double>(w[i + 1]) - x * x;
            value += 100 * r * r + (1 - x) * (1 - x);
            g[i] += static_cast<T>(-400 * r * x - 2 * (1 - x));
            g[i + 1] += static_cast<T>(200 * r);
        }
        return value;
    }
    void multiply(const T* w, const T* v, T* product) override {
        std::fill_n(product, this->size, T(0));
        for (int64_t i = 0; i + 1 < this->size; ++i) {
            const double x = static_cast<double>(w[i]), y = static_cast<double>(w[i + 1]);
            const double a = static_cast<double>(v[i]), b = static_cast<double>(v[i + 1]);
            product[i] += static_cast<T>((1200 * x * x - 400 * y + 2) * a - 400 * x * b);
            product[i + 1] += static_cast<T>(-400 * x * a + 200 * b);
        }
    }
};

// A solver with what it needs.
template <class T>
struct Run {
    Scratch state;
    Box<T> box;
    SolverSettings settings;
    std::unique_ptr<s4j::Solver<T>> solver;

    Run(Goal<T>& goal, int method, const Options& options, const std::vector<T>& start, int threads = 1,
        const T* lowers = nullptr, const T* uppers = nullptr)
        : state(s4j::solver_state<T>(goal.size, SolverSettings::of(method, options.values),
                                     goal.size > goal.penalised)),
          settings(SolverSettings::of(method, options.values)) {
        box = {lowers, uppers, settings.lower, settings.upper, goal.penalised};
        solver = s4j::make_solver<T>(goal, settings, box, start.data(), threads, state);
        CHECK(state.used() <= state.bytes());
    }
    // Iterates until it stops; each(standing) after every iteration.
    template <class Each>
    const s4j::Standing& run(int most, const Each& each) {
        for (int i = 0; i <= most && solver->standing().stop == S4J_RUNNING; ++i) {
            solver->iterate();
            each(solver->standing());
        }
        return solver->standing();
    }
    const s4j::Standing& run(int most = 1000) {
        return run(most, [](const s4j::Standing&) {});
    }
};

template <class T>
void quadratics_are_solved_and_their_gap_is_bounded() {
    for (int method = S4J_LBFGS; method <= S4J_NEWTON; ++method)
        for (const int64_t n : {1, 2, 37})
            for (const bool constrained : {false, true}) {
                about("%s %s quadratic of %d", kTypeName<T>, kMethods[method], static_cast<int>(n));
                Quadratic<T> goal(n, 1e3, 0.1);
                const double l1 = method == S4J_OWLQN && constrained ? 0.3 : 0;
                const bool bounded = method == S4J_LBFGSB && constrained;
                const double low = bounded ? -0.25 : -kInfinity, high = bounded ? 0.5 : kInfinity;
                const double minimum = goal.minimum(l1, low, high);
                Options options;
                options.with(S4J_SOLVER_L1, l1).with(S4J_SOLVER_LOWER, low).with(S4J_SOLVER_UPPER, high);
                Run<T> run(goal, method, options, std::vector<T>(n, T(0.4)));
                const double rounding = (sizeof(T) == 4 ? 4e-7 : 1e-14) * (1 + minimum);
                double before = kInfinity;
                const auto& end = run.run(400, [&](const s4j::Standing& at) {
                    run.solver->certify();
                    CHECK(at.bound >= at.value - minimum - rounding);
                    CHECK(at.value <= before + rounding);
                    before = at.value;
                });
                CHECK(end.stop == S4J_STOP_GRADIENT || end.stop == S4J_STOP_NO_PROGRESS);
                CHECK_NEAR(end.value, minimum, (sizeof(T) == 4 ? 1e-5 : 1e-12) * (1 + minimum));
                CHECK(end.bound <= (sizeof(T) == 4 ? 1e-3 : 1e-12) * (1 + minimum));
                for (int64_t i = 0; i < n; ++i) {
                    const double w = static_cast<double>(run.solver->parameters()[i]);
                    CHECK_NEAR(w, goal.argmin(static_cast<size_t>(i), l1, low, high),
                               sizeof(T) == 4 ? 1e-3 : 1e-7);
                    CHECK(w >= low && w <= high);
                }
            }
}

template <class T>
void curved_valleys_are_followed() {
    for (const int method : {S4J_LBFGS, S4J_LBFGSB, S4J_NEWTON})
        for (const int64_t n : {2, 10}) {
            about("%s %s Rosenbrock of %d", kTypeName<T>, kMethods[method], static_cast<int>(n));
            Rosenbrock<T> goal(n);
            Options options;
            options.with(S4J_SOLVER_GRADIENT, sizeof(T) == 4 ? 1e-3 : 1e-9);
            std::vector<T> start(static_cast<size_t>(n), T(1));
            for (int64_t i = 0; i < n; i += 2) start[i] = T(-1.2);
            Run<T> run(goal, method, options, start);
            const auto& end = run.run();
            CHECK_EQUAL(end.stop, S4J_STOP_GRADIENT);
            CHECK(std::isinf(end.bound));
            // There are two local minima for n >= 4; the other one has a value of about 3.99.
            CHECK(end.value < (n == 2 ? 1e-5 : 4.0));
        }
}

// The bound is met exactly where the minimum lies outside.
void bounds_of_each_parameter_hold() {
    Rosenbrock<double> goal(2);
    const double lowers[] = {-1.5, -kInfinity}, uppers[] = {0.5, kInfinity};
    Run<double> run(goal, S4J_LBFGSB, Options().with(S4J_SOLVER_GRADIENT, 1e-9), {-1.2, 1}, 1, lowers,
                    uppers);
    CHECK_EQUAL(run.run().stop, S4J_STOP_GRADIENT);
    CHECK_NEAR(run.solver->parameters()[0], 0.5, 0);
    CHECK_NEAR(run.solver->parameters()[1], 0.25, 1e-9);
    CHECK_NEAR(run.solver->standing().value, 0.25, 1e-12);
}

void every_reason_to_stop_is_given() {
    about("reasons");
    for (int method = S4J_LBFGS; method <= S4J_NEWTON; ++method) {
        Quadratic<double> goal(20, 100, 1);
        const std::vector<double> start(20, 1.0);
        Run<double> gap(goal, method, Options().with(S4J_SOLVER_GAP, 1e-3), start);
        const auto& at = gap.run();
        CHECK_EQUAL(at.stop, S4J_STOP_GAP);
        const double minimum = goal.minimum(0, -kInfinity, kInfinity);
        CHECK(at.value - minimum <= 1e-3 * minimum);
        CHECK(at.bound <= 1e-3 * (at.value - at.bound));

        Run<double> gradient(goal, method, Options().with(S4J_SOLVER_GRADIENT, 1e-4), start);
        CHECK_EQUAL(gradient.run().stop, S4J_STOP_GRADIENT);
        CHECK(gradient.solver->standing().gradient <= 1e-4);

        // No gradient is this small for long: rounding ends it.
        Quadratic<float> rough(20, 1e4, 1e-3);
        Run<float> progress(rough, method, Options().with(S4J_SOLVER_GAP, 1e-30),
                            std::vector<float>(20, 1.0F));
        const int32_t stop = progress.run().stop;
        CHECK(stop == S4J_STOP_NO_PROGRESS || stop == S4J_STOP_GRADIENT || stop == S4J_STOP_GAP);

        Run<double> bad(goal, method, Options(), std::vector<double>(20, NAN));
        CHECK_EQUAL(bad.run().stop, S4J_STOP_NON_FINITE);
        const int64_t evaluations = bad.solver->standing().evaluations;
        bad.solver->iterate();
        CHECK_EQUAL(bad.solver->standing().evaluations, evaluations);
    }
}

// A value that lies: it grows in every direction although the slope is negative.
struct Liar : Quadratic<double> {
    Liar() : Quadratic(3, 1, 0) {}
    int calls = 0;
    double evaluate(const double* w, double* g) override {
        Quadratic::evaluate(w, g);
        return ++calls;
    }
};

void no_progress_is_told() {
    for (int method = S4J_LBFGS; method <= S4J_NEWTON; ++method) {
        about("%s without progress", kMethods[method]);
        Liar goal;
        Run<double> run(goal, method, Options(), {5, 5, 5});
        CHECK_EQUAL(run.run().stop, S4J_STOP_NO_PROGRESS);
        for (int i = 0; i < 3; ++i) CHECK_NEAR(run.solver->parameters()[i], 5, 0);
    }
}

// phi(t) for a function of t and its derivative.
template <class F, class G>
Search search(const F& f, const G& g, double first, double most = kInfinity, int* count = nullptr) {
    return s4j::search_line({0, f(0.0), g(0.0)}, first, most, 0, [&](double t) {
        if (count) ++*count;
        return Trial{t, f(t), g(t)};
    });
}

void steps_meet_the_wolfe_conditions() {
    about("line search");
    const auto check_step = [](const auto& f, const auto& g, double first) {
        int count = 0;
        const Search s = search(f, g, first, kInfinity, &count);
        CHECK(s.accepted);
        CHECK(s.at.value < f(0.0));
        CHECK(std::abs(s.at.slope) <= -g(0.0) * (s.at.value <= f(0.0) + 1e-4 * s.at.step * g(0.0) ? 0.9 : 1));
        CHECK(s.at.slope >= 0.9 * g(0.0));
        CHECK(count < Search::kMostTrials);
    };
    for (const double first : {1e-6, 1e-3, 1.0, 10.0, 1e4}) {
        check_step([](double t) { return (t - 1) * (t - 1); }, [](double t) { return 2 * (t - 1); }, first);
        check_step([](double t) { return -t / (t * t + 2); },
                   [](double t) { return (t * t - 2) / ((t * t + 2) * (t * t + 2)); }, first);
        check_step([](double t) { return std::pow(t + 0.004, 5) - 2 * std::pow(t + 0.004, 4); },
                   [](double t) { return 5 * std::pow(t + 0.004, 4) - 8 * std::pow(t + 0.004, 3); }, first);
        // Not finite beyond 2.
        check_step([](double t) { return t < 2 ? -std::log(2 - t) * -1 - 2 * t : NAN; },
                   [](double t) { return t < 2 ? -1 / (2 - t) * 1 - 2 + 2 / (2 - t) : NAN; }, first);
    }
    const auto line = [](double t) { return -t; };
    const auto down = [](double) { return -1.0; };
    CHECK_NEAR(search(line, down, 0.1, 3).at.step, 3, 0);
    CHECK(search(line, down, 0.1, 3).accepted);
    CHECK(!search(line, down, 1).accepted);
    CHECK(!search([](double t) { return t > 0 ? NAN : 0.0; }, down, 1).accepted);
}

// Uneven numbers of threads, and vectors of more than one tile.
template <class T>
void threads_do_not_change_bits() {
    for (int method = S4J_LBFGS; method <= S4J_NEWTON; ++method) {
        about("%s %s on threads", kTypeName<T>, kMethods[method]);
        const int64_t n = 70001;
        std::vector<T> first;
        for (const int threads : {1, 2, 3}) {
            Quadratic<T> goal(n, 50, 0.1);
            Run<T> run(goal, method, Options(), std::vector<T>(n, T(0.1)), threads);
            run.run(6);
            const T* w = run.solver->parameters();
            if (first.empty()) first.assign(w, w + n);
            CHECK(std::memcmp(first.data(), w, first.size() * sizeof(T)) == 0);
        }
    }
}

struct SolverFree {
    void operator()(s4j_solver* s) const { s4j_solver_free(s); }
};
using Handle = std::unique_ptr<s4j_solver, SolverFree>;

template <class T>
Handle solver_of(const Problem<T>& p, const s4j_objective* goal, int method, const Options& options,
                 int threads = 2) {
    int status;
    return Handle(s4j_solver_create(goal, method, options.values, nullptr, nullptr, p.parameters.data(),
                                    threads, S4J_NO_LIMIT, &status));
}

// What every iterate is certified at, against the minimum to rounding.
void softmax_gaps_are_true_at_every_iterate() {
    s4j::Random random(21);
    for (const bool intercept : {false, true})
        for (const int64_t c : {2, 3, 7}) {
            Problem<double> p(300, 9, c, intercept, random);
            p.l2 = 0.01;
            if (c == 3) p.weigh(random);
            const std::unique_ptr<s4j_data, DataFree> data(p.data());
            const Objective goal = objective(data.get(), c, intercept, p.l2);
            double at[S4J_STANDING], minimum = 0;
            const Handle exact = solver_of(p, goal.get(), S4J_NEWTON, Options());
            do CHECK_EQUAL(s4j_solver_iterate(exact.get(), nullptr, at), S4J_OK);
            while (at[S4J_AT_STOP] == 0);
            minimum = at[S4J_AT_OBJECTIVE];
            CHECK(at[S4J_AT_GRADIENT] < 1e-12);
            for (int method = S4J_LBFGS; method <= S4J_SDCA; ++method) {
                about("softmax %s C=%d intercept %d", kMethods[method], static_cast<int>(c), intercept);
                const Handle solver = solver_of(p, goal.get(), method, Options().with(S4J_SOLVER_GAP, 1e-9));
                do {
                    CHECK_EQUAL(s4j_solver_iterate(solver.get(), nullptr, at), S4J_OK);
                    CHECK_EQUAL(s4j_solver_certify(solver.get(), nullptr, at), S4J_OK);
                    CHECK(at[S4J_AT_OBJECTIVE] - minimum <= at[S4J_AT_BOUND] + 1e-13);
                } while (at[S4J_AT_STOP] == 0);
                CHECK_EQUAL(static_cast<int>(at[S4J_AT_STOP]), S4J_STOP_GAP);
                CHECK(at[S4J_AT_OBJECTIVE] - minimum <= 1e-9 * minimum);
            }
        }
}

// With a penalty the weights of a feature sum to 0 over the classes at the minimum, and no rounding is to change that,
// however small the penalty.
void weights_sum_to_zero_over_the_classes() {
    s4j::Random random(24);
    for (const double l2 : {1e-3, 1e-8}) {
        Problem<double> p(400, 20, 5, true, random);
        p.l2 = l2;
        std::fill(p.parameters.begin(), p.parameters.end(), 0.0);
        const std::unique_ptr<s4j_data, DataFree> data(p.data());
        const Objective goal = objective(data.get(), p.classes, true, p.l2);
        for (int method = S4J_LBFGS; method <= S4J_SDCA; ++method)
            for (const bool curved : {false, true}) {
                // Of bounds the weights' sum is not free.
                if (method == S4J_LBFGSB || (curved && method != S4J_LBFGS && method != S4J_NEWTON)) continue;
                about("sum over the classes, %s, l2 %g, curvature %d", kMethods[method], l2, curved);
                double at[S4J_STANDING];
                const Handle solver =
                    solver_of(p, goal.get(), method,
                              Options().with(S4J_SOLVER_GAP, 1e-10).with(S4J_SOLVER_CURVATURE, curved));
                for (int i = 0; i < 60; ++i)
                    CHECK_EQUAL(s4j_solver_iterate(solver.get(), nullptr, at), S4J_OK);
                std::vector<double> w(p.parameters.size());
                s4j_solver_parameters(solver.get(), w.data());
                double most = 0, largest = 0;
                for (int64_t d = 0; d < p.features; ++d) {
                    double sum = 0;
                    for (int64_t c = 0; c < p.classes; ++c) {
                        sum += w[d * p.classes + c];
                        largest = std::max(largest, std::fabs(w[d * p.classes + c]));
                    }
                    most = std::max(most, std::fabs(sum));
                }
                CHECK_NEAR(most, 0, 1e-12 * largest);
            }
    }
}

// Single precision ends where its gradients do, and says so.
void single_precision_gets_as_far_as_it_can(bool quick) {
    s4j::Random random(22);
    Problem<float> p(quick ? 500 : 2000, 30, 4, true, random);
    p.l2 = 1e-3;
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), 4, true, p.l2);
    for (int method = S4J_LBFGS; method <= S4J_SDCA; ++method) {
        about("float %s", kMethods[method]);
        double at[S4J_STANDING];
        const Handle reached = solver_of(p, goal.get(), method, Options().with(S4J_SOLVER_GAP, 1e-5));
        int iterations = 0;
        do CHECK_EQUAL(s4j_solver_iterate(reached.get(), nullptr, at), S4J_OK);
        while (at[S4J_AT_STOP] == 0 && ++iterations < 500);
        CHECK_EQUAL(static_cast<int>(at[S4J_AT_STOP]), S4J_STOP_GAP);
        const Handle beyond = solver_of(p, goal.get(), method, Options().with(S4J_SOLVER_GAP, 1e-14));
        iterations = 0;
        do CHECK_EQUAL(s4j_solver_iterate(beyond.get(), nullptr, at), S4J_OK);
        while (at[S4J_AT_STOP] == 0 && ++iterations < 500);
        CHECK_EQUAL(static_cast<int>(at[S4J_AT_STOP]), S4J_STOP_NO_PROGRESS);
        // No less far than where the objective still moves by much more than its rounding.
        CHECK_EQUAL(s4j_solver_certify(beyond.get(), nullptr, at), S4J_OK);
        CHECK(at[S4J_AT_BOUND] <= 1e-5 * at[S4J_AT_OBJECTIVE]);
    }
}

void softmax_threads_do_not_change_bits(bool quick) {
    s4j::Random random(23);
    Problem<float> p(quick ? 1000 : 3000, 40, 10, true, random);
    p.l2 = 1e-3;
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), 10, true, p.l2);
    for (int method = S4J_LBFGS; method <= S4J_SDCA; ++method) {
        about("softmax %s on threads", kMethods[method]);
        std::vector<float> first, w(p.parameters.size());
        for (const int threads : {1, 2, 5}) {
            double at[S4J_STANDING];
            const Handle solver =
                solver_of(p, goal.get(), method, Options().with(S4J_SOLVER_GAP, 1e-4), threads);
            for (int i = 0; i < 12; ++i) CHECK_EQUAL(s4j_solver_iterate(solver.get(), nullptr, at), S4J_OK);
            s4j_solver_parameters(solver.get(), w.data());
            if (first.empty()) first = w;
            CHECK(std::memcmp(first.data(), w.data(), w.size() * sizeof(float)) == 0);
        }
    }
}

// Asked for the n-th time, it says stop.
int asked = 0, stop_at = 0;
int stop() {
    return ++asked == stop_at;
}

std::vector<char> saved(s4j_solver* solver) {
    int64_t size = 0;
    CHECK_EQUAL(s4j_solver_save(solver, 0, 0, nullptr, &size), S4J_OK);
    std::vector<char> bytes(static_cast<size_t>(size));
    CHECK_EQUAL(s4j_solver_save(solver, 0, size, bytes.data(), &size), S4J_OK);
    return bytes;
}
int restored(s4j_solver* solver, const std::vector<char>& bytes) {
    const auto size = static_cast<int64_t>(bytes.size());
    int status = S4J_OK;
    for (int64_t first = 0; first < size; first += 999)
        status = s4j_solver_restore(solver, first, std::min<int64_t>(999, size - first), size, &bytes[first]);
    return status;
}

// Stopped wherever it asks, saved, and gone on with by a new solver, it ends with the same bits.
template <class T>
void stopped_solvers_go_on(bool intercept, double gap, bool quick) {
    s4j::Random random(31);
    Problem<T> p(400, 8, 4, intercept, random);
    p.l2 = 1e-3;
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, intercept, p.l2);
    for (int method = S4J_LBFGS; method <= S4J_SDCA; ++method) {
        Options options;
        options.with(S4J_SOLVER_GAP, gap).with(S4J_SOLVER_MEMORY, 3);
        if (method == S4J_OWLQN) options.with(S4J_SOLVER_L1, 1e-3);
        if (method == S4J_LBFGSB) options.with(S4J_SOLVER_LOWER, -0.3).with(S4J_SOLVER_UPPER, 0.2);
        const auto finish = [&](Handle solver, bool iterating) {
            double at[S4J_STANDING];
            while (iterating) {
                CHECK_EQUAL(s4j_solver_iterate(solver.get(), stop, at), S4J_OK);
                iterating = at[S4J_AT_STOP] == 0 && at[S4J_AT_ITERATIONS] < 25;
            }
            CHECK_EQUAL(s4j_solver_certify(solver.get(), stop, at), S4J_OK);
            return saved(solver.get());
        };
        asked = stop_at = 0;
        const std::vector<char> whole = finish(solver_of(p, goal.get(), method, options), true);
        const int all = asked;
        CHECK(all > 5);
        const int step = std::max(1, all / (quick ? 4 : 150));
        for (int stop_here = 1; stop_here <= all; stop_here += step) {
            about("%s %s intercept %d gap %g, stopped at %d of %d", kTypeName<T>, kMethods[method], intercept,
                  gap, stop_here, all);
            Handle solver = solver_of(p, goal.get(), method, options);
            asked = 0;
            stop_at = stop_here;
            double at[S4J_STANDING] = {};
            int status = S4J_OK;
            while (status == S4J_OK && at[S4J_AT_STOP] == 0 && at[S4J_AT_ITERATIONS] < 25)
                status = s4j_solver_iterate(solver.get(), stop, at);
            const bool iterating = status != S4J_OK;
            if (status == S4J_OK) status = s4j_solver_certify(solver.get(), stop, at);
            CHECK_EQUAL(status, S4J_INTERRUPTED);
            stop_at = 0;
            Handle next = solver_of(p, goal.get(), method, options, 1 + stop_here % 3);
            CHECK_EQUAL(restored(next.get(), saved(solver.get())), S4J_OK);
            CHECK(finish(std::move(next), iterating) == whole);
            // The one that was stopped goes on as well.
            CHECK(finish(std::move(solver), iterating) == whole);
        }
        // Bytes that no solver has written are refused, or make one that does no harm.
        for (int i = 0; i < (quick ? 8 : 200); ++i) {
            std::vector<char> damaged = whole;
            const uint64_t from = random.below(damaged.size());
            for (uint64_t k = from; k < std::min<uint64_t>(from + 8, damaged.size()); ++k)
                damaged[k] = static_cast<char>(i % 2 == 0 ? 0xFF : random.next());
            const Handle solver = solver_of(p, goal.get(), method, options);
            double at[S4J_STANDING];
            if (restored(solver.get(), damaged) == S4J_OK)
                for (int k = 0; k < 3; ++k) s4j_solver_iterate(solver.get(), nullptr, at);
        }
        CHECK_EQUAL(restored(solver_of(p, goal.get(), method, options).get(), std::vector<char>(64)),
                    S4J_BAD_ARGUMENT);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    steps_meet_the_wolfe_conditions();
    quadratics_are_solved_and_their_gap_is_bounded<float>();
    quadratics_are_solved_and_their_gap_is_bounded<double>();
    curved_valleys_are_followed<float>();
    curved_valleys_are_followed<double>();
    bounds_of_each_parameter_hold();
    every_reason_to_stop_is_given();
    no_progress_is_told();
    threads_do_not_change_bits<float>();
    threads_do_not_change_bits<double>();
    softmax_gaps_are_true_at_every_iterate();
    weights_sum_to_zero_over_the_classes();
    single_precision_gets_as_far_as_it_can(arguments.quick);
    softmax_threads_do_not_change_bits(arguments.quick);
    for (const bool intercept : {false, true})
        for (const double gap : {0.0, 1e-6}) {
            stopped_solvers_go_on<float>(intercept, gap, arguments.quick);
            stopped_solvers_go_on<double>(intercept, gap, arguments.quick);
        }
    return finish("solver");
}
