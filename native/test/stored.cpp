// Features as unsigned bytes, as bfloat16, under scales and offsets, and standardised: the bits of the same
// values given as they are.
#include <chrono>
#include <filesystem>
#include <fstream>

#include "plan.h"
#include "storages.h"

using namespace check;

namespace {

constexpr const char* kFormats[] = {"real", "bytes", "bfloat16"};

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T>
struct Results {
    int status = S4J_OK;
    double loss = 0, mean_loss = 0;
    std::vector<T> gradient, product, scores, probabilities, trained;
    std::vector<int32_t> labels;

    Results(const Problem<T>& p, const s4j_data* data, int regime) {
        const Objective o = objective(data, p.classes, p.intercept, p.l2);
        const T* w = p.parameters.data();
        gradient.resize(p.parameters.size());
        product.resize(p.parameters.size());
        trained.resize(p.parameters.size());
        status = s4j_loss_gradient(o.get(), regime, w, gradient.data(), 2, S4J_NO_LIMIT, &loss);
        if (status != S4J_OK) return;
        status = s4j_hessian_product(o.get(), regime, w, gradient.data(), product.data(), 2, S4J_NO_LIMIT);
        const auto cells = static_cast<size_t>(p.rows * p.classes);
        labels.resize(static_cast<size_t>(p.rows));
        scores.resize(cells);
        probabilities.resize(cells);
        status |= s4j_predict(data, p.classes, p.intercept, 0, w, labels.data(), scores.data(),
                              probabilities.data(), 2, &mean_loss);
        const double hyper[S4J_HYPER] = {};
        int created;
        s4j_trainer* t = s4j_trainer_create(o.get(), S4J_SGD, hyper, nullptr, w, (p.rows + 2) / 3, 1, 2,
                                            S4J_NO_LIMIT, &created);
        status |= created;
        if (created != S4J_OK) return;
        s4j_trainer_shuffle(t);
        for (int64_t first = 0; first < p.rows; first += (p.rows + 2) / 3)
            status |= s4j_trainer_step(t, first, std::min((p.rows + 2) / 3, p.rows - first), 0.1);
        s4j_trainer_parameters(t, trained.data());
        s4j_trainer_free(t);
    }
};

template <class T>
void agrees(int64_t n, int64_t d, int64_t c, s4j::Random& random) {
    for (int format = S4J_REAL; format <= S4J_BFLOAT16; ++format)
        for (const int64_t affine : {int64_t{0}, int64_t{1}, d}) {
            Problem<T> problem(n, d, c, random.below(2) != 0, random);
            if (random.below(2) != 0) problem.weigh(random);
            const Stored<T> stored(format, affine, std::move(problem), random);
            const Data data = stored.data(), plain(stored.p.data());
            for (int regime = S4J_AUTO; regime <= S4J_LARGE; ++regime) {
                about("%s %s affine %d %s %dx%dx%d", kTypeName<T>, kFormats[format], static_cast<int>(affine),
                      kRegimes[regime], static_cast<int>(n), static_cast<int>(d), static_cast<int>(c));
                const Results<T> actual(stored.p, data.get(), regime),
                    expected(stored.p, plain.get(), regime);
                CHECK_EQUAL(actual.status, expected.status);
                if (regime == S4J_SMALL && c > s4j::kSmallClasses) continue;
                CHECK_EQUAL(actual.status, S4J_OK);
                CHECK_NEAR(actual.loss, expected.loss, 0);
                CHECK_NEAR(actual.mean_loss, expected.mean_loss, 0);
                CHECK(same(actual.gradient, expected.gradient));
                CHECK(same(actual.product, expected.product));
                CHECK(same(actual.trained, expected.trained));
                CHECK(same(actual.scores, expected.scores));
                CHECK(same(actual.probabilities, expected.probabilities));
                CHECK(same(actual.labels, expected.labels));
            }
        }
}

// The least scratch that the plan names is enough, and one byte less is refused.
template <class T>
void keeps_to_the_plan(int64_t n, int64_t d, int64_t c, s4j::Random& random) {
    const Stored<T> stored(S4J_UINT8, 1, Problem<T>(n, d, c, true, random), random);
    const Data data = stored.data();
    const Objective o = objective(data.get(), c, true, 0);
    Problem<T> p = stored.p;
    p.parameters.resize(static_cast<size_t>((d + 1) * c));
    std::vector<T> gradient(p.parameters.size());
    const double hyper[S4J_HYPER] = {};
    int64_t least = 0, most = 0, state = 0;
    double loss;
    about("%s plan %dx%dx%d", kTypeName<T>, static_cast<int>(n), static_cast<int>(d), static_cast<int>(c));
    CHECK_EQUAL(
        s4j_plan(kType<T>, 0, 1, n, d, c, 1, S4J_LOSS_GRADIENT, S4J_SGD, hyper, 1, 2, 0, &least, &state),
        S4J_OK);
    CHECK_EQUAL(s4j_plan(kType<T>, 0, 1, n, d, c, 1, S4J_LOSS_GRADIENT, S4J_SGD, hyper, 1, 2, S4J_NO_LIMIT,
                         &most, &state),
                S4J_OK);
    CHECK(least > 0 && least <= most);
    const auto run = [&](int64_t limit) {
        return s4j_loss_gradient(o.get(), S4J_AUTO, p.parameters.data(), gradient.data(), 2, limit, &loss);
    };
    CHECK_EQUAL(run(least), S4J_OK);
    CHECK_EQUAL(run(least - 1), S4J_BAD_ARGUMENT);
}

template <class T>
void moments(int64_t n, int64_t d, bool weighed, s4j::Random& random) {
    about("%s moments %dx%d weights %d", kTypeName<T>, static_cast<int>(n), static_cast<int>(d), weighed);
    Problem<T> p(n, d, 2, true, random);
    if (weighed) p.weigh(random);
    // Far from zero; the first column constant, but for rows of no weight.
    for (int64_t i = 0; i < n; ++i) {
        for (int64_t k = 0; k < d; ++k) p.x[i * p.stride + k] += T(1000);
        p.x[i * p.stride] = p.weight(i) == 0 ? T(7) : T(0.1);
    }
    const Data data(p.data());
    std::vector<double> mean(static_cast<size_t>(d)), deviation(mean), other(mean), ignored(mean);
    CHECK_EQUAL(s4j_data_moments(data.get(), 1, S4J_NO_LIMIT, mean.data(), deviation.data()), S4J_OK);
    for (const int threads : {2, 3}) {
        CHECK_EQUAL(s4j_data_moments(data.get(), threads, S4J_NO_LIMIT, ignored.data(), other.data()),
                    S4J_OK);
        CHECK(same(mean, ignored) && same(deviation, other));
    }
    const int64_t all = s4j_moments_bytes(kType<T>, 0, n, d, S4J_NO_LIMIT);
    const int64_t least = s4j_moments_bytes(kType<T>, 0, n, d, 0);
    CHECK(least <= all);
    CHECK_EQUAL(s4j_data_moments(data.get(), 2, all, ignored.data(), other.data()), S4J_OK);
    CHECK(same(mean, ignored) && same(deviation, other));
    CHECK_EQUAL(s4j_data_moments(data.get(), 2, least, ignored.data(), other.data()), S4J_OK);
    for (int64_t k = 0; k < d; ++k) CHECK_NEAR(other[k], deviation[k], 1e-12);
    CHECK_EQUAL(s4j_data_moments(data.get(), 2, least - 1, ignored.data(), other.data()), S4J_BAD_ARGUMENT);
    for (int64_t k = 0; k < d; ++k) {
        long double sum = 0, squares = 0, total = 0;
        int64_t counting = 0;
        for (int64_t i = 0; i < n; ++i) {
            sum += p.weight(i) * static_cast<long double>(p.x[i * p.stride + k]);
            total += p.weight(i);
            counting += p.weight(i) > 0;
        }
        for (int64_t i = 0; i < n; ++i) {
            const long double delta = p.x[i * p.stride + k] - sum / total;
            squares += p.weight(i) * delta * delta;
        }
        // A mean of N doubles: some roundings of its size; the deviations are of the size of 1.
        CHECK_NEAR(mean[k], static_cast<double>(sum / total), k == 0 ? 0 : 1000 * 1e-15);
        const bool constant = k == 0 || counting == 1;
        CHECK_NEAR(deviation[k], constant ? 1 : std::sqrt(static_cast<double>(squares / total)),
                   constant ? 0 : 1e-12);
    }
    // The view's values are (value - mean) / deviation, as one product and one sum.
    const Data view(s4j_data_standardized(data.get(), mean.data(), deviation.data(), 1));
    Problem<T> q = p;
    for (int64_t i = 0; i < n; ++i)
        for (int64_t k = 0; k < d; ++k)
            q.x[i * p.stride + k] = stored_value<T>(static_cast<double>(p.x[i * p.stride + k]),
                                                    1 / deviation[k], (0 - mean[k]) / deviation[k]);
    const Data standard(q.data());
    const Results<T> actual(p, view.get(), S4J_AUTO), expected(q, standard.get(), S4J_AUTO);
    CHECK_EQUAL(actual.status, S4J_OK);
    CHECK_NEAR(actual.loss, expected.loss, 0);
    CHECK(same(actual.gradient, expected.gradient));
}

// Columns whose squares leave the range of double, dense and sparse; one that is constant there; one whose deviation has
// no inverse.
void tiny_and_huge_columns_have_their_deviation() {
    about("tiny and huge columns");
    constexpr int64_t kRows = 5, kColumns = 6;
    const double scales[kColumns] = {1e-170, 1e-300, 1, 1e-200, 1e200, 1e307};
    std::vector<double> x;
    for (int64_t i = 0; i < kRows; ++i)
        for (int64_t d = 0; d < kColumns; ++d)
            x.push_back(scales[d] * (d == 3 ? 3.0 : 1 + static_cast<double>((i * 3) % kRows)));
    const int64_t offsets[] = {0, 6, 12, 18, 24, 30};
    std::vector<int32_t> indices;
    for (int64_t i = 0; i < kRows; ++i)
        for (int32_t d = 0; d < kColumns; ++d) indices.push_back(d);
    const Data data[] = {
        Data(s4j_data_create(S4J_F64, x.data(), kRows, kColumns, kColumns, nullptr, nullptr)),
        Data(s4j_sparse_create(S4J_F64, offsets, indices.data(), x.data(), kRows, kColumns, nullptr, nullptr,
                               1))};
    for (const Data& each : data) {
        double mean[kColumns], deviation[kColumns];
        CHECK_EQUAL(s4j_data_moments(each.get(), 2, S4J_NO_LIMIT, mean, deviation), S4J_OK);
        for (int64_t d = 0; d < kColumns; ++d) {
            CHECK_NEAR(mean[d] / scales[d], 3, 1e-14);
            CHECK_NEAR(d == 3 ? deviation[d] : deviation[d] / scales[d], d == 3 ? 1 : std::sqrt(2.0), 1e-14);
        }
    }
    for (int64_t i = 0; i < kRows; ++i) x[i * kColumns] *= 1e-145;
    double mean[kColumns], deviation[kColumns];
    CHECK_EQUAL(s4j_data_moments(data[0].get(), 2, S4J_NO_LIMIT, mean, deviation), S4J_BAD_ARGUMENT);
    CHECK_CONTAINS(s4j_last_error(), "column 0 cannot be standardised");
    for (int64_t i = 0; i < kRows; ++i) x[i * kColumns] = static_cast<double>(i);
    x[4] = -(x[kColumns + 4] = std::numeric_limits<double>::max());
    for (const Data& each : data) {
        CHECK_EQUAL(s4j_data_moments(each.get(), 2, S4J_NO_LIMIT, mean, deviation), S4J_BAD_ARGUMENT);
        CHECK_CONTAINS(s4j_last_error(), "column 4 cannot be standardised: its mean is");
    }
}

// Sparse rows have the moments of the same rows when they are dense, and are scaled by the deviations alone.
template <class T>
void sparse_moments(bool weighed, s4j::Random& random) {
    about("%s moments of sparse rows, weights %d", kTypeName<T>, weighed);
    const int64_t n = 203, d = 9;
    Problem<T> p(n, d, 3, true, random);
    if (weighed) p.weigh(random);
    std::vector<int64_t> offsets{0};
    std::vector<int32_t> indices;
    std::vector<T> values;
    for (int64_t i = 0; i < n; ++i) {
        for (int64_t k = 0; k < d; ++k) {
            T& x = p.x[i * p.stride + k];
            // Column 0 is constant, column 1 nothing, column 2 full, the others have zeros.
            x = k == 0 ? T(0.1) : k == 1 || (k > 2 && (i + k) % 3 > 0) ? T(0) : x + T(2);
            if (x == 0) continue;
            indices.push_back(static_cast<int32_t>(k));
            values.push_back(x);
        }
        offsets.push_back(static_cast<int64_t>(values.size()));
    }
    const void* weights = p.weights.empty() ? nullptr : p.weights.data();
    const Data dense(p.data());
    const Data sparse(s4j_sparse_create(kType<T>, offsets.data(), indices.data(), values.data(), n, d,
                                        p.labels.data(), weights, 2));
    std::vector<double> mean(static_cast<size_t>(d)), deviation(mean), expected_mean(mean), expected(mean);
    const int64_t bytes = s4j_moments_bytes(kType<T>, 1, n, d, 0);
    CHECK_EQUAL(s4j_data_moments(sparse.get(), 2, bytes, mean.data(), deviation.data()), S4J_OK);
    CHECK_EQUAL(s4j_data_moments(sparse.get(), 2, bytes - 1, mean.data(), deviation.data()),
                S4J_BAD_ARGUMENT);
    CHECK_EQUAL(s4j_data_moments(sparse.get(), 2, bytes, mean.data(), deviation.data()), S4J_OK);
    CHECK_EQUAL(s4j_data_moments(dense.get(), 2, S4J_NO_LIMIT, expected_mean.data(), expected.data()),
                S4J_OK);
    for (int64_t k = 0; k < d; ++k) {
        CHECK_NEAR(mean[k], expected_mean[k], 1e-14);
        CHECK_NEAR(deviation[k], expected[k], k < 2 ? 0 : 1e-13);
    }
    CHECK(!Data(s4j_data_standardized(sparse.get(), mean.data(), deviation.data(), 1)));
    const std::vector<double> zeros(static_cast<size_t>(d));
    const Data view(s4j_data_standardized(sparse.get(), zeros.data(), deviation.data(), 2));
    const Data same_view(s4j_data_standardized(dense.get(), zeros.data(), deviation.data(), 2));
    const Results<T> actual(p, view.get(), S4J_AUTO), wanted(p, same_view.get(), S4J_AUTO);
    CHECK_EQUAL(actual.status, S4J_OK);
    CHECK_NEAR(actual.loss, wanted.loss, (sizeof(T) == 4 ? 1e-6 : 1e-13) * wanted.loss);
    std::vector<double> wide(wanted.gradient.begin(), wanted.gradient.end());
    CHECK_NEAR(distance(actual.gradient.data(), wide), 0, (sizeof(T) == 4 ? 1e-5 : 1e-13) * norm(wide));
}

template <class T>
void finds_what_is_not_finite() {
    about("%s", kTypeName<T>);
    std::vector<uint16_t> x(1000 * 7, 0x3f80);
    const auto first = [&](int64_t affine, double scale) {
        const double offset = 0;
        const Data data(s4j_data_create_stored(kType<T>, S4J_BFLOAT16, x.data(), 1000, 7, 7, affine, &scale,
                                               &offset, nullptr, nullptr));
        return s4j_data_first_non_finite(data.get(), 2);
    };
    CHECK_EQUAL(first(0, 1), -1);
    CHECK_EQUAL(first(1, 1e39), sizeof(T) == 4 ? 0 : -1);
    x[6999] = 0x7f80;
    CHECK_EQUAL(first(0, 1), 6999);
    x[5002] = 0x7fc0;
    CHECK_EQUAL(first(0, 1), 5002);
    std::vector<T> huge = {std::numeric_limits<T>::max(), 0, -std::numeric_limits<T>::max(), 0};
    const Data data(s4j_data_create(kType<T>, huge.data(), 2, 2, 2, nullptr, nullptr));
    double mean[2], deviation[2];
    CHECK_EQUAL(s4j_data_moments(data.get(), 1, S4J_NO_LIMIT, mean, deviation),
                sizeof(T) == 4 ? S4J_OK : S4J_BAD_ARGUMENT);
    if (sizeof(T) == 8) CHECK_CONTAINS(s4j_last_error(), "column 0");
}

// Pixels as other programs scale them, and scales that no two floats stand for.
void bytes_are_pixels() {
    about("pixels");
    std::vector<uint8_t> x(256);
    for (int i = 0; i < 256; ++i) x[i] = static_cast<uint8_t>(i);
    std::vector<float> pixels(256), w = {1};
    const auto score = [&](double scale, int byte) {
        const double none = 0;
        const Data data(s4j_data_create_stored(S4J_F32, S4J_UINT8, x.data(), 256, 1, 1, 1, &scale, &none,
                                               nullptr, nullptr));
        CHECK_EQUAL(s4j_predict(data.get(), 1, 0, 0, w.data(), nullptr, pixels.data(), nullptr, 1, nullptr),
                    S4J_OK);
        return static_cast<double>(pixels[byte]);
    };
    for (int i = 0; i < 256; ++i) CHECK_NEAR(score(1 / 255.0, i), static_cast<float>(i / 255.0), 0);
    for (const double scale :
         {1.0, -0.7, 1 / 256.0, 1e-30, 1e30, 1e-44, 1e-39, 3e-320, 0.0, 1 / 3.0, 0x1.fffffffffp-8})
        for (int i = 0; i < 256; ++i) CHECK_NEAR(score(scale, i), static_cast<float>(i * scale), 0);
}

void refuses_what_is_wrong() {
    about("arguments");
    const uint8_t x[4] = {};
    const double one = 1;
    const auto create = [&](int format, int64_t affine, const double* scale) {
        return s4j_data_create_stored(S4J_F32, format, x, 2, 2, 2, affine, scale, &one, nullptr, nullptr);
    };
    CHECK(!create(3, 0, nullptr));
    CHECK_CONTAINS(s4j_last_error(), "format");
    CHECK(!create(S4J_UINT8, 3, &one));
    CHECK_CONTAINS(s4j_last_error(), "affine");
    CHECK(!create(S4J_UINT8, 1, nullptr));
    CHECK_CONTAINS(s4j_last_error(), "scale");
}

void maps_files() {
    about("files");
    int64_t bytes = 0;
    CHECK(!s4j_map_file("no such file", &bytes));
    CHECK_CONTAINS(s4j_last_error(), "No such file");
    CHECK(!s4j_map_file("/", &bytes));
    // Of a process's own, and not in ASCII.
    const auto id = std::chrono::steady_clock::now().time_since_epoch().count();
    const std::string name = "stored_test_\xC3\xA9\xE2\x82\xAC_" + std::to_string(id);
    const std::filesystem::path path(std::u8string(name.begin(), name.end()));
    std::ofstream(path).close();
    CHECK(!s4j_map_file(name.c_str(), &bytes));
    CHECK_CONTAINS(s4j_last_error(), "empty");
    std::ofstream(path) << "twelve bytes";
    const void* content = s4j_map_file(name.c_str(), &bytes);
    if (CHECK(content != nullptr)) {
        CHECK_EQUAL(bytes, 12);
        CHECK(std::memcmp(content, "twelve bytes", 12) == 0);
        s4j_unmap_file(content, bytes);
    }
    CHECK(std::filesystem::remove(path));
}

template <class T>
void run(bool quick) {
    s4j::Random random(9);
    const int64_t shapes[][3] = {{1, 1, 2},      {5, 7, 3},       {31, 16, 10},  {33, 17, 12}, {70, 31, 32},
                                 {97, 33, 33},   {200, 65, 40},   {260, 15, 70}, {13, 300, 2}, {40, 9, 600},
                                 {700, 784, 10}, {300, 128, 100}, {20, 9, 2500}};
    for (const auto& s : shapes)
        if (!quick || s[0] * s[1] * s[2] < 20'000) agrees<T>(s[0], s[1], s[2], random);
    keeps_to_the_plan<T>(5000, 100, 10, random);
    keeps_to_the_plan<T>(5000, 100, 40, random);
    for (const int64_t n : {1, 2, 31, 32, 33, 511, 513, 5000})
        for (const int64_t d : {1, 3, 16, 300})
            for (const bool weighed : {false, true})
                if (!quick || n * d < 20'000) moments<T>(n, d, weighed, random);
    for (const bool weighed : {false, true}) sparse_moments<T>(weighed, random);
    finds_what_is_not_finite<T>();
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    run<float>(arguments.quick);
    run<double>(arguments.quick);
    bytes_are_pixels();
    refuses_what_is_wrong();
    maps_files();
    tiny_and_huge_columns_have_their_deviation();
    return finish("stored");
}
