#include "curvature.h"

#include <algorithm>
#include <cmath>

#include "blas.h"
#include "kernels.h"
#include "parallel.h"
#include "product_threads.h"
#include "regimes.h"

namespace s4j {

namespace {

constexpr int64_t kMostColumns = 2048, kMostClasses = 64;
constexpr int64_t kMostBytes = int64_t{512} << 20;
// Rows of the sample that the blocks are of, per column, and at least.
constexpr int64_t kRowsPerColumn = 4, kLeastRows = 1000;
// Rows of a symmetric product that one task takes; of what is left of a factor, one call.
constexpr int64_t kStripe = 128;
// Lanes of rows that the mean of J is summed in, and rows that are staged together: their columns share cache
// lines of the transposed copy.
constexpr int64_t kLanes = 16, kTile = 64;

int64_t columns_of(const Shape& shape) {
    return shape.features + shape.intercept;
}
int64_t sample_of(const Shape& shape) {
    return std::min(shape.rows, std::max(kLeastRows, kRowsPerColumn * columns_of(shape)));
}
// Row number i of `count` that are spread evenly over all.
int64_t spread(int64_t i, int64_t count, int64_t rows) {
    return static_cast<int64_t>(static_cast<__int128>(2 * i + 1) * rows / (2 * count));
}

// Eigenvalues, and in columns the eigenvectors, of a symmetric matrix, by Jacobi's rotations.
void diagonalise(int64_t n, double* a, double* vectors) {
    std::fill_n(vectors, n * n, 0.0);
    for (int64_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
    for (int sweep = 0; sweep < 30; ++sweep) {
        double off = 0, all = 0;
        for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < n; ++j) (i == j ? all : off) += a[i * n + j] * a[i * n + j];
        if (!(off > 1e-28 * all)) return;
        for (int64_t p = 0; p < n; ++p)
            for (int64_t q = p + 1; q < n; ++q) {
                const double apq = a[p * n + q];
                if (apq == 0) continue;
                const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
                const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
                const double c = 1 / std::sqrt(t * t + 1), s = t * c;
                const auto rotate = [=](double& x, double& y) {
                    const double old = x;
                    x = c * old - s * y;
                    y = s * old + c * y;
                };
                for (int64_t i = 0; i < n; ++i) rotate(a[i * n + p], a[i * n + q]);
                for (int64_t i = 0; i < n; ++i) rotate(a[p * n + i], a[q * n + i]);
                for (int64_t i = 0; i < n; ++i) rotate(vectors[i * n + p], vectors[i * n + q]);
            }
    }
}

// Lower Cholesky factor in place, in blocks of columns; false where a pivot is not positive.
template <class T>
bool cholesky(int64_t n, T* a) {
    constexpr int64_t kBlock = 48;
    for (int64_t j0 = 0; j0 < n; j0 += kBlock) {
        const int64_t j1 = std::min(j0 + kBlock, n);
        for (int64_t j = j0; j < j1; ++j) {
            T* row = a + j * n;
            T pivot = row[j];
            for (int64_t k = j0; k < j; ++k) pivot -= row[k] * row[k];
            if (!(pivot > 0) || !std::isfinite(pivot)) return false;
            row[j] = std::sqrt(pivot);
            const T inverse = 1 / row[j];
            for (int64_t i = j + 1; i < n; ++i) {
                T* other = a + i * n;
                T sum = other[j];
                for (int64_t k = j0; k < j; ++k) sum -= other[k] * row[k];
                other[j] = sum * inverse;
            }
        }
        // What is left, in stripes of rows up to the diagonal.
        for (int64_t i0 = j1; i0 < n; i0 += kStripe) {
            const int64_t i1 = std::min(i0 + kStripe, n);
            const InProduct in_product;
            add_product(i1 - i0, i1 - j1, j1 - j0, T(-1), a + i0 * n + j0, n, a + j1 * n + j0, n,
                        a + i0 * n + j1, n);
        }
    }
    return true;
}

// x = (L L^T)^-1 x
template <class T>
void solve_factored(int64_t n, const T* l, T* x) {
    for (int64_t i = 0; i < n; ++i) {
        const T* row = l + i * n;
        T sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t k = 0; k < i; ++k) sum += row[k] * x[k];
        x[i] = (x[i] - sum) / row[i];
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        const T* row = l + i * n;
        const T v = x[i] /= row[i];
#pragma omp simd
        for (int64_t k = 0; k < i; ++k) x[k] -= v * row[k];
    }
}

Shape shape_of(const s4j_objective& o) {
    return s4j::shape_of(*o.data, o.data->rows, o.classes, o.intercept);
}

}  // namespace

template <class T>
bool Curvature<T>::pays(const Shape& shape) {
    const int64_t columns = columns_of(shape), classes = shape.classes;
    if (shape.sparse) return false;
    if (columns > kMostColumns || classes > kMostClasses || classes < 2) return false;
    if (state(shape, 1) > kMostBytes) return false;
    // Multiplications of the blocks and their factors, against those of an evaluation.
    const double n = static_cast<double>(columns), c = static_cast<double>(classes);
    const double work = c * n * n * (static_cast<double>(sample_of(shape)) / 2 + n / 6);
    return work < 60.0 * static_cast<double>(shape.rows) * n * c;
}

template <class T>
Curvature<T>::Memory::Memory(const Shape& shape, int threads, Scratch& scratch) {
    const int64_t n = columns_of(shape), c = shape.classes, m = sample_of(shape);
    staged = scratch.take<T>(n * m);
    weighted = scratch.take<T>(n * m);
    probabilities = scratch.take<T>(m * c);
    weights = scratch.take<T>(c * m);
    factors = scratch.take<T>(c * n * n);
    solved = scratch.take<T>(c * n);
    lanes = scratch.take<double>(kLanes * c * c);
    vectors = scratch.take<double>(c * c);
    values = scratch.take<double>(c);
    work = scratch.take<double>(c * c);
    rooms = scratch.take<T>(shape.stored ? threads * kTile * staged_stride<T>(shape.features) : 0);
}

template <class T>
int64_t Curvature<T>::state(const Shape& shape, int threads) {
    Scratch counter;
    Memory(shape, threads, counter);
    return counter.used();
}

template <class T>
Curvature<T>::Curvature(const s4j_objective& objective, int threads, Scratch& state)
    : objective_(objective),
      shape_(shape_of(objective)),
      threads_(threads),
      columns_(columns_of(shape_)),
      rows_(sample_of(shape_)),
      m_(shape_, threads, state) {
    stage();
}

template <class T>
void Curvature<T>::stage() {
    const Rows<T> all = objective_.rows<T>();
    const int64_t stride = staged_stride<T>(shape_.features);
    parallel_for((rows_ + kTile - 1) / kTile, threads_, [&](int64_t tile, int worker) {
        const int64_t r0 = tile * kTile, r1 = std::min(r0 + kTile, rows_);
        const T* rows[kTile];
        for (int64_t r = r0; r < r1; ++r)
            rows[r - r0] = value_row(all, spread(r, rows_, shape_.rows), shape_.features,
                                     m_.rooms + (worker * kTile + r - r0) * stride);
        for (int64_t d = 0; d < shape_.features; ++d)
            for (int64_t r = r0; r < r1; ++r) m_.staged[d * rows_ + r] = rows[r - r0][d];
        if (shape_.intercept)
            std::fill(m_.staged + (columns_ - 1) * rows_ + r0, m_.staged + (columns_ - 1) * rows_ + r1, T(1));
    });
}

template <class T>
bool Curvature<T>::update(const T* parameters, s4j_stop_asked stop) {
    made_ = false;
    const Kernels<T>& k = kernels<T>();
    const int64_t C = shape_.classes;
    const Rows<T> all = objective_.rows<T>();
    const int64_t stride = staged_stride<T>(shape_.features);

    // Probabilities, and the mean of J in lanes of rows.
    const int64_t per_lane = (rows_ + kLanes - 1) / kLanes;
    double totals[kLanes] = {};
    std::fill_n(m_.lanes, kLanes * C * C, 0.0);
    parallel_for(kLanes, threads_, [&](int64_t lane, int worker) {
        double* mean = m_.lanes + lane * C * C;
        for (int64_t r = lane * per_lane; r < std::min((lane + 1) * per_lane, rows_); ++r) {
            const int64_t number = spread(r, rows_, shape_.rows);
            T* p = m_.probabilities + r * C;
            k.row_scores(parameters, shape_.features, C, shape_.intercept,
                         value_row(all, number, shape_.features, m_.rooms + worker * stride), p);
            T top;
            const T z = k.exp_row(p, C, nullptr, &top);
            k.scale_row(p, C, 1 / z, nullptr);
            const double w = static_cast<double>(all.weight(number));
            totals[lane] += w;
            for (int64_t i = 0; i < C; ++i) {
                const double wp = w * static_cast<double>(p[i]);
                mean[i * C + i] += wp;
                for (int64_t j = 0; j < C; ++j) mean[i * C + j] -= wp * static_cast<double>(p[j]);
            }
        }
    });
    double total = 0;
    std::fill_n(m_.work, C * C, 0.0);
    for (int64_t lane = 0; lane < kLanes; ++lane) {
        total += totals[lane];
        for (int64_t i = 0; i < C * C; ++i) m_.work[i] += m_.lanes[lane * C * C + i];
    }
    if (!(total > 0)) return false;
    for (int64_t i = 0; i < C * C; ++i) m_.work[i] /= total;
    diagonalise(C, m_.work, m_.vectors);
    double most = 0;
    for (int64_t i = 0; i < C; ++i) most = std::max(most, m_.values[i] = m_.work[i * C + i]);
    least_ = 1e-6 * most;

    // From probabilities to each block's weights, by class.
    parallel_for((rows_ + 63) / 64, threads_, [&](int64_t tile, int) {
        for (int64_t r = tile * 64; r < std::min(tile * 64 + 64, rows_); ++r) {
            const double w = static_cast<double>(all.weight(spread(r, rows_, shape_.rows))) / total;
            for (int64_t block = 0; block < C; ++block) {
                double mean = 0, square = 0;
                for (int64_t c = 0; c < C; ++c) {
                    const double p = static_cast<double>(m_.probabilities[r * C + c]),
                                 u = m_.vectors[c * C + block];
                    mean += p * u;
                    square += p * u * u;
                }
                m_.weights[block * rows_ + r] =
                    static_cast<T>(std::sqrt(std::max(w * (square - mean * mean), 0.0)));
            }
        }
    });
    return made_ = factor(stop);
}

template <class T>
bool Curvature<T>::factor(s4j_stop_asked stop) {
    const int64_t n = columns_, C = shape_.classes;
    const ProductThreads products(threads_);
    bool good[kMostClasses];
    std::fill_n(good, C, true);
    for (int64_t block = 0; block < C; ++block) {
        if (!moves(block)) continue;
        pause(stop);
        const T* weights = m_.weights + block * rows_;
        T* a = m_.factors + block * n * n;
        parallel_for((n + 15) / 16, threads_for(n * rows_, threads_), [&](int64_t tile, int) {
            for (int64_t d = tile * 16; d < std::min(tile * 16 + 16, n); ++d)
                for (int64_t r = 0; r < rows_; ++r)
                    m_.weighted[d * rows_ + r] = m_.staged[d * rows_ + r] * weights[r];
        });
        const int64_t stripes = (n + kStripe - 1) / kStripe;
        parallel_for(stripes, products.count(), [&](int64_t task, int) {
            const int64_t i0 = (stripes - 1 - task) * kStripe, i1 = std::min(i0 + kStripe, n);
            for (int64_t i = i0; i < i1; ++i) std::fill_n(a + i * n, i1, T(0));
            const InProduct in_product;
            add_product(i1 - i0, i1, rows_, T(1), m_.weighted + i0 * rows_, rows_, m_.weighted, rows_,
                        a + i0 * n, n);
        });
    }
    const auto factor_block = [&](int64_t block) {
        if (!moves(block)) return;
        T* a = m_.factors + block * n * n;
        double trace = 0;
        for (int64_t i = 0; i < n; ++i) trace += static_cast<double>(a[i * n + i]);
        // Rounding must not cost the last pivots their sign.
        const double floor = 4 * static_cast<double>(std::numeric_limits<T>::epsilon()) * trace;
        for (int64_t i = 0; i < n; ++i)
            a[i * n + i] += static_cast<T>((i < shape_.features ? objective_.l2 : 0.0) + floor);
        good[block] = cholesky(n, a);
    };
    const int threads = products.count();
    for (int64_t first = 0; first < C; first += threads) {
        pause(stop);
        parallel_for(std::min<int64_t>(threads, C - first), threads,
                     [&](int64_t task, int) { factor_block(first + task); });
    }
    return std::all_of(good, good + C, [](bool g) { return g; });
}

template <class T>
void Curvature<T>::solve(const T* v, T* out) {
    const int64_t n = columns_, C = shape_.classes;
    parallel_for(C, threads_, [&](int64_t block, int) {
        T* x = m_.solved + block * n;
        std::fill_n(x, n, T(0));
        for (int64_t d = 0; d < n; ++d) {
            double sum = 0;
            for (int64_t c = 0; c < C; ++c)
                sum += static_cast<double>(v[d * C + c]) * m_.vectors[c * C + block];
            x[d] = static_cast<T>(sum);
        }
        if (moves(block)) {
            solve_factored(n, m_.factors + block * n * n, x);
            return;
        }
        // What is added to all classes alike moves no probability: there is the penalty alone.
        const T inverse = objective_.l2 > 0 ? static_cast<T>(1 / objective_.l2) : T(0);
        for (int64_t d = 0; d < shape_.features; ++d) x[d] *= inverse;
        if (shape_.intercept) x[n - 1] = 0;
    });
    parallel_for((n + 63) / 64, threads_for(n * C * C, threads_), [&](int64_t tile, int) {
        for (int64_t d = tile * 64; d < std::min(tile * 64 + 64, n); ++d)
            for (int64_t c = 0; c < C; ++c) {
                double sum = 0;
                for (int64_t block = 0; block < C; ++block)
                    sum += static_cast<double>(m_.solved[block * n + d]) * m_.vectors[c * C + block];
                out[d * C + c] = static_cast<T>(sum);
            }
    });
}

template <class T>
void Curvature<T>::solve_intercept(const T* v, T* out) const {
    const int64_t C = shape_.classes;
    for (int64_t c = 0; c < C; ++c) out[c] = 0;
    for (int64_t k = 0; k < C; ++k) {
        if (!moves(k)) continue;
        double sum = 0;
        for (int64_t c = 0; c < C; ++c) sum += static_cast<double>(v[c]) * m_.vectors[c * C + k];
        for (int64_t c = 0; c < C; ++c) out[c] += static_cast<T>(sum / m_.values[k] * m_.vectors[c * C + k]);
    }
}

template <class T>
void Curvature<T>::state(State& s) {
    const int64_t C = shape_.classes;
    s.value(made_);
    s.finite(&least_, 1, made_);
    s.finite(m_.vectors, C * C, made_);
    s.finite(m_.values, C, made_);
    for (int64_t block = 0; block < C; ++block)
        s.values(m_.factors + block * columns_ * columns_, columns_ * columns_, made_ && moves(block));
}

template class Curvature<float>;
template class Curvature<double>;

}  // namespace s4j
