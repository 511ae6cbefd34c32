package io.github.softmax4j.benchmarks.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The data of one piece of work: three files that all systems read, little-endian: x.f32 (rows x columns), y.i32 (rows), w.f32 (W,
 * features x classes row-major, then the intercept). Also in double precision the values are those of the float files.
 */
final class Data {

    /** Of the features of a row, so many say its class. */
    private static final int TELLING = 16;

    private final Work work;
    private final Path folder;

    Data(Work work, Path folder) {
        this.work = work;
        this.folder = folder;
    }

    /** Writes the files: noise in 0..1, a little raised in the features that tell the class; weights in -0.05..0.05. */
    void create() {
        FloatBuffer x = map("x.f32", true, (long) work.rows() * work.columns()).asFloatBuffer();
        ByteBuffer y = map("y.i32", true, work.rows());
        IntStream.range(0, work.rows()).parallel().forEach(row -> {
            SplittableRandom random = new SplittableRandom(row);
            int label = random.nextInt(work.classes());
            y.putInt(row * Integer.BYTES, label);
            int first = row * work.columns();
            boolean scores = work.kind() == Work.Kind.SOFTMAX;
            for (int j = 0; j < work.columns(); j++) {
                x.put(first + j, (float) (scores ? 10 * random.nextDouble() - 5 : random.nextDouble()));
            }
            for (int k = 0; k < TELLING && !scores; k++) {
                int j = first + Math.floorMod(label * 7919 + k * 104_729, work.columns());
                x.put(j, x.get(j) + 0.5f);
            }
        });
        FloatBuffer w = map("w.f32", true, work.parameters()).asFloatBuffer();
        SplittableRandom random = new SplittableRandom(-1);
        for (int i = 0; i < work.parameters(); i++) {
            w.put((float) (random.nextDouble() - 0.5) / 10);
        }
    }

    private ByteBuffer map(String name, boolean write, long values) {
        StandardOpenOption[] options = write
                ? new StandardOpenOption[] {
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE
                }
                : new StandardOpenOption[] {StandardOpenOption.READ};
        try (FileChannel channel = FileChannel.open(folder.resolve(name), options)) {
            FileChannel.MapMode mode = write ? FileChannel.MapMode.READ_WRITE : FileChannel.MapMode.READ_ONLY;
            return channel.map(mode, 0, values * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rows in memory of the process: a direct buffer, rows x columns. */
    FloatBuffer x() {
        ByteBuffer file = map("x.f32", false, (long) work.rows() * work.columns());
        return direct(file.remaining())
                .put(file)
                .flip()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** The same in double precision. */
    DoubleBuffer wideX() {
        FloatBuffer narrow = x();
        DoubleBuffer wide = direct(narrow.remaining() * Double.BYTES).asDoubleBuffer();
        for (int i = 0; i < wide.capacity(); i++) {
            wide.put(i, narrow.get(i));
        }
        return wide;
    }

    static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** The rows, one array each. */
    float[][] rows() {
        FloatBuffer x = map("x.f32", false, (long) work.rows() * work.columns()).asFloatBuffer();
        float[][] rows = new float[work.rows()][work.columns()];
        for (float[] row : rows) {
            x.get(row);
        }
        return rows;
    }

    /** The class of each row. */
    int[] labels() {
        int[] labels = new int[work.rows()];
        map("y.i32", false, work.rows()).asIntBuffer().get(labels);
        return labels;
    }

    /** W, features x classes row-major. */
    float[] weights() {
        return parameters(0, work.features() * work.classes());
    }

    /** Its transpose, classes x features row-major. */
    float[] weightsByClass() {
        float[] w = weights();
        float[] t = new float[w.length];
        for (int d = 0; d < work.features(); d++) {
            for (int c = 0; c < work.classes(); c++) {
                t[c * work.features() + d] = w[d * work.classes() + c];
            }
        }
        return t;
    }

    /** The intercept of each class. */
    float[] intercept() {
        return parameters(work.features() * work.classes(), work.classes());
    }

    private float[] parameters(int from, int count) {
        float[] values = new float[count];
        map("w.f32", false, work.parameters()).asFloatBuffer().get(from, values);
        return values;
    }
}
