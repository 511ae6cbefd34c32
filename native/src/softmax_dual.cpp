#include "softmax_dual.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "parallel.h"
#include "regimes.h"

namespace s4j {

namespace {

// Rows whose terms one task sums.
constexpr int64_t kTaskRows = 128;
// Tasks that share the weights; and rows that are summed before their sum goes to a second one, which keeps
// the error independent of N.
constexpr int64_t kWeightTasks = 16, kBlockRows = 2048;
// The curvature that the intercept's pull adds to the dual along each q_i, whose entropy has one of at least 1:
// little beside that, so that a sweep does not get slower by it, and as much as that allows, as the multiplier
// is found the sooner the weaker the pull.
constexpr double kInterceptCurvature = 0.3;
// Multiplications of a sweep after which it asks whether it is to stop: less than a millisecond.
constexpr int64_t kPauseWork = int64_t{1} << 20;
// Parts of a pass over the rows, at most: it may be stopped between them.
constexpr int64_t kParts = 8;
// No q_i starts closer to its target than this part of the way from softmax's.
constexpr double kLeastStart = 1e-3;

int64_t slack(int64_t count) {
    return count + kDualSlack;
}
int64_t entries_of(const s4j_data& data) {
    return data.offsets ? data.offsets[data.rows] - data.offsets[0] : data.rows * data.columns;
}
double x_log_x(double x) {
    return x > 0 ? x * std::log(x) : 0;
}

}  // namespace

template <class T>
SoftmaxDual<T>::Memory::Memory(const Shape& shape, int threads, Scratch& scratch) {
    const Kernels<T>& k = kernels<T>();
    const int64_t N = shape.rows, D = shape.features, C = shape.classes;
    const int64_t panels = ceil_div(C, k.panel_classes);
    q = scratch.take<T>(N * C);
    squares = scratch.take<T>(N);
    order = scratch.take<int64_t>(N);
    weights = scratch.take<T>(slack(D * C));
    block_weights = scratch.take<T>(D * C);
    touched = scratch.take<uint8_t>(D);
    intercept = scratch.take<T>(slack(C));
    surplus = scratch.take<double>(C);
    shares = scratch.take<double>(3 * C);
    columns = shape.sparse ? nullptr : scratch.take<int32_t>(D);
    terms = scratch.take<double>(ceil_div(N, kTaskRows));
    values_room = shape.stored ? staged_stride<T>(D) : 0;
    kernel_room = std::max(4 * slack(C), panels * k.panel_stride);
    room = Scratch::size_of<T>(values_room + kernel_room + C) / static_cast<int64_t>(sizeof(T));
    rooms = scratch.take<T>(threads * room);
}

template <class T>
int64_t SoftmaxDual<T>::state(const Shape& shape, int threads) {
    Scratch counter;
    Memory(shape, threads, counter);
    return counter.used();
}

template <class T>
SoftmaxDual<T>::SoftmaxDual(const s4j_objective& objective, int threads, Scratch& state)
    : shape_(shape_of(*objective.data, objective.data->rows, objective.classes, objective.intercept)),
      rows_(objective.rows<T>()),
      loss_(objective.loss),
      l2_(objective.l2),
      total_weight_(objective.total_weight),
      threads_(threads_for(entries_of(*objective.data) / 8 * shape_.classes, threads)),
      pull_(1 / (kInterceptCurvature * static_cast<double>(shape_.rows))),
      m_(shape_, threads, state) {
    if (m_.columns) std::iota(m_.columns, m_.columns + shape_.features, 0);
    std::iota(m_.order, m_.order + shape_.rows, int64_t{0});
    std::fill_n(m_.weights, slack(shape_.weight_count()), T(0));
    std::fill_n(m_.intercept, slack(shape_.classes), T(0));
    for (int64_t i = 0; i < shape_.rows; ++i) {
        const SparseRow<T> x = row(i, m_.rooms);
        double sum = 0;
        for (int64_t k = 0; k < x.count; ++k)
            sum += static_cast<double>(x.values[k]) * static_cast<double>(x.values[k]);
        m_.squares[i] = static_cast<T>(sum);
    }
}

template <class T>
SparseRow<T> SoftmaxDual<T>::row(int64_t i, T* own) const {
    if (shape_.sparse) return rows_.entries(i);
    return {value_row(rows_, i, shape_.features, own), m_.columns, shape_.features};
}

template <class T>
template <class F>
void SoftmaxDual<T>::for_targets(int64_t i, const F& f) const {
    const int64_t C = shape_.classes;
    const T share = static_cast<T>(1 - loss_.smoothing());
    const T* uniform = values_or_null<T>(loss_.uniform);
    const T* targets = rows_.targets ? rows_.targets + i * C : nullptr;
    const int64_t label = targets ? -1 : rows_.label(i);
    for (int64_t c = 0; c < C; ++c) {
        const T own = targets ? share * targets[c] : c == label ? share : T(0);
        f(c, own + (uniform ? uniform[c] : T(0)));
    }
}

template <class T>
template <class F>
void SoftmaxDual<T>::for_parts(int64_t tasks, s4j_stop_asked stop, const F& f) const {
    const int64_t part = std::max<int64_t>(ceil_div(tasks, kParts), threads_);
    for (int64_t first = 0; first < tasks; first += part) {
        pause(stop);
        parallel_for(std::min(part, tasks - first), threads_,
                     [&](int64_t task, int worker) { f(first + task, worker); });
    }
}

template <class T>
template <class F>
double SoftmaxDual<T>::mean_over_rows(const T* weights, const T* intercept, s4j_stop_asked stop,
                                      const F& f) const {
    const Kernels<T>& k = kernels<T>();
    const int64_t C = shape_.classes, tasks = ceil_div(shape_.rows, kTaskRows), width = k.panel_classes;
    for_parts(tasks, stop, [&](int64_t task, int worker) {
        T* own = m_.rooms + worker * m_.room;
        T *panels = own + m_.values_room, *scores = panels + m_.kernel_room;
        double sum = 0;
        for (int64_t i = task * kTaskRows; i < std::min((task + 1) * kTaskRows, shape_.rows); ++i) {
            const SparseRow<T> x = row(i, own);
            k.sparse_scores(&x, 1, weights, C, intercept, panels);
            for (int64_t c = 0; c < C; ++c) scores[c] = panels[c / width * k.panel_stride + c % width];
            sum += weight(i) * f(i, scores);
        }
        m_.terms[task] = sum;
    });
    return std::accumulate(m_.terms, m_.terms + tasks, 0.0);
}

namespace {

template <class T>
double log_sum_exp(const T* scores, int64_t classes) {
    const double top = static_cast<double>(*std::max_element(scores, scores + classes));
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(scores[c]) - top);
    return top + std::log(sum);
}

}  // namespace

// q_i on the way from t_i to softmax p_i, as far as the dual is sure to rise: along it the entropy is
// concave, and W(p) = -(gradient - l2 W) / l2.
template <class T>
void SoftmaxDual<T>::begin(const T* w, const T* gradient, s4j_stop_asked stop) {
    const int64_t C = shape_.classes, count = shape_.weight_count();
    if (shape_.intercept) std::copy_n(w + count, C, m_.intercept);
    const double entropy = mean_over_rows(w, m_.intercept, stop, [&](int64_t i, const T* scores) {
        const double lse = log_sum_exp(scores, C);
        double sum = 0;
        for (int64_t c = 0; c < C; ++c) {
            const double log_p = static_cast<double>(scores[c]) - lse, p = std::exp(log_p);
            m_.q[i * C + c] = static_cast<T>(p);
            sum -= p * log_p;
        }
        for_targets(i, [&](int64_t, T t) { sum += x_log_x(static_cast<double>(t)); });
        return sum;
    });
    double square = 0;
    for (int64_t i = 0; i < count; ++i) {
        const double g = static_cast<double>(gradient[i]) - l2_ * static_cast<double>(w[i]);
        square += g * g;
    }
    const T part = static_cast<T>(std::clamp(square > 0 ? l2_ * entropy / square : 1.0, kLeastStart, 1.0));
    for (int64_t i = 0; i < shape_.rows; ++i)
        for_targets(i, [&](int64_t c, T t) {
            T& q = m_.q[i * C + c];
            q = t + part * (q - t);
        });
    make_weights(stop);
    find_surplus();
    begun_ = true;
}

template <class T>
double SoftmaxDual<T>::sweep(T* w, s4j_stop_asked stop) {
    const Kernels<T>& k = kernels<T>();
    const int64_t C = shape_.classes;
    pause(stop);
    if (swept_ == 0) {
        if (shape_.intercept)
            for (int64_t c = 0; c < C; ++c) m_.intercept[c] -= static_cast<T>((m_.surplus[c]) / pull_);
        random_.shuffle(m_.order, shape_.rows);
        divergence_ = 0;
    }
    int64_t work = 0;
    for (; swept_ < shape_.rows; ++swept_) {
        const int64_t n = swept_, i = m_.order[n];
        if (work > kPauseWork) {
            pause(stop);
            work = 0;
        }
        const double weight = this->weight(i);
        if (n + 1 < shape_.rows) {
            const int64_t next = m_.order[n + 1];
            if (shape_.sparse) {
                const SparseRow<T> x = rows_.entries(next);
                __builtin_prefetch(x.values);
                __builtin_prefetch(x.indices);
            } else {
                __builtin_prefetch(rows_.row(next));
            }
            __builtin_prefetch(m_.q + next * C);
        }
        if (weight == 0) continue;
        const double free = shape_.intercept ? 1 / pull_ : 0;
        const SparseRow<T> x = row(i, m_.rooms);
        work += (x.count + 16) * C;
        divergence_ += weight * k.dual_step({.row = x,
                                             .classes = C,
                                             .weights = m_.weights,
                                             .intercept = m_.intercept,
                                             .q = m_.q + i * C,
                                             .curvature = static_cast<T>(
                                                 weight * (static_cast<double>(m_.squares[i]) / l2_ + free)),
                                             .weight_step = static_cast<T>(weight / l2_),
                                             .intercept_step = static_cast<T>(weight * free),
                                             .room = m_.rooms + m_.values_room});
    }
    swept_ = 0;
    find_surplus();
    write(w);
    return divergence_;
}

template <class T>
double SoftmaxDual<T>::settle(T* w, s4j_stop_asked stop) {
    const int64_t C = shape_.classes;
    pause(stop);
    if (shape_.intercept && !feasible_) make_feasible();
    feasible_ = true;  // not twice where what follows is stopped
    make_weights(stop);
    find_surplus();
    write(w);
    const double gap = mean_over_rows(m_.weights, m_.intercept, stop, [&](int64_t i, const T* scores) {
        const double lse = log_sum_exp(scores, C);
        double sum = 0;
        for (int64_t c = 0; c < C; ++c) {
            const double q = static_cast<double>(m_.q[i * C + c]);
            sum += x_log_x(q) - q * (static_cast<double>(scores[c]) - lse);
        }
        return std::max(sum, 0.0);
    });
    feasible_ = false;
    return gap;
}

template <class T>
void SoftmaxDual<T>::find_surplus() {
    if (!shape_.intercept) return;
    const int64_t C = shape_.classes;
    std::fill_n(m_.surplus, C, 0.0);
    for (int64_t i = 0; i < shape_.rows; ++i) {
        const double weight = this->weight(i);
        for_targets(i, [&](int64_t c, T t) {
            m_.surplus[c] += weight * (static_cast<double>(m_.q[i * C + c]) - static_cast<double>(t));
        });
    }
}

// Classes with a surplus give the same part of every q_i, those with a deficit share it: all q_i stay
// distributions.
template <class T>
void SoftmaxDual<T>::make_feasible() {
    const int64_t N = shape_.rows, C = shape_.classes;
    double *mass = m_.shares, *given = mass + C, *taken = given + C;
    std::fill_n(mass, 2 * C, 0.0);
    for (int64_t i = 0; i < N; ++i)
        for (int64_t c = 0; c < C; ++c) mass[c] += weight(i) * static_cast<double>(m_.q[i * C + c]);
    double deficit = 0;
    for (int64_t c = 0; c < C; ++c) deficit += std::max(-m_.surplus[c], 0.0);
    if (!(deficit > 0)) return;
    for (int64_t c = 0; c < C; ++c) {
        if (m_.surplus[c] > 0 && mass[c] > 0) given[c] = std::min(m_.surplus[c] / mass[c], 1.0);
        taken[c] = std::max(-m_.surplus[c], 0.0) / deficit;
    }
    parallel_for(ceil_div(N, kTaskRows), threads_, [&](int64_t task, int) {
        for (int64_t i = task * kTaskRows; i < std::min((task + 1) * kTaskRows, N); ++i) {
            T* q = m_.q + i * C;
            double free = 0;
            for (int64_t c = 0; c < C; ++c) free += static_cast<double>(q[c]) * given[c];
            for (int64_t c = 0; c < C; ++c)
                q[c] = static_cast<T>(static_cast<double>(q[c]) * (1 - given[c]) + free * taken[c]);
        }
    });
}

template <class T>
void SoftmaxDual<T>::make_weights(s4j_stop_asked stop) {
    const Kernels<T>& k = kernels<T>();
    const int64_t N = shape_.rows, D = shape_.features, C = shape_.classes;
    const int64_t each = ceil_div(D, kWeightTasks);
    for_parts(ceil_div(D, each), stop, [&](int64_t task, int worker) {
        const int64_t d0 = task * each, d1 = std::min(d0 + each, D);
        std::fill_n(m_.weights + d0 * C, (d1 - d0) * C, T(0));
        for (int64_t first = 0; first < N; first += kBlockRows) {
            std::fill(m_.touched + d0, m_.touched + d1, uint8_t{0});
            add_block(first, std::min(first + kBlockRows, N), d0, d1, m_.rooms + worker * m_.room);
            for (int64_t d = d0; d < d1; ++d)
                if (m_.touched[d]) k.add_row(m_.weights + d * C, m_.block_weights + d * C, C);
        }
    });
}

// The part of rows [first, last) in the weights of features [d0, d1).
template <class T>
void SoftmaxDual<T>::add_block(int64_t first, int64_t last, int64_t d0, int64_t d1, T* room) {
    const Kernels<T>& k = kernels<T>();
    const int64_t C = shape_.classes;
    T* errors = room + m_.values_room;
    for (int64_t i = first; i < last; ++i) {
        const SparseRow<T> x = row(i, room);
        const int32_t* end = x.indices + x.count;
        const int32_t* from = shape_.sparse ? std::lower_bound(x.indices, end, d0) : x.indices + d0;
        const int32_t* to = shape_.sparse ? std::lower_bound(from, end, d1) : x.indices + d1;
        if (from == to) continue;
        const T scale = static_cast<T>(-weight(i) / l2_);
        for_targets(i, [&](int64_t c, T t) { errors[c] = scale * (m_.q[i * C + c] - t); });
        k.sparse_scatter({x.values + (from - x.indices), from, to - from}, errors, C, m_.block_weights,
                         m_.touched);
    }
}

template <class T>
void SoftmaxDual<T>::write(T* w) const {
    const int64_t count = shape_.weight_count(), C = shape_.classes;
    std::copy_n(m_.weights, count, w);
    // q_i and t_i have the same sum over the classes, so W(q) has 0: what a small l2 makes of their rounding goes.
    for (int64_t d = 0; d < shape_.features && !rows_.targets; ++d) {
        double sum = 0;
        for (int64_t c = 0; c < C; ++c) sum += static_cast<double>(w[d * C + c]);
        const T mean = static_cast<T>(sum / static_cast<double>(C));
        for (int64_t c = 0; c < C; ++c) w[d * C + c] -= mean;
    }
    if (shape_.intercept) std::copy_n(m_.intercept, shape_.classes, w + count);
}

template <class T>
void SoftmaxDual<T>::state(State& s) {
    const int64_t N = shape_.rows;
    for (bool* flag : {&begun_, &feasible_}) s.value(*flag);
    s.value(random_);
    s.within(swept_, 0, N - 1);
    s.value(divergence_);
    s.values(m_.order, N);
    s.require(std::all_of(m_.order, m_.order + N, [=](int64_t i) { return i >= 0 && i < N; }));
    s.finite(m_.q, N * shape_.classes, begun_);
    s.finite(m_.weights, shape_.weight_count(), begun_);
    s.finite(m_.intercept, shape_.classes, begun_);
    if (shape_.intercept) s.finite(m_.surplus, shape_.classes, begun_);
}

template class SoftmaxDual<float>;
template class SoftmaxDual<double>;

}  // namespace s4j
