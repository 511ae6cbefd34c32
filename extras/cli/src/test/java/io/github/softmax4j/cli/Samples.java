package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/** Small data in every format. */
final class Samples {

    private Samples() {}

    /** Three separable classes of two features. */
    static String csv(int rows) {
        SplittableRandom random = new SplittableRandom(3);
        StringBuilder text = new StringBuilder("x,y,class\n");
        for (int i = 0; i < rows; i++) {
            int label = i % 3;
            double x = Math.cos(2.1 * label) * 2 + random.nextDouble();
            double y = Math.sin(2.1 * label) * 2 + random.nextDouble();
            text.append(String.format(Locale.ROOT, "%.5f,%.5f,%d%n", x, y, label));
        }
        return text.toString();
    }

    static Path csv(Path folder) throws IOException {
        return Files.writeString(folder.resolve("data.csv"), csv(90));
    }

    /** A model of that data. */
    static Path model(Path folder) throws IOException {
        Path model = folder.resolve("model.safetensors");
        Cli.succeed("train", "--data", csv(folder), "--learning-rate", 0.01, "--model", model);
        return model;
    }

    /** Images in IDX: {@code sizes} in the header, {@code bytes} of pixels, each its index. */
    static byte[] idx(int magic, int[] sizes, int bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(out);
        data.writeInt(magic);
        for (int size : sizes) {
            data.writeInt(size);
        }
        for (int i = 0; i < bytes; i++) {
            data.writeByte(i);
        }
        return out.toByteArray();
    }

    static byte[] images(int count, int bytes) throws IOException {
        return idx(0x803, new int[] {count, 2, 2}, bytes);
    }

    static byte[] labels(int count, int bytes) throws IOException {
        return idx(0x801, new int[] {count}, bytes);
    }

    /** An array as NumPy writes it; {@code type} and {@code shape} as its header spells them. */
    static byte[] npy(String type, String shape, double... values) throws IOException {
        return npyOf("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }", type, values);
    }

    static byte[] npyOf(String header, String type, double... values) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        out.write(header.length());
        out.write(header.length() >> 8);
        out.write(header.getBytes(UTF_8));
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            switch (type) {
                case "<f4" -> bytes.putFloat((float) value);
                case "<f8" -> bytes.putDouble(value);
                case "<i4" -> bytes.putInt((int) value);
                case "<i8" -> bytes.putLong((long) value);
                default -> bytes.put((byte) value);
            }
        }
        out.write(bytes.array(), 0, bytes.position());
        return out.toByteArray();
    }

    static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(out)) {
            packed.write(content);
        }
        return out.toByteArray();
    }

    static byte[] cut(byte[] content) {
        return Arrays.copyOf(content, content.length * 2 / 3);
    }
}
