package io.github.softmax4j;

import io.github.softmax4j.internal.MappedFile;
import io.github.softmax4j.internal.NativeApi;
import io.github.softmax4j.internal.NativeArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** The file format of datasets (docs/inputs.md): its header, and opening one. */
final class DatasetFile {

    /** "S4JDATA" and a zero byte. */
    static final long MAGIC = 0x0041544144_4a3453L;

    /** Files without names of classes are of the first version. */
    static final int VERSION = 2;

    /** How classes are named. */
    static final int NO_NAMES = 0;

    private static final int NUMBERS = 1;
    private static final int TEXTS = 2;
    static final int HEADER_BYTES = 128;
    /** Sections start at multiples of this. */
    static final int ALIGNMENT = 64;

    private DatasetFile() {}

    /** What the header says. Offsets are in bytes from the start of the file, 0 for sections that are not there. */
    record Header(
            int format,
            ElementType type,
            long rows,
            int features,
            int classes,
            int named,
            int affine,
            long featuresAt,
            long affineAt,
            long labelsAt,
            long weightsAt,
            long length,
            long classLabelsAt) {

        byte[] toBytes() {
            ByteBuffer b = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            b.putLong(MAGIC).putInt(named == NO_NAMES ? 1 : VERSION);
            b.putInt(format).putInt(type.code()).putInt(named);
            b.putLong(rows).putLong(features).putLong(classes).putLong(affine);
            b.putLong(featuresAt)
                    .putLong(affineAt)
                    .putLong(labelsAt)
                    .putLong(weightsAt)
                    .putLong(length)
                    .putLong(classLabelsAt);
            return b.array();
        }

        /** Reads and checks; the message of an exception says what is wrong. */
        static Header of(ByteBuffer bytes, long fileLength) {
            ByteBuffer b = bytes.order(ByteOrder.LITTLE_ENDIAN);
            require(b.getLong() == MAGIC, "it does not begin like one");
            int version = b.getInt();
            require(
                    version >= 1 && version <= VERSION,
                    "its version is " + version + ", this library reads 1 to " + VERSION);
            int format = b.getInt();
            int type = b.getInt();
            int named = b.getInt();
            require(
                    version == 1 ? named == NO_NAMES : named == NUMBERS || named == TEXTS,
                    "its kind of class labels, " + named + ", is unknown");
            require(
                    (type == NativeApi.F32 && format >= NativeApi.REAL && format <= NativeApi.BFLOAT16)
                            || (type == NativeApi.F64 && format == NativeApi.REAL),
                    "its format " + format + " of type " + type + " is unknown");
            long rows = b.getLong();
            long features = b.getLong();
            long classes = b.getLong();
            long affine = b.getLong();
            require(rows >= 1 && rows <= 1L << 59, "its number of rows is " + rows);
            require(
                    features >= 1 && features <= Integer.MAX_VALUE && rows <= (1L << 59) / features,
                    "its number of features is " + features);
            require(classes >= 0 && classes <= Integer.MAX_VALUE, "its number of classes is " + classes);
            require(
                    format == NativeApi.UINT8 ? affine == 1 || affine == features : affine == 0,
                    "its number of scales is " + affine);
            Header h = new Header(
                    format,
                    type == NativeApi.F32 ? ElementType.FLOAT32 : ElementType.FLOAT64,
                    rows,
                    (int) features,
                    (int) classes,
                    named,
                    (int) affine,
                    b.getLong(),
                    b.getLong(),
                    b.getLong(),
                    b.getLong(),
                    b.getLong(),
                    named == NO_NAMES ? 0 : b.getLong());
            require(
                    h.length == fileLength,
                    "it should have " + h.length + " bytes and has " + fileLength + ": it is truncated or corrupt");
            h.checkSections();
            return h;
        }

        /** Sections follow each other in one order, each at the next multiple of the alignment. */
        private void checkSections() {
            int element = new Storage(format, new double[0], new double[0]).elementBytes(type);
            long end = HEADER_BYTES;
            end = checkSection("scales", affineAt, end, 2L * affine * Double.BYTES);
            end = checkSection("features", featuresAt, end, rows * features * element);
            end = checkSection("labels", labelsAt, end, classes > 0 ? rows * Integer.BYTES : 0);
            end = checkSection("weights", weightsAt, end, weightsAt != 0 ? rows * type.bytes() : 0);
            if (named != NO_NAMES) {
                long least = (long) classes * Integer.BYTES;
                long bytes = named == NUMBERS ? least : length - classLabelsAt;
                require(
                        classes > 0 && bytes >= least && bytes <= Integer.MAX_VALUE,
                        "its " + classes + " class labels do not fit " + bytes + " bytes");
                end = checkSection("class labels", classLabelsAt, end, bytes);
            }
            require(end == length, "its sections end at " + end + ", it has " + length + " bytes");
        }

        /** Returns where the section ends. */
        private static long checkSection(String name, long at, long end, long bytes) {
            long expected = bytes == 0 ? 0 : (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            require(at == expected, "its " + name + " start at " + at + " instead of " + expected);
            return bytes == 0 ? end : expected + bytes;
        }
    }

    static int kindOf(ClassLabels labels) {
        return labels.areNumbers() ? NUMBERS : TEXTS;
    }

    /** Numbers one after the other; texts in UTF-8, their length in bytes before each. */
    static byte[] bytesOf(ClassLabels labels) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < labels.size(); i++) {
            byte[] text = labels.areNumbers() ? new byte[0] : labels.label(i).getBytes(StandardCharsets.UTF_8);
            int number = labels.areNumbers() ? labels.number(i) : text.length;
            ByteBuffer four = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.writeBytes(four.putInt(number).array());
            bytes.writeBytes(text);
        }
        return bytes.toByteArray();
    }

    private static ClassLabels classLabels(Header h, DatasetMemory memory) {
        if (h.named == NO_NAMES) {
            return null;
        }
        byte[] bytes = new byte[(int) (h.length - h.classLabelsAt)];
        NativeApi.s4j_copy_out(bytes, 0, memory.mapped.address() + h.classLabelsAt, 0, bytes.length);
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        ClassLabels labels = h.named == NUMBERS ? numbers(h.classes, b) : texts(h.classes, b);
        require(Arrays.equals(bytesOf(labels), bytes), "its class labels are not in ascending order, each once");
        return labels;
    }

    private static ClassLabels numbers(int count, ByteBuffer b) {
        int[] numbers = new int[count];
        b.asIntBuffer().get(numbers);
        return ClassLabels.of(numbers);
    }

    private static ClassLabels texts(int count, ByteBuffer b) {
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            int length = b.remaining() < Integer.BYTES ? -1 : b.getInt();
            require(length >= 0 && length <= b.remaining(), "its class label " + i + " is cut off");
            byte[] text = new byte[length];
            b.get(text);
            texts[i] = new String(text, StandardCharsets.UTF_8);
        }
        return ClassLabels.of(texts);
    }

    static Dataset open(Path file) throws IOException {
        DatasetMemory memory = new DatasetMemory();
        try {
            if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
                throw new IllegalArgumentException("this machine is not little-endian");
            }
            memory.mapped = MappedFile.open(file);
            return open(memory);
        } catch (IllegalArgumentException e) {
            memory.close();
            throw new IOException(file + " is not a dataset of softmax4j: " + e.getMessage(), e);
        } catch (IOException | RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private static Dataset open(DatasetMemory memory) {
        require(
                memory.mapped.bytes() >= HEADER_BYTES,
                "it has " + memory.mapped.bytes() + " bytes, its header alone takes " + HEADER_BYTES);
        byte[] bytes = new byte[HEADER_BYTES];
        NativeApi.s4j_copy_out(bytes, 0, memory.mapped.address(), 0, bytes.length);
        Header h = Header.of(ByteBuffer.wrap(bytes), memory.mapped.bytes());
        Storage storage = storage(h, memory);
        if (h.labelsAt != 0) {
            memory.labels = NativeArray.intsAt(h.rows, memory.mapped.address() + h.labelsAt);
            long bad = NativeApi.s4j_first_bad_label(memory.labels.address(), h.rows, h.classes);
            require(bad < 0, "the label of row " + bad + " is not in 0.." + (h.classes - 1));
        }
        if (h.weightsAt != 0) {
            memory.weights = NativeArray.realsAt(h.type.code(), h.rows, memory.mapped.address() + h.weightsAt);
            long bad = NativeApi.s4j_first_bad_weight(h.type.code(), memory.weights.address(), h.rows);
            require(bad < 0, "the weight of row " + bad + " is negative or not finite");
        }
        memory.create(h.type, storage, memory.mapped.address() + h.featuresAt, h.rows, h.features);
        ClassLabels names = classLabels(h, memory);
        return new Dataset(h.rows, h.features, h.classes, names, h.type, storage, h.rows * h.features, memory);
    }

    private static Storage storage(Header h, DatasetMemory memory) {
        if (h.affine == 0) {
            return h.format == NativeApi.BFLOAT16 ? Storage.BFLOAT16 : Storage.PLAIN;
        }
        double[] scale = new double[h.affine];
        double[] offset = new double[h.affine];
        NativeApi.s4j_copy_out(scale, 0, memory.mapped.address() + h.affineAt, 0, h.affine);
        NativeApi.s4j_copy_out(offset, 0, memory.mapped.address() + h.affineAt, h.affine, h.affine);
        return Storage.bytes(h.features, scale, offset);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
