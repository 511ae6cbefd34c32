// Labels, scores, probabilities and losses of batches and of single rows against naive loops.
#include <memory>

#include "problem.h"

using namespace check;

namespace {

int32_t predict_row(const Problem<float>& p, const float* x, float* probabilities) {
    return s4j_predict_row_f32(p.parameters.data(), p.features, p.classes, p.intercept, 0, x, probabilities);
}
int32_t predict_row(const Problem<double>& p, const double* x, double* probabilities) {
    return s4j_predict_row_f64(p.parameters.data(), p.features, p.classes, p.intercept, 0, x, probabilities);
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
