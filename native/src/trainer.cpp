#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "kernels.h"
#include "optimizer.h"
#include "random.h"
#include "scratch.h"
#include "softmax.h"
#include "status.h"

namespace s4j {

namespace {

template <class T>
class Trainer final : public s4j_trainer {
  public:
    explicit Trainer(const TrainerOptions& o)
        : data_(*o.data),
          shape_{o.batch, o.data->columns, o.classes, o.intercept},
          regime_(choose_regime<T>(shape_)),
          layout_(make_layout<T>(shape_, regime_)),
          l2_(o.l2),
          optimizer_(OptimizerSpec::of(o.rule, o.hyper)),
          mean_weight_(o.data->total_weight / static_cast<double>(o.data->rows)),
          random_(o.seed),
          threads_(o.threads),
          order_bytes_(Scratch::size_of<int64_t>(o.data->rows)),
          state_(order_bytes_ + (2 + optimizer_.slots()) * Scratch::size_of<T>(layout_.total)),
          work_(std::make_unique<Scratch>(work_bytes(o.batch))) {
        order_ = state_.take<int64_t>(data_.rows);
        std::iota(order_, order_ + data_.rows, int64_t{0});
        current_ = state_.take<T>(layout_.total);
        updated_ = state_.take<T>(layout_.total);
        pack_parameters(shape_, layout_, static_cast<const T*>(o.parameters), current_);
        for (int s = 0; s < optimizer_.slots(); ++s) {
            slots_[s] = state_.take<T>(layout_.total);
            std::fill_n(slots_[s], layout_.total, T(0));
        }
        if (optimizer_.slots() > 0)
            std::fill_n(slots_[0], layout_.total, static_cast<T>(optimizer_.initial_slot()));
    }

    void shuffle() override {
        random_.shuffle(order_, data_.rows);
        shuffled_ = true;
    }

    bool step(int64_t first, int64_t count, double learning_rate) override {
        if (first < 0 || count < 1 || count > shape_.rows || first > data_.rows - count)
            throw Failure(S4J_BAD_ARGUMENT, "first and count must name at most " +
                                                std::to_string(shape_.rows) + " of " +
                                                std::to_string(data_.rows) + " rows");
        Shape shape = shape_;
        shape.rows = count;
        const Plan plan = make_plan<T>(shape, regime_);
        // Only a batch larger or cut otherwise than the first one can need more.
        const int64_t needed = sum_loss_scratch<T>(plan, false, threads_);
        if (needed > work_->bytes()) work_ = std::make_unique<Scratch>(needed);
        work_->rewind();

        Rows<T> rows = Rows<T>::all(data_);
        rows.index = shuffled_ ? order_ : nullptr;
        rows.first = first;
        rows.count = count;
        Parts<T> parts;
        const double weight = mean_weight_ * static_cast<double>(count);
        const double loss = sum_loss(plan, rows, current_, 1 / weight, *work_, threads_, &parts);
        if (!std::isfinite(loss)) return false;

        Update<T> update{optimizer_.rule,
                         optimizer_.hyper.data(),
                         learning_rate,
                         steps_ + 1,
                         current_,
                         updated_,
                         parts.part,
                         parts.count,
                         l2_,
                         optimizer_.decay(),
                         {slots_[0], slots_[1], slots_[2]}};
        if (!s4j::step(update, 0, layout_.weights, threads_)) return false;
        update.l2 = update.decay = 0;
        if (!s4j::step(update, layout_.weights, layout_.total, threads_)) return false;
        std::swap(current_, updated_);
        ++steps_;
        loss_ += loss;
        weight_ += weight;
        return true;
    }

    double take_loss() override {
        const double mean = loss_ / weight_;
        loss_ = weight_ = 0;
        return mean;
    }

    void parameters(void* out) const override {
        unpack_parameters(shape_, layout_, current_, static_cast<T*>(out));
    }

  private:
    // Enough for full batches and for a last one of any size that the data can leave.
    int64_t work_bytes(int64_t batch) const {
        int64_t most = 0;
        for (const int64_t rows : {batch, data_.rows % batch}) {
            if (rows == 0) continue;
            Shape shape = shape_;
            shape.rows = rows;
            most = std::max(most, sum_loss_scratch<T>(make_plan<T>(shape, regime_), false, threads_));
        }
        return most;
    }

    const s4j_data& data_;
    const Shape shape_;  // of a full batch
    const s4j_regime regime_;
    const Layout layout_;
    const double l2_;
    const OptimizerSpec optimizer_;
    const double mean_weight_;
    Random random_;
    const int threads_;
    const int64_t order_bytes_;
    Scratch state_;
    std::unique_ptr<Scratch> work_;
    int64_t* order_;
    // A step writes the new parameters beside the old ones, so that a step that fails loses nothing.
    T* current_;
    T* updated_;
    T* slots_[S4J_SLOTS] = {};
    bool shuffled_ = false;
    int64_t steps_ = 0;
    double loss_ = 0, weight_ = 0;
};

}  // namespace

std::unique_ptr<s4j_trainer> make_trainer(const TrainerOptions& options) {
    if (options.data->type == S4J_F32) return std::make_unique<Trainer<float>>(options);
    return std::make_unique<Trainer<double>>(options);
}

}  // namespace s4j
