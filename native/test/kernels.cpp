// The kernels of the small-C regime against naive float64 loops.
#include "kernels.h"

#include <memory>

#include "buffers.h"
#include "check.h"

using namespace check;
using s4j::kRowBlock;
using s4j::kSmallClasses;

namespace {

constexpr int64_t kMostFeatures = 784;

template <class T>
struct Block {
    s4j::Random random{7};
    std::vector<std::unique_ptr<Fenced<T>>> fences;
    Fenced<T> weight_fence{kSmallClasses * s4j::padded_features<T>(kMostFeatures)};
    Fenced<T> gradient_fence{kSmallClasses * s4j::padded_features<T>(kMostFeatures)};
    Fenced<T> intercept_fence{kSmallClasses}, score_fence{kSmallClasses * kRowBlock};
    const T* rows[kRowBlock];

    Block() {
        for (int r = 0; r < kRowBlock; ++r) {
            fences.push_back(std::make_unique<Fenced<T>>(kMostFeatures));
            fill(fences.back()->last(kMostFeatures), kMostFeatures, random);
        }
    }
    void use(int64_t features) {
        for (int r = 0; r < kRowBlock; ++r) rows[r] = fences[r]->last(features);
    }
};

template <class T>
void scores_match_dot_products(Block<T>& b, int64_t features, int classes, int n) {
    const auto& k = s4j::kernels<T>();
    const int64_t stride = s4j::padded_features<T>(features);
    T* weights = b.weight_fence.last(classes * stride);
    for (int c = 0; c < classes; ++c) {
        fill(weights + c * stride, features, b.random);
        std::fill(weights + c * stride + features, weights + (c + 1) * stride, T(0));
    }
    T* intercept = b.intercept_fence.last(classes);
    fill(intercept, classes, b.random);
    const bool has_intercept = (classes + n) % 3 != 0;
    // Only the n rows of each class's column are the kernel's: it may not touch the scores after the last
    // one.
    T* scores = b.score_fence.last((classes - 1) * kRowBlock + n);
    std::fill_n(scores, (classes - 1) * kRowBlock + n, kNaN<T>);
    k.block_scores(b.rows, n, features, weights, has_intercept ? intercept : nullptr, classes, scores, b.rows,
                   n);
    const double allowed = kEpsilon<T> / 2 * (static_cast<double>(features) / 2 + 8);
    for (int c = 0; c < classes; ++c)
        for (int r = 0; r < n; ++r) {
            double sum = has_intercept ? intercept[c] : 0.0, size = std::fabs(sum);
            for (int64_t d = 0; d < features; ++d) {
                const double term =
                    static_cast<double>(b.rows[r][d]) * static_cast<double>(weights[c * stride + d]);
                sum += term;
                size += std::fabs(term);
            }
            CHECK_NEAR(scores[c * kRowBlock + r], sum, allowed * size);
        }
    // The bits of a row's scores do not depend on the rows beside it.
    T alone[kSmallClasses * kRowBlock];
    const int r = n / 2;
    k.block_scores(b.rows + r, 1, features, weights, has_intercept ? intercept : nullptr, classes, alone,
                   nullptr, 0);
    bool same = true;
    for (int c = 0; c < classes; ++c) same &= alone[c * kRowBlock] == scores[c * kRowBlock + r];
    CHECK(same);
}

template <class T>
void gradient_matches_outer_products(Block<T>& b, int64_t features, int classes, int n) {
    const auto& k = s4j::kernels<T>();
    const int64_t stride = s4j::padded_features<T>(features);
    T* errors = b.score_fence.last((classes - 1) * kRowBlock + n);
    fill(errors, (classes - 1) * kRowBlock + n, b.random);
    T* gradient = b.gradient_fence.last(classes * stride);
    const bool assign = n % 2 == 0;
    std::vector<double> before(static_cast<size_t>(classes * stride), 0.0);
    if (assign) {
        std::fill_n(gradient, classes * stride, kNaN<T>);
    } else {
        fill(gradient, classes * stride, b.random);
        std::copy_n(gradient, classes * stride, before.begin());
    }
    k.block_gradient(b.rows, n, features, errors, classes, gradient, assign, b.rows,
                     (n * 7) % (kRowBlock + 1));
    const double allowed = kEpsilon<T> / 2 * (n + 3);
    for (int c = 0; c < classes; ++c) {
        for (int64_t d = 0; d < features; ++d) {
            double sum = before[c * stride + d], size = std::fabs(sum);
            for (int r = 0; r < n; ++r) {
                const double term =
                    static_cast<double>(errors[c * kRowBlock + r]) * static_cast<double>(b.rows[r][d]);
                sum += term;
                size += std::fabs(term);
            }
            CHECK_NEAR(gradient[c * stride + d], sum, allowed * size);
        }
        bool padding = true;
        for (int64_t d = features; d < stride; ++d)
            padding &= gradient[c * stride + d] == before[c * stride + d];
        CHECK(padding);
    }
}

// One row's softmax in float64.
struct Softmax {
    double top = -HUGE_VAL, loss = 0;
    double p[kSmallClasses];

    template <class T>
    Softmax(const T* scores, int stride, int classes, int label) {
        for (int c = 0; c < classes; ++c) top = std::fmax(top, static_cast<double>(scores[c * stride]));
        double sum = 0;
        for (int c = 0; c < classes; ++c)
            sum += p[c] = std::exp(static_cast<double>(scores[c * stride]) - top);
        for (int c = 0; c < classes; ++c) p[c] /= sum;
        loss = top - static_cast<double>(scores[label * stride]) + std::log(sum);
    }
};

template <class T>
void cross_entropy_matches_log_sum_exp(Block<T>& b, int classes, int n, double spread) {
    const auto& k = s4j::kernels<T>();
    T scores[kSmallClasses * kRowBlock], before[kSmallClasses * kRowBlock], losses[kRowBlock],
        scale[kRowBlock];
    int32_t labels[kRowBlock];
    std::fill(std::begin(scores), std::end(scores), kNaN<T>);
    for (int r = 0; r < n; ++r) {
        labels[r] = static_cast<int32_t>(b.random.below(static_cast<uint64_t>(classes)));
        scale[r] = r % 5 == 4 ? T(0) : static_cast<T>(1 + uniform(b.random));
        for (int c = 0; c < classes; ++c) {
            scores[c * kRowBlock + r] = static_cast<T>(uniform(b.random) * spread);
            // Masked classes.
            if (r % 4 == 1 && c != labels[r] && b.random.below(3) == 0)
                scores[c * kRowBlock + r] = -kInfinity<T>;
        }
        // A score that is no number, and a row without any finite one: defined as NaN.
        if (n > 8 && r == 6) scores[labels[r] * kRowBlock + r] = kNaN<T>;
        if (n > 8 && r == 7)
            for (int c = 0; c < classes; ++c) scores[c * kRowBlock + r] = -kInfinity<T>;
        if (n > 8 && r == 8) scores[labels[r] * kRowBlock + r] = kInfinity<T>;
    }
    std::copy(std::begin(scores), std::end(scores), before);
    T probabilities[kSmallClasses * kRowBlock];
    std::copy(std::begin(scores), std::end(scores), probabilities);
    k.block_probabilities(probabilities, n, classes, nullptr, nullptr);
    k.block_cross_entropy(scores, n, classes, labels, scale, 0, losses);
    const double e = kEpsilon<T>;
    for (int r = 0; r < n; ++r) {
        if (n > 8 && r >= 6 && r <= 8) {
            CHECK(std::isnan(losses[r]));
            CHECK(std::isnan(scores[labels[r] * kRowBlock + r]));
            CHECK(std::isnan(probabilities[labels[r] * kRowBlock + r]));
            continue;
        }
        const Softmax s(before + r, kRowBlock, classes, labels[r]);
        CHECK_NEAR(losses[r], s.loss, e * (s.loss + 4 + classes / 2.0));
        for (int c = 0; c < classes; ++c) {
            // The argument of exp carries half an ULP of its own size, 100 at most where exp is not zero.
            const double allowed = s.p[c] * e * (std::fmin(2 * spread, 800) + classes / 2.0 + 8);
            const double subnormal = std::numeric_limits<T>::denorm_min() * 2;
            const double f = static_cast<double>(scale[r]);
            CHECK_NEAR(probabilities[c * kRowBlock + r], s.p[c], allowed + subnormal);
            CHECK_NEAR(scores[c * kRowBlock + r], f * (s.p[c] - (c == labels[r])),
                       f * (allowed + (c == labels[r] ? e : 0)) + subnormal);
        }
    }
}

template <class T>
void run(const Arguments& arguments, const char* type) {
    Block<T> b;
    std::vector<int64_t> features;
    for (int64_t d = 1; d <= 40; ++d) features.push_back(d);
    features.insert(features.end(), {63, 64, 65, kMostFeatures});
    // Tiles take up to 8 rows, vectors up to 16.
    const int counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 23, 24, 31, 32};
    for (const int64_t d : features) {
        b.use(d);
        for (int classes = 1; classes <= kSmallClasses; ++classes)
            for (const int n : counts) {
                if (arguments.quick && b.random.below(d > 100 ? 300 : 40) != 0) continue;
                about("%s features %d classes %d rows %d", type, static_cast<int>(d), classes, n);
                scores_match_dot_products(b, d, classes, n);
                gradient_matches_outer_products(b, d, classes, n);
            }
    }
    for (int classes = 1; classes <= kSmallClasses; ++classes)
        for (int n = 1; n <= kRowBlock; ++n)
            for (const double spread : {3.0, 100.0, 1e4}) {
                if (arguments.quick && b.random.below(20) != 0) continue;
                about("%s classes %d rows %d scores up to %g", type, classes, n, spread);
                cross_entropy_matches_log_sum_exp(b, classes, n, spread);
            }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments, "float");
    run<double>(arguments, "double");
    return finish("kernels");
}
