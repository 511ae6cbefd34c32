// Training problems with random data, and their objective and gradient by naive loops in a wider type.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "buffers.h"
#include "check.h"
#include "parallel.h"

namespace check {

struct DataFree {
    void operator()(s4j_data* d) const { s4j_data_free(d); }
    void operator()(s4j_objective* o) const { s4j_objective_free(o); }
    void operator()(s4j_trainer* t) const { s4j_trainer_free(t); }
    void operator()(s4j_solver* s) const { s4j_solver_free(s); }
};
using Data = std::unique_ptr<s4j_data, DataFree>;
using Objective = std::unique_ptr<s4j_objective, DataFree>;

// Plain cross-entropy; null where it was refused, with the status where one is wanted.
inline Objective objective(const s4j_data* data, int64_t classes, bool intercept, double l2,
                           int* status = nullptr) {
    int ignored;
    return Objective(s4j_objective_create(data, classes, intercept, l2, S4J_CROSS_ENTROPY, nullptr,
                                          status ? status : &ignored));
}

template <class T>
struct WideOf {
    using type = double;
};
template <>
struct WideOf<double> {
    using type = long double;
};

template <class T>
constexpr const char* kTypeName = sizeof(T) == 4 ? "float" : "double";
// By s4j_regime.
inline constexpr const char* kRegimes[] = {"auto", "small", "medium", "large"};

template <class T>
constexpr int kType = sizeof(T) == 4 ? S4J_F32 : S4J_F64;

// float64 or wider; gradient in the ABI's layout, D x C and then the intercept
struct Reference {
    double loss = 0;
    std::vector<double> gradient;
    // What a gradient of all rows without cancellation would be: the scale of rounding errors.
    double scale = 0;
};

template <class T>
struct Problem {
    int64_t rows, features, classes, stride;
    bool intercept;
    double l2 = 0;
    std::vector<T> x, parameters, weights;
    std::vector<int32_t> labels;

    Problem(int64_t n, int64_t d, int64_t c, bool with_intercept, s4j::Random& random)
        : rows(n),
          features(d),
          classes(c),
          stride(d + static_cast<int64_t>(random.below(2)) * 3),
          intercept(with_intercept),
          x(static_cast<size_t>(n * stride - (stride - d)), kNaN<T>),
          parameters(static_cast<size_t>((d + with_intercept) * c)),
          labels(static_cast<size_t>(n)) {
        for (int64_t i = 0; i < n; ++i) fill(&x[i * stride], d, random);
        // Scores of a size that leaves no class without a share.
        fill(parameters.data(), static_cast<int64_t>(parameters.size()), random,
             2 / std::sqrt(static_cast<double>(d)));
        for (int32_t& y : labels) y = static_cast<int32_t>(random.below(static_cast<uint64_t>(c)));
    }
    void weigh(s4j::Random& random) {
        weights.resize(static_cast<size_t>(rows));
        for (T& w : weights) w = random.below(4) == 0 ? T(0) : static_cast<T>(1.5 + uniform(random));
        weights[0] = 2;
    }
    double weight(int64_t row) const { return weights.empty() ? 1.0 : static_cast<double>(weights[row]); }
    double total_weight() const {
        double total = 0;
        for (int64_t i = 0; i < rows; ++i) total += weight(i);
        return total;
    }
    // Stays valid while the problem does.
    s4j_data* data() const {
        return s4j_data_create(kType<T>, x.data(), rows, features, stride, labels.data(),
                               weights.empty() ? nullptr : weights.data());
    }
};

// Sums over some of the rows, without penalty.
template <class T>
struct ReferenceSums {
    using Wide = typename WideOf<T>::type;
    Wide loss = 0;
    double scale = 0;
    std::vector<Wide> gradient;

    // Adds rows [begin, end) of `order`, or of the data where that is null; wide: the parameters.
    void add(const Problem<T>& p, double divisor, const std::vector<Wide>& wide, const int64_t* order,
             int64_t begin, int64_t end) {
        const int64_t D = p.features, C = p.classes;
        gradient.assign(wide.size(), 0);
        std::vector<Wide> s(static_cast<size_t>(C));
        for (int64_t i = begin; i < end; ++i) {
            const int64_t row = order ? order[i] : i;
            const T* x = &p.x[row * p.stride];
            for (int64_t c = 0; c < C; ++c) s[c] = p.intercept ? wide[D * C + c] : Wide(0);
            double size = p.intercept;
            for (int64_t d = 0; d < D; ++d) {
                const Wide xd = x[d];
                size += static_cast<double>(xd * xd);
                for (int64_t c = 0; c < C; ++c) s[c] += xd * wide[d * C + c];
            }
            const Wide top = *std::max_element(s.begin(), s.end());
            const Wide of_label = s[p.labels[row]];
            Wide z = 0;
            for (Wide& e : s) z += e = std::exp(e - top);
            const Wide w = p.weight(row) / static_cast<Wide>(divisor);
            loss += w * (top - of_label + std::log(z));
            scale += static_cast<double>(w) * std::sqrt(size);
            for (Wide& e : s) e *= w / z;
            s[p.labels[row]] -= w;
            for (int64_t d = 0; d < D; ++d)
                for (int64_t c = 0; c < C; ++c) gradient[d * C + c] += x[d] * s[c];
            if (p.intercept)
                for (int64_t c = 0; c < C; ++c) gradient[D * C + c] += s[c];
        }
    }
};

// sum_i w_i loss_i / divisor over the rows (all, or those of `order`), plus the penalty, and its gradient.
template <class T>
Reference reference(const Problem<T>& p, double divisor, const int64_t* order = nullptr, int64_t count = -1) {
    using Wide = typename WideOf<T>::type;
    const int64_t n = order ? count : p.rows;
    const std::vector<Wide> wide(p.parameters.begin(), p.parameters.end());
    // A thread that has few rows costs more than it saves: its sums are as large as the parameters.
    const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int64_t workers = std::clamp<int64_t>(n / 32, 1, threads);
    std::vector<ReferenceSums<T>> parts(static_cast<size_t>(workers));
    s4j::parallel_for(workers, threads, [&](int64_t i, int) {
        parts[i].add(p, divisor, wide, order, i * n / workers, (i + 1) * n / workers);
    });

    ReferenceSums<T>& sums = parts[0];
    for (int64_t i = 1; i < workers; ++i) {
        sums.loss += parts[i].loss;
        sums.scale += parts[i].scale;
        for (size_t j = 0; j < wide.size(); ++j) sums.gradient[j] += parts[i].gradient[j];
    }
    Wide penalty = 0;
    for (int64_t i = 0; i < p.features * p.classes; ++i) {
        penalty += wide[i] * wide[i];
        sums.gradient[i] += p.l2 * wide[i];
    }
    Reference r;
    r.loss = static_cast<double>(sums.loss + static_cast<Wide>(p.l2) / 2 * penalty);
    r.gradient.assign(sums.gradient.begin(), sums.gradient.end());
    r.scale = sums.scale;
    return r;
}

// The core's loss, and its gradient where that is not null; the status is returned.
template <class T>
int evaluate(const Problem<T>& p, int regime, double* loss, std::vector<T>* gradient) {
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    if (gradient) gradient->assign(p.parameters.size(), kNaN<T>);
    const Objective o = objective(data.get(), p.classes, p.intercept, p.l2);
    return s4j_loss_gradient(o.get(), regime, p.parameters.data(), gradient ? gradient->data() : nullptr, 2,
                             S4J_NO_LIMIT, loss);
}

inline double norm(const std::vector<double>& v) {
    double sum = 0;
    for (const double e : v) sum += e * e;
    return std::sqrt(sum);
}

// |actual - expected| in the 2-norm
template <class T>
double distance(const T* actual, const std::vector<double>& expected) {
    double sum = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
        const double e = static_cast<double>(actual[i]) - expected[i];
        sum += e * e;
    }
    return std::sqrt(sum);
}

}  // namespace check
