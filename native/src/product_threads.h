// Threads for matrix products: no more than OpenBLAS has memory for. It maps a buffer for each thread that is
// in a product, keeps it, and ends the process where it cannot have one.
#pragma once

namespace s4j {

// How many of `threads` may be in products at once while this lives. Where others have all that there are
// places or memory for, it waits until one of them ends. Throws bad_alloc where there is none to be had and
// nobody to wait for. A thread has one at a time: of two, it would wait for itself.
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
