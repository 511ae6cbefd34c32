// Labels, scores, probabilities and losses of batches and of single rows against naive loops.
#include <memory>

#include "problem.h"

using namespace check;

namespace {

int32_t predict_row(const Problem<float>& p, const float* x, float* probabilities, int form = 0) {
    return s4j_predict_row_f32(p.parameters.data(), p.features, p.classes, p.intercept, form, x,
                               probabilities);
}
int32_t predict_row(const Problem<double>& p, const double* x, double* probabilities, int form = 0) {
    return s4j_predict_row_f64(p.parameters.data(), p.features, p.classes, p.intercept, form, x,
                               probabilities);
}
int32_t predict_row(const Problem<float>& p, const int32_t* indices, const float* values, int64_t count,
                    int form, float* probabilities) {
    return s4j_predict_sparse_row_f32(p.parameters.data(), p.features, p.classes, p.intercept, form, indices,
                                      values, count, probabilities);
}
int32_t predict_row(const Problem<double>& p, const int32_t* indices, const double* values, int64_t count,
                    int form, double* probabilities) {
    return s4j_predict_sparse_row_f64(p.parameters.data(), p.features, p.classes, p.intercept, form, indices,
                                      values, count, probabilities);
}

template <class T>
void predictions_match(int64_t n, int64_t d, int64_t c, bool intercept, s4j::Random& random) {
    about("%s %dx%dx%d intercept %d", sizeof(T) == 4 ? "float" : "double", static_cast<int>(n),
          static_cast<int>(d), static_cast<int>(c), intercept);
    Problem<T> p(n, d, c, intercept, random);
    if (random.below(2) != 0) p.weigh(random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const size_t size = static_cast<size_t>(n * c);
    std::vector<int32_t> labels(static_cast<size_t>(n), -1), labels_alone = labels;
    std::vector<T> scores(size, kNaN<T>), probabilities(size, kNaN<T>), alone(size, kNaN<T>),
        row(static_cast<size_t>(c));
    double loss = 0, loss_alone = 0, loss_of_scores = 0;
    const auto predict = [&](int32_t* l, T* s, T* q, double* e) {
        CHECK_EQUAL(s4j_predict(data.get(), c, intercept, 0, p.parameters.data(), l, s, q, 2, e), S4J_OK);
    };
    predict(labels.data(), scores.data(), probabilities.data(), &loss);
    // Each output alone has the same bits.
    predict(labels_alone.data(), nullptr, nullptr, nullptr);
    CHECK(labels == labels_alone);
    predict(nullptr, nullptr, alone.data(), nullptr);
    CHECK(alone == probabilities);
    predict(nullptr, alone.data(), nullptr, nullptr);
    CHECK(alone == scores);
    predict(nullptr, nullptr, nullptr, &loss_alone);
    CHECK_NEAR(loss_alone, loss, 0);
    std::fill(alone.begin(), alone.end(), kNaN<T>);
    predict(nullptr, alone.data(), nullptr, &loss_of_scores);
    CHECK(alone == scores);
    CHECK_NEAR(loss_of_scores, loss, 0);

    const double e = kEpsilon<T>;
    CHECK_NEAR(loss, reference(p, p.total_weight()).loss, 100 * e * (1 + std::fabs(loss)));
    for (int64_t i = 0; i < n; ++i) {
        const T* x = &p.x[i * p.stride];
        std::vector<double> s(static_cast<size_t>(c));
        for (int64_t k = 0; k < c; ++k) {
            double size_of_terms = intercept ? std::fabs(static_cast<double>(p.parameters[d * c + k])) : 0.0;
            s[k] = intercept ? static_cast<double>(p.parameters[d * c + k]) : 0.0;
            for (int64_t j = 0; j < d; ++j) {
                const double term = static_cast<double>(x[j]) * static_cast<double>(p.parameters[j * c + k]);
                s[k] += term;
                size_of_terms += std::fabs(term);
            }
            CHECK_NEAR(scores[i * c + k], s[k], e / 2 * static_cast<double>(d + 3) * size_of_terms);
        }
        const double top = *std::max_element(s.begin(), s.end());
        double z = 0;
        for (const double v : s) z += std::exp(v - top);
        for (int64_t k = 0; k < c; ++k) {
            const double q = std::exp(s[k] - top) / z;
            CHECK_NEAR(probabilities[i * c + k], q, 60 * e * q);
        }
        const int32_t best =
            static_cast<int32_t>(std::max_element(&scores[i * c], &scores[i * c] + c) - &scores[i * c]);
        CHECK_EQUAL(labels[i], best);
        const int32_t label = predict_row(p, x, row.data());
        CHECK_NEAR(s[label], top, 60 * e * (1 + std::fabs(top)));
        CHECK_EQUAL(predict_row(p, x, nullptr), label);
        for (int64_t k = 0; k < c; ++k) CHECK_NEAR(row[k], std::exp(s[k] - top) / z, 60 * e);
    }
}

// Scores that overflow T on their way, or in the end: labels, probabilities and losses as in exact arithmetic, scores
// that T can have likewise, and others infinite. Of all kinds of rows and of models.
template <class T>
void overflows(int64_t n, int64_t d, int64_t c, int form, bool sparse, bool masked, s4j::Random& random) {
    using Wide = typename WideOf<T>::type;
    if (std::numeric_limits<Wide>::max_exponent <= std::numeric_limits<T>::max_exponent) return;
    about("%s overflow %dx%dx%d form %d%s%s", kTypeName<T>, static_cast<int>(n), static_cast<int>(d),
          static_cast<int>(c), form, sparse ? " sparse" : "", masked ? " masked" : "");
    Problem<T> p(n, d, c, true, random);
    const T big = sizeof(T) == 4 ? static_cast<T>(1e30) : static_cast<T>(1e200);
    // Rows of three kinds: plain ones, products that cancel, and scores beyond T, of which those of the first
    // classes are equal.
    const int64_t first = masked ? 1 : 0;
    for (int64_t k = 0; k < c; ++k) {
        T* w = p.parameters.data();
        w[k] = k % 3 == 0 ? big : k % 3 == 1 ? -big : T(0);
        w[c + k] = -w[k];
        w[2 * c + k] = k < first + 3 ? big : k % 3 == 0 ? -big : T(0);
        if (masked && k == 0) w[d * c] = -kInfinity<T>;
    }
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;
    for (int64_t i = 0; i < n; ++i) {
        T* x = &p.x[i * p.stride];
        x[0] = x[1] = i % 3 == 1 ? big : T(0);
        x[2] = i % 3 == 2 ? big : T(0);
        if (i % 3 == 2) std::fill(x + 3, x + d, T(0));
        for (int64_t f = 0; f < d; ++f)
            if (x[f] != 0) indices.push_back(static_cast<int32_t>(f)), values.push_back(x[f]);
        offsets.push_back(static_cast<int64_t>(indices.size()));
        p.labels[i] = static_cast<int32_t>(i % 3 == 2 ? first : first + p.labels[i] % (c - first));
    }
    const std::unique_ptr<s4j_data, DataFree> data(
        sparse ? s4j_sparse_create(kType<T>, offsets.data(), indices.data(), values.data(), n, d,
                                   p.labels.data(), nullptr, 2)
               : p.data());
    const size_t size = static_cast<size_t>(n * c);
    std::vector<int32_t> labels(static_cast<size_t>(n), -1);
    std::vector<T> scores(size, kNaN<T>), probabilities(size, kNaN<T>), alone(size, kNaN<T>),
        row(static_cast<size_t>(c));
    double loss = 0, loss_alone = 0;
    const auto predict = [&](int32_t* l, T* s, T* q, double* e) {
        CHECK_EQUAL(s4j_predict(data.get(), c, 1, form, p.parameters.data(), l, s, q, 2, e), S4J_OK);
    };
    predict(labels.data(), scores.data(), probabilities.data(), &loss);
    predict(nullptr, alone.data(), nullptr, &loss_alone);
    CHECK(alone == scores);
    CHECK_NEAR(loss_alone, loss, 0);

    const bool sigmoids = form & S4J_SIGMOIDS;
    const double e = 200 * kEpsilon<T>;
    double expected = 0;
    for (int64_t i = 0; i < n; ++i) {
        const T* x = &p.x[i * p.stride];
        Wide length = 0;
        for (int64_t f = 0; f < d; ++f) length = std::hypot(length, static_cast<Wide>(x[f]));
        std::vector<Wide> s(static_cast<size_t>(c), Wide(0));
        for (int64_t k = 0; k < c; ++k) {
            for (int64_t f = 0; f < d; ++f) s[k] += static_cast<Wide>(x[f]) * p.parameters[f * c + k];
            s[k] += p.parameters[d * c + k];
            if (form & S4J_UNIT_ROWS) s[k] /= length;
        }
        const Wide top = *std::max_element(s.begin(), s.end());
        Wide z = 0;
        for (const Wide v : s) z += std::exp(v - top);
        // Nearly equal scores may come in any order.
        CHECK(s[labels[i]] >= top - e * (1 + std::fabs(top)));
        if (i % 3 == 2) CHECK_EQUAL(labels[i], first);
        const auto of = [&](int64_t k) {
            return static_cast<double>(sigmoids ? 1 / (1 + std::exp(-s[k])) : std::exp(s[k] - top) / z);
        };
        for (int64_t k = 0; k < c; ++k) {
            const double same = static_cast<double>(static_cast<T>(s[k]));
            CHECK_NEAR(static_cast<double>(scores[i * c + k]), same,
                       std::isinf(same) ? 0 : e * (1 + std::fabs(same)));
            CHECK_NEAR(static_cast<double>(probabilities[i * c + k]), of(k), e);
            if (sigmoids)
                expected += static_cast<double>(std::max(k == p.labels[i] ? -s[k] : s[k], Wide(0)) +
                                                std::log1p(std::exp(-std::fabs(s[k]))));
        }
        if (!sigmoids) expected += static_cast<double>(top - s[p.labels[i]] + std::log(z));
        const int32_t label = sparse ? predict_row(p, indices.data() + offsets[i], values.data() + offsets[i],
                                                   offsets[i + 1] - offsets[i], form, row.data())
                                     : predict_row(p, x, row.data(), form);
        CHECK(s[label] >= top - e * (1 + std::fabs(top)));
        if (i % 3 == 2) CHECK_EQUAL(label, first);
        for (int64_t k = 0; k < c; ++k) CHECK_NEAR(static_cast<double>(row[k]), of(k), e);
    }
    expected /= static_cast<double>(n);
    // The terms of some sigmoids are beyond T.
    if (std::isinf(static_cast<double>(static_cast<T>(expected))))
        CHECK(loss > static_cast<double>(std::numeric_limits<T>::max()));
    else
        CHECK_NEAR(loss, expected, e * (1 + expected));
}

template <class T>
void rows_with_bad_values(int64_t d, int64_t c, s4j::Random& random) {
    about("%s bad values %dx%d", sizeof(T) == 4 ? "float" : "double", static_cast<int>(d),
          static_cast<int>(c));
    Problem<T> p(1, d, c, true, random);
    for (const T bad : {kNaN<T>, kInfinity<T>, -kInfinity<T>})
        for (const int64_t at : {int64_t{0}, d / 2, d - 1}) {
            std::vector<T> x(p.x.begin(), p.x.begin() + d);
            x[at] = bad;
            x[d - 1] = bad;
            CHECK_EQUAL(predict_row(p, x.data(), nullptr), -1 - at);
        }
    // Equal scores: the lowest class.
    std::fill(p.parameters.begin(), p.parameters.end(), T(0));
    CHECK_EQUAL(predict_row(p, p.x.data(), nullptr), 0);
}

template <class T>
void run(const Arguments& arguments) {
    s4j::Random random(19);
    for (const int64_t n : {1, 2, 31, 33, 70, 1030})
        for (const int64_t d : {1, 3, 16, 17, 65})
            for (const int64_t c : {1, 2, 10, 32, 33, 100, 2100}) {
                if (n * d * c > (arguments.quick ? 3000 : 1'000'000)) continue;
                predictions_match<T>(n, d, c, random.below(2) != 0, random);
            }
    for (const int64_t c : {5, 10, 40, 2100})
        for (const int form : {0, int{S4J_SIGMOIDS}, int{S4J_UNIT_ROWS}})
            for (const bool masked : {false, true}) {
                if (arguments.quick && c > 40) continue;
                overflows<T>(101, 6, c, form, false, masked, random);
                overflows<T>(101, 6, c, form, true, masked, random);
            }
    rows_with_bad_values<T>(5, 3, random);
    rows_with_bad_values<T>(40, 70, random);
    rows_with_bad_values<T>(3, 2500, random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments);
    run<double>(arguments);
    return finish("predict");
}
