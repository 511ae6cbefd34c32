// What a step does beside its rule: l1, decay, bounds and clipping, against the formulas of softmax4j.h.
#include <memory>

#include "kernels.h"
#include "problem.h"
#include "rules.h"

using namespace check;

namespace {

constexpr double kNone[S4J_STEP_OPTIONS] = {0, 0, -HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL};

struct Option {
    const char* name;
    double l1, decay, lower, upper, clip, scale;
};
const Option kOptions[] = {
    {"l1", 0.3, 0, -HUGE_VAL, HUGE_VAL, HUGE_VAL, 1}, {"decay", 0, 0.2, -HUGE_VAL, HUGE_VAL, HUGE_VAL, 1},
    {"bounds", 0, 0, -0.4, 0.25, HUGE_VAL, 1},        {"lower", 0, 0, 0, HUGE_VAL, HUGE_VAL, 1},
    {"clipped", 0, 0, -HUGE_VAL, HUGE_VAL, 0.3, 1},   {"scaled", 0, 0, -HUGE_VAL, HUGE_VAL, HUGE_VAL, 0.125},
    {"all but l1", 0, 0.1, -0.5, 0.6, 0.4, 0.5},      {"all", 0.2, 0.1, -0.5, 0.6, 0.4, 0.5},
};

double clamp(double x, double lower, double upper) {
    return std::fmax(lower, std::fmin(upper, x));
}

template <class T>
void follows_the_formulas(const Case& c, const Option& o, int64_t n, s4j::Random& random) {
    std::vector<T> w(static_cast<size_t>(n)), parts[2], slots[3];
    fill(w.data(), n, random);
    std::vector<Stepped> expected;
    for (int64_t i = 0; i < n; ++i) expected.push_back({c.rule, c.hyper, 0, static_cast<double>(w[i])});
    for (int p = 0; p < 3; ++p)
        slots[p].assign(w.size(), p == 0 && c.rule == S4J_ADAGRAD ? static_cast<T>(c.hyper[1]) : T(0));
    const double l2 = 0.25;
    for (int t = 1; t <= 3; ++t) {
        const T* pointers[2];
        for (int p = 0; p < 2; ++p) {
            parts[p].resize(w.size());
            fill(parts[p].data(), n, random);
            pointers[p] = parts[p].data();
        }
        const double lr = 0.1 / t;
        const s4j::Update<T> u{
            c.rule,   c.hyper,  lr,    t,       w.data(),
            w.data(), pointers, 2,     l2,      {slots[0].data(), slots[1].data(), slots[2].data()},
            nullptr,  0,        o.l1,  o.decay, o.lower,
            o.upper,  o.scale,  o.clip};
        about("%s %s with %s, step %d", kTypeName<T>, c.name, o.name, t);
        CHECK(s4j::kernels<T>().update(u, 0, n));
        for (int64_t i = 0; i < n; ++i) {
            Stepped& r = expected[i];
            const double before = r.w;
            const double raw = static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]) + l2 * r.w;
            const double g = clamp(raw * o.scale, -o.clip, o.clip);
            r.w *= 1 - lr * o.decay;
            r.step(g, lr, t);
            const double moved = r.w - before;
            const double threshold = r.size * o.l1;
            r.w = clamp(std::copysign(std::fmax(std::fabs(r.w) - threshold, 0), r.w), o.lower, o.upper);
            // A gradient near zero whose sign decides, as after one step of Adam, multiplies its own error.
            const double near_zero = 4 * kEpsilon<T> / (std::fabs(g) + kEpsilon<T>);
            CHECK_NEAR(w[i], r.w,
                       kEpsilon<T> * (8 + (c.hyper[3] != 0 ? 1e3 : 0)) * (1 + threshold) +
                           near_zero * (std::fabs(moved) + threshold + lr) * 10);
            r.w = static_cast<double>(w[i]);
        }
    }
}

template <class T>
std::vector<T> step_from(const Problem<T>& p, const double* options, int threads, int status = S4J_OK,
                         double rate = 1) {
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    const double hyper[S4J_HYPER] = {};
    int created = -1;
    const std::unique_ptr<s4j_trainer, DataFree> trainer(
        s4j_trainer_create(goal.get(), S4J_SGD, hyper, options, p.parameters.data(), p.rows, 1, threads,
                           S4J_NO_LIMIT, &created));
    CHECK_EQUAL(created, S4J_OK);
    CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, p.rows, rate), status);
    std::vector<T> after(p.parameters.size());
    s4j_trainer_parameters(trainer.get(), after.data());
    return after;
}

// The trainer's fused step against the header's list, one thing after the other in double: every rule, and options at
// random, in all layouts.
void steps_of_the_trainer_are_those_of_the_header(int64_t d, int64_t c, s4j::Random& random) {
    for (const Case& rule : kCases)
        for (int round = 0; round < 6; ++round) {
            const auto chosen = [&](double value, double none) {
                return random.below(2) == 0 ? none : value;
            };
            Problem<double> p(30, d, c, true, random);
            p.l2 = chosen(0.2, 0);
            const double scale = 1 / std::sqrt(static_cast<double>(d));
            double options[S4J_STEP_OPTIONS];
            std::copy_n(kNone, S4J_STEP_OPTIONS, options);
            options[S4J_L1] = chosen(0.002 * scale, 0);
            options[S4J_DECAY] = chosen(0.7, 0);
            options[S4J_LOWER] = chosen(-1.5 * scale, -HUGE_VAL);
            options[S4J_UPPER] = chosen(1.4 * scale, HUGE_VAL);
            options[S4J_CLIP_VALUE] = chosen(0.02 * scale, HUGE_VAL);
            options[S4J_CLIP_NORM] = chosen(0.2, HUGE_VAL);
            about("%s %dx%d l2 %g l1 %g decay %g in [%g, %g] clipped at %g, norm %g", rule.name,
                  static_cast<int>(d), static_cast<int>(c), p.l2, options[0], options[1], options[2],
                  options[3], options[4], options[5]);
            const std::unique_ptr<s4j_data, DataFree> data(p.data());
            const Objective goal = objective(data.get(), c, true, p.l2);
            int status = -1;
            const std::unique_ptr<s4j_trainer, DataFree> trainer(
                s4j_trainer_create(goal.get(), rule.rule, rule.hyper, options, p.parameters.data(), p.rows, 1,
                                   2, S4J_NO_LIMIT, &status));
            if (!CHECK(status == S4J_OK)) continue;
            const size_t weights = static_cast<size_t>(d * c);
            std::vector<Stepped> expected;
            for (size_t i = 0; i < p.parameters.size(); ++i)
                expected.push_back({rule.rule, rule.hyper, i < weights ? rule.hyper[4] : 0, p.parameters[i]});
            for (int t = 1; t <= 3; ++t) {
                const double lr = 0.3 / t;
                const Reference r = reference(p, 30);
                const double factor = std::fmin(1, options[S4J_CLIP_NORM] / norm(r.gradient));
                CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, p.rows, lr), S4J_OK);
                s4j_trainer_parameters(trainer.get(), p.parameters.data());
                for (size_t i = 0; i < expected.size(); ++i) {
                    Stepped& e = expected[i];
                    const bool weight = i < weights;
                    const double g =
                        clamp(r.gradient[i] * factor, -options[S4J_CLIP_VALUE], options[S4J_CLIP_VALUE]);
                    if (weight) e.w *= 1 - lr * options[S4J_DECAY];
                    e.step(g, lr, t);
                    if (weight) {
                        const double shrunk = std::fmax(std::fabs(e.w) - e.size * options[S4J_L1], 0);
                        e.w = clamp(std::copysign(shrunk, e.w), options[S4J_LOWER], options[S4J_UPPER]);
                    }
                    // What a gradient near 0 is divided by multiplies its error.
                    const double off = 1e-13 * (r.scale + std::fabs(g)) * e.size;
                    CHECK_NEAR(p.parameters[i], e.w, 1e-12 + (rule.hyper[3] != 0 ? 1e3 : 10) * off);
                    e.w = p.parameters[i];
                }
            }
        }
}

// Plain SGD at a rate of 1 moves by minus the gradient.
template <class T>
void norm_is_that_of_the_whole_gradient(int64_t d, int64_t c, s4j::Random& random) {
    Problem<T> p(40, d, c, true, random);
    p.l2 = 0.5;
    const Reference g = reference(p, 40);
    const double whole = norm(g.gradient);
    for (const double share : {0.25, 4.0}) {
        double options[S4J_STEP_OPTIONS];
        std::copy_n(kNone, S4J_STEP_OPTIONS, options);
        options[S4J_CLIP_NORM] = share * whole;
        about("%s %dx%d clipped to %g of the norm", kTypeName<T>, static_cast<int>(d), static_cast<int>(c),
              share);
        const std::vector<T> after = step_from(p, options, 1);
        std::vector<double> wanted(p.parameters.begin(), p.parameters.end());
        for (size_t i = 0; i < wanted.size(); ++i) wanted[i] -= std::fmin(share, 1) * g.gradient[i];
        CHECK_NEAR(distance(after.data(), wanted), 0,
                   (sizeof(T) == 4 ? 2e-5 : 2e-13) * whole + 2 * kEpsilon<T> * norm(wanted));
        for (const int threads : {2, 3, 7}) CHECK(step_from(p, options, threads) == after);
        if (share > 1) CHECK(step_from(p, kNone, 1) == after);
    }
}

// Also where they leave out zero, which the padding of the layouts must stay at: the second step would show.
template <class T>
void bounds_hold_in_every_layout(int64_t d, int64_t c, s4j::Random& random) {
    Problem<T> p(30, d, c, true, random);
    double options[S4J_STEP_OPTIONS];
    std::copy_n(kNone, S4J_STEP_OPTIONS, options);
    options[S4J_LOWER] = 0.125;
    options[S4J_UPPER] = 0.5;
    const size_t weights = static_cast<size_t>(d * c);
    for (int step = 0; step < 2; ++step) {
        const Reference g = reference(p, 30);
        about("%s %dx%d in bounds, step %d", kTypeName<T>, static_cast<int>(d), static_cast<int>(c), step);
        std::vector<double> wanted(p.parameters.begin(), p.parameters.end());
        for (size_t i = 0; i < wanted.size(); ++i) {
            wanted[i] -= g.gradient[i];
            if (i < weights) wanted[i] = clamp(wanted[i], 0.125, 0.5);
        }
        p.parameters = step_from(p, options, 2);
        CHECK_NEAR(distance(p.parameters.data(), wanted), 0,
                   (sizeof(T) == 4 ? 2e-5 : 2e-13) * g.scale + 2 * kEpsilon<T> * norm(wanted));
        for (size_t i = 0; i < weights; ++i) CHECK(p.parameters[i] >= T(0.125) && p.parameters[i] <= T(0.5));
    }
    // In one trainer, so that the padding is what the first step left.
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    const double hyper[S4J_HYPER] = {};
    int status = -1;
    const std::unique_ptr<s4j_trainer, DataFree> trainer(s4j_trainer_create(
        goal.get(), S4J_SGD, hyper, options, p.parameters.data(), p.rows, 1, 2, S4J_NO_LIMIT, &status));
    std::vector<T> after(p.parameters.size());
    for (int step = 0; step < 2; ++step) {
        p.parameters = step_from(p, options, 2);
        CHECK_EQUAL(s4j_trainer_step(trainer.get(), 0, p.rows, 1), S4J_OK);
        s4j_trainer_parameters(trainer.get(), after.data());
        CHECK(after == p.parameters);
    }
}

// Neither clipping nor a bound makes a step of what is no number.
template <class T>
void a_gradient_that_is_not_finite_fails_all_the_same(s4j::Random& random) {
    about("%s gradient that is not finite", kTypeName<T>);
    Problem<T> p(4, 3, 5, false, random);
    p.l2 = 10;
    std::fill(p.x.begin(), p.x.end(), T(0));
    p.parameters[4] = std::numeric_limits<T>::max() / 2;
    const std::vector<T> before = p.parameters;
    for (const int option : {S4J_CLIP_VALUE, S4J_CLIP_NORM, S4J_UPPER, S4J_L1}) {
        double options[S4J_STEP_OPTIONS];
        std::copy_n(kNone, S4J_STEP_OPTIONS, options);
        options[option] = 1;
        CHECK(step_from(p, options, 1, S4J_NON_FINITE) == before);
    }
}

template <class T>
void refuses_what_is_out_of_range(s4j::Random& random) {
    const Problem<T> p(4, 3, 5, false, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), p.classes, p.intercept, p.l2);
    const double hyper[S4J_HYPER] = {};
    const auto refuse = [&](int option, double value, const char* text) {
        double options[S4J_STEP_OPTIONS];
        std::copy_n(kNone, S4J_STEP_OPTIONS, options);
        options[option] = value;
        int status = S4J_OK;
        CHECK(s4j_trainer_create(goal.get(), S4J_SGD, hyper, options, p.parameters.data(), 4, 1, 1,
                                 S4J_NO_LIMIT, &status) == nullptr);
        CHECK_EQUAL(status, S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), text);
    };
    for (const double bad : {-1.0, HUGE_VAL, std::nan("")}) {
        refuse(S4J_L1, bad, "l1");
        refuse(S4J_DECAY, bad, "decay");
    }
    for (const double bad : {-1.0, 0.0, std::nan("")}) {
        refuse(S4J_CLIP_VALUE, bad, "clip_value");
        refuse(S4J_CLIP_NORM, bad, "clip_norm");
    }
    refuse(S4J_LOWER, HUGE_VAL, "lower");
    refuse(S4J_UPPER, -HUGE_VAL, "lower");
    refuse(S4J_LOWER, std::nan(""), "lower");
    if (sizeof(T) == 4) {
        refuse(S4J_LOWER, 1e300, "lower must be finite");
        refuse(S4J_UPPER, -1e300, "upper must be finite");
    }
}

template <class T>
void run(const Arguments& arguments) {
    s4j::Random random(29);
    for (const Case& c : kCases)
        for (const Option& o : kOptions)
            for (const int64_t n : {1, 17, 40, 700})
                if (n < 100 || !arguments.quick) follows_the_formulas<T>(c, o, n, random);
    for (const auto& [d, c] : std::vector<std::pair<int64_t, int64_t>>{{9, 5}, {20, 41}, {3, 2100}}) {
        bounds_hold_in_every_layout<T>(d, c, random);
        norm_is_that_of_the_whole_gradient<T>(d, c, random);
    }
    // More tasks than a sum of squares has lanes.
    if (!arguments.quick) norm_is_that_of_the_whole_gradient<T>(30'000, 10, random);
    a_gradient_that_is_not_finite_fails_all_the_same<T>(random);
    refuses_what_is_out_of_range<T>(random);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments);
    run<double>(arguments);
    s4j::Random random(31);
    for (const auto& [d, c] : std::vector<std::pair<int64_t, int64_t>>{{9, 5}, {20, 41}})
        steps_of_the_trainer_are_those_of_the_header(d, c, random);
    return finish("step_options");
}
