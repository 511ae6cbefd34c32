// The steps and changes of gradient that quasi-Newton methods learn the curvature from.
#pragma once

#include <limits>

#include "../scratch.h"
#include "../state.h"
#include "../vectors.h"

namespace s4j {

template <class T>
class History {
  public:
    static int64_t state(int64_t size, int most) {
        return 2 * most * Scratch::size_of<T>(size) + Scratch::size_of<Pair>(most) +
               Scratch::size_of<double>(most);
    }

    History(const Vectors& vectors, int most, Scratch& scratch)
        : v_(vectors), most_(most), pairs_(scratch.take<Pair>(most)), weights_(scratch.take<double>(most)) {
        for (int i = 0; i < most; ++i) pairs_[i] = {scratch.take<T>(v_.size), scratch.take<T>(v_.size)};
    }

    // Which pairs there are: what clear() and add() change.
    struct Place {
        int first = 0, count = 0;
    };
    Place& place() { return at_; }
    void state(State& s) {
        s.within(at_.first, 0, most_ - 1);
        s.within(at_.count, 0, most_);
        for (int i = 0; i < most_; ++i) {
            const bool used = i < at_.count || at_.first > 0;  // it goes round once all are there
            s.finite(pairs_[i].step, v_.size, used);
            s.finite(pairs_[i].change, v_.size, used);
            s.finite(&pairs_[i].product, 1, used);
            s.finite(&pairs_[i].square, 1, used);
        }
    }

    int count() const { return at_.count; }
    void clear() { at_ = {}; }

    // Remembers the way from one point to the next, unless the curvature along it is not clearly positive;
    // whether it did.
    bool add(const T* from, const T* to, const T* gradient_from, const T* gradient_to) {
        Pair& p = pairs_[(at_.first + at_.count) % most_];
        v_.set(p.step, [=](int64_t i) { return to[i] - from[i]; });
        v_.set(p.change, [=](int64_t i) { return gradient_to[i] - gradient_from[i]; });
        p.product = v_.dot(p.step, p.change);
        p.square = v_.dot(p.change, p.change);
        if (!(p.product > std::numeric_limits<T>::epsilon() * p.square)) return false;
        if (at_.count < most_)
            ++at_.count;
        else
            at_.first = (at_.first + 1) % most_;
        return true;
    }
    // From the oldest on.
    const T* step(int i) const { return pair(i).step; }
    const T* change(int i) const { return pair(i).change; }

    // direction = -H direction, by the two-loop recursion (J. Nocedal, "Updating quasi-Newton matrices with
    // limited storage", Math. Comp. 35, 1980). initial(v): applies the inverse Hessian that the pairs
    // correct, in place.
    template <class Initial>
    void descend(T* direction, const Initial& initial) {
        for (int i = at_.count - 1; i >= 0; --i) {
            const Pair& p = pair(i);
            weights_[i] = v_.dot(p.step, direction) / p.product;
            v_.add(direction, -weights_[i], p.change, direction);
        }
        initial(direction);
        for (int i = 0; i < at_.count; ++i) {
            const Pair& p = pair(i);
            const double along = v_.dot(p.change, direction) / p.product;
            v_.add(direction, weights_[i] - along, p.step, direction);
        }
        v_.scale(-1, direction);
    }
    // The scale of the inverse Hessian along the last step; 1 before there is one.
    double scale() const {
        return at_.count > 0 ? pair(at_.count - 1).product / pair(at_.count - 1).square : 1;
    }

  private:
    struct Pair {
        T *step, *change;
        double product = 0, square = 0;
    };
    const Pair& pair(int i) const { return pairs_[(at_.first + i) % most_]; }

    const Vectors& v_;
    const int most_;
    Pair* pairs_;
    double* weights_;
    Place at_;
};

}  // namespace s4j
