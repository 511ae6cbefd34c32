// From a block of scores to its losses and errors, for every loss that has no kernel of its own. The scores
// lie in tiles, wherever the regime put them.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels.h"
#include "link.h"

namespace s4j {

// All classes of some rows: tiles of `width` classes, `stride` elements apart.
template <class T>
struct Tiles {
    int64_t classes, width, stride, row_step, class_step;

    int64_t count() const { return (classes + width - 1) / width; }
    Tile<T> tile(T* scores, int64_t p, int rows) const {
        return {scores + p * stride, row_step, class_step, rows, std::min(width, classes - p * width), width};
    }
    T& score(T* scores, int r, int64_t c) const {
        return scores[c / width * stride + r * row_step + c % width * class_step];
    }
    static Tiles panels(int64_t classes) {
        const Kernels<T>& k = kernels<T>();
        return {classes, k.panel_classes, k.panel_stride, k.panel_classes, 1};
    }
    static Tiles block(int64_t classes) { return {classes, classes, 0, 1, kRowBlock}; }
    static Tiles row(int64_t classes) { return {classes, classes, 0, classes, 1}; }
};

// What the rows of a block should be, and what their scores and errors are multiplied by.
template <class T>
struct BlockRows {
    int n;
    const int32_t* labels;    // where there are no targets
    const T* const* targets;  // or null
    const T* factors;         // of the scores, or null
    const T* weights;         // of the errors, without the factors
    // Null, or where the scores (and tangents) have been multiplied with all factors, and the scores are less by these.
    const double* shifts = nullptr;
};

template <class T>
TileTargets<T> tile_targets(const Loss& loss, const BlockRows<T>& rows, int64_t first) {
    const auto from_first = [first](const T* values) { return values ? values + first : nullptr; };
    return {rows.targets,
            first,
            static_cast<T>(1 - loss.smoothing()),
            rows.labels,
            from_first(values_or_null<T>(loss.uniform)),
            from_first(values_or_null<T>(loss.positive))};
}

// The factors of a block's scores, times that of the loss; null where they are all 1. `own`: place for them.
template <class T>
const T* score_factors(const Loss& loss, const T* factors, int n, T* own) {
    const double all = loss.score_factor();
    if (all == 1) return factors;
    for (int r = 0; r < n; ++r)
        own[r] = static_cast<T>(all * (factors ? static_cast<double>(factors[r]) : 1.0));
    return own;
}

// exp(tiles, scores, n, maxima, sums) is what panel_exp does. class_factors: of the classes' scores, or null; not of the
// errors, whose gradient gets them.
// tangents: null, or laid out like the scores: these then turn into the errors' tangents, and there are no
// losses. log_sums: null, or where exp leaves better logarithms of the sums than those of the rounded sums.
// At most kPanelRows rows.
template <class T, class Exp>
void link_block(const Loss& loss, const Tiles<T>& tiles, const BlockRows<T>& rows, const T* class_factors,
                T* scores, T* tangents, const Exp& exp, T* losses, const double* log_sums = nullptr) {
    const Kernels<T>& k = kernels<T>();
    const int n = rows.n;
    T own_factors[kPanelRows], weights[kPanelRows];
    const T* factors = score_factors(loss, rows.factors, n, own_factors);
    for (int r = 0; r < n; ++r) weights[r] = factors ? rows.weights[r] * factors[r] : rows.weights[r];
    const auto for_tiles = [&](auto f) {
        for (int64_t p = 0; p < tiles.count(); ++p) f(p, p * tiles.width, tiles.tile(scores, p, n));
    };
    if (!rows.shifts && (factors || class_factors))
        for_tiles([&](int64_t p, int64_t first, const Tile<T>& tile) {
            const T* of_classes = class_factors ? class_factors + first : nullptr;
            k.tile_scale(tile, factors, of_classes);
            if (tangents) k.tile_scale(tiles.tile(tangents, p, n), factors, of_classes);
        });
    if (loss.of_sigmoids()) {
        std::fill_n(losses, n, T(0));
        for_tiles([&](int64_t p, int64_t first, const Tile<T>& tile) {
            k.tile_sigmoid(tile, tile_targets(loss, rows, first), loss.clip(),
                           tangents ? tangents + p * tiles.stride : nullptr, losses);
            k.tile_scale(tile, weights, nullptr);
        });
        return;
    }

    T of_tile[kPanelRows];
    double dots[kPanelRows] = {}, means[kPanelRows] = {};
    T of_label[kPanelRows] = {}, maxima[kPanelRows], sums[kPanelRows];
    double slope_of_label[kPanelRows] = {};
    if (!rows.targets)
        for (int r = 0; r < n; ++r) {
            T& score = tiles.score(scores, r, rows.labels[r]);
            of_label[r] = score;
            score = static_cast<T>(label_score(loss, static_cast<double>(score)));
            if (tangents) slope_of_label[r] = static_cast<double>(tiles.score(tangents, r, rows.labels[r]));
        }
    const bool dotted = !tangents && (rows.targets || values_or_null<T>(loss.uniform));
    const auto add = [&](double* to) {
        for (int r = 0; r < n; ++r) to[r] += static_cast<double>(of_tile[r]);
    };
    if (dotted)
        for_tiles([&](int64_t, int64_t first, const Tile<T>& tile) {
            std::fill_n(of_tile, n, T(0));
            k.tile_dot(tile, tile_targets(loss, rows, first), of_tile);
            add(dots);
        });
    exp(scores, n, maxima, sums);
    if (tangents)
        for_tiles([&](int64_t p, int64_t, const Tile<T>& tile) {
            std::fill_n(of_tile, n, T(0));
            k.tile_products(tile, tangents + p * tiles.stride, of_tile);
            add(means);
        });

    T inverse[kPanelRows], offsets[kPanelRows], labels[kPanelRows];
    for (int r = 0; r < n; ++r) {
        const double z = static_cast<double>(sums[r]), score = static_cast<double>(of_label[r]);
        const RowScores row{static_cast<double>(maxima[r]), log_sums ? log_sums[r] : std::log(z),
                            static_cast<double>(static_cast<T>(label_score(loss, score))), dots[r],
                            rows.shifts ? rows.shifts[r] : 0};
        if (tangents) {
            const RowTangents t = link_tangents(loss, row, means[r] / z, slope_of_label[r]);
            inverse[r] = static_cast<T>(static_cast<double>(weights[r]) / z);
            maxima[r] = static_cast<T>(t.slope);
            offsets[r] = static_cast<T>(t.offset);
            labels[r] = static_cast<T>(t.label);
            continue;
        }
        const RowErrors e = link_errors(loss, rows.targets != nullptr, row);
        losses[r] = static_cast<T>(e.loss);
        inverse[r] = static_cast<T>(e.softmax / z);
        labels[r] = static_cast<T>(e.label);
    }
    for_tiles([&](int64_t p, int64_t first, const Tile<T>& tile) {
        if (tangents)
            k.tile_tangents(tile, tangents + p * tiles.stride, inverse, maxima, offsets, tile.at);
        else
            k.tile_errors(tile, tile_targets(loss, rows, first), inverse, weights, loss.clip(), tile.at);
    });
    if (!rows.targets)
        for (int r = 0; r < n; ++r) {
            T& error = tiles.score(scores, r, rows.labels[r]);
            error += weights[r] * labels[r];
            error *= static_cast<T>(label_slope(loss, static_cast<double>(of_label[r])));
        }
}

}  // namespace s4j
