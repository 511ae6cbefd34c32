// L-BFGS-B: R. H. Byrd, P. Lu, J. Nocedal and C. Zhu, "A limited memory algorithm for bound constrained
// optimization", SIAM J. Sci. Comput. 16 (1995): the first minimum of the quadratic model along the projected
// gradient, then the model's minimum over the variables that are free there.
//
// The model's matrix is theta I - W M W^T, W = [Y, theta S].
#include <algorithm>
#include <numeric>

#include "../line_search.h"
#include "history.h"
#include "methods.h"

namespace s4j {

namespace {

// A small dense matrix, row-major, or a vector; never larger than the room that it was given.
class Matrix {
  public:
    Matrix(Scratch& scratch, int64_t most) : values_(scratch.take<double>(most)) {}
    Matrix(const Matrix&) = delete;
    Matrix& operator=(const Matrix& other) {
        size_ = other.size_;
        std::copy_n(other.values_, size_, values_);
        return *this;
    }

    void resize(int64_t size) { size_ = size; }
    void assign(int64_t size, double value) {
        size_ = size;
        std::fill_n(values_, size, value);
    }
    int64_t size() const { return size_; }
    double& operator[](int64_t i) { return values_[i]; }
    double operator[](int64_t i) const { return values_[i]; }
    double* begin() { return values_; }
    const double* begin() const { return values_; }
    const double* end() const { return values_ + size_; }

  private:
    double* values_;
    int64_t size_ = 0;
};

// Solves A X = B in place of B for n x n A (destroyed) and n x columns B, by elimination; false where A is
// singular.
bool eliminate(int n, Matrix& a, int columns, double* b) {
    for (int j = 0; j < n; ++j) {
        int pivot = j;
        for (int i = j + 1; i < n; ++i)
            if (std::abs(a[i * n + j]) > std::abs(a[pivot * n + j])) pivot = i;
        if (!(std::abs(a[pivot * n + j]) > 0)) return false;
        if (pivot != j) {
            for (int k = 0; k < n; ++k) std::swap(a[j * n + k], a[pivot * n + k]);
            for (int k = 0; k < columns; ++k) std::swap(b[j * columns + k], b[pivot * columns + k]);
        }
        for (int i = 0; i < n; ++i) {
            if (i == j) continue;
            const double f = a[i * n + j] / a[j * n + j];
            if (f == 0) continue;
            for (int k = j; k < n; ++k) a[i * n + k] -= f * a[j * n + k];
            for (int k = 0; k < columns; ++k) b[i * columns + k] -= f * b[j * columns + k];
        }
    }
    for (int i = 0; i < n; ++i)
        for (int k = 0; k < columns; ++k) b[i * columns + k] /= a[i * n + i];
    return true;
}

template <class T>
class LbfgsB final : public Solver<T> {
    using Solver<T>::box_;
    using Solver<T>::v_;
    using Solver<T>::w_;
    using Solver<T>::gradient_;
    using Solver<T>::value_;
    using Solver<T>::at_;

  public:
    explicit LbfgsB(const Setup<T>& s)
        : Solver<T>(s.goal, s.settings, s.box, s.start, s.threads, s.state),
          most_(s.settings.memory),
          history_(v_, s.settings.memory, s.state),
          cauchy_(s.state.template take<T>(v_.size)),
          direction_(s.state.template take<T>(v_.size)),
          trial_(s.state.template take<T>(v_.size)),
          trial_gradient_(s.state.template take<T>(v_.size)),
          breaks_(s.state.template take<double>(v_.size)),
          order_(s.state.template take<int64_t>(v_.size)),
          step_step_(s.state, most_ * most_),
          step_change_(s.state, most_ * most_),
          middle_(s.state, 4 * most_ * most_),
          work_(s.state, 4 * most_ * most_),
          gram_(s.state, 4 * most_ * most_),
          p_(s.state, 2 * most_),
          c_(s.state, 2 * most_),
          row_(s.state, 2 * most_),
          product_(s.state, 2 * most_) {
        for (Matrix* m : {&step_step_, &step_change_}) m->assign(most_ * most_, 0);
    }

    static int64_t state(int64_t size, const SolverSettings& settings) {
        const int64_t m = settings.memory;
        return History<T>::state(size, settings.memory) + 4 * Scratch::size_of<T>(size) +
               Scratch::size_of<double>(size) + Scratch::size_of<int64_t>(size) +
               2 * Scratch::size_of<double>(m * m) + 3 * Scratch::size_of<double>(4 * m * m) +
               4 * Scratch::size_of<double>(2 * m);
    }

    void state(State& s) override {
        Solver<T>::state(s);
        history_.state(s);
        s.finite(&theta_, 1);
        s.finite(step_step_.begin(), most_ * most_);
        s.finite(step_change_.begin(), most_ * most_);
    }

  private:
    bool advance() override {
        Undo undo(history_.place(), theta_);
        if (search()) return true;
        if (history_.count() == 0) return false;
        forget();
        return search();
    }

    void forget() {
        history_.clear();
        theta_ = 1;
    }

    bool search() {
        if (!factor_middle()) {
            forget();
            factor_middle();
        }
        find_cauchy();
        minimise_free();
        double slope = v_.dot(gradient_, direction_);
        if (!(slope < 0)) {
            v_.set(direction_, [&](int64_t i) { return cauchy_[i] - w_[i]; });
            slope = v_.dot(gradient_, direction_);
            if (!(slope < 0)) return false;
        }
        double first = 1;
        if (history_.count() == 0) first = std::min(1.0, 1 / v_.norm(direction_));
        double trial_value = 0;
        const auto at = [&](double step) {
            const T factor = static_cast<T>(step);
            v_.set(trial_, [&](int64_t i) { return box_.clamp(i, w_[i] + factor * direction_[i]); });
            trial_value = this->evaluate(trial_, trial_gradient_);
            return Trial{step, trial_value, v_.dot(trial_gradient_, direction_)};
        };
        // Without pairs the model knows no scale: then the step may be longer, as far as the bounds allow.
        const Search found = search_line({0, value_, slope}, first, history_.count() == 0 ? longest() : 1.0,
                                         this->noise(), at);
        if (!found.accepted) {
            if (!(found.at.value < value_)) return false;
            at(found.at.step);
        }
        learn();
        at_.step = found.at.step * v_.max_abs(direction_);
        std::swap(w_, trial_);
        std::swap(gradient_, trial_gradient_);
        value_ = trial_value;
        return true;
    }

    // The longest step along the direction within the bounds, at least 1.
    double longest() const {
        double most = HUGE_VAL;
        for (int64_t i = 0; i < v_.size; ++i) {
            const double d = static_cast<double>(direction_[i]), w = static_cast<double>(w_[i]);
            if (d > 0) most = std::min(most, (static_cast<double>(box_.high(i)) - w) / d);
            if (d < 0) most = std::min(most, (static_cast<double>(box_.low(i)) - w) / d);
        }
        return std::max(most, 1.0);
    }

    void learn() {
        const bool full = history_.count() == most_;
        if (!history_.add(w_, trial_, gradient_, trial_gradient_)) return;
        const int k = history_.count(), last = k - 1;
        if (full)
            for (Matrix* m : {&step_step_, &step_change_})
                for (int64_t i = 1; i < most_; ++i)
                    std::copy_n(&(*m)[i * most_ + 1], most_ - 1, &(*m)[(i - 1) * most_]);
        for (int i = 0; i < k; ++i) {
            step_step_[i * most_ + last] = step_step_[last * most_ + i] =
                v_.dot(history_.step(i), history_.step(last));
            step_change_[i * most_ + last] = v_.dot(history_.step(i), history_.change(last));
            step_change_[last * most_ + i] = v_.dot(history_.step(last), history_.change(i));
        }
        theta_ = 1 / history_.scale();
    }

    // middle_ = M^-1 = [-D, L^T; L, theta S^T S], M being what multiply() applies.
    bool factor_middle() {
        const int k = history_.count(), n = 2 * k;
        work_.assign(n * n, 0.0);
        for (int i = 0; i < k; ++i)
            for (int j = 0; j < k; ++j) {
                if (i == j) work_[i * n + j] = -step_change_[i * most_ + i];
                if (i > j) work_[(k + i) * n + j] = work_[j * n + k + i] = step_change_[i * most_ + j];
                work_[(k + i) * n + k + j] = theta_ * step_step_[i * most_ + j];
            }
        middle_.assign(n * n, 0.0);
        for (int i = 0; i < n; ++i) middle_[i * n + i] = 1;
        return eliminate(n, work_, n, middle_.begin());
    }
    void multiply_middle(const Matrix& v, Matrix& out) const {
        const int n = 2 * history_.count();
        out.assign(n, 0.0);
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j) out[i] += middle_[i * n + j] * v[j];
    }
    static double inner(const Matrix& a, const Matrix& b) {
        return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    }
    // Row i of W.
    void row_of(int64_t i, Matrix& row) const {
        const int k = history_.count();
        row.resize(2 * k);
        for (int j = 0; j < k; ++j) {
            row[j] = static_cast<double>(history_.change(j)[i]);
            row[k + j] = theta_ * static_cast<double>(history_.step(j)[i]);
        }
    }

    void find_cauchy() {
        const int64_t n = v_.size;
        const int k = history_.count();
        // Where each variable meets its bound along the negative gradient.
        int64_t count = 0;
        for (int64_t i = 0; i < n; ++i) {
            const double g = static_cast<double>(gradient_[i]);
            const T bound = g < 0 ? box_.high(i) : box_.low(i);
            breaks_[i] = g == 0 ? HUGE_VAL : (static_cast<double>(w_[i]) - static_cast<double>(bound)) / g;
            direction_[i] = breaks_[i] > 0 ? -gradient_[i] : T(0);
            cauchy_[i] = w_[i];
            if (breaks_[i] > 0 && breaks_[i] < HUGE_VAL) order_[count++] = i;
        }
        std::sort(order_, order_ + count, [this](int64_t a, int64_t b) {
            return breaks_[a] < breaks_[b] || (breaks_[a] == breaks_[b] && a < b);
        });
        p_.assign(2 * k, 0.0);
        c_.assign(2 * k, 0.0);
        for (int j = 0; j < k; ++j) {
            p_[j] = v_.dot(history_.change(j), direction_);
            p_[k + j] = theta_ * v_.dot(history_.step(j), direction_);
        }
        double first = -v_.dot(direction_, direction_);
        multiply_middle(p_, product_);
        double second = -theta_ * first - inner(p_, product_);
        const double least_second = std::numeric_limits<double>::epsilon() * second;
        double step = second > 0 ? -first / second : 0, from = 0;
        int64_t next = 0;
        for (; next < count; ++next) {
            const int64_t i = order_[next];
            const double way = breaks_[i] - from;
            if (step < way) break;
            const double g = static_cast<double>(gradient_[i]);
            cauchy_[i] = g < 0 ? box_.high(i) : box_.low(i);
            const double z = static_cast<double>(cauchy_[i]) - static_cast<double>(w_[i]);
            for (int64_t j = 0; j < c_.size(); ++j) c_[j] += way * p_[j];
            row_of(i, row_);
            multiply_middle(row_, product_);
            first += way * second + g * g + theta_ * g * z - g * inner(product_, c_);
            second += -theta_ * g * g - 2 * g * inner(product_, p_) - g * g * inner(product_, row_);
            second = std::max(second, least_second);
            for (int64_t j = 0; j < p_.size(); ++j) p_[j] += g * row_[j];
            direction_[i] = 0;
            step = second > 0 ? -first / second : 0;
            from = breaks_[i];
        }
        step = std::max(step, 0.0);
        const T way = static_cast<T>(from + step);
        v_.set(cauchy_, [&](int64_t i) {
            return direction_[i] != 0 ? box_.clamp(i, w_[i] + way * direction_[i]) : cauchy_[i];
        });
        for (int64_t j = 0; j < c_.size(); ++j) c_[j] += step * p_[j];
    }

    bool is_free(int64_t i) const { return cauchy_[i] > box_.low(i) && cauchy_[i] < box_.high(i); }

    // From the Cauchy point to direction_ = the model's minimum over the free variables, within the bounds, -
    // w.
    void minimise_free() {
        const int k = history_.count(), n = 2 * k;
        multiply_middle(c_, product_);
        // The reduced gradient of the model at the Cauchy point, in direction_.
        v_.set(direction_, [&](int64_t i) {
            if (!is_free(i)) return T(0);
            double r = static_cast<double>(gradient_[i]) +
                       theta_ * (static_cast<double>(cauchy_[i]) - static_cast<double>(w_[i]));
            for (int j = 0; j < k; ++j)
                r -= static_cast<double>(history_.change(j)[i]) * product_[j] +
                     theta_ * static_cast<double>(history_.step(j)[i]) * product_[k + j];
            return static_cast<T>(r);
        });
        row_.assign(n, 0.0);
        if (k > 0) {
            // v = (I - M W_F^T W_F / theta)^-1 M W_F^T r, F the free variables.
            const auto column = [&](int j, int64_t i) {
                return j < k ? static_cast<double>(history_.change(j)[i])
                             : theta_ * static_cast<double>(history_.step(j - k)[i]);
            };
            for (int j = 0; j < n; ++j)
                row_[j] =
                    v_.sum([&, j](int64_t i) { return column(j, i) * static_cast<double>(direction_[i]); });
            multiply_middle(row_, p_);
            Matrix& gram = gram_;
            gram.assign(n * n, 0.0);
            for (int a = 0; a < n; ++a)
                for (int b = 0; b <= a; ++b)
                    gram[a * n + b] = gram[b * n + a] = v_.sum([&, a, b](int64_t i) {
                        return is_free(i) ? column(a, i) * column(b, i) : 0.0;
                    }) / theta_;
            work_.assign(n * n, 0.0);
            for (int a = 0; a < n; ++a)
                for (int b = 0; b < n; ++b) {
                    double sum = a == b ? 1 : 0;
                    for (int j = 0; j < n; ++j) sum -= middle_[a * n + j] * gram[j * n + b];
                    work_[a * n + b] = sum;
                }
            row_ = p_;
            if (!eliminate(n, work_, 1, row_.begin())) row_.assign(n, 0.0);
        }
        v_.set(direction_, [&](int64_t i) {
            if (!is_free(i)) return cauchy_[i] - w_[i];
            double d = -static_cast<double>(direction_[i]) / theta_;
            for (int j = 0; j < k; ++j)
                d -= (static_cast<double>(history_.change(j)[i]) * row_[j] +
                      theta_ * static_cast<double>(history_.step(j)[i]) * row_[k + j]) /
                     (theta_ * theta_);
            return box_.clamp(i, cauchy_[i] + static_cast<T>(d)) - w_[i];
        });
    }

    const int64_t most_;
    History<T> history_;
    T *cauchy_, *direction_, *trial_, *trial_gradient_;
    double* breaks_;
    int64_t* order_;
    double theta_ = 1;
    Matrix step_step_, step_change_;  // S^T S and S^T Y, most_ x most_
    Matrix middle_, work_, gram_, p_, c_, row_, product_;
};

}  // namespace

template <class T>
int64_t lbfgsb_state(int64_t size, const SolverSettings& settings) {
    return LbfgsB<T>::state(size, settings);
}
template <class T>
std::unique_ptr<Solver<T>> make_lbfgsb(const Setup<T>& setup) {
    return std::make_unique<LbfgsB<T>>(setup);
}

#define S4J_INSTANTIATE(T)                                            \
    template int64_t lbfgsb_state<T>(int64_t, const SolverSettings&); \
    template std::unique_ptr<Solver<T>> make_lbfgsb<T>(const Setup<T>&);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
