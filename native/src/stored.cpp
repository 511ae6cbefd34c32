#include "stored.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "fit.h"
#include "parallel.h"
#include "regimes.h"
#include "status.h"

namespace s4j {

namespace {

// Rows that are looked at together, bytes of them, lanes that they are dealt out to, bytes of the lanes'
// moments.
constexpr int kMostTileRows = 32;
constexpr int64_t kTileBytes = int64_t{256} << 10;
constexpr int64_t kMostLanes = 16;
constexpr int64_t kMomentBytes = int64_t{32} << 20;

// How rows are cut into lanes, and these into tiles of values.
template <class T>
struct Cut {
    int64_t rows, features, stride, tile_rows, rows_per_lane, lanes;

    Cut(int64_t n, int64_t d, int64_t most_lanes) : rows(n), features(d), stride(staged_stride<T>(d)) {
        tile_rows =
            std::clamp<int64_t>(kTileBytes / (stride * static_cast<int64_t>(sizeof(T))), 1, kMostTileRows);
        rows_per_lane = ceil_div(ceil_div(rows, tile_rows), most_lanes) * tile_rows;
        lanes = ceil_div(rows, rows_per_lane);
    }
    // The cut into the most lanes whose moments keep to the limit, or else into one.
    static Cut within(int64_t n, int64_t d, int64_t limit) {
        int64_t most =
            std::clamp<int64_t>(kMomentBytes / (d * 4 * static_cast<int64_t>(sizeof(double))), 1, kMostLanes);
        while (most > 1 && Cut(n, d, most).bytes() > limit) --most;
        return Cut(n, d, most);
    }
    int64_t bytes() const {
        return lanes * (Scratch::size_of<double>(4 * padded_affine(features)) +
                        Scratch::size_of<T>(tile_rows * stride));
    }
};

// The rows in tiles of values.
template <class T>
struct Tiles : Cut<T> {
    Rows<T> rows;

    Tiles(const s4j_data& data, int64_t limit)
        : Cut<T>(Cut<T>::within(data.rows, data.columns, limit)), rows(Rows<T>::all(data)) {}
    int64_t begin(int64_t lane) const { return lane * this->rows_per_lane; }
    int64_t end(int64_t lane) const { return std::min(begin(lane) + this->rows_per_lane, rows.count); }
    // Row `number` as values.
    void stage_row(int64_t number, T* to) const {
        RowBlock<T, 1> block, none;
        block.fill(rows, number, 1, 1);
        stage(rows, block, none, this->features, to);
    }
};

// Mean and sum of squared deviations of every column over rows of this total weight.
struct Moments {
    double total = 0;
    double *mean, *squares;

    // Those of more rows join in (Chan, Golub and LeVeque: Updating Formulae and a Pairwise Algorithm for
    // Computing Sample Variances, 1979).
    void add(double weight, const double* other_mean, const double* other_squares, int64_t features) {
        if (weight == 0) return;
        const double all = total + weight, share = weight / all, both = total * share;
        total = all;
        for (int64_t d = 0; d < features; ++d) {
            const double delta = other_mean[d] - mean[d];
            mean[d] += delta * share;
            squares[d] += other_squares[d] + delta * delta * both;
        }
    }
};

// Whether a standard deviation may come from squares that have left the range of double.
bool extreme(double deviation) {
    return !(deviation >= 1e-140 && deviation <= 1e140);
}

// Sums of squared deviations become standard deviations; whether some are too small or too large to be true.
bool take_roots(double total, int64_t columns, double* deviation) {
    bool some = false;
    for (int64_t d = 0; d < columns; ++d) {
        deviation[d] = std::sqrt(deviation[d] / total);
        some |= extreme(deviation[d]);
    }
    return some;
}

// Those that are not, from differences relative to a column's extent. for_values(f) calls f(weight, d, x) for
// every value of every column, equal ones perhaps at once; low, high: room for D each.
template <class ForValues>
void retake_extreme(double total, int64_t columns, const double* mean, double* deviation, double* low,
                    double* high, const ForValues& for_values) {
    std::fill_n(low, columns, std::numeric_limits<double>::infinity());
    std::fill_n(high, columns, -std::numeric_limits<double>::infinity());
    for_values([=](double, int64_t d, double x) {
        low[d] = std::min(low[d], x);
        high[d] = std::max(high[d], x);
    });
    double *extent = low, *sum = high;
    for (int64_t d = 0; d < columns; ++d) {
        extent[d] = high[d] - low[d];
        sum[d] = 0;
    }
    for_values([=](double weight, int64_t d, double x) {
        if (!(extreme(deviation[d]) && extent[d] > 0)) return;
        const double part = (x - mean[d]) / extent[d];
        sum[d] += weight * part * part;
    });
    for (int64_t d = 0; d < columns; ++d)
        if (extreme(deviation[d])) deviation[d] = extent[d] * std::sqrt(sum[d] / total);
}

void check_deviations(int64_t columns, const double* mean, double* deviation) {
    for (int64_t d = 0; d < columns; ++d) {
        if (deviation[d] == 0) deviation[d] = 1;
        if (std::isfinite(mean[d]) && std::isfinite(deviation[d]) && std::isfinite(1 / deviation[d]))
            continue;
        char text[160];
        std::snprintf(text, sizeof text,
                      "column %" PRId64 " cannot be standardised: its mean is %g, its standard deviation %g",
                      d, mean[d], deviation[d]);
        throw Failure(S4J_BAD_ARGUMENT, text);
    }
}

// Entry by entry (Welford 1962); then each column's zeros join in, as Moments::add.
template <class T>
void sparse_moments(const s4j_data& data, double* mean, double* deviation) {
    const Rows<T> rows = Rows<T>::all(data);
    const int64_t D = data.columns;
    Scratch scratch(3 * Scratch::size_of<double>(D));
    double* seen = scratch.take<double>(D);
    double* low = scratch.take<double>(D);
    double* high = scratch.take<double>(D);
    for (double* values : {seen, mean, deviation}) std::fill_n(values, D, 0.0);
    double total = 0;
    for (int64_t i = 0; i < data.rows; ++i) {
        const auto weight = static_cast<double>(rows.weight(i));
        if (weight == 0) continue;
        total += weight;
        const SparseRow<T> row = rows.entries(i);
        for (int64_t k = 0; k < row.count; ++k) {
            const int32_t d = row.indices[k];
            const auto x = static_cast<double>(row.values[k]);
            const double delta = x - mean[d];
            seen[d] += weight;
            mean[d] += delta * (weight / seen[d]);
            deviation[d] += weight * delta * (x - mean[d]);
        }
    }
    for (int64_t d = 0; d < D; ++d) {
        const double share = seen[d] / total;
        deviation[d] += mean[d] * mean[d] * seen[d] * (1 - share);
        mean[d] *= share;
    }
    if (take_roots(total, D, deviation))
        retake_extreme(total, D, mean, deviation, low, high, [&](const auto& f) {
            for (int64_t i = 0; i < data.rows; ++i) {
                const auto weight = static_cast<double>(rows.weight(i));
                const SparseRow<T> row = rows.entries(i);
                for (int64_t k = 0; weight > 0 && k < row.count; ++k)
                    f(weight, row.indices[k], static_cast<double>(row.values[k]));
            }
            for (int64_t d = 0; d < D; ++d)
                if (seen[d] < total) f(total - seen[d], d, 0.0);
        });
    check_deviations(D, mean, deviation);
}

template <class T>
void moments_of(const s4j_data& data, int threads, int64_t limit, double* mean, double* deviation) {
    if (data.offsets) {
        require_scratch(3 * Scratch::size_of<double>(data.columns), limit);
        sparse_moments<T>(data, mean, deviation);
        return;
    }
    const Tiles<T> tiles(data, limit);
    const int64_t D = data.columns, padded = padded_affine(D);
    require_scratch(tiles.bytes(), limit);
    Scratch scratch(tiles.bytes());
    double* doubles = scratch.take<double>(tiles.lanes * 4 * padded);
    T* stages = scratch.take<T>(tiles.lanes * tiles.tile_rows * tiles.stride);
    std::vector<Moments> lanes(static_cast<size_t>(tiles.lanes));
    parallel_for(tiles.lanes, threads, [&](int64_t lane, int) {
        double* own = doubles + lane * 4 * padded;
        T* staged = stages + lane * tiles.tile_rows * tiles.stride;
        std::fill_n(own, 4 * padded, 0.0);
        Moments& sum = lanes[static_cast<size_t>(lane)];
        sum.mean = own;
        sum.squares = own + padded;
        double weights[kMostTileRows], total = 0;
        int n = 0;
        const auto flush = [&] {
            if (n == 0) return;
            kernels<T>().moments(staged, tiles.stride, n, D, weights, own + 2 * padded, own + 3 * padded);
            sum.add(total, own + 2 * padded, own + 3 * padded, D);
            total = 0;
            n = 0;
        };
        for (int64_t i = tiles.begin(lane); i < tiles.end(lane); ++i) {
            // Rows without weight must not be seen: a column can be constant but for them.
            weights[n] = static_cast<double>(tiles.rows.weight(i));
            if (weights[n] == 0) continue;
            tiles.stage_row(i, staged + n * tiles.stride);
            total += weights[n++];
            if (n == tiles.tile_rows) flush();
        }
        flush();
    });
    Moments& all = lanes[0];
    for (size_t lane = 1; lane < lanes.size(); ++lane)
        all.add(lanes[lane].total, lanes[lane].mean, lanes[lane].squares, D);
    std::copy_n(all.mean, D, mean);
    std::copy_n(all.squares, D, deviation);
    if (take_roots(all.total, D, deviation) && sizeof(T) == sizeof(double))
        retake_extreme(all.total, D, mean, deviation, doubles + 2 * padded, doubles + 3 * padded,
                       [&](const auto& f) {
                           for (int64_t i = 0; i < data.rows; ++i) {
                               const auto weight = static_cast<double>(tiles.rows.weight(i));
                               if (weight == 0) continue;
                               tiles.stage_row(i, stages);
                               for (int64_t d = 0; d < D; ++d) f(weight, d, static_cast<double>(stages[d]));
                           }
                       });
    check_deviations(D, mean, deviation);
}

template <class T>
int64_t first_non_finite_of(const s4j_data& data, int threads) {
    const Tiles<T> tiles(data, S4J_NO_LIMIT);
    Scratch scratch(tiles.lanes * Scratch::size_of<T>(tiles.stride));
    T* stages = scratch.take<T>(tiles.lanes * tiles.stride);
    constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
    std::vector<int64_t> first(static_cast<size_t>(tiles.lanes), kNone);
    parallel_for(tiles.lanes, threads, [&](int64_t lane, int) {
        T* staged = stages + lane * tiles.stride;
        for (int64_t i = tiles.begin(lane); i < tiles.end(lane); ++i) {
            tiles.stage_row(i, staged);
            if (kernels<T>().all_finite(staged, data.columns)) continue;
            const T* bad = std::find_if(staged, staged + data.columns, [](T v) { return !std::isfinite(v); });
            first[static_cast<size_t>(lane)] = i * data.columns + (bad - staged);
            return;
        }
    });
    const int64_t least = *std::min_element(first.begin(), first.end());
    return least == kNone ? -1 : least;
}

// What has no entry is 0.
template <class T>
int64_t first_non_finite_entry(const s4j_data& data) {
    const T* values = static_cast<const T*>(data.features);
    for (int64_t i = 0; i < data.rows; ++i)
        for (int64_t k = data.offsets[i]; k < data.offsets[i + 1]; ++k)
            if (!std::isfinite(values[k])) return i * data.columns + data.indices[k];
    return -1;
}

template <class T>
void scale_entries(const s4j_data& data, const double* deviation, s4j_data& scaled) {
    const int64_t count = data.offsets[data.rows];
    const T* from = static_cast<const T*>(data.features);
    auto values = std::make_shared<std::vector<T>>(static_cast<size_t>(count));
    for (int64_t k = 0; k < count; ++k)
        (*values)[k] = static_cast<T>(static_cast<double>(from[k]) * (1 / deviation[data.indices[k]]));
    scaled.features = values->data();
    scaled.owned = std::move(values);
    scaled.offsets = data.offsets;
    scaled.indices = data.indices;
}

// Doubles cost bytes their advantage: where two floats do as well for each of the 256, those are the scale.
std::vector<float> split_scale(double scale) {
    const float high = std::bit_cast<float>(std::bit_cast<uint32_t>(static_cast<float>(scale)) & 0xffffff00);
    const float low = static_cast<float>(scale - static_cast<double>(high));
    for (int byte = 0; byte < 256; ++byte) {
        const volatile float first = static_cast<float>(byte) * high, second = static_cast<float>(byte) * low;
        if (first + second != static_cast<float>(byte * scale)) return {};
    }
    return {high, low};
}

}  // namespace

void set_affine(s4j_data& data, int64_t affine, const double* scale, const double* offset) {
    if (affine == 0) return;
    const int64_t size = affine == 1 ? 1 : padded_affine(affine);
    data.scale.assign(static_cast<size_t>(size), 0);
    data.offset.assign(static_cast<size_t>(size), 0);
    std::copy_n(scale, affine, data.scale.begin());
    std::copy_n(offset, affine, data.offset.begin());
    if (data.format == S4J_UINT8 && data.type == S4J_F32 && affine == 1 && *offset == 0)
        data.split = split_scale(*scale);
}

int64_t first_non_finite(const s4j_data& data, int threads) {
    if (data.offsets)
        return data.type == S4J_F32 ? first_non_finite_entry<float>(data)
                                    : first_non_finite_entry<double>(data);
    return data.type == S4J_F32 ? first_non_finite_of<float>(data, threads)
                                : first_non_finite_of<double>(data, threads);
}

void moments(const s4j_data& data, int threads, int64_t scratch_limit, double* mean, double* deviation) {
    data.type == S4J_F32 ? moments_of<float>(data, threads, scratch_limit, mean, deviation)
                         : moments_of<double>(data, threads, scratch_limit, mean, deviation);
}

int64_t moments_bytes(s4j_type type, bool sparse, int64_t rows, int64_t columns, int64_t scratch_limit) {
    if (sparse) return 3 * Scratch::size_of<double>(columns);
    return type == S4J_F32 ? Cut<float>::within(rows, columns, scratch_limit).bytes()
                           : Cut<double>::within(rows, columns, scratch_limit).bytes();
}

std::unique_ptr<s4j_data> standardized(const s4j_data& data, const double* mean, const double* deviation,
                                       int threads) {
    auto view =
        std::make_unique<s4j_data>(s4j_data{data.type, data.features, data.rows, data.columns, data.stride,
                                            data.labels, data.weights, data.total_weight});
    view->targets = data.targets;
    view->target_classes = data.target_classes;
    if (data.offsets) {
        data.type == S4J_F32 ? scale_entries<float>(data, deviation, *view)
                             : scale_entries<double>(data, deviation, *view);
        if (data.transpose)
            view->transpose = std::make_unique<Transpose>(data.type, data.offsets, data.indices,
                                                          view->features, data.rows, data.columns, threads);
        return view;
    }
    view->format = data.format;
    const int64_t D = data.columns, padded = padded_affine(D);
    view->split.clear();
    view->scale.assign(static_cast<size_t>(padded), 0);
    view->offset.assign(static_cast<size_t>(padded), 0);
    const Source source = data.source();
    for (int64_t d = 0; d < D; ++d) {
        const int64_t i = source.per_feature ? d : 0;
        const double scale = source.scale ? source.scale[i] : 1, offset = source.scale ? source.offset[i] : 0;
        const auto at = static_cast<size_t>(d);
        view->scale[at] = scale / deviation[d];
        view->offset[at] = (offset - mean[d]) / deviation[d];
    }
    return view;
}

}  // namespace s4j
