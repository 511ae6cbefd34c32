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

// How the step on a batch is cut.
template <class T>
Fitted fit_step(const Shape& batch, int threads, int64_t limit) {
    return fit_plan<T>(batch, S4J_AUTO, threads, limit, [](const Plan& plan, int workers) {
        return sum_loss_scratch<T>(plan, {Gradient::kParts}, workers);
    });
}

}  // namespace

template <class T>
TrainerBytes trainer_bytes(const Shape& batch, int64_t rows, const OptimizerSpec& optimizer, int threads,
                           int64_t scratch_limit) {
    const Layout layout = make_layout<T>(batch, choose_regime<T>(batch));
    const int64_t state =
        Scratch::size_of<int64_t>(rows) + (2 + optimizer.slots()) * Scratch::size_of<T>(layout.total);
    // Enough for full batches and for a last one of any size that the data can leave.
    int64_t scratch = fit_step<T>(batch, threads, scratch_limit).bytes;
    Shape last = batch;
    last.rows = rows % batch.rows;
    if (last.rows > 0) scratch = std::max(scratch, fit_step<T>(last, threads, scratch_limit).bytes);
    return {state, scratch};
}

namespace {

template <class T>
class Trainer final : public s4j_trainer {
  public:
    explicit Trainer(const TrainerOptions& o)
        : objective_(*o.objective),
          data_(*objective_.data),
          shape_(shape_of(data_, o.batch, objective_.classes, objective_.intercept)),
          layout_(make_layout<T>(shape_, choose_regime<T>(shape_))),
          optimizer_(OptimizerSpec::of(o.rule, o.hyper)),
          mean_weight_(data_.total_weight / static_cast<double>(data_.rows)),
          random_(o.seed),
          threads_(o.threads),
          scratch_limit_(o.scratch_limit),
          bytes_(fitting_bytes()),
          full_(fit_step<T>(shape_, threads_, scratch_limit_)),
          state_(bytes_.state),
          work_(std::make_unique<Scratch>(bytes_.scratch)) {
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
        const Fitted fitted = count == shape_.rows ? full_ : fit_step<T>(shape, threads_, scratch_limit_);
        // Only a batch cut otherwise than those that were expected can need more.
        require_scratch(fitted.bytes, scratch_limit_);
        if (fitted.bytes > work_->bytes()) work_ = std::make_unique<Scratch>(fitted.bytes);
        work_->rewind();

        Rows<T> rows = Rows<T>::all(data_);
        rows.index = shuffled_ ? order_ : nullptr;
        rows.first = first;
        rows.count = count;
        Parts<T> parts;
        const double weight = mean_weight_ * static_cast<double>(count);
        const Pass<T> pass{objective_.loss, rows, current_, nullptr, 1 / weight};
        const double loss = sum_loss(fitted.plan, pass, *work_, fitted.threads, &parts);
        if (!std::isfinite(loss)) return false;

        Update<T> update{optimizer_.rule,
                         optimizer_.hyper.data(),
                         learning_rate,
                         steps_ + 1,
                         current_,
                         updated_,
                         parts.part,
                         parts.count,
                         objective_.l2,
                         optimizer_.decay(),
                         {slots_[0], slots_[1], slots_[2]},
                         parts.touched,
                         shape_.classes};
        if (!s4j::step(update, 0, layout_.weights, threads_)) return false;
        update.l2 = update.decay = 0;
        update.touched = nullptr;
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
    // Before anything is allocated.
    TrainerBytes fitting_bytes() const {
        const TrainerBytes bytes = trainer_bytes<T>(shape_, data_.rows, optimizer_, threads_, scratch_limit_);
        require_scratch(bytes.scratch, scratch_limit_);
        return bytes;
    }

    const s4j_objective& objective_;
    const s4j_data& data_;
    const Shape shape_;  // of a full batch
    const Layout layout_;
    const OptimizerSpec optimizer_;
    const double mean_weight_;
    Random random_;
    const int threads_;
    const int64_t scratch_limit_;
    const TrainerBytes bytes_;
    const Fitted full_;  // how the step on a full batch is cut
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
    if (options.objective->data->type == S4J_F32) return std::make_unique<Trainer<float>>(options);
    return std::make_unique<Trainer<double>>(options);
}

template TrainerBytes trainer_bytes<float>(const Shape&, int64_t, const OptimizerSpec&, int, int64_t);
template TrainerBytes trainer_bytes<double>(const Shape&, int64_t, const OptimizerSpec&, int, int64_t);

}  // namespace s4j
