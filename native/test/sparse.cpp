// Sparse rows against the same rows as a dense problem, by naive loops in a wider type: loss, gradient,
// product of the Hessian, training, prediction; and the checks that rows must pass.
#include <cstring>
#include <numeric>

#include "problem.h"

using namespace check;

namespace {

// The entries of a dense problem that are there; `explicit_zeros` of those that are 0 stay as such.
template <class T>
struct Entries {
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;

    explicit Entries(const Problem<T>& p) {
        for (int64_t i = 0; i < p.rows; ++i) {
            for (int64_t d = 0; d < p.features; ++d) {
                const T x = p.x[i * p.stride + d];
                // A few zeros stay, as entries.
                if (x == 0 && (i * 31 + d) % 97 != 0) continue;
                indices.push_back(static_cast<int32_t>(d));
                values.push_back(x);
            }
            offsets.push_back(static_cast<int64_t>(indices.size()));
        }
    }
    Data data(const Problem<T>& p, bool labels = true, int threads = 2) const {
        return Data(s4j_sparse_create(kType<T>, offsets.data(), indices.data(), values.data(), p.rows,
                                      p.features, labels ? p.labels.data() : nullptr,
                                      p.weights.empty() ? nullptr : p.weights.data(), threads));
    }
};

// Keeps about `share` of the values; some rows and columns go as a whole.
template <class T>
Problem<T> thinned(int64_t n, int64_t d, int64_t c, bool intercept, double share, s4j::Random& random) {
    Problem<T> p(n, d, c, intercept, random);
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < d; ++j)
            if (i % 13 == 5 || j % 7 == 3 || uniform(random) * 0.5 + 0.5 > share) p.x[i * p.stride + j] = 0;
    // Scores of the size that full rows have.
    for (T& w : p.parameters) w = static_cast<T>(static_cast<double>(w) / std::sqrt(share + 1e-9));
    if (n % 2 == 0) p.weigh(random);
    return p;
}

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;

template <class T>
void loss_and_gradient(const Problem<T>& p, const Entries<T>& e) {
    const Reference expected = reference(p, p.total_weight());
    const Data data = e.data(p);
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    std::vector<T> gradient(p.parameters.size(), kNaN<T>), again(gradient);
    double loss = 0, alone = 0, other = 0;
    // Uncut, and with the least scratch, which takes the way of single entries.
    int64_t least = 0, state = 0;
    CHECK_EQUAL(s4j_plan(kType<T>, 1, 0, p.rows, p.features, p.classes, p.intercept, S4J_LOSS_GRADIENT,
                         S4J_SGD, nullptr, 1, 1, 0, &least, &state),
                S4J_OK);
    for (const int64_t limit : {S4J_NO_LIMIT, least}) {
        CHECK_EQUAL(
            s4j_loss_gradient(goal.get(), S4J_AUTO, p.parameters.data(), gradient.data(), 2, limit, &loss),
            S4J_OK);
        CHECK_NEAR(loss, expected.loss, kTolerance<T> * std::fabs(expected.loss));
        CHECK_NEAR(distance(gradient.data(), expected.gradient), 0,
                   kTolerance<T> * norm(expected.gradient) + 4 * kEpsilon<T> * expected.scale);
        CHECK_EQUAL(
            s4j_loss_gradient(goal.get(), S4J_SPARSE, p.parameters.data(), again.data(), 1, limit, &other),
            S4J_OK);
        CHECK(std::memcmp(gradient.data(), again.data(), gradient.size() * sizeof(T)) == 0 && loss == other);
        CHECK_EQUAL(s4j_loss_gradient(goal.get(), S4J_AUTO, p.parameters.data(), nullptr, 2, limit, &alone),
                    S4J_OK);
        CHECK(alone == loss);
    }
}

// Differences of the gradient would be too coarse: the dense regimes' product has a reference of its own.
template <class T>
void hessian_product(const Problem<T>& p, const Entries<T>& e, s4j::Random& random) {
    const Data sparse = e.data(p), dense(p.data());
    const Objective goal = objective(sparse.get(), p.classes, p.intercept, p.l2);
    const Objective same = objective(dense.get(), p.classes, p.intercept, p.l2);
    std::vector<T> v(p.parameters.size()), product(v.size(), kNaN<T>), again(product), expected(v.size());
    fill(v.data(), static_cast<int64_t>(v.size()), random);
    const auto run = [&](const Objective& o, int threads, std::vector<T>& out) {
        CHECK_EQUAL(s4j_hessian_product(o.get(), S4J_AUTO, p.parameters.data(), v.data(), out.data(), threads,
                                        S4J_NO_LIMIT),
                    S4J_OK);
    };
    run(goal, 2, product);
    run(goal, 1, again);
    run(same, 2, expected);
    CHECK(std::memcmp(product.data(), again.data(), product.size() * sizeof(T)) == 0);
    const std::vector<double> wide(expected.begin(), expected.end());
    CHECK_NEAR(distance(product.data(), wide), 0, 2 * kTolerance<T> * norm(wide));
}

// Of sparse data by its entries, which end before rows x columns values do.
template <class T>
void first_non_finite(const Problem<T>& p, Entries<T> e) {
    const auto first = [&] { return s4j_data_first_non_finite(e.data(p).get(), 2); };
    CHECK_EQUAL(first(), -1);
    if (e.values.empty()) return;
    e.values.back() = kNaN<T>;
    int64_t row = 0;
    while (e.offsets[row + 1] < static_cast<int64_t>(e.values.size())) ++row;
    CHECK_EQUAL(first(), row * p.features + e.indices.back());
}

template <class T>
void prediction(const Problem<T>& p, const Entries<T>& e) {
    const Data sparse = e.data(p), dense(p.data());
    const int64_t N = p.rows, C = p.classes;
    struct Result {
        std::vector<int32_t> labels;
        std::vector<T> scores, probabilities;
        double loss = 0;
    } a, b;
    for (const auto& [data, r] : {std::pair(&sparse, &a), std::pair(&dense, &b)}) {
        r->labels.assign(static_cast<size_t>(N), -1);
        r->scores.assign(static_cast<size_t>(N * C), kNaN<T>);
        r->probabilities.assign(static_cast<size_t>(N * C), kNaN<T>);
        CHECK_EQUAL(s4j_predict(data->get(), C, p.intercept, 0, p.parameters.data(), r->labels.data(),
                                r->scores.data(), r->probabilities.data(), 2, &r->loss),
                    S4J_OK);
    }
    CHECK_NEAR(a.loss, b.loss, kTolerance<T> * std::fabs(b.loss));
    for (int64_t i = 0; i < N * C; ++i) {
        CHECK_NEAR(a.scores[i], b.scores[i], 100 * kEpsilon<T>);
        CHECK_NEAR(a.probabilities[i], b.probabilities[i], 100 * kEpsilon<T>);
    }
    std::vector<T> row(static_cast<size_t>(C), kNaN<T>);
    for (int64_t i = 0; i < N; ++i) {
        const int32_t top =
            static_cast<int32_t>(std::max_element(&a.scores[i * C], &a.scores[i * C] + C) - &a.scores[i * C]);
        CHECK_EQUAL(a.labels[i], top);
        const auto single = [&]<class F>(F* predict) {
            return predict(p.parameters.data(), p.features, C, p.intercept, 0, &e.indices[e.offsets[i]],
                           &e.values[e.offsets[i]], e.offsets[i + 1] - e.offsets[i], row.data());
        };
        int32_t label;
        if constexpr (sizeof(T) == 4)
            label = single(s4j_predict_sparse_row_f32);
        else
            label = single(s4j_predict_sparse_row_f64);
        for (int64_t c = 0; c < C; ++c) CHECK_NEAR(row[c], a.probabilities[i * C + c], 100 * kEpsilon<T>);
        // Two ways to the sums: equal scores may come out in another order.
        CHECK(label == top || std::fabs(static_cast<double>(row[label] - row[top])) <= 100 * kEpsilon<T>);
    }
}

// A few steps of each rule on shuffled batches: the same as those of the dense rows, but for rounding.
template <class T>
void training(const Problem<T>& p, const Entries<T>& e) {
    for (int rule = S4J_SGD; rule <= S4J_ADAM; ++rule) {
        std::vector<T> results[3];
        for (int kind = 0; kind < 3; ++kind) {  // dense, sparse, sparse on one thread
            const Data data = kind == 0 ? Data(p.data()) : e.data(p);
            const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
            const double hyper[S4J_HYPER] = {rule == S4J_ADAGRAD ? 1e-3 : 0.5, rule == S4J_ADAM ? 0.9 : 1e-3,
                                             1e-3};
            int status;
            const int64_t batch = std::max<int64_t>(p.rows / 3, 1);
            s4j_trainer* trainer = s4j_trainer_create(goal.get(), rule, hyper, nullptr, p.parameters.data(),
                                                      batch, 3, kind == 2 ? 1 : 2, S4J_NO_LIMIT, &status);
            CHECK_EQUAL(status, S4J_OK);
            for (int epoch = 0; epoch < 2; ++epoch) {
                s4j_trainer_shuffle(trainer);
                for (int64_t first = 0; first < p.rows; first += batch)
                    CHECK_EQUAL(s4j_trainer_step(trainer, first, std::min(batch, p.rows - first), 0.01),
                                S4J_OK);
            }
            results[kind].resize(p.parameters.size());
            s4j_trainer_parameters(trainer, results[kind].data());
            s4j_trainer_free(trainer);
        }
        const std::vector<double> wide(results[0].begin(), results[0].end());
        CHECK_NEAR(distance(results[1].data(), wide), 0, 10 * kTolerance<T> * norm(wide));
        CHECK(std::memcmp(results[1].data(), results[2].data(), results[1].size() * sizeof(T)) == 0);
    }
}

template <class T>
void matches(int64_t n, int64_t d, int64_t c, bool intercept, double share, s4j::Random& random) {
    Problem<T> p = thinned<T>(n, d, c, intercept, share, random);
    p.l2 = c % 2 == 0 ? 0.1 : 0;
    const Entries<T> e(p);
    about("%s %dx%dx%d, %g of the entries", kTypeName<T>, static_cast<int>(n), static_cast<int>(d),
          static_cast<int>(c), share);
    loss_and_gradient(p, e);
    hessian_product(p, e, random);
    prediction(p, e);
    first_non_finite(p, e);
    if (n * d * c < 2'000'000) training(p, e);
}

// Blocks of the transpose, second sums, and rows longer than a chunk of sums. Every row the same, so that all
// sums round in one direction.
template <class T>
void long_sums(int64_t n, int64_t batch, s4j::Random& random) {
    about("%s long sums of %d rows", kTypeName<T>, static_cast<int>(n));
    const int64_t d = 3, c = 5;
    Problem<T> p(n, d, c, true, random);
    for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < d; ++j)
            p.x[i * p.stride + j] = static_cast<T>(0.1 * static_cast<double>(j + 1));
        p.labels[i] = 2;
    }
    const Entries<T> e(p);
    loss_and_gradient(p, e);
    // One step of SGD from the parameters gives the gradient of a shuffled batch.
    const Data data = e.data(p);
    const Objective goal = objective(data.get(), c, true, 0);
    const double hyper[S4J_HYPER] = {};
    int status;
    s4j_trainer* trainer = s4j_trainer_create(goal.get(), S4J_SGD, hyper, nullptr, p.parameters.data(), batch,
                                              3, 2, S4J_NO_LIMIT, &status);
    s4j_trainer_shuffle(trainer);
    CHECK_EQUAL(s4j_trainer_step(trainer, 0, batch, 1), S4J_OK);
    std::vector<T> stepped(p.parameters.size());
    s4j_trainer_parameters(trainer, stepped.data());
    s4j_trainer_free(trainer);
    std::vector<double> expected = reference(p, p.total_weight()).gradient;
    const double tolerance = kTolerance<T> * norm(expected) + 4 * kEpsilon<T>;
    for (size_t i = 0; i < expected.size(); ++i)
        expected[i] = static_cast<double>(p.parameters[i]) - expected[i];
    CHECK_NEAR(distance(stepped.data(), expected), 0, tolerance);
}

template <class T>
void nothing_but_zeros(s4j::Random& random) {
    about("%s all zero", kTypeName<T>);
    Problem<T> p(40, 9, 4, true, random);
    std::fill(p.x.begin(), p.x.end(), T(0));
    const std::vector<int64_t> offsets(41, 0);
    const Data data(
        s4j_sparse_create(kType<T>, offsets.data(), nullptr, nullptr, 40, 9, p.labels.data(), nullptr, 2));
    const Objective goal = objective(data.get(), 4, true, 0);
    std::vector<T> gradient(p.parameters.size(), kNaN<T>);
    double loss;
    CHECK_EQUAL(
        s4j_loss_gradient(goal.get(), S4J_AUTO, p.parameters.data(), gradient.data(), 2, S4J_NO_LIMIT, &loss),
        S4J_OK);
    const Reference expected = reference(p, 40);
    CHECK_NEAR(loss, expected.loss, kTolerance<T> * expected.loss);
    CHECK_NEAR(distance(gradient.data(), expected.gradient), 0, kTolerance<T> * norm(expected.gradient));
}

void bad_rows() {
    about("bad rows");
    const auto offset = [](std::vector<int64_t> o) {
        return s4j_first_bad_offset(o.data(), static_cast<int64_t>(o.size()) - 1);
    };
    CHECK_EQUAL(offset({0, 2, 2, 5}), -1);
    CHECK_EQUAL(offset({1, 2}), 0);
    CHECK_EQUAL(offset({0, 3, 2, 5}), 2);
    const int64_t offsets[] = {0, 3, 3, 5};
    const auto entry = [&](std::vector<int32_t> indices, int ascending) {
        return s4j_first_bad_entry(offsets, indices.data(), 3, 10, ascending);
    };
    CHECK_EQUAL(entry({0, 4, 9, 0, 1}, 1), -1);
    CHECK_EQUAL(entry({0, 4, 10, 0, 1}, 1), 2);
    CHECK_EQUAL(entry({0, 4, 9, -1, 1}, 0), 3);
    CHECK_EQUAL(entry({4, 0, 9, 0, 1}, 1), 1);
    CHECK_EQUAL(entry({0, 4, 9, 1, 1}, 1), 4);
    CHECK_EQUAL(entry({4, 0, 9, 1, 1}, 0), -1);

    int64_t sums[] = {0, 4, 4, 6};
    int32_t indices[] = {7, 2, 7, 0, 3, 3};
    float values[] = {1, 2, 4, 8, 0.5f, -0.5f};
    CHECK_EQUAL(s4j_sum_duplicates(S4J_F32, sums, indices, values, 3), S4J_OK);
    const int64_t offsets_left[] = {0, 3, 3, 4};
    const int32_t indices_left[] = {0, 2, 7, 3};
    const float values_left[] = {8, 2, 5, 0};
    CHECK(std::memcmp(sums, offsets_left, sizeof offsets_left) == 0);
    CHECK(std::memcmp(indices, indices_left, sizeof indices_left) == 0);
    CHECK(std::memcmp(values, values_left, sizeof values_left) == 0);

    const float weights[20] = {};
    const auto row = [&](std::vector<int32_t> at, std::vector<float> x) {
        return s4j_predict_sparse_row_f32(weights, 10, 2, 0, 0, at.data(), x.data(),
                                          static_cast<int64_t>(at.size()), nullptr);
    };
    CHECK_EQUAL(row({}, {}), 0);
    CHECK_EQUAL(row({1, 9}, {1, 2}), 0);
    CHECK_EQUAL(row({1, 10}, {1, 2}), -2);
    CHECK_EQUAL(row({-1}, {1}), -1);
    CHECK_EQUAL(row({3, 3}, {1, 2}), -2);
    CHECK_EQUAL(row({3, 5}, {1, HUGE_VALF}), -2);
}

// Regimes of dense data do not take sparse data, nor the other way round.
void regimes(s4j::Random& random) {
    about("regimes");
    Problem<float> p(20, 6, 3, true, random);
    const Entries<float> e(p);
    const Data sparse = e.data(p), dense(p.data());
    double loss;
    for (const int regime : {S4J_SMALL, S4J_MEDIUM, S4J_LARGE}) {
        const Objective goal = objective(sparse.get(), 3, true, 0);
        CHECK_EQUAL(
            s4j_loss_gradient(goal.get(), regime, p.parameters.data(), nullptr, 1, S4J_NO_LIMIT, &loss),
            S4J_BAD_ARGUMENT);
    }
    const Objective goal = objective(dense.get(), 3, true, 0);
    CHECK_EQUAL(
        s4j_loss_gradient(goal.get(), S4J_SPARSE, p.parameters.data(), nullptr, 1, S4J_NO_LIMIT, &loss),
        S4J_BAD_ARGUMENT);
    CHECK_CONTAINS(s4j_last_error(), "sparse");
}

template <class T>
void run(bool quick) {
    s4j::Random random(21);
    for (const int64_t c : {1, 2, 3, 8, 17, 20, 33, 105, 200})
        for (const int64_t n : {1, 2, 97, 130})
            if (!quick || n * c < 2000) matches<T>(n, 40, c, n != 97, 0.2, random);
    matches<T>(7, 3000, 5, true, 0.9, random);
    if (quick) return;
    matches<T>(3000, 500, 12, true, 0.02, random);
    matches<T>(40, 60000, 20, true, 0.003, random);
    nothing_but_zeros<T>(random);
    long_sums<T>(40001, 20001, random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments.quick);
    run<double>(arguments.quick);
    s4j::Random random(4);
    bad_rows();
    regimes(random);
    return finish("sparse");
}
