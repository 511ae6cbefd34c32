package io.github.softmax4j;

import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.Safetensors;

/** What decides how a native object goes on, as bytes that are neither made nor taken in at once. */
abstract class NativeState implements Safetensors.Bytes, Safetensors.Sink {

    /** Of what has not begun: no bytes. */
    static final NativeState NONE = new NativeState() {
        @Override
        int save(long first, int count, byte[] to, long[] size) {
            size[0] = 0;
            return NativeApi.OK;
        }

        @Override
        int restore(long first, int count, long size, byte[] from) {
            if (size != 0) {
                throw new IllegalArgumentException("the state has " + size + " bytes before the first step");
            }
            return NativeApi.OK;
        }
    };

    /** Of a s4j_trainer, which must live as long as this is used. */
    static NativeState ofTrainer(long trainer) {
        return new NativeState() {
            @Override
            int save(long first, int count, byte[] to, long[] size) {
                return NativeApi.s4j_trainer_save(trainer, first, count, to, size);
            }

            @Override
            int restore(long first, int count, long size, byte[] from) {
                return NativeApi.s4j_trainer_restore(trainer, first, count, size, from);
            }
        };
    }

    /** Of a s4j_solver, likewise. */
    static NativeState ofSolver(long solver) {
        return new NativeState() {
            @Override
            int save(long first, int count, byte[] to, long[] size) {
                return NativeApi.s4j_solver_save(solver, first, count, to, size);
            }

            @Override
            int restore(long first, int count, long size, byte[] from) {
                return NativeApi.s4j_solver_restore(solver, first, count, size, from);
            }
        };
    }

    abstract int save(long first, int count, byte[] to, long[] size);

    abstract int restore(long first, int count, long size, byte[] from);

    @Override
    public long count() {
        long[] size = new long[1];
        Core.check(save(0, 0, new byte[1], size));
        return size[0];
    }

    @Override
    public void get(long first, byte[] to, int count) {
        Core.check(save(first, count, to, new long[1]));
    }

    @Override
    public void put(long first, byte[] from, int count, long size) {
        Core.check(restore(first, count, size, from));
    }
}
