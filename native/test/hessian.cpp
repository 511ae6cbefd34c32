// Products of the Hessian with a direction in each regime, against naive loops in a wider type.
#include <cstring>

#include "problem.h"

using namespace check;

namespace {

// sum_i w_i X_i^T (diag(p_i) - p_i p_i^T) X_i v / sum_i w_i + l2 v, in the ABI's layout.
template <class T>
std::vector<double> naive_product(const Problem<T>& p, const std::vector<T>& v) {
    using Wide = typename WideOf<T>::type;
    const int64_t D = p.features, C = p.classes;
    std::vector<Wide> product(v.size(), 0), s(static_cast<size_t>(C)), t(static_cast<size_t>(C));
    const auto score = [&](const std::vector<T>& w, const T* x, std::vector<Wide>& out) {
        for (int64_t c = 0; c < C; ++c) out[c] = p.intercept ? static_cast<Wide>(w[D * C + c]) : Wide(0);
        for (int64_t d = 0; d < D; ++d)
            for (int64_t c = 0; c < C; ++c)
                out[c] += static_cast<Wide>(x[d]) * static_cast<Wide>(w[d * C + c]);
    };
    for (int64_t i = 0; i < p.rows; ++i) {
        const T* x = &p.x[i * p.stride];
        score(p.parameters, x, s);
        score(v, x, t);
        const Wide top = *std::max_element(s.begin(), s.end());
        Wide z = 0, mean = 0;
        for (Wide& e : s) z += e = std::exp(e - top);
        for (int64_t c = 0; c < C; ++c) mean += s[c] / z * t[c];
        const Wide w = static_cast<Wide>(p.weight(i) / p.total_weight());
        for (int64_t c = 0; c < C; ++c) t[c] = w * s[c] / z * (t[c] - mean);
        for (int64_t d = 0; d < D; ++d)
            for (int64_t c = 0; c < C; ++c) product[d * C + c] += static_cast<Wide>(x[d]) * t[c];
        if (p.intercept)
            for (int64_t c = 0; c < C; ++c) product[D * C + c] += t[c];
    }
    for (int64_t i = 0; i < D * C; ++i) product[i] += static_cast<Wide>(p.l2) * static_cast<Wide>(v[i]);
    return {product.begin(), product.end()};
}

template <class T>
void matches(int64_t n, int64_t d, int64_t c, bool intercept, double l2, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, intercept, random);
    p.l2 = l2;
    if (n % 2 == 0) p.weigh(random);
    about("%s %s %dx%dx%d", kTypeName<T>, kRegimes[regime], static_cast<int>(n), static_cast<int>(d),
          static_cast<int>(c));
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), c, intercept, l2);
    std::vector<T> v(p.parameters.size()), product(v.size(), kNaN<T>), again(v.size(), kNaN<T>);
    fill(v.data(), static_cast<int64_t>(v.size()), random);
    CHECK_EQUAL(s4j_hessian_product(goal.get(), regime, p.parameters.data(), v.data(), product.data(), 2,
                                    S4J_NO_LIMIT),
                S4J_OK);
    const std::vector<double> expected = naive_product(p, v);
    CHECK_NEAR(distance(product.data(), expected), 0, (sizeof(T) == 4 ? 1e-5 : 1e-13) * norm(expected));
    CHECK_EQUAL(
        s4j_hessian_product(goal.get(), regime, p.parameters.data(), v.data(), again.data(), 1, S4J_NO_LIMIT),
        S4J_OK);
    CHECK(std::memcmp(product.data(), again.data(), product.size() * sizeof(T)) == 0);
}

template <class T>
void run(bool quick) {
    s4j::Random random(11);
    for (const int regime : {S4J_SMALL, S4J_MEDIUM, S4J_LARGE})
        for (const int64_t c : {2, 3, 10, 17, 32})
            for (const int64_t n : {1, 31, 97, 1200})
                if (!quick || n * c < 1000) matches<T>(n, 37, c, n != 31, 0.1, regime, random);
    if (quick) {
        matches<T>(20, 9, 515, true, 1e-3, S4J_AUTO, random);
        return;
    }
    for (const int regime : {S4J_MEDIUM, S4J_LARGE})
        for (const int64_t c : {33, 100, 515}) matches<T>(230, 65, c, c != 100, 0, regime, random);
    matches<T>(300, 20, 2500, true, 1e-3, S4J_AUTO, random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments.quick);
    run<double>(arguments.quick);
    return finish("hessian");
}
