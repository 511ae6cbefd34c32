// Softmax, log-softmax, log-sum-exp and cross-entropy of given logits against naive loops in a wider type.
// The memory of every array ends at a page that faults, and starts wherever its length puts it.
#include "logits.h"

using namespace check;

namespace {

constexpr int kFunctions[] = {S4J_SOFTMAX, S4J_LOG_SOFTMAX, S4J_LOG_SUM_EXP};
constexpr double kScale = 0.3;

template <class T>
struct Buffers {
    s4j::Random random{17};
    Fenced<T> logits{300'000}, out{300'001}, weights{70'000}, losses{70'000};
    Fenced<int32_t> labels{70'000};
};

int64_t width(int function, int64_t classes) {
    return function == S4J_LOG_SUM_EXP ? 1 : classes;
}

template <class T>
void run(int function, const T* logits, T* out, int64_t rows, int64_t classes, int threads = 2) {
    CHECK_EQUAL(s4j_row_function(kType<T>, function, logits, out, 0, rows, classes, threads), S4J_OK);
}

template <class T>
bool same(const T* a, const T* b, int64_t n) {
    return std::memcmp(a, b, static_cast<size_t>(n) * sizeof(T)) == 0;
}

template <class T>
void fill_logits(T* s, int64_t rows, int64_t classes, double spread, bool masked, s4j::Random& random) {
    fill(s, rows * classes, random, spread);
    for (int64_t r = 0; masked && r < rows; ++r)
        for (int64_t c = 0; c < classes; ++c)
            if (c != r % classes && random.below(3) == 0) s[r * classes + c] = -kInfinity<T>;
}

template <class T>
void functions_match(Buffers<T>& b, int64_t rows, int64_t classes) {
    T* s = b.logits.last(rows * classes);
    const std::vector<T> before(s, s + rows * classes);
    for (const int function : kFunctions) {
        const int64_t w = width(function, classes);
        T* out = b.out.last(rows * w);
        std::fill_n(out - 1, rows * w + 1, T(-77));
        run(function, s, out, rows, classes);
        CHECK_NEAR(out[-1], -77, 0);
        CHECK(same(s, before.data(), rows * classes));
        for (int64_t r = 0; r < rows; ++r) {
            const T* x = s + r * classes;
            const Row<T> row(x, classes);
            if (function == S4J_LOG_SUM_EXP) {
                CHECK_NEAR(out[r], row.log_sum_exp(),
                           row.log_error() + kEpsilon<T> * std::fabs(row.log_sum_exp()));
                continue;
            }
            for (int64_t c = 0; c < classes; ++c) {
                if (function == S4J_SOFTMAX)
                    CHECK_NEAR(out[r * classes + c], row.probability(x[c]), row.probability_error(x[c]));
                else
                    CHECK_NEAR(out[r * classes + c], row.log_probability(x[c]),
                               row.log_probability_error(x[c]));
            }
        }
        if (function == S4J_LOG_SUM_EXP) continue;
        const std::vector<T> apart(out, out + rows * w);
        run(function, s, s, rows, classes);
        CHECK(same(s, apart.data(), rows * w));
        std::copy(before.begin(), before.end(), s);
    }
}

template <class T>
void cross_entropy_matches(Buffers<T>& b, int64_t rows, int64_t classes, bool weighted) {
    T* s = b.logits.last(rows * classes);
    T* gradient = b.out.last(rows * classes);
    T* losses = b.losses.last(rows);
    T* weights = weighted ? b.weights.last(rows) : nullptr;
    int32_t* labels = b.labels.last(rows);
    const std::vector<T> before(s, s + rows * classes);
    for (int64_t r = 0; r < rows; ++r) {
        // One that is not masked.
        do labels[r] = static_cast<int32_t>(b.random.below(static_cast<uint64_t>(classes)));
        while (std::isinf(s[r * classes + labels[r]]));
        if (weighted) weights[r] = r % 4 == 3 ? T(0) : static_cast<T>(1.5 + uniform(b.random));
    }
    const auto call = [&](T* row_losses, T* to, double* loss) {
        CHECK_EQUAL(s4j_cross_entropy(kType<T>, s, labels, weights, row_losses, to, 0, rows, classes, kScale,
                                      2, loss),
                    S4J_OK);
    };
    double loss = -1, alone = -2, in_place = -3;
    call(losses, gradient, &loss);
    CHECK(same(s, before.data(), rows * classes));
    double total = 0, total_error = 0;
    for (int64_t r = 0; r < rows; ++r) {
        const T* x = s + r * classes;
        const Row<T> row(x, classes);
        const T of_label = x[labels[r]];
        const double w = weighted ? static_cast<double>(weights[r]) : 1;
        const double error = w * (row.log_probability_error(of_label) +
                                  2 * kEpsilon<T> * std::fabs(row.log_probability(of_label)));
        CHECK_NEAR(losses[r], -w * row.log_probability(of_label), error);
        total -= w * row.log_probability(of_label);
        total_error += error;
        for (int64_t c = 0; c < classes; ++c) {
            const bool y = c == labels[r];
            const double p = row.probability(x[c]);
            CHECK_NEAR(gradient[r * classes + c], kScale * w * (p - y),
                       kScale * w * (row.probability_error(x[c]) + kEpsilon<T> * (p + (y ? 2 : 0))) +
                           2 * std::numeric_limits<T>::denorm_min());
        }
    }
    CHECK_NEAR(loss, total, total_error + 1e-14 * total);
    call(nullptr, nullptr, &alone);
    CHECK_NEAR(alone, loss, 0);
    const std::vector<T> apart(gradient, gradient + rows * classes);
    call(nullptr, s, &in_place);
    CHECK_NEAR(in_place, loss, 0);
    CHECK(same(s, apart.data(), rows * classes));
}

template <class T>
void match(Buffers<T>& b, int64_t rows, int64_t classes) {
    struct {
        double spread;
        bool masked;
    } const kinds[] = {{3, false}, {3, true}, {1e4, true}, {1e30, false}};
    for (const auto& [spread, masked] : kinds) {
        about("%s %dx%d, spread %g%s", sizeof(T) == 4 ? "float" : "double", static_cast<int>(rows),
              static_cast<int>(classes), spread, masked ? ", masked" : "");
        fill_logits(b.logits.last(rows * classes), rows, classes, spread, masked, b.random);
        functions_match(b, rows, classes);
        cross_entropy_matches(b, rows, classes, masked);
    }
}

// Two rows without a softmax among others: those stay as they were.
template <class T>
void rows_without_softmax(Buffers<T>& b, int64_t classes) {
    about("%s %d classes, not finite", sizeof(T) == 4 ? "float" : "double", static_cast<int>(classes));
    constexpr int64_t kRows = 40;
    T* s = b.logits.last(kRows * classes);
    int32_t* labels = b.labels.last(kRows);
    T* losses = b.losses.last(kRows);
    const auto loss_of = [&](T* gradient) {
        double loss = 0;
        CHECK_EQUAL(
            s4j_cross_entropy(kType<T>, s, labels, nullptr, losses, gradient, 0, kRows, classes, 1, 1, &loss),
            S4J_OK);
        return loss;
    };
    enum Bad { kNotANumber, kTop, kNotANumberAndTop, kAllMasked };
    for (const Bad bad : {kNotANumber, kTop, kNotANumberAndTop, kAllMasked})
        for (const int64_t at : {int64_t{0}, classes / 2, classes - 1}) {
            fill_logits(s, kRows, classes, 2, false, b.random);
            std::fill_n(labels, kRows, static_cast<int32_t>(classes - 1));
            for (const int64_t r : {int64_t{3}, int64_t{38}}) {
                T* row = s + r * classes;
                if (bad == kAllMasked) std::fill_n(row, classes, -kInfinity<T>);
                if (bad == kTop || bad == kNotANumberAndTop) row[at] = kInfinity<T>;
                if (bad == kNotANumber) row[at] = kNaN<T>;
                if (bad == kNotANumberAndTop) row[classes - 1 - at] = kNaN<T>;
            }
            const bool top_alone = bad == kTop;
            for (const int function : kFunctions) {
                const int64_t w = width(function, classes);
                T* out = b.out.last(kRows * w);
                run(function, s, out, kRows, classes);
                for (int64_t i = 0; i < kRows * w; ++i) {
                    const int64_t r = i / w;
                    if (r != 3 && r != 38)
                        CHECK(std::isfinite(out[i]));
                    else if (function == S4J_LOG_SUM_EXP && top_alone)
                        CHECK_NEAR(out[i], kInfinity<T>, 0);
                    else if (function == S4J_LOG_SUM_EXP && bad == kAllMasked)
                        CHECK_NEAR(out[i], -kInfinity<T>, 0);
                    else
                        CHECK(std::isnan(out[i]));
                }
            }
            T* gradient = b.out.last(kRows * classes);
            CHECK(std::isnan(loss_of(gradient)));
            for (int64_t i = 0; i < kRows * classes; ++i)
                CHECK(std::isnan(gradient[i]) == (i / classes == 3 || i / classes == 38));
        }
    // A label that is none, and a masked one.
    fill_logits(s, kRows, classes, 2, false, b.random);
    std::fill_n(labels, kRows, 0);
    for (const int32_t label : {-1, static_cast<int32_t>(classes), INT32_MIN, INT32_MAX}) {
        labels[5] = label;
        T* gradient = b.out.last(kRows * classes);
        CHECK(std::isnan(loss_of(gradient)));
        for (int64_t r = 0; r < kRows; ++r) {
            CHECK(std::isnan(losses[r]) == (r == 5));
            CHECK(std::isnan(gradient[r * classes]) == (r == 5));
        }
    }
    if (classes == 1) return;
    labels[5] = 0;
    s[5 * classes] = -kInfinity<T>;
    T* gradient = b.out.last(kRows * classes);
    CHECK_NEAR(loss_of(gradient), HUGE_VAL, 0);
    CHECK_NEAR(gradient[5 * classes], -1, kEpsilon<T>);
}

// The same bits for any number of threads, past the caches or not, and whatever rows one call takes.
template <class T>
void same_bits(int64_t rows, int64_t classes, s4j::Random& random) {
    about("%s %dx%d", sizeof(T) == 4 ? "float" : "double", static_cast<int>(rows), static_cast<int>(classes));
    const int64_t n = rows * classes;
    std::vector<T> logits(n), first(n), out(n + 1);
    std::vector<int32_t> labels(rows);
    fill(logits.data(), n, random, 5);
    for (int32_t& y : labels) y = static_cast<int32_t>(random.below(static_cast<uint64_t>(classes)));
    for (const int function : kFunctions) {
        const int64_t w = width(function, classes);
        first = logits;
        std::vector<T> sums(rows);
        T* one = function == S4J_LOG_SUM_EXP ? sums.data() : first.data();
        run(function, first.data(), one, rows, classes, 1);
        for (const int threads : {1, 2, 3, 7}) {
            std::fill(out.begin(), out.end(), kNaN<T>);
            run(function, logits.data(), out.data() + 1, rows, classes, threads);
            CHECK(same(out.data() + 1, one, rows * w));
        }
        std::fill(out.begin(), out.end(), kNaN<T>);
        for (int64_t r = 0; r < rows; r += rows / 3 + 1)
            CHECK_EQUAL(s4j_row_function(kType<T>, function, logits.data(), out.data(), r,
                                         std::min(rows / 3 + 1, rows - r), classes, 2),
                        S4J_OK);
        CHECK(same(out.data(), one, rows * w));
    }
    first = logits;
    const auto gradient = [&](T* s, T* to, int threads) {
        double value = 0;
        CHECK_EQUAL(s4j_cross_entropy(kType<T>, s, labels.data(), nullptr, nullptr, to, 0, rows, classes, 0.5,
                                      threads, &value),
                    S4J_OK);
        return value;
    };
    const double loss = gradient(first.data(), first.data(), 1);
    for (const int threads : {1, 2, 3, 7}) {
        std::fill(out.begin(), out.end(), kNaN<T>);
        CHECK_NEAR(gradient(logits.data(), out.data() + 1, threads), loss, 0);
        CHECK(same(out.data() + 1, first.data(), n));
    }
}

template <class T>
void all(const Arguments& arguments) {
    {
        Buffers<T> b;
        for (int64_t classes = 1; classes <= 40; ++classes)
            for (const int64_t rows : {1, 3, 8, 9, 16, 31, 33, 65}) {
                if (arguments.quick && b.random.below(30) != 0) continue;
                match(b, rows, classes);
            }
        // The last ones are cut into several tasks, blocks and tiles of sums.
        for (const int64_t classes : {63, 64, 65, 127, 128, 129, 130, 511, 512, 513, 1000, 4097})
            for (const int64_t rows : {1, 2, 35}) {
                if (arguments.quick && rows * classes > 1000 && rows * classes != 4097) continue;
                match(b, rows, classes);
            }
        match(b, arguments.quick ? 300 : 5000, 10);
        match(b, arguments.quick ? 3000 : 40'000, 1);
        for (const int64_t classes : {1, 2, 3, 7, 8, 9, 10, 16, 17, 40, 128, 129, 200, 1000})
            if (!arguments.quick || classes == 10 || classes == 129) rows_without_softmax(b, classes);
    }
    s4j::Random random(23);
    if (arguments.quick) {
        same_bits<T>(3011, 10, random);
        same_bits<T>(51, 1000, random);
        return;
    }
    same_bits<T>(20'011, 10, random);
    same_bits<T>(20'011, 3, random);
    same_bits<T>(501, 1000, random);
    // 16 MiB of results and more go past the caches, in blocks of rows or row by row.
    same_bits<T>(430'007, 10, random);
    same_bits<T>(40'003, 130, random);
    same_bits<T>(4'203, 1000, random);
    same_bits<T>(421, 10'001, random);
    same_bits<T>(63, 70'000, random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    all<float>(arguments);
    all<double>(arguments);
    // Nothing to do is done.
    double loss = -1;
    CHECK_EQUAL(s4j_row_function(S4J_F32, S4J_SOFTMAX, nullptr, nullptr, 0, 0, 10, 2), S4J_OK);
    CHECK_EQUAL(
        s4j_cross_entropy(S4J_F64, nullptr, nullptr, nullptr, nullptr, nullptr, 0, 0, 10, 1, 2, &loss),
        S4J_OK);
    CHECK_NEAR(loss, 0, 0);
    const double none[S4J_LOSS_OPTIONS] = {};
    loss = -1;
    CHECK_EQUAL(s4j_logits_loss(S4J_F32, S4J_FOCAL, none, nullptr, nullptr, nullptr, -1, nullptr, nullptr,
                                nullptr, nullptr, 0, 10, 1, 2, &loss),
                S4J_OK);
    CHECK_NEAR(loss, 0, 0);
    CHECK_EQUAL(s4j_row_function(S4J_F32, 3, nullptr, nullptr, 0, 0, 10, 2), S4J_BAD_ARGUMENT);
    CHECK_EQUAL(s4j_row_function(2, S4J_SOFTMAX, nullptr, nullptr, 0, 0, 10, 2), S4J_BAD_ARGUMENT);
    CHECK_EQUAL(s4j_row_function(S4J_F32, S4J_SOFTMAX, nullptr, nullptr, 0, -1, 10, 2), S4J_BAD_ARGUMENT);
    CHECK_EQUAL(s4j_row_function(S4J_F32, S4J_SOFTMAX, nullptr, nullptr, 0, 1, 0, 2), S4J_BAD_ARGUMENT);
    CHECK_EQUAL(s4j_row_function(S4J_F32, S4J_SOFTMAX, nullptr, nullptr, 0, int64_t{1} << 40, 1 << 30, 2),
                S4J_BAD_ARGUMENT);
    CHECK_EQUAL(s4j_row_function(S4J_F32, S4J_SOFTMAX, nullptr, nullptr, 0, 0, 10, 0), S4J_BAD_ARGUMENT);
    return finish("row_functions");
}
