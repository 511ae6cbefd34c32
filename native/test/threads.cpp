// The same bits for any number of threads: loss, gradient, predictions and whole trainings, in each regime.
#include <memory>

#include "problem.h"

using namespace check;

namespace {

constexpr int kThreads[] = {1, 2, 3, 5, 8};

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T>
void loss_and_gradient(int64_t n, int64_t d, int64_t c, int regime, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    p.weigh(random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), c, true, 0.1);
    std::vector<T> first;
    double first_loss = 0;
    for (const int threads : kThreads) {
        about("%s regime %d %dx%dx%d, %d threads", sizeof(T) == 4 ? "float" : "double", regime,
              static_cast<int>(n), static_cast<int>(d), static_cast<int>(c), threads);
        std::vector<T> gradient(p.parameters.size());
        double loss = 0;
        CHECK_EQUAL(s4j_loss_gradient(goal.get(), regime, p.parameters.data(), gradient.data(), threads,
                                      S4J_NO_LIMIT, &loss),
                    S4J_OK);
        if (threads == 1) {
            first = gradient;
            first_loss = loss;
        }
        CHECK(std::memcmp(&loss, &first_loss, sizeof loss) == 0);
        CHECK(same(gradient, first));
    }
}

template <class T>
void predictions(int64_t n, int64_t d, int64_t c, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    std::vector<T> first;
    double first_loss = 0;
    for (const int threads : kThreads) {
        about("%s predict %dx%dx%d, %d threads", sizeof(T) == 4 ? "float" : "double", static_cast<int>(n),
              static_cast<int>(d), static_cast<int>(c), threads);
        std::vector<T> probabilities(static_cast<size_t>(n * c));
        double loss = 0;
        CHECK_EQUAL(s4j_predict(data.get(), c, 1, 0, p.parameters.data(), nullptr, nullptr,
                                probabilities.data(), threads, &loss),
                    S4J_OK);
        if (threads == 1) {
            first = probabilities;
            first_loss = loss;
        }
        CHECK(std::memcmp(&loss, &first_loss, sizeof loss) == 0);
        CHECK(same(probabilities, first));
    }
}

// The regime follows from the shape, as in s4j_trainer.
template <class T>
void training(int64_t n, int64_t d, int64_t c, int64_t batch, int steps, s4j::Random& random) {
    Problem<T> p(n, d, c, true, random);
    p.weigh(random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data());
    const Objective goal = objective(data.get(), c, true, 1e-3);
    std::vector<T> first;
    double first_loss = 0;
    for (const int threads : kThreads) {
        about("%s training %dx%dx%d by %d, %d threads", sizeof(T) == 4 ? "float" : "double",
              static_cast<int>(n), static_cast<int>(d), static_cast<int>(c), static_cast<int>(batch),
              threads);
        const double hyper[S4J_HYPER] = {0.9, 0.999, 1e-8, 0, 0.01};
        int status = -1;
        const std::unique_ptr<s4j_trainer, DataFree> trainer(
            s4j_trainer_create(goal.get(), S4J_ADAM, hyper, nullptr, p.parameters.data(), batch, 42, threads,
                               S4J_NO_LIMIT, &status));
        if (!CHECK(status == S4J_OK)) return;
        for (int step = 0, at = 0; step < steps; ++step) {
            if (at == 0 && step > 0) s4j_trainer_shuffle(trainer.get());
            const int64_t count = std::min<int64_t>(batch, n - at);
            CHECK_EQUAL(s4j_trainer_step(trainer.get(), at, count, 0.05), S4J_OK);
            at = at + count == n ? 0 : static_cast<int>(at + count);
        }
        std::vector<T> parameters(p.parameters.size());
        s4j_trainer_parameters(trainer.get(), parameters.data());
        const double loss = s4j_trainer_take_loss(trainer.get());
        if (threads == 1) {
            first = parameters;
            first_loss = loss;
            CHECK(!same(parameters, p.parameters));
        }
        CHECK(std::memcmp(&loss, &first_loss, sizeof loss) == 0);
        CHECK(same(parameters, first));
    }
}

template <class T>
void run(const Arguments& arguments) {
    s4j::Random random(9);
    if (arguments.quick) {
        loss_and_gradient<T>(1000, 40, 10, S4J_SMALL, random);
        loss_and_gradient<T>(900, 40, 130, S4J_MEDIUM, random);
        loss_and_gradient<T>(100, 30, 513, S4J_LARGE, random);
        training<T>(500, 60, 10, 250, 4, random);
        return;
    }
    loss_and_gradient<T>(20'001, 40, 10, S4J_SMALL, random);  // all lanes
    loss_and_gradient<T>(100'003, 6, 3, S4J_SMALL, random);   // flushed to double on the way
    loss_and_gradient<T>(1001, 129, 32, S4J_SMALL, random);
    loss_and_gradient<T>(5003, 100, 65, S4J_MEDIUM, random);
    loss_and_gradient<T>(1003, 200, 400, S4J_MEDIUM, random);
    loss_and_gradient<T>(1100, 65, 513, S4J_LARGE, random);
    loss_and_gradient<T>(100, 130, 2100, S4J_LARGE, random);
    loss_and_gradient<T>(1500, 33, 10, S4J_LARGE, random);
    predictions<T>(5003, 40, 10, random);
    predictions<T>(1503, 40, 100, random);
    training<T>(1900, 100, 10, 500, 40, random);  // small, several lanes
    training<T>(1900, 10, 3, 128, 40, random);    // small, one lane
    training<T>(2100, 100, 80, 700, 24, random);  // medium
    training<T>(150, 30, 2100, 64, 24, random);   // large
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments);
    run<double>(arguments);
    return finish("threads");
}
