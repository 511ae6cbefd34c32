// Dual coordinate ascent: one row's step against its maximum in float64, and whole solutions against
// Newton's.
#include "kernels.h"
#include "problem.h"

using namespace check;
using s4j::kDualSlack;

namespace {

constexpr double kInfinityOf = std::numeric_limits<double>::infinity();

// <s, q' - q> - sum q' log q' - a / 2 |q' - q|^2
double dual_value(const std::vector<double>& s, const std::vector<double>& old, double a,
                  const std::vector<double>& q) {
    double value = 0;
    for (size_t c = 0; c < s.size(); ++c) {
        const double change = q[c] - old[c];
        value += s[c] * change - a / 2 * change * change;
        if (q[c] > 0) value -= q[c] * std::log(q[c]);
    }
    return value;
}

// Where that is largest: log q'_c + a q'_c = s_c + a q_c - nu, nu by bisection, and each q'_c as well.
std::vector<double> dual_maximum(const std::vector<double>& s, const std::vector<double>& old, double a) {
    std::vector<double> q(s.size());
    const auto mass = [&](double nu) {
        double sum = 0;
        for (size_t c = 0; c < s.size(); ++c) {
            const double z = s[c] + a * old[c] - nu;
            double low = -800, high = 1;  // of log q
            for (int k = 0; k < 80; ++k) {
                const double u = (low + high) / 2;
                (u + a * std::exp(u) > z ? high : low) = u;
            }
            sum += q[c] = std::exp((low + high) / 2);
        }
        return sum;
    };
    double low = -2e7, high = 2e7;
    for (int k = 0; k < 120; ++k) {
        const double nu = (low + high) / 2;
        (mass(nu) > 1 ? low : high) = nu;
    }
    const double total = mass((low + high) / 2);
    for (double& v : q) v /= total;
    return q;
}

template <class T>
void steps_maximise_the_dual(bool quick) {
    s4j::Random random(51);
    constexpr int64_t kFeatures = 9;
    for (const int64_t C : {1, 2, 3, 8, 9, 20, 105})
        for (const double a : {0.0, 1e-3, 0.5, 20.0, 1e3, 1e6})
            for (const double size : {0.1, 6.0, 60.0})
                for (int start = 0; start < 4; ++start) {
                    if (quick && random.below(4) != 0) continue;
                    about("%s C=%d a=%g scores of %g from %d", kTypeName<T>, static_cast<int>(C), a, size,
                          start);
                    const int32_t indices[] = {0, 3, 4, 8};
                    const T values[] = {T(0.5), T(-1), T(0.25), T(2)};
                    std::vector<T> weights(static_cast<size_t>(kFeatures * C + kDualSlack)),
                        intercept(static_cast<size_t>(C + kDualSlack)), q(static_cast<size_t>(C)),
                        room(static_cast<size_t>(4 * (C + kDualSlack)));
                    fill(weights.data(), static_cast<int64_t>(weights.size()), random, size / 3);
                    fill(intercept.data(), static_cast<int64_t>(intercept.size()), random, 1);
                    // All equal; nearly one-hot; one-hot; of random sizes.
                    double sum = 0;
                    for (int64_t c = 0; c < C; ++c) {
                        const double v[] = {1, c == C / 2 ? 1 : 1e-6, c == C / 2 ? 1.0 : 0.0,
                                            std::exp(8 * uniform(random))};
                        q[c] = static_cast<T>(v[start]);
                        sum += static_cast<double>(q[c]);
                    }
                    std::vector<double> s(q.size()), old(q.size());
                    for (int64_t c = 0; c < C; ++c) {
                        q[c] = static_cast<T>(static_cast<double>(q[c]) / sum);
                        old[c] = static_cast<double>(q[c]);
                        s[c] = static_cast<double>(intercept[c]);
                        for (int k = 0; k < 4; ++k)
                            s[c] += static_cast<double>(values[k]) *
                                    static_cast<double>(weights[indices[k] * C + c]);
                    }
                    double top = s[0], mass = 0, divergence = 0;
                    for (const double v : s) top = std::fmax(top, v);
                    for (const double v : s) mass += std::exp(v - top);
                    for (int64_t c = 0; c < C; ++c)
                        if (old[c] > 0)
                            divergence += old[c] * (std::log(old[c]) - (s[c] - top - std::log(mass)));

                    const std::vector<T> weights_before = weights, intercept_before = intercept;
                    const double rounding =
                        8 * kEpsilon<T> * (1 + 3 * size + a * kEpsilon<T> + std::log(1 + a) + 20);
                    const double told = s4j::kernels<T>().dual_step({.row = {values, indices, 4},
                                                                     .classes = C,
                                                                     .weights = weights.data(),
                                                                     .intercept = intercept.data(),
                                                                     .q = q.data(),
                                                                     .curvature = static_cast<T>(a),
                                                                     .weight_step = T(0.25),
                                                                     .intercept_step = T(2),
                                                                     .room = room.data()});
                    CHECK_NEAR(told, divergence, rounding);

                    std::vector<double> found(q.begin(), q.end());
                    double total = 0;
                    for (const double v : found) {
                        CHECK(v >= 0);
                        total += v;
                    }
                    CHECK_NEAR(total, 1, 4 * kEpsilon<T> + static_cast<double>(C) * kEpsilon<T> / 8);
                    const double before = dual_value(s, old, a, old), after = dual_value(s, old, a, found),
                                 most = dual_value(s, old, a, dual_maximum(s, old, a));
                    CHECK(after >= before - rounding);
                    CHECK(most - after <= 1e-3 * (most - before) + rounding);

                    bool follows = true;
                    for (int64_t i = 0; i < static_cast<int64_t>(weights.size()); ++i) {
                        double x = 0;
                        const int64_t d = i / C;
                        for (int k = 0; k < 4; ++k)
                            if (indices[k] == d && i < kFeatures * C) x = static_cast<double>(values[k]);
                        const int64_t c = i % C;
                        const double change = x == 0 ? 0 : -0.25 * x * (found[c] - old[c]);
                        const double w = static_cast<double>(weights_before[i]);
                        follows &= std::fabs(static_cast<double>(weights[i]) - (w + change)) <=
                                   (x == 0 ? 0 : 2 * kEpsilon<T> * (std::fabs(w) + 1));
                    }
                    CHECK(follows);
                    for (int64_t c = 0; c < C + kDualSlack; ++c)
                        CHECK_NEAR(intercept[c],
                                   static_cast<double>(intercept_before[c]) -
                                       (c < C ? 2 * (found[c] - old[c]) : 0.0),
                                   c < C ? 4 * kEpsilon<T> : 0.0);
                }
}

// The entries of a problem whose features were thinned out.
template <class T>
struct Sparse {
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;

    Sparse(Problem<T>& p, s4j::Random& random) {
        for (int64_t i = 0; i < p.rows; ++i) {
            for (int64_t d = 0; d < p.features; ++d) {
                T& x = p.x[i * p.stride + d];
                if (i % 50 == 7 || random.below(3) != 0) x = 0;
                if (x == 0) continue;
                indices.push_back(static_cast<int32_t>(d));
                values.push_back(x);
            }
            offsets.push_back(static_cast<int64_t>(indices.size()));
        }
    }
};

struct End {
    double value, bound;
    int stop, iterations;
};

// Iterates to the end; checks what is certified on the way.
template <class T>
End solve(const Problem<T>& p, const s4j_objective* goal, int method, double gap,
          double minimum = -kInfinityOf, std::vector<T>* parameters = nullptr, int threads = 2) {
    const double options[S4J_SOLVER_OPTIONS] = {gap, 0, 10, 0, -kInfinityOf, kInfinityOf, 1, 0};
    std::vector<T> start(p.parameters.size(), T(0));
    int status = S4J_OK;
    s4j_solver* solver =
        s4j_solver_create(goal, method, options, nullptr, nullptr,
                          parameters && !parameters->empty() ? parameters->data() : start.data(), threads,
                          S4J_NO_LIMIT, &status);
    End end{0, 0, -1, 0};
    CHECK_EQUAL(status, S4J_OK);
    if (!solver) return end;
    double at[S4J_STANDING];
    do {
        CHECK_EQUAL(s4j_solver_iterate(solver, nullptr, at), S4J_OK);
        CHECK(at[S4J_AT_OBJECTIVE] - minimum <= at[S4J_AT_BOUND] + 1e-13 || minimum == -kInfinityOf);
    } while (at[S4J_AT_STOP] == 0 && at[S4J_AT_ITERATIONS] < 3000);
    CHECK_EQUAL(s4j_solver_certify(solver, nullptr, at), S4J_OK);
    if (parameters) {
        parameters->resize(p.parameters.size());
        s4j_solver_parameters(solver, parameters->data());
    }
    s4j_solver_free(solver);
    return {at[S4J_AT_OBJECTIVE], at[S4J_AT_BOUND], static_cast<int>(at[S4J_AT_STOP]),
            static_cast<int>(at[S4J_AT_ITERATIONS])};
}

void solutions_are_newtons_whatever_the_rows_and_targets(bool quick) {
    s4j::Random random(52);
    for (const bool sparse : {false, true})
        for (const bool intercept : {false, true})
            for (int kind = 0; kind < 4; ++kind) {
                if (quick && sparse != intercept) continue;
                const int64_t c = kind + 2;
                about("sparse %d intercept %d kind %d", sparse, intercept, kind);
                Problem<double> p(quick ? 100 : 400, quick ? 10 : 30, c, intercept, random);
                p.l2 = 0.003;
                const Sparse<double> entries(p, random);
                if (kind >= 1) p.weigh(random);
                const double* weights = p.weights.empty() ? nullptr : p.weights.data();
                const std::unique_ptr<s4j_data, DataFree> data(
                    sparse ? s4j_sparse_create(S4J_F64, entries.offsets.data(), entries.indices.data(),
                                               entries.values.data(), p.rows, p.features, p.labels.data(),
                                               weights, 2)
                           : p.data());
                std::vector<double> targets(static_cast<size_t>(p.rows * c));
                if (kind == 3) {
                    for (int64_t i = 0; i < p.rows; ++i) {
                        double sum = 0;
                        for (int64_t k = 0; k < c; ++k) sum += targets[i * c + k] = 1.01 + uniform(random);
                        for (int64_t k = 0; k < c; ++k) targets[i * c + k] /= sum;
                    }
                    CHECK_EQUAL(s4j_data_targets(data.get(), targets.data(), c), S4J_OK);
                }
                const double loss[S4J_LOSS_OPTIONS] = {kind == 2 ? 0.1 : 0.0};
                int status;
                const Objective goal(
                    s4j_objective_create(data.get(), c, intercept, p.l2, S4J_CROSS_ENTROPY, loss, &status));
                CHECK_EQUAL(status, S4J_OK);
                if (kind == 2) {
                    const double of_classes[] = {1, 2, 0.5, 1.5};
                    CHECK_EQUAL(s4j_objective_set(goal.get(), S4J_CLASS_WEIGHTS, of_classes), S4J_OK);
                }
                const End exact = solve(p, goal.get(), S4J_NEWTON, 0);
                std::vector<double> w;
                const End end = solve(p, goal.get(), S4J_SDCA, 1e-9, exact.value, &w);
                CHECK_EQUAL(end.stop, S4J_STOP_GAP);
                CHECK(end.value - exact.value <= 1e-9 * exact.value);
                CHECK(end.value >= exact.value - 1e-13);
                // From close to the minimum it is not far.
                const End again = solve(p, goal.get(), S4J_SDCA, 1e-10, exact.value, &w);
                CHECK_EQUAL(again.stop, S4J_STOP_GAP);
                CHECK(again.iterations < end.iterations);
            }
}

// Its intercept goes to minus infinity, slowly; the dual has its maximum all the same.
void a_class_without_rows_has_a_gap() {
    about("class without rows");
    s4j::Random random(53);
    Problem<double> p(200, 10, 4, true, random);
    p.l2 = 0.01;
    for (int32_t& y : p.labels) y = y == 2 ? 1 : y;
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), 4, true, p.l2);
    CHECK_EQUAL(solve(p, goal.get(), S4J_SDCA, 0.01).stop, S4J_STOP_GAP);
}

void one_class_and_zero_rows_are_solved_at_once() {
    about("one class");
    s4j::Random random(54);
    Problem<float> p(20, 5, 1, true, random);
    p.l2 = 0.01;
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), 1, true, p.l2);
    CHECK_NEAR(solve(p, goal.get(), S4J_SDCA, 1e-6).value, 0, 0);

    about("zero rows");
    Problem<double> z(40, 5, 3, true, random);
    z.l2 = 0.01;
    std::fill(z.x.begin(), z.x.end(), 0.0);
    const std::unique_ptr<s4j_data, DataFree> zeros(z.data());
    const Objective shares = objective(zeros.get(), 3, true, z.l2);
    const double minimum = solve(z, shares.get(), S4J_NEWTON, 0).value;
    const End end = solve(z, shares.get(), S4J_SDCA, 1e-8, minimum);
    CHECK_EQUAL(end.stop, S4J_STOP_GAP);
}

template <class T>
void threads_do_not_change_bits(bool quick) {
    s4j::Random random(55);
    Problem<T> p(quick ? 1200 : 5000, quick ? 20 : 70, 11, true, random);
    p.l2 = 1e-3;
    const Sparse<T> entries(p, random);
    const std::unique_ptr<s4j_data, DataFree> data(
        s4j_sparse_create(kType<T>, entries.offsets.data(), entries.indices.data(), entries.values.data(),
                          p.rows, p.features, p.labels.data(), nullptr, 2));
    const Objective goal = objective(data.get(), 11, true, p.l2);
    std::vector<T> first;
    for (const int threads : {1, 2, 5}) {
        about("%s on %d threads", kTypeName<T>, threads);
        std::vector<T> w;
        CHECK_EQUAL(solve(p, goal.get(), S4J_SDCA, 1e-4, -kInfinityOf, &w, threads).stop, S4J_STOP_GAP);
        if (first.empty()) first = w;
        CHECK(std::memcmp(first.data(), w.data(), w.size() * sizeof(T)) == 0);
    }
}

// Numbers from outside, before they become integers.
void options_out_of_range_are_refused() {
    about("options");
    s4j::Random random(57);
    Problem<double> p(20, 5, 3, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), 3, true, 0.1);
    const auto created = [&](int method, int option, double value) {
        double options[S4J_SOLVER_OPTIONS] = {0, 0, 10, 0, -kInfinityOf, kInfinityOf, 1, 0};
        options[option] = value;
        int status = -1;
        const std::unique_ptr<s4j_solver, DataFree> solver(s4j_solver_create(
            goal.get(), method, options, nullptr, nullptr, p.parameters.data(), 1, S4J_NO_LIMIT, &status));
        CHECK((status == S4J_OK) == (solver != nullptr));
        return status;
    };
    for (const double bad : {std::nan(""), -1.0, 0.0, -1e300, -kInfinityOf})
        CHECK_EQUAL(created(S4J_LBFGS, S4J_SOLVER_MEMORY, bad), S4J_BAD_ARGUMENT);
    for (const double good : {1.0, 1.5, 1e300, kInfinityOf})
        CHECK_EQUAL(created(S4J_LBFGS, S4J_SOLVER_MEMORY, good), S4J_OK);
    for (const double bad : {std::nan(""), -1.0, kInfinityOf})
        CHECK_EQUAL(created(S4J_OWLQN, S4J_SOLVER_L1, bad), S4J_BAD_ARGUMENT);
    for (const int option : {S4J_SOLVER_GAP, S4J_SOLVER_GRADIENT, S4J_SOLVER_LOWER, S4J_SOLVER_UPPER})
        CHECK_EQUAL(created(S4J_LBFGSB, option, std::nan("")), S4J_BAD_ARGUMENT);
}

void what_has_no_dual_is_refused() {
    about("refused");
    s4j::Random random(56);
    Problem<double> p(20, 5, 3, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const double options[S4J_SOLVER_OPTIONS] = {0, 0, 10, 0, -kInfinityOf, kInfinityOf, 1, 0};
    const double z_loss[S4J_LOSS_OPTIONS] = {0, 0.1};
    for (const double* loss : {static_cast<const double*>(nullptr), z_loss}) {
        int status;
        const Objective goal(
            s4j_objective_create(data.get(), 3, 1, loss ? 0.1 : 0.0, S4J_CROSS_ENTROPY, loss, &status));
        CHECK_EQUAL(status, S4J_OK);
        CHECK(s4j_solver_create(goal.get(), S4J_SDCA, options, nullptr, nullptr, p.parameters.data(), 1,
                                S4J_NO_LIMIT, &status) == nullptr);
        CHECK_EQUAL(status, S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), "l2 > 0");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = start(argc, argv).quick;
    steps_maximise_the_dual<float>(quick);
    steps_maximise_the_dual<double>(quick);
    solutions_are_newtons_whatever_the_rows_and_targets(quick);
    a_class_without_rows_has_a_gap();
    one_class_and_zero_rows_are_solved_at_once();
    threads_do_not_change_bits<float>(quick);
    threads_do_not_change_bits<double>(quick);
    what_has_no_dual_is_refused();
    options_out_of_range_are_refused();
    return finish("dual");
}
