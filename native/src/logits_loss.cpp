#include "logits_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "loss_block.h"
#include "parallel.h"
#include "scratch.h"

namespace s4j {

namespace {

// Logits of one block: they stay in L2.
constexpr int64_t kBlockBytes = int64_t{128} << 10;
// Values that one task takes.
constexpr int64_t kTile = 16384;

// Sums below this are added up again without their largest exponential, which is 1: what the others add to
// it, and so the loss of a row that is right, would be left with few digits.
constexpr double kNearlyOne = 1 + 0x1p-6;

template <class T>
double log_of_sum(const Tile<T>& exponentials, int row, T sum) {
    if (!(sum >= 1 && static_cast<double>(sum) < kNearlyOne)) return std::log(static_cast<double>(sum));
    const T* e = exponentials.at + row * exponentials.row_step;
    const int64_t step = exponentials.class_step;
    double rest = 0;
#pragma omp simd reduction(+ : rest)
    for (int64_t c = 0; c < exponentials.classes; ++c)
        rest += e[c * step] < 1 ? static_cast<double>(e[c * step]) : 0;
    return std::log1p(rest);
}

// The cross-entropy of a row, and its gradient where that is not null, in double and without kernels: with label
// smoothing and logits of -infinity, classes without mass, as the smoothing's share is spread over the others, as over
// those that are not masked; and where finite logits are `lost`, as they leave the range of T when divided by the
// temperature. False where the row is neither.
template <class T>
bool careful_row(const Loss& loss, const T* logits, int64_t classes, int64_t label, const T* targets,
                 bool lost, double weight, T* gradient, double* value) {
    const auto gone = [&](int64_t c) { return logits[c] == -std::numeric_limits<T>::infinity(); };
    int64_t left = 0;
    double top = -std::numeric_limits<double>::infinity();
    for (int64_t c = 0; c < classes; ++c)
        if (!gone(c)) {
            if (!std::isfinite(logits[c])) return false;
            ++left;
            top = std::max(top, static_cast<double>(logits[c]));
        }
    if (left == 0 || !(lost || (loss.smoothing() > 0 && left < classes))) return false;
    const double factor = loss.score_factor(), share = 1 - loss.smoothing(),
                 uniform = loss.smoothing() / static_cast<double>(left), z = loss.z_loss();
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c)
        if (!gone(c)) sum += std::exp(factor * (static_cast<double>(logits[c]) - top));
    // Above factor * top.
    const double log_sum = std::log(sum), lse = factor * top + log_sum;
    *value = z == 0 ? 0 : z * lse * lse;
    for (int64_t c = 0; c < classes; ++c) {
        const double own = targets ? static_cast<double>(targets[c]) : c == label ? 1 : 0;
        const double target = share * own + (gone(c) ? 0 : uniform),
                     log_p = factor * (static_cast<double>(logits[c]) - top) - log_sum;
        // A target without mass is lost for ever: infinite.
        if (target != 0) *value -= target * log_p;
        const double more = z == 0 ? 1 : 1 + 2 * z * lse;
        if (gradient)
            gradient[c] =
                gone(c) ? T(0) : static_cast<T>(weight * factor * (std::exp(log_p) * more - target));
    }
    return true;
}

// A block of rows, worked on in `work`: row after row, or class-major where there are few classes. A label
// that is none makes its row NaN.
template <class T>
double block_loss(const Loss& loss, const LogitsTask<T>& task, int64_t first, int n, T* work) {
    const Kernels<T>& k = kernels<T>();
    const int64_t C = task.classes;
    const bool turned = C <= kSmallClasses && n <= kRowBlock;
    // Whether some rows look at the logits again.
    const bool again = loss.smoothing() > 0 || loss.score_factor() > 1;
    const Tiles<T> tiles = turned ? Tiles<T>::block(C) : Tiles<T>::row(C);
    const T* logits = task.logits + first * C;
    T* gradient = task.gradient ? task.gradient + first * C : nullptr;
    if (turned) {
        for (int r = 0; r < n; ++r)
            for (int64_t c = 0; c < C; ++c) work[c * kRowBlock + r] = logits[r * C + c];
    } else {
        if (gradient && !again) work = gradient;
        if (work != logits) std::copy_n(logits, n * C, work);
    }

    int32_t labels[kPanelRows];
    bool known[kPanelRows], ignored[kPanelRows];
    const T* targets[kPanelRows];
    T weights[kPanelRows], factors[kPanelRows], losses[kPanelRows];
    for (int r = 0; r < n; ++r) {
        // Read once, so that a change under way cannot become an address.
        labels[r] = task.targets ? 0 : *static_cast<const volatile int32_t*>(task.labels + first + r);
        ignored[r] = !task.targets && labels[r] == task.ignored;
        known[r] = labels[r] >= 0 && labels[r] < C;
        if (!known[r]) labels[r] = 0;
        if (task.targets) targets[r] = task.targets + (first + r) * C;
        const double weight = task.weights ? static_cast<double>(task.weights[first + r]) : 1.0;
        weights[r] = static_cast<T>(task.scale * weight);
        factors[r] = static_cast<T>(loss.options[0]);
    }
    const BlockRows<T> rows{n, labels, task.targets ? targets : nullptr,
                            loss.kind == S4J_MARGIN ? factors : nullptr, weights};
    double log_sums[kPanelRows];
    const auto exp = [&](T* s, int count, T* maxima, T* sums) {
        if (turned)
            k.block_exp(s, count, static_cast<int>(C), maxima, sums);
        else
            for (int r = 0; r < count; ++r) sums[r] = k.exp_row(s + r * C, C, nullptr, &maxima[r]);
        for (int r = 0; r < count; ++r) log_sums[r] = log_of_sum(tiles.tile(s, 0, count), r, sums[r]);
    };
    link_block(loss, tiles, rows, static_cast<const T*>(nullptr), work, static_cast<T*>(nullptr), exp, losses,
               log_sums);

    double sum = 0;
    for (int r = 0; r < n; ++r) {
        const double weight = task.weights ? static_cast<double>(task.weights[first + r]) : 1.0;
        double value = static_cast<double>(losses[r]);
        T* own = gradient ? gradient + r * C : nullptr;
        const bool done = again && known[r] &&
                          careful_row(loss, logits + r * C, C, labels[r], task.targets ? targets[r] : nullptr,
                                      !std::isfinite(value), static_cast<double>(weights[r]), own, &value);
        value *= weight;
        if (!known[r]) value = std::numeric_limits<double>::quiet_NaN();
        if (ignored[r]) value = 0;
        if (task.losses) task.losses[first + r] = static_cast<T>(value);
        sum += value;
        if (!gradient) continue;
        if (turned && !done)
            for (int64_t c = 0; c < C; ++c) own[c] = work[c * kRowBlock + r];
        else if (!done && work != gradient)
            std::copy_n(work + r * C, C, own);
        if (ignored[r] || !known[r])
            std::fill_n(gradient + r * C, C, ignored[r] ? T(0) : std::numeric_limits<T>::quiet_NaN());
    }
    return sum;
}

}  // namespace

template <class T>
double logits_loss(const Loss& loss, const LogitsTask<T>& task, int threads) {
    const int64_t C = task.classes, fit = kBlockBytes / (C * static_cast<int64_t>(sizeof(T)));
    const bool few = C <= kSmallClasses;
    const int64_t n = few ? kRowBlock : std::clamp<int64_t>(fit, 1, kPanelRows);
    const int64_t blocks = (task.rows + n - 1) / n;
    const int64_t per_task = std::max<int64_t>(kTile / (n * C), 1),
                  tasks = (blocks + per_task - 1) / per_task;
    const int64_t size = Scratch::size_of<T>(few ? kSmallClasses * kRowBlock : n * C);
    const int64_t workers = std::min<int64_t>(threads, tasks);
    Scratch scratch(workers * size + Scratch::size_of<double>(tasks));
    T* work = scratch.take<T>(workers * size / static_cast<int64_t>(sizeof(T)));
    double* sums = scratch.take<double>(tasks);
    parallel_for(tasks, threads, [&](int64_t t, int worker) {
        T* own = work + worker * size / static_cast<int64_t>(sizeof(T));
        sums[t] = 0;
        for (int64_t b = t * per_task; b < std::min((t + 1) * per_task, blocks); ++b)
            sums[t] += block_loss(loss, task, b * n, static_cast<int>(std::min(n, task.rows - b * n)), own);
    });
    double sum = 0;
    for (int64_t t = 0; t < tasks; ++t) sum += sums[t];
    return sum;
}

template <class T>
void sigmoids(const T* x, T* out, int64_t count, bool logarithm, int threads) {
    parallel_for((count + kTile - 1) / kTile, threads, [&](int64_t task, int) {
        constexpr int64_t kRun = 256;
        T sigma[kRun], complement[kRun], softplus[kRun];
        const int64_t end = std::min((task + 1) * kTile, count);
        for (int64_t first = task * kTile; first < end; first += kRun) {
            const int64_t n = std::min(kRun, end - first);
            kernels<T>().sigmoid(x + first, sigma, complement, softplus, n);
            for (int64_t i = 0; i < n; ++i)
                out[first + i] = logarithm ? std::min(x[first + i], T(0)) - softplus[i] : sigma[i];
        }
    });
}

#define S4J_INSTANTIATE(T)                                                  \
    template double logits_loss<T>(const Loss&, const LogitsTask<T>&, int); \
    template void sigmoids<T>(const T*, T*, int64_t, bool, int);
S4J_INSTANTIATE(float)
S4J_INSTANTIATE(double)
#undef S4J_INSTANTIATE

}  // namespace s4j
