package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.DatasetWriter;
import io.github.softmax4j.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Unsigned bytes, each of which stands for itself times {@code scale} in single precision. */
@SuppressWarnings("ArrayRecordComponent")
record ByteFeatures(byte[] bytes, double scale) implements Features {

    @Override
    public Dataset.Builder toDataset(int rows, int features) {
        return Dataset.builder().features(bytes, rows, features, scale, 0);
    }

    @Override
    public FeatureBuffer normalized(int rows, int features) {
        return floats().normalized(rows, features);
    }

    @Override
    public ByteFeatures keep(boolean[] kept, int features) {
        int end = 0;
        for (int i = 0; i < kept.length; i++) {
            if (kept[i]) {
                System.arraycopy(bytes, i * features, bytes, end, features);
                end += features;
            }
        }
        return new ByteFeatures(Arrays.copyOf(bytes, end), scale);
    }

    @Override
    public ByteFeatures dense(int rows, int features) {
        return this;
    }

    @Override
    public SparseBuffer sparse(int rows, int features) {
        return floats().sparse(rows, features);
    }

    private FeatureBuffer floats() {
        FeatureBuffer values = new FeatureBuffer(ElementType.FLOAT32, bytes.length);
        for (byte value : bytes) {
            values.add((value & 0xff) * scale);
        }
        return values;
    }

    @Override
    public DatasetWriter writer(Path file, int features) throws IOException {
        return DatasetWriter.ofBytes(file, features, scale, 0);
    }

    @Override
    public void appendTo(DatasetWriter writer, int[] labels) throws IOException {
        writer.append(bytes, labels, null);
    }
}
