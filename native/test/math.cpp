// exp and log: at most 2 ULP, measured against a wider type.
#include <cmath>

#include "buffers.h"
#include "check.h"
#include "kernels.h"

using namespace check;

namespace {

template <class T>
struct WiderOf;
template <>
struct WiderOf<float> {
    using type = double;
    using bits = uint32_t;
};
template <>
struct WiderOf<double> {
    using type = long double;
    using bits = uint64_t;
};
template <class T>
using Wider = typename WiderOf<T>::type;
template <class T>
using Bits = typename WiderOf<T>::bits;

template <class T>
Bits<T> bits_of(T x) {
    Bits<T> b;
    std::memcpy(&b, &x, sizeof b);
    return b;
}
template <class T>
T from_bits(Bits<T> b) {
    T x;
    std::memcpy(&x, &b, sizeof x);
    return x;
}

// |actual - expected| in units of the last place of a T at `expected`, subnormal numbers included.
template <class T>
double ulps(T actual, Wider<T> expected) {
    const T rounded = static_cast<T>(expected);
    if (std::isnan(rounded)) return std::isnan(actual) ? 0 : HUGE_VAL;
    if (rounded == actual) {
        if (std::isinf(rounded)) return 0;
    } else if (std::isinf(rounded) || std::isinf(actual)) {
        // Infinity counts as the number after the largest one.
        const T most = std::numeric_limits<T>::max();
        const T a = std::isinf(actual) ? std::copysign(most, actual) : actual;
        const T b = std::isinf(rounded) ? std::copysign(most, rounded) : rounded;
        return 1 + std::fabs(static_cast<double>(bits_of(a)) - static_cast<double>(bits_of(b)));
    }
    int exponent;
    std::frexp(std::fabs(expected), &exponent);
    exponent = std::max(exponent, std::numeric_limits<T>::min_exponent) - std::numeric_limits<T>::digits;
    return static_cast<double>(std::fabs(std::ldexp(static_cast<Wider<T>>(actual) - expected, -exponent)));
}

// The largest error over values that are put in one by one and evaluated in blocks.
template <class T>
class Measure {
  public:
    using Kernel = void (*)(const T*, T*, int64_t);
    Measure(Kernel kernel, Wider<T> (*reference)(Wider<T>)) : kernel_(kernel), reference_(reference) {}

    void put(T x) {
        in_[n_++] = x;
        if (n_ == kBlock) flush();
    }
    void report(const char* what) {
        flush();
        std::printf("%s: at most %.4f ULP over %" PRId64 " values, at %.17g\n", what, worst_, count_,
                    static_cast<double>(at_));
        about("%s at %a", what, static_cast<double>(at_));
        CHECK(count_ > 0);
        CHECK(worst_ <= 2);
    }

  private:
    static constexpr int kBlock = 1000;  // not a multiple of the lanes
    void flush() {
        kernel_(in_, out_, n_);
        for (int i = 0; i < n_; ++i) {
            const double error = ulps<T>(out_[i], reference_(static_cast<Wider<T>>(in_[i])));
            if (error <= worst_) continue;
            worst_ = error;
            at_ = in_[i];
        }
        count_ += n_;
        n_ = 0;
    }
    const Kernel kernel_;
    Wider<T> (*const reference_)(Wider<T>);
    T in_[kBlock], out_[kBlock];
    int n_ = 0;
    int64_t count_ = 0;
    double worst_ = -1;
    T at_ = 0;
};

template <class T>
Wider<T> reference_exp(Wider<T> x) {
    return std::exp(x);
}
// By its series, of a positive number: std::log of a long double is the x87's, which an emulator has to 6 ULP of a double.
template <class T>
Wider<T> reference_log(Wider<T> x) {
    constexpr Wider<T> kLogTwo = 0.693147180559945309417232121458176568L;
    int exponent;
    Wider<T> m = 2 * std::frexp(x, &exponent);
    --exponent;
    if (m > Wider<T>(1.4142)) {
        m /= 2;
        ++exponent;
    }
    // log(m) = 2 atanh(s), s^2 < 0.03
    const Wider<T> s = (m - 1) / (m + 1);
    Wider<T> sum = 0;
    for (int n = 41; n > 0; n -= 2) sum = sum * s * s + Wider<T>(1) / static_cast<Wider<T>>(n);
    return static_cast<Wider<T>>(exponent) * kLogTwo + 2 * s * sum;
}

void float_range(Measure<float>::Kernel kernel, double (*reference)(double), float from, float to,
                 int64_t stride, const char* what) {
    Measure<float> m(kernel, reference);
    const int64_t a = bits_of(from), b = bits_of(to);
    for (int64_t bits = std::min(a, b); bits <= std::max(a, b); bits += stride)
        m.put(from_bits<float>(static_cast<uint32_t>(bits)));
    m.put(from);
    m.put(to);
    m.report(what);
}

void double_range(Measure<double>::Kernel kernel, long double (*reference)(long double), double from,
                  double to, bool in_bits, int64_t samples, const char* what) {
    Measure<double> m(kernel, reference);
    s4j::Random random(11);
    const uint64_t a = std::min(bits_of(from), bits_of(to)), b = std::max(bits_of(from), bits_of(to));
    for (int64_t i = 0; i < samples; ++i)
        m.put(in_bits ? from_bits<double>(a + random.below(b - a + 1))
                      : from + (to - from) * (uniform(random) + 1) / 2);
    m.put(from);
    m.put(to);
    m.report(what);
}

template <class T>
void special_values(const char* type) {
    const auto& k = s4j::kernels<T>();
    const T tiny = std::numeric_limits<T>::denorm_min(), low = std::numeric_limits<T>::min();
    const T x[] = {kNaN<T>,
                   -kNaN<T>,
                   -kInfinity<T>,
                   kInfinity<T>,
                   T(0),
                   T(-0.0),
                   std::numeric_limits<T>::max(),
                   std::numeric_limits<T>::lowest(),
                   tiny,
                   -tiny,
                   low,
                   -low,
                   T(-800),
                   T(1000)};
    constexpr int n = sizeof x / sizeof *x;
    T y[n];
    for (int count = 1; count <= n; ++count) {
        k.exp(x, y, count);
        for (int i = 0; i < count; ++i) {
            about("%s exp(%a)", type, static_cast<double>(x[i]));
            CHECK_NEAR(y[i], static_cast<T>(std::exp(static_cast<Wider<T>>(x[i]))), 0);
        }
    }
    const T z[] = {T(1), kInfinity<T>, kNaN<T>, std::numeric_limits<T>::max(), low};
    k.log(z, y, 5);
    for (int i = 0; i < 5; ++i) {
        about("%s log(%a)", type, static_cast<double>(z[i]));
        CHECK(ulps<T>(y[i], std::log(static_cast<Wider<T>>(z[i]))) <= (i < 3 ? 0 : 1));
    }
    // Lengths around the lanes, at the end of a page.
    Fenced<T> in(70), out(70);
    for (int64_t count = 1; count <= 70; ++count) {
        T* a = in.last(count);
        T* b = out.last(count);
        for (int64_t i = 0; i < count; ++i) a[i] = static_cast<T>(i + 1);
        k.log(a, b, count);
        for (int64_t i = 0; i < count; ++i) CHECK(ulps<T>(b[i], std::log(static_cast<Wider<T>>(a[i]))) <= 2);
        k.exp(a, b, count);
        for (int64_t i = 0; i < count; ++i) CHECK(ulps<T>(b[i], std::exp(static_cast<Wider<T>>(a[i]))) <= 2);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = start(argc, argv);
    special_values<float>("float");
    special_values<double>("double");

    const int64_t stride = arguments.exhaustive ? 1 : arguments.quick ? 20011 : 97;
    const auto& f = s4j::kernels<float>();
    float_range(f.exp, reference_exp<float>, -0.0f, -104, stride, "float exp on [-104, 0]");
    float_range(f.exp, reference_exp<float>, -104, -kInfinity<float>, stride, "float exp below -104");
    float_range(f.exp, reference_exp<float>, 0, 89, stride, "float exp on [0, 89]");
    float_range(f.log, reference_log<float>, 1, 1e38f, stride, "float log on [1, 1e38]");
    float_range(f.log, reference_log<float>, std::numeric_limits<float>::min(), 1, stride,
                "float log below 1");

    const int64_t samples = arguments.samples ? arguments.samples : arguments.quick ? 20'000 : 2'000'000;
    const auto& d = s4j::kernels<double>();
    double_range(d.exp, reference_exp<double>, -746, 0, false, samples, "double exp on [-746, 0]");
    double_range(d.exp, reference_exp<double>, -1, 0, false, samples, "double exp on [-1, 0]");
    double_range(d.exp, reference_exp<double>, 0, 710, false, samples / 2, "double exp on [0, 710]");
    double_range(d.log, reference_log<double>, 1, 1e308, true, samples, "double log on [1, 1e308]");
    double_range(d.log, reference_log<double>, 1, 3, false, samples, "double log on [1, 3]");
    double_range(d.log, reference_log<double>, std::numeric_limits<double>::min(), 1, true, samples / 2,
                 "double log below 1");
    return finish("math");
}
