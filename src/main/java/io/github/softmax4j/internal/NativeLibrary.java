package io.github.softmax4j.internal;

public final class NativeLibrary {
    public static void main(String[] a) {
        org.bytedeco.javacpp.Loader.load(NativeApi.class);
        System.out.println(NativeApi.s4j_initialize(null) + NativeApi.s4j_kernels() + NativeApi.s4j_blas_core());
        long p = NativeApi.s4j_allocate(100);
        float[] x = {1, 2, 3};
        NativeApi.s4j_copy_in(p, 1, x, 0, 3);
        NativeApi.s4j_copy_out(x, 0, p, 2, 2);
        System.out.println(x[0] + " " + x[1] + " " + x[2]);
        System.out.println(NativeApi.s4j_initialize("foo") + NativeApi.s4j_last_error());
    }
}
