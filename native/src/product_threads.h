// Threads for matrix products: no more than OpenBLAS has memory for. It maps a buffer for each thread that is
// in a product, keeps it, and ends the process where it cannot have one.
#pragma once

namespace s4j {

// How many of `threads` may be in products at once while this lives. Throws bad_alloc where not even one may,
// and waits while the process has as many as OpenBLAS can count.
class ProductThreads {
  public:
    explicit ProductThreads(int threads);
    ~ProductThreads();
    ProductThreads(const ProductThreads&) = delete;
    ProductThreads& operator=(const ProductThreads&) = delete;

    int count() const { return count_; }

  private:
    int count_;
};

// Lives while its thread is in a product.
class InProduct {
  public:
    InProduct() noexcept;
    ~InProduct();
    InProduct(const InProduct&) = delete;
    InProduct& operator=(const InProduct&) = delete;
};

}  // namespace s4j
