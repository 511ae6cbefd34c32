// Bad arguments give a status and a text that says what is wrong.
#include <memory>

#include "problem.h"

using namespace check;

namespace {

#define CHECK_REFUSED(call, status, text)         \
    do {                                          \
        CHECK_EQUAL((call), (status));            \
        CHECK_CONTAINS(s4j_last_error(), (text)); \
    } while (0)

void kernels() {
    CHECK_EQUAL(s4j_initialize(nullptr), S4J_OK);
    const std::string best = s4j_kernels();
    CHECK(std::string(s4j_supported_kernels()).rfind(best, 0) == 0);
    CHECK_REFUSED(s4j_initialize("pentium"), S4J_BAD_ARGUMENT, "'pentium'");
    CHECK_CONTAINS(s4j_last_error(), s4j_supported_kernels());
    CHECK_TEXT(s4j_kernels(), best.c_str());
    CHECK_EQUAL(s4j_initialize(""), S4J_OK);
    CHECK_TEXT(s4j_kernels(), best.c_str());
    const std::string supported = s4j_supported_kernels();
    for (const char* name : {"x86-64-v2", "x86-64-v3", "x86-64-v4", "neon"}) {
        const bool has = (", " + supported + ", ").find(std::string(", ") + name + ", ") != std::string::npos;
        const int status = s4j_initialize(name);
        CHECK(has ? status == S4J_OK : status == S4J_UNSUPPORTED || status == S4J_BAD_ARGUMENT);
        if (has)
            CHECK_TEXT(s4j_kernels(), name);
        else
            CHECK_CONTAINS(s4j_last_error(), name);
    }
    CHECK_EQUAL(s4j_initialize(nullptr), S4J_OK);
    CHECK(*s4j_version() != 0 && *s4j_blas_core() != 0 && *s4j_cpu_features() != 0);
    CHECK_CONTAINS(s4j_blas_config(), "OpenBLAS");
    CHECK_CONTAINS(s4j_blas_path(), "s4j_blas");
}

void data_views() {
    const float x[12] = {};
    const auto refused = [&](int type, const void* features, int64_t rows, int64_t columns, int64_t stride) {
        s4j_data* data = s4j_data_create(type, features, rows, columns, stride, nullptr, nullptr);
        const bool null = data == nullptr;
        s4j_data_free(data);
        return null;
    };
    CHECK(!refused(S4J_F32, x, 3, 4, 4));
    CHECK(refused(2, x, 3, 4, 4));
    CHECK_CONTAINS(s4j_last_error(), "type");
    CHECK(refused(S4J_F32, nullptr, 3, 4, 4));
    CHECK_CONTAINS(s4j_last_error(), "features");
    CHECK(refused(S4J_F32, x, 0, 4, 4));
    CHECK(refused(S4J_F32, x, 3, 0, 4));
    CHECK(refused(S4J_F32, x, 3, 4, 3));
    CHECK(refused(S4J_F32, x, -1, 4, 4));
    CHECK(refused(S4J_F32, x, 1, 4, int64_t{1} << 31));
    CHECK_CONTAINS(s4j_last_error(), "stride");
    CHECK(refused(S4J_F32, x, INT64_MAX, 4, 4));
    CHECK_CONTAINS(s4j_last_error(), "rows");
}

void losses() {
    s4j::Random random(1);
    const Problem<float> p(10, 3, 40, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data()),
        unlabelled(s4j_data_create(S4J_F32, p.x.data(), 10, 3, p.stride, nullptr, nullptr));
    const float* w = p.parameters.data();
    std::vector<float> g(p.parameters.size());
    double loss = -1;
    const auto call = [&](const s4j_data* d, int64_t classes, int regime, int threads) {
        int status = -1;
        const Objective o = objective(d, classes, true, 0, &status);
        if (!o) return status;
        return s4j_loss_gradient(o.get(), regime, w, g.data(), threads, S4J_NO_LIMIT, &loss);
    };
    CHECK_REFUSED(call(nullptr, 40, S4J_AUTO, 1), S4J_BAD_ARGUMENT, "data");
    CHECK_REFUSED(call(unlabelled.get(), 40, S4J_AUTO, 1), S4J_BAD_ARGUMENT, "labels");
    CHECK_REFUSED(call(data.get(), 40, S4J_SMALL, 1), S4J_BAD_ARGUMENT, "32 classes, not 40");
    CHECK_REFUSED(call(data.get(), 40, 4, 1), S4J_BAD_ARGUMENT, "regime");
    CHECK_REFUSED(call(data.get(), 40, -1, 1), S4J_BAD_ARGUMENT, "regime");
    CHECK_REFUSED(call(data.get(), 0, S4J_AUTO, 1), S4J_BAD_ARGUMENT, "classes");
    CHECK_REFUSED(call(data.get(), int64_t{1} << 31, S4J_AUTO, 1), S4J_BAD_ARGUMENT, "classes");
    CHECK_REFUSED(call(data.get(), 40, S4J_AUTO, 0), S4J_BAD_ARGUMENT, "threads");
    CHECK_REFUSED(call(data.get(), 40, S4J_AUTO, -3), S4J_BAD_ARGUMENT, "threads");
    CHECK_NEAR(loss, -1, 0);
    CHECK_EQUAL(call(data.get(), 40, S4J_AUTO, 1), S4J_OK);

    std::vector<float> scores(400);
    const auto predict = [&](const s4j_data* d, int64_t classes, int threads, double* l) {
        return s4j_predict(d, classes, 1, 0, w, nullptr, scores.data(), nullptr, threads, l);
    };
    CHECK_REFUSED(predict(nullptr, 40, 1, nullptr), S4J_BAD_ARGUMENT, "data");
    CHECK_REFUSED(predict(unlabelled.get(), 40, 1, &loss), S4J_BAD_ARGUMENT, "labels");
    CHECK_REFUSED(predict(data.get(), -1, 1, nullptr), S4J_BAD_ARGUMENT, "classes");
    CHECK_REFUSED(predict(data.get(), 40, 0, nullptr), S4J_BAD_ARGUMENT, "threads");
    CHECK_EQUAL(predict(unlabelled.get(), 40, 1, nullptr), S4J_OK);
}

void trainers() {
    s4j::Random random(1);
    const Problem<double> p(10, 3, 4, true, random);
    const std::unique_ptr<s4j_data, DataFree> data(p.data()),
        unlabelled(s4j_data_create(S4J_F64, p.x.data(), 10, 3, p.stride, nullptr, nullptr));
    const double hyper[S4J_HYPER] = {0.9, 0.999, 1e-8};
    const auto create = [&](const s4j_data* d, int64_t classes, int rule, int64_t batch, int threads) {
        int status = -1;
        const Objective o = objective(d, classes, true, 0, &status);
        if (!o) return status;
        s4j_trainer* trainer = s4j_trainer_create(o.get(), rule, hyper, nullptr, p.parameters.data(), batch,
                                                  1, threads, S4J_NO_LIMIT, &status);
        CHECK((trainer != nullptr) == (status == S4J_OK));
        s4j_trainer_free(trainer);
        return status;
    };
    CHECK_EQUAL(create(data.get(), 4, S4J_ADAM, 10, 1), S4J_OK);
    CHECK_REFUSED(create(nullptr, 4, S4J_ADAM, 10, 1), S4J_BAD_ARGUMENT, "data");
    CHECK_REFUSED(create(unlabelled.get(), 4, S4J_ADAM, 10, 1), S4J_BAD_ARGUMENT, "labels");
    CHECK_REFUSED(create(data.get(), 0, S4J_ADAM, 10, 1), S4J_BAD_ARGUMENT, "classes");
    CHECK_REFUSED(create(data.get(), 4, 6, 10, 1), S4J_BAD_ARGUMENT, "rule");
    CHECK_REFUSED(create(data.get(), 4, -1, 10, 1), S4J_BAD_ARGUMENT, "rule");
    CHECK_REFUSED(create(data.get(), 4, S4J_ADAM, 0, 1), S4J_BAD_ARGUMENT, "batch");
    CHECK_REFUSED(create(data.get(), 4, S4J_ADAM, 11, 1), S4J_BAD_ARGUMENT, "batch");
    CHECK_REFUSED(create(data.get(), 4, S4J_ADAM, 10, 0), S4J_BAD_ARGUMENT, "threads");

    const Objective goal = objective(data.get(), 4, true, 0);
    int status = -1;
    const std::unique_ptr<s4j_trainer, DataFree> trainer(s4j_trainer_create(
        goal.get(), S4J_SGD, hyper, nullptr, p.parameters.data(), 4, 1, 1, S4J_NO_LIMIT, &status));
    CHECK_EQUAL(status, S4J_OK);
    for (const auto& [first, count] : std::vector<std::pair<int64_t, int64_t>>{
             {-1, 2}, {0, 0}, {0, -1}, {0, 5}, {9, 2}, {10, 1}, {INT64_MAX, 1}, {1, INT64_MAX}})
        CHECK_REFUSED(s4j_trainer_step(trainer.get(), first, count, 0.1), S4J_BAD_ARGUMENT, "count");
    for (const double rate : {-0.1, -1e300, -HUGE_VAL, HUGE_VAL, kNaN<double>})
        CHECK_REFUSED(s4j_trainer_step(trainer.get(), 9, 1, rate), S4J_BAD_ARGUMENT, "learning_rate");
    CHECK_EQUAL(s4j_trainer_step(trainer.get(), 9, 1, 0.1), S4J_OK);
    CHECK_EQUAL(s4j_trainer_step(trainer.get(), 6, 4, 0.1), S4J_OK);
}

void updates() {
    double w[3] = {1, 2, 3}, g[3] = {1, 1, 1}, slots[9] = {};
    const double hyper[S4J_HYPER] = {};
    CHECK_REFUSED(s4j_update_f64(17, hyper, 0.1, 1, w, g, slots, 3), S4J_BAD_ARGUMENT, "rule");
    CHECK_REFUSED(s4j_update_f64(S4J_SGD, hyper, 0.1, 0, w, g, slots, 3), S4J_BAD_ARGUMENT, "step");
    CHECK_REFUSED(s4j_update_f64(S4J_SGD, hyper, -0.1, 1, w, g, slots, 3), S4J_BAD_ARGUMENT, "learning_rate");
    CHECK_NEAR(w[0], 1, 0);
    CHECK_EQUAL(s4j_update_f64(S4J_SGD, hyper, 0.1, 1, w, g, slots, 0), S4J_OK);
    CHECK_NEAR(w[0], 1, 0);
}

void first_bad_elements() {
    std::vector<float> x(10'000, 1);
    CHECK_EQUAL(s4j_first_non_finite(S4J_F32, x.data(), 10'000), -1);
    for (const int64_t at : {9999, 4096, 4095, 0}) {
        x[at] = at % 2 == 0 ? HUGE_VALF : NAN;
        CHECK_EQUAL(s4j_first_non_finite(S4J_F32, x.data(), 10'000), at);
        CHECK_EQUAL(s4j_first_non_finite(S4J_F32, x.data(), at), -1);
    }
    const double w[] = {0, 1, 2, -0.5, NAN};
    CHECK_EQUAL(s4j_first_bad_weight(S4J_F64, w, 3), -1);
    CHECK_EQUAL(s4j_first_bad_weight(S4J_F64, w, 5), 3);
    CHECK_EQUAL(s4j_first_bad_weight(S4J_F64, w + 4, 1), 0);
    const int32_t y[] = {0, 4, 5, -1};
    CHECK_EQUAL(s4j_first_bad_label(y, 2, 5), -1);
    CHECK_EQUAL(s4j_first_bad_label(y, 4, 5), 2);
    CHECK_EQUAL(s4j_first_bad_label(y + 3, 1, 5), 0);
    void* memory = s4j_allocate(100);
    CHECK(memory && reinterpret_cast<uintptr_t>(memory) % 64 == 0);
    s4j_free(memory);
    s4j_free(nullptr);
    for (const int64_t bytes : {int64_t{-1}, INT64_MAX}) {
        CHECK(s4j_allocate(bytes) == nullptr);
        CHECK(*s4j_last_error() != 0);
    }
}

}  // namespace

int main(int argc, char** argv) {
    start(argc, argv);
    kernels();
    data_views();
    losses();
    trainers();
    updates();
    first_bad_elements();
    return finish("arguments");
}
