// Training steps on mini-batches against naive loops, and what happens to a step that fails.
#include <limits>
#include <memory>
#include <numeric>

#include "problem.h"

using namespace check;

namespace {

template <class T>
std::unique_ptr<s4j_trainer, DataFree> trainer_of(const Problem<T>& p, const s4j_objective* objective,
                                                  int rule, const double* hyper, int64_t batch, uint64_t seed,
                                                  const double* options = nullptr) {
    int status = -1;
    std::unique_ptr<s4j_trainer, DataFree> trainer(s4j_trainer_create(
        objective, rule, hyper, options, p.parameters.data(), batch, seed, 2, S4J_NO_LIMIT, &status));
    CHECK_EQUAL(status, S4J_OK);
    return trainer;
}
template <class T>
std::vector<T> parameters_of(const Problem<T>& p, const s4j_trainer* trainer) {
    std::vector<T> parameters(p.parameters.size());
    s4j_trainer_parameters(trainer, parameters.data());
    return parameters;
}

// With a rate of 1, plain SGD moves by minus the gradient.
template <class T>
void steps_follow_the_gradient(int64_t n, int64_t d, int64_t c, int64_t batch, bool weights,
                               s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    p.l2 = 0.01;
    if (weights) p.weigh(random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    const double hyper[S4J_HYPER] = {};
    const uint64_t seed = random.next();
    const auto trainer = trainer_of(p, goal.get(), S4J_SGD, hyper, batch, seed);
    s4j::Random order_random(seed);
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    const double mean_weight = p.total_weight() / static_cast<double>(n);
    double loss = 0, weight = 0;
    for (int epoch = 0; epoch < 2; ++epoch) {
        if (epoch > 0) {
            s4j_trainer_shuffle(trainer.get());
            order_random.shuffle(order.data(), n);
        }
        for (int64_t first = 0; first < n; first += batch) {
            const int64_t count = std::min(batch, n - first);
            about("%s %dx%dx%d by %d: epoch %d, rows from %d", sizeof(T) == 4 ? "float" : "double",
                  static_cast<int>(n), static_cast<int>(d), static_cast<int>(c), static_cast<int>(batch),
                  epoch, static_cast<int>(first));
            const double divisor = mean_weight * static_cast<double>(count);
            const Reference expected = reference(p, divisor, &order[first], count);
            double penalty = 0;
            for (int64_t i = 0; i < d * c; ++i)
                penalty += static_cast<double>(p.parameters[i]) * static_cast<double>(p.parameters[i]);
            loss += (expected.loss - p.l2 / 2 * penalty) * divisor;
            weight += divisor;
            CHECK_EQUAL(s4j_trainer_step(trainer.get(), first, count, 1), S4J_OK);
            const std::vector<T> after = parameters_of(p, trainer.get());
            std::vector<double> wanted(expected.gradient.size());
            for (size_t i = 0; i < wanted.size(); ++i)
                wanted[i] = static_cast<double>(p.parameters[i]) - expected.gradient[i];
            const double allowed = (sizeof(T) == 4 ? 1e-5 : 1e-13) * norm(expected.gradient) +
                                   kEpsilon<T> * (norm(wanted) + 4 * expected.scale);
            CHECK_NEAR(distance(after.data(), wanted), 0, allowed);
            // The next step starts from the trainer's own rounding.
            p.parameters = after;
        }
    }
    CHECK_NEAR(s4j_trainer_take_loss(trainer.get()), loss / weight,
               (sizeof(T) == 4 ? 2e-5 : 1e-12) * loss / weight + kEpsilon<T>);
    CHECK(std::isnan(s4j_trainer_take_loss(trainer.get())));
}

template <class T>
void a_failed_step_keeps_the_parameters(int64_t d, int64_t c, s4j::Random& random) {
    Problem<T> p(40, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    for (int rule = S4J_SGD; rule <= S4J_ADAM; ++rule) {
        about("%s failed step %dx%d, rule %d", kTypeName<T>, static_cast<int>(d), static_cast<int>(c), rule);
        const double momentum[S4J_HYPER] = {0.9, 1e-3, 0, 0}, adam[S4J_HYPER] = {0.9, 0.999, 1e-8};
        const double* hyper = rule == S4J_ADAM ? adam : momentum;
        const auto trainer = trainer_of(p, goal.get(), rule, hyper, 20, 1);
        const auto spared = trainer_of(p, goal.get(), rule, hyper, 20, 1);
        CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, 20, 0.1), S4J_OK);
        CHECK_EQUAL(s4j_trainer_step(spared.get(), 0, 20, 0.1), S4J_OK);
        std::vector<T> before = parameters_of(p, trainer.get());
        // Where the loss is not finite the state is as before, too.
        const T kept = p.x[25 * p.stride];
        p.x[25 * p.stride] = kNaN<T>;
        CHECK_EQUAL(s4j_trainer_step(trainer.get(), 20, 20, 0.1), S4J_NON_FINITE);
        CHECK_CONTAINS(s4j_last_error(), "not finite");
        CHECK(parameters_of(p, trainer.get()) == before);
        p.x[25 * p.stride] = kept;
        for (const auto& t : {trainer.get(), spared.get()})
            CHECK_EQUAL(s4j_trainer_step(t, 20, 20, 0.1), S4J_OK);
        CHECK(parameters_of(p, trainer.get()) == parameters_of(p, spared.get()));
        CHECK(parameters_of(p, trainer.get()) != before);
        // Where the update alone is not, it goes on like a trainer that starts from these parameters.
        before = parameters_of(p, trainer.get());
        for (T& x : p.x) x *= 64;
        CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, 20, std::numeric_limits<double>::max()),
                    S4J_NON_FINITE);
        CHECK_CONTAINS(s4j_last_error(), "not finite");
        CHECK(parameters_of(p, trainer.get()) == before);
        const std::vector<T> start = p.parameters;
        p.parameters = before;
        const auto fresh = trainer_of(p, goal.get(), rule, hyper, 20, 1);
        p.parameters = start;
        for (const auto& t : {trainer.get(), fresh.get()})
            for (int step = 0; step < 3; ++step) CHECK_EQUAL(s4j_trainer_step(t, 0, 20, 0.1), S4J_OK);
        CHECK(parameters_of(p, trainer.get()) == parameters_of(p, fresh.get()));
    }
}

// Batches as data of their own, one after the other, are as good as batches of one whole.
template <class T>
void a_rebound_trainer_goes_on(int64_t d, int64_t c, s4j::Random& random) {
    about("%s rebound %dx%d", kTypeName<T>, static_cast<int>(d), static_cast<int>(c));
    const Problem<T> p(50, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> all(p.data());
    const Objective whole = objective(all.get(), c, true, 0.01);
    const double hyper[S4J_HYPER] = {0.9, 0.999, 1e-8};
    const auto expected = trainer_of(p, whole.get(), S4J_ADAM, hyper, 20, 1);
    std::unique_ptr<s4j_trainer, DataFree> trainer;
    for (const auto& [first, count] :
         std::vector<std::pair<int64_t, int64_t>>{{0, 7}, {10, 20}, {30, 20}, {49, 1}}) {
        const std::unique_ptr<s4j_data, DataFree> batch(
            s4j_data_create(kType<T>, &p.x[first * p.stride], count, d, p.stride, &p.labels[first], nullptr));
        const Objective goal = objective(batch.get(), c, true, 0.01);
        if (trainer)
            CHECK_EQUAL(s4j_trainer_rebind(trainer.get(), goal.get(), count), S4J_OK);
        else
            trainer = trainer_of(p, goal.get(), S4J_ADAM, hyper, count, 1);
        CHECK_EQUAL(s4j_trainer_step(expected.get(), first, count, 0.05), S4J_OK);
        CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, count, 0.05), S4J_OK);
        CHECK(parameters_of(p, trainer.get()) == parameters_of(p, expected.get()));
        // The order of the rows is one of the new rows.
        s4j_trainer_shuffle(trainer.get());
    }
    CHECK_NEAR(s4j_trainer_take_loss(trainer.get()), s4j_trainer_take_loss(expected.get()), 0);

    Problem<T> wider(5, d + 1, c, true, random), more(5, d, c + 1, true, random),
        bare(5, d, c, false, random);
    for (const Problem<T>* other : {&wider, &more, &bare}) {
        const std::unique_ptr<s4j_data, DataFree> data(other->data());
        const Objective goal = objective(data.get(), other->classes, other->intercept, 0);
        CHECK_EQUAL(s4j_trainer_rebind(trainer.get(), goal.get(), 5), S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), "objective must have");
    }
    CHECK_EQUAL(s4j_trainer_rebind(trainer.get(), whole.get(), 51), S4J_BAD_ARGUMENT);
    CHECK_CONTAINS(s4j_last_error(), "batch");
    CHECK_EQUAL(s4j_trainer_rebind(trainer.get(), nullptr, 1), S4J_BAD_ARGUMENT);
}

// The state as bytes, taken in parts of some length.
std::vector<char> saved(s4j_trainer* trainer, int64_t part) {
    int64_t size = 0;
    CHECK_EQUAL(s4j_trainer_save(trainer, 0, 0, nullptr, &size), S4J_OK);
    std::vector<char> bytes(static_cast<size_t>(size));
    for (int64_t first = 0; first < size; first += part)
        CHECK_EQUAL(s4j_trainer_save(trainer, first, std::min(part, size - first), &bytes[first], &size),
                    S4J_OK);
    return bytes;
}
int restored(s4j_trainer* trainer, const std::vector<char>& bytes, int64_t part) {
    const auto size = static_cast<int64_t>(bytes.size());
    int status = S4J_OK;
    for (int64_t first = 0; first < size; first += part)
        status = s4j_trainer_restore(trainer, first, std::min(part, size - first), size, &bytes[first]);
    return status;
}

// Saved and restored before any step, it ends with the same bits.
template <class T>
void a_restored_trainer_goes_on(int64_t d, int64_t c, s4j::Random& random) {
    constexpr int64_t kRows = 50, kBatch = 20;
    const Problem<T> p(kRows, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), c, true, 0.01);
    for (int rule = S4J_SGD; rule <= S4J_ADAM; ++rule) {
        const double hyper[S4J_HYPER] = {0.9, 0.9, 1e-3, 1};
        const auto made = [&] { return trainer_of(p, goal.get(), rule, hyper, kBatch, 7); };
        // Two epochs; the trainer is replaced before step `at`.
        const auto run = [&](int at, int64_t part) {
            auto trainer = made();
            int step = 0;
            for (int epoch = 0; epoch < 2; ++epoch) {
                s4j_trainer_shuffle(trainer.get());
                for (int64_t first = 0; first < kRows; first += kBatch, ++step) {
                    if (step == at) {
                        auto next = made();
                        CHECK_EQUAL(restored(next.get(), saved(trainer.get(), part), part), S4J_OK);
                        trainer = std::move(next);
                    }
                    CHECK_EQUAL(s4j_trainer_step(trainer.get(), first, std::min(kBatch, kRows - first), 0.05),
                                S4J_OK);
                }
            }
            return saved(trainer.get(), 1 << 20);
        };
        const std::vector<char> whole = run(-1, 1);
        for (int at = 0; at < 6; ++at) {
            about("%s %dx%d, rule %d, restored before step %d", kTypeName<T>, static_cast<int>(d),
                  static_cast<int>(c), rule, at);
            CHECK(run(at, at % 2 == 0 ? 1 << 20 : 7) == whole);
        }
        // Bytes that no trainer has written are refused, or make one that does no harm.
        about("%s %dx%d, rule %d, damaged state", kTypeName<T>, static_cast<int>(d), static_cast<int>(c),
              rule);
        std::vector<char> shorter(whole.begin(), whole.end() - 1);
        CHECK_EQUAL(restored(made().get(), shorter, 64), S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), "bytes");
        for (int i = 0; i < 50; ++i) {
            std::vector<char> damaged = whole;
            const uint64_t from = random.below(damaged.size());
            for (uint64_t k = from; k < std::min<uint64_t>(from + 8, damaged.size()); ++k)
                damaged[k] = static_cast<char>(i % 2 == 0 ? 0xFF : random.next());
            const auto trainer = made();
            if (restored(trainer.get(), damaged, 64) == S4J_OK)
                for (int64_t first = 0; first < kRows; first += 10)
                    s4j_trainer_step(trainer.get(), first, 10, 0.05);
        }
    }
}

// The hash tells data apart, whatever the threads.
template <class T>
void a_hash_tells_data_apart(s4j::Random& random) {
    about("%s hash", kTypeName<T>);
    Problem<T> p(1000, 7, 3, true, random);
    p.weigh(random);
    const auto hash = [&](int threads) {
        const std::unique_ptr<s4j_data, DataFree> data(p.data());
        return s4j_data_hash(data.get(), threads);
    };
    const uint64_t before = hash(1);
    CHECK(hash(1) == before && hash(5) == before);
    p.x[999 * p.stride + 6] += 1;
    CHECK(hash(2) != before);
    p.x[999 * p.stride + 6] -= 1;
    std::swap(p.labels[3],
              *std::find_if(p.labels.begin(), p.labels.end(), [&](int32_t y) { return y != p.labels[3]; }));
    CHECK(hash(2) != before);
}

// What lies in reused scratch, NaN here, reaches neither parameters nor verdicts.
template <class T>
void old_scratch_does_not_matter(int64_t d, int64_t c, s4j::Random& random) {
    about("%s after a failed step %dx%d", sizeof(T) == 4 ? "float" : "double", static_cast<int>(d),
          static_cast<int>(c));
    Problem<T> p(64, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    const double hyper[S4J_HYPER] = {};
    const auto poisoned = trainer_of(p, goal.get(), S4J_SGD, hyper, 64, 1);
    const auto clean = trainer_of(p, goal.get(), S4J_SGD, hyper, 64, 1);
    CHECK_EQUAL(s4j_trainer_step(clean.get(), 0, 64, 0.1), S4J_OK);
    const Problem<T> good = p;
    for (T& x : p.x) x = kNaN<T>;
    CHECK_EQUAL(s4j_trainer_step(poisoned.get(), 0, 64, 0.1), S4J_NON_FINITE);
    p.x = good.x;
    const std::unique_ptr<s4j_data, DataFree> again(p.data());
    CHECK_EQUAL(s4j_trainer_step(poisoned.get(), 0, 64, 0.1), S4J_OK);
    CHECK(parameters_of(p, poisoned.get()) == parameters_of(p, clean.get()));
}

template <class T>
void decay_spares_the_intercept(s4j::Random& random) {
    about("%s decoupled decay", sizeof(T) == 4 ? "float" : "double");
    Problem<T> p(8, 3, 4, true, random);
    // No data: the gradient is zero, and all that moves is what decays.
    std::fill(p.x.begin(), p.x.end(), T(0));
    p.weigh(random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    const double hyper[S4J_HYPER] = {0.9, 0.999, 1e-8, 0, 0.5};
    std::vector<T> intercept(p.parameters.end() - 4, p.parameters.end());
    const auto trainer = trainer_of(p, goal.get(), S4J_ADAM, hyper, 8, 1);
    CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, 8, 0.1), S4J_OK);
    const std::vector<T> after = parameters_of(p, trainer.get());
    for (size_t i = 0; i < 12; ++i)
        CHECK_NEAR(after[i], static_cast<double>(p.parameters[i]) * 0.95, kEpsilon<T> * 2);
    // The first step of Adam moves by the rate, whatever the gradient's size.
    for (size_t i = 12; i < 16; ++i)
        CHECK_NEAR(std::fabs(static_cast<double>(after[i]) - static_cast<double>(p.parameters[i])), 0.1,
                   1e-5);
}

template <class T>
void run(const Arguments& arguments) {
    s4j::Random random(17);
    for (const bool weights : {false, true}) {
        steps_follow_the_gradient<T>(100, 20, 10, 32, weights, random);
        steps_follow_the_gradient<T>(33, 1, 2, 33, weights, random);
        steps_follow_the_gradient<T>(20, 7, 1, 1, weights, random);
        steps_follow_the_gradient<T>(130, 30, 50, 64, weights, random);
        if (arguments.quick) continue;
        steps_follow_the_gradient<T>(2000, 65, 31, 900, weights, random);
        steps_follow_the_gradient<T>(1500, 70, 80, 700, weights, random);
        steps_follow_the_gradient<T>(100, 17, 2100, 40, weights, random);
    }
    for (const int64_t d : {1, 4, 9, 20}) {
        a_failed_step_keeps_the_parameters<T>(d, 5, random);
        old_scratch_does_not_matter<T>(d, 5, random);
        old_scratch_does_not_matter<T>(d, 40, random);
        if (!arguments.quick) old_scratch_does_not_matter<T>(d, 2100, random);
    }
    a_failed_step_keeps_the_parameters<T>(9, 40, random);
    for (const int64_t c : {5, 40, 2100}) a_rebound_trainer_goes_on<T>(9, c, random);
    for (const int64_t c : {5, 40, 2100}) a_restored_trainer_goes_on<T>(9, c, random);
    a_hash_tells_data_apart<T>(random);
    decay_spares_the_intercept<T>(random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments);
    run<double>(arguments);
    return finish("trainer");
}
