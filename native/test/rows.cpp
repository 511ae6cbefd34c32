// The kernels on rows of scores, single rows and whole vectors against naive float64 loops. The memory of
// every array ends at a page that faults.
#include "buffers.h"
#include "check.h"
#include "kernels.h"

using namespace check;

namespace {

template <class T>
struct Buffers {
    s4j::Random random{3};
    Fenced<T> a{70'000}, b{70'000}, c{70'000};
    Fenced<double> wide{70'000};
};

// Around one, two and four vectors of 2 to 16 lanes.
const int64_t kLengths[] = {1,  2,  3,  4,  5,  6,  7,   8,   9,   10,  12,  15,  16,
                            17, 18, 19, 24, 31, 32, 33,  47,  48,  49,  63,  64,  65,
                            66, 79, 80, 95, 96, 97, 127, 128, 129, 255, 256, 257, 1000};

template <class T>
void exp_row_matches_softmax(Buffers<T>& m, int64_t n, bool intercept, double spread) {
    T* s = m.a.last(n);
    T* b = m.b.last(n);
    fill(s, n, m.random, spread);
    fill(b, n, m.random, spread);
    for (int64_t i = 0; i < n; ++i)
        if (n > 3 && i % 5 == 2) s[i] = -kInfinity<T>;
    std::vector<T> sums(s, s + n);
    for (int64_t i = 0; intercept && i < n; ++i) sums[i] += b[i];
    T top = 0;
    const T z = s4j::kernels<T>().exp_row(s, n, intercept ? b : nullptr, &top);
    CHECK_NEAR(top, *std::max_element(sums.begin(), sums.end()), 0);
    double expected = 0;
    for (int64_t i = 0; i < n; ++i) {
        const double e = std::exp(static_cast<double>(sums[i]) - static_cast<double>(top));
        expected += e;
        CHECK_NEAR(s[i], e,
                   e * kEpsilon<T> * (std::fmin(2 * spread, 400) + 4) + std::numeric_limits<T>::denorm_min());
    }
    CHECK_NEAR(z, expected,
               expected * kEpsilon<T> * (static_cast<double>(n) / 8 + 8 + std::fmin(2 * spread, 400)));
}

template <class T>
void exp_row_of_no_finite_score(Buffers<T>& m, int64_t n) {
    const auto& k = s4j::kernels<T>();
    T* s = m.a.last(n);
    T top = 0;
    // Every class masked: no mass, whatever part of a longer row this is.
    std::fill_n(s, n, -kInfinity<T>);
    CHECK_NEAR(k.exp_row(s, n, nullptr, &top), 0, 0);
    CHECK_NEAR(top, -HUGE_VAL, 0);
    for (int64_t i = 0; i < n; ++i) CHECK_NEAR(s[i], 0, 0);
    for (const T bad : {kNaN<T>, kInfinity<T>})
        for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
            fill(s, n, m.random);
            s[at] = bad;
            CHECK(std::isnan(k.exp_row(s, n, nullptr, &top)));
        }
}

template <class T>
void vectors_match(Buffers<T>& m, int64_t n) {
    const auto& k = s4j::kernels<T>();
    T* x = m.a.last(n);
    T* y = m.b.last(n);
    fill(x, n, m.random);
    fill(y, n, m.random);
    const std::vector<T> x0(x, x + n), y0(y, y + n);
    const double e = kEpsilon<T>;

    k.add_row(x, y, n);
    for (int64_t i = 0; i < n; ++i) CHECK_NEAR(x[i], x0[i] + y0[i], 0);

    std::copy(x0.begin(), x0.end(), x);
    k.scale_row(x, n, T(0.75), nullptr);
    for (int64_t i = 0; i < n; ++i) CHECK_NEAR(x[i], x0[i] * T(0.75), 0);
    std::copy(x0.begin(), x0.end(), x);
    k.scale_row(x, n, T(1.7), y);
    for (int64_t i = 0; i < n; ++i) {
        CHECK_NEAR(x[i], x0[i] * T(1.7), 0);
        // The sum may be fused with the product.
        CHECK_NEAR(y[i],
                   static_cast<double>(y0[i]) + static_cast<double>(x0[i]) * static_cast<double>(T(1.7)),
                   4 * e);
    }

    double* wide = m.wide.last(n);
    fill(wide, n, m.random);
    const std::vector<double> wide0(wide, wide + n);
    k.widen_add(wide, x0.data(), n);
    for (int64_t i = 0; i < n; ++i) CHECK_NEAR(wide[i], wide0[i] + static_cast<double>(x0[i]), 0);

    CHECK(k.all_finite(x, n));
    for (const T bad : {kNaN<T>, kInfinity<T>, -kInfinity<T>})
        for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
            const T before = x[at];
            x[at] = bad;
            CHECK(!k.all_finite(x, n));
            x[at] = before;
        }
    x[n - 1] = std::numeric_limits<T>::max();
    CHECK(k.all_finite(x, n));
}

template <class T>
void reduce_matches_sum(Buffers<T>& m, int64_t n, int parts, double l2) {
    std::vector<std::vector<T>> values(static_cast<size_t>(parts), std::vector<T>(static_cast<size_t>(n)));
    std::vector<const T*> pointers;
    for (auto& v : values) {
        fill(v.data(), n, m.random);
        pointers.push_back(v.data());
    }
    T* w = m.a.last(n);
    fill(w, n, m.random);
    T* out = m.b.last(n);
    std::fill_n(out, n, kNaN<T>);
    // In two calls, as tasks do.
    const int64_t split = n / 3;
    s4j::kernels<T>().reduce(pointers.data(), parts, w, l2, out, split, n);
    s4j::kernels<T>().reduce(pointers.data(), parts, w, l2, out, 0, split);
    for (int64_t i = 0; i < n; ++i) {
        double sum = l2 * static_cast<double>(w[i]);
        for (const auto& v : values) sum += static_cast<double>(v[i]);
        CHECK_NEAR(out[i], sum, kEpsilon<T> / 2 * std::fabs(sum) + 2e-15 * parts);
    }
}

template <class T>
void arg_max_takes_the_lowest_of_equals(Buffers<T>& m, int64_t n) {
    const auto& k = s4j::kernels<T>();
    T* s = m.a.last(n);
    const auto check = [&](int64_t expected) { CHECK_EQUAL(k.arg_max(s, n), expected); };
    for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
        fill(s, n, m.random);
        s[at] = 2;
        check(at);
        s[n - 1] = 2;
        check(at);
        if (at > 0) s[0] = kNaN<T>;
        check(at);
        s[n - 1] = kInfinity<T>;
        check(n - 1);
    }
    std::fill_n(s, n, -kInfinity<T>);
    check(0);
    std::fill_n(s, n, kNaN<T>);
    check(0);
    s[n - 1] = -5;
    check(n - 1);
}

template <class T>
void row_scores_match(Buffers<T>& m, int64_t features, int64_t classes, bool intercept) {
    const int64_t count = (features + intercept) * classes;
    T* parameters = m.a.last(count);
    T* x = m.b.last(features);
    T* out = m.c.last(classes);
    fill(parameters, count, m.random);
    fill(x, features, m.random);
    std::fill_n(out, classes, kNaN<T>);
    s4j::kernels<T>().row_scores(parameters, features, classes, intercept, x, out);
    for (int64_t c = 0; c < classes; ++c) {
        double sum = intercept ? parameters[features * classes + c] : 0.0, size = std::fabs(sum);
        for (int64_t d = 0; d < features; ++d) {
            const double term = static_cast<double>(x[d]) * static_cast<double>(parameters[d * classes + c]);
            sum += term;
            size += std::fabs(term);
        }
        CHECK_NEAR(out[c], sum, kEpsilon<T> / 2 * (static_cast<double>(features) + 3) * size);
    }
}

template <class T>
void run(const Arguments& arguments, const char* type) {
    Buffers<T> m;
    for (const int64_t n : kLengths) {
        if (arguments.quick && n > 70) continue;
        about("%s length %d", type, static_cast<int>(n));
        for (const double spread : {1.0, 60.0, 1e4})
            for (const bool intercept : {false, true}) exp_row_matches_softmax(m, n, intercept, spread);
        exp_row_of_no_finite_score(m, n);
        vectors_match(m, n);
        for (const int parts : {1, 2, 3, 16})
            for (const double l2 : {0.0, 0.3}) reduce_matches_sum(m, n, parts, l2);
        arg_max_takes_the_lowest_of_equals(m, n);
    }
    for (int64_t features = 1; features <= 40; ++features)
        for (int64_t classes = 1; classes <= 40; ++classes) {
            if (arguments.quick && m.random.below(20) != 0) continue;
            about("%s row of %d features, %d classes", type, static_cast<int>(features),
                  static_cast<int>(classes));
            row_scores_match(m, features, classes, false);
            row_scores_match(m, features, classes, true);
        }
    for (const int64_t features : {1, 7, 63, 64, 65, 784})
        for (const int64_t classes : {1, 2, 10, 17, 63, 64, 65, 80}) {
            if (arguments.quick && m.random.below(4) != 0) continue;
            about("%s row of %d features, %d classes", type, static_cast<int>(features),
                  static_cast<int>(classes));
            row_scores_match(m, features, classes, true);
        }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments, "float");
    run<double>(arguments, "double");
    return finish("rows");
}
