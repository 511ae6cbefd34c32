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
        : objective_(o.objective),
          rows_(objective_->data->rows),
          shape_(batch_shape(*objective_, o.batch)),
          layout_(make_layout<T>(shape_, choose_regime<T>(shape_))),
          optimizer_(OptimizerSpec::of(o.rule, o.hyper)),
          options_(o.step),
          random_(o.seed),
          threads_(o.threads),
          scratch_limit_(o.scratch_limit),
          bytes_(fitting_bytes()),
          full_(fit_step<T>(shape_, threads_, scratch_limit_)),
          state_(bytes_.state),
          work_(std::make_unique<Scratch>(bytes_.scratch)) {
        require_bounds_in<T>(options_.lower, options_.upper);
        order_ = state_.take<int64_t>(rows_);
        order_rows_ = rows_;
        start_order();
        current_ = state_.take<T>(layout_.total);
        updated_ = state_.take<T>(layout_.total);
        pack_parameters(shape_, layout_, static_cast<const T*>(o.parameters), current_);
        for (int s = 0; s < optimizer_.slots(); ++s) slots_[s] = state_.take<T>(layout_.total);
        start_afresh();
    }

    void shuffle() override {
        random_.shuffle(order_, rows_);
        shuffled_ = true;
    }

    void rebind(const s4j_objective& objective, int64_t batch) override {
        const s4j_data& data = *objective.data;
        const Shape shape = batch_shape(objective, batch);
        // Not of the objective until now, which may be gone.
        if (data.type != (sizeof(T) == 4 ? S4J_F32 : S4J_F64) || shape.features != shape_.features ||
            shape.classes != shape_.classes || shape.intercept != shape_.intercept ||
            shape.sparse != shape_.sparse)
            throw Failure(S4J_BAD_ARGUMENT,
                          "objective must have the element type, features, classes and intercept of the "
                          "trainer's, and sparse rows where that has");
        const Fitted full = fit_step<T>(shape, threads_, scratch_limit_);
        if (data.rows > order_rows_) {
            longer_order_ = std::make_unique<Scratch>(Scratch::size_of<int64_t>(data.rows));
            order_ = longer_order_->take<int64_t>(data.rows);
            order_rows_ = data.rows;
        }
        objective_ = &objective;
        rows_ = data.rows;
        shape_ = shape;
        full_ = full;
        start_order();
    }

    bool step(int64_t first, int64_t count, double learning_rate) override {
        if (first < 0 || count < 1 || count > shape_.rows || first > rows_ - count)
            throw Failure(S4J_BAD_ARGUMENT, "first and count must name at most " +
                                                std::to_string(shape_.rows) + " of " + std::to_string(rows_) +
                                                " rows");
        require_rate(learning_rate);
        Shape shape = shape_;
        shape.rows = count;
        const Fitted fitted = count == shape_.rows ? full_ : fit_step<T>(shape, threads_, scratch_limit_);
        // Only a batch cut otherwise than those that were expected can need more.
        require_scratch(fitted.bytes, scratch_limit_);
        if (fitted.bytes > work_->bytes()) work_ = std::make_unique<Scratch>(fitted.bytes);
        work_->rewind();

        Rows<T> rows = objective_->rows<T>();
        rows.index = shuffled_ ? order_ : nullptr;
        rows.first = first;
        rows.count = count;
        Parts<T> parts;
        const double mean_weight = objective_->total_weight / static_cast<double>(rows_);
        const double weight = mean_weight * static_cast<double>(count);
        const Pass<T> pass{objective_->loss, rows, current_, nullptr, 1 / weight};
        const double loss = sum_loss(fitted.plan, pass, *work_, fitted.threads, &parts);
        if (!std::isfinite(loss)) return false;

        if (!update(parts, learning_rate)) return false;
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

    void state(State& s) override {
        s.value(shuffled_);  // first: whether there is an order depends on it
        if (shuffled_) {
            s.values(order_, rows_);
            s.require(std::all_of(order_, order_ + rows_, [this](int64_t i) { return i >= 0 && i < rows_; }));
        }
        s.value(random_);
        s.finite(current_, layout_.total);
        for (int i = 0; i < optimizer_.slots(); ++i) s.finite(slots_[i], layout_.total);
        s.within(steps_, 0, INT64_MAX - 1);
        s.finite(&loss_, 1);
        s.finite(&weight_, 1);
    }

  private:
    static Shape batch_shape(const s4j_objective& objective, int64_t batch) {
        return shape_of(*objective.data, batch, objective.classes, objective.intercept);
    }

    // From the gradient to the new parameters. A failure that comes to light in the middle of the update has
    // advanced some of the state already, and what it was is lost: the optimizer then starts afresh.
    bool update(const Parts<T>& parts, double learning_rate) {
        Update<T> weights{optimizer_.rule, optimizer_.hyper.data(),
                          learning_rate,   steps_ + 1,
                          current_,        updated_,
                          parts.part,      parts.count,
                          objective_->l2,  {slots_[0], slots_[1], slots_[2]},
                          parts.touched,   shape_.classes};
        weights.clip = options_.clip_value;
        // Penalties and bounds spare the intercept, clipping does not.
        Update<T> intercept = weights;
        intercept.l2 = 0;
        intercept.touched = nullptr;
        weights.l1 = options_.l1;
        // One after the other: (1 - lr d) (1 - lr e) is 1 - lr (d + e - lr d e).
        weights.decay =
            options_.decay + optimizer_.decay() - learning_rate * options_.decay * optimizer_.decay();
        weights.lower = options_.lower;
        weights.upper = options_.upper;
        const int64_t split = layout_.weights, end = layout_.total;
        if (options_.clip_norm < HUGE_VAL) {
            const double norm = std::sqrt(gradient_square(weights, 0, split, threads_) +
                                          gradient_square(intercept, split, end, threads_));
            if (!std::isfinite(norm)) return false;
            if (norm > options_.clip_norm) weights.scale = intercept.scale = options_.clip_norm / norm;
        }
        if (!s4j::step(weights, 0, split, threads_) || !s4j::step(intercept, split, end, threads_)) {
            start_afresh();
            return false;
        }
        if (options_.lower > 0 || options_.upper < 0) clear_padding(shape_, layout_, updated_);
        return true;
    }

    void start_afresh() {
        for (int s = 0; s < optimizer_.slots(); ++s)
            std::fill_n(slots_[s], layout_.total, static_cast<T>(s == 0 ? optimizer_.initial_slot() : 0));
        steps_ = 0;
    }

    void start_order() {
        std::iota(order_, order_ + rows_, int64_t{0});
        shuffled_ = false;
    }

    // Before anything is allocated.
    TrainerBytes fitting_bytes() const {
        const TrainerBytes bytes = trainer_bytes<T>(shape_, rows_, optimizer_, threads_, scratch_limit_);
        require_scratch(bytes.scratch, scratch_limit_);
        return bytes;
    }

    const s4j_objective* objective_;  // of the last step; may be gone between two
    int64_t rows_;                    // of its data
    Shape shape_;                     // of a full batch
    const Layout layout_;
    const OptimizerSpec optimizer_;
    const StepOptions options_;
    Random random_;
    const int threads_;
    const int64_t scratch_limit_;
    const TrainerBytes bytes_;
    Fitted full_;  // how the step on a full batch is cut
    Scratch state_;
    std::unique_ptr<Scratch> work_;
    std::unique_ptr<Scratch> longer_order_;
    int64_t* order_;
    int64_t order_rows_;  // that it has room for
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
