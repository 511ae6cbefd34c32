package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads NumPy's .npy files: features of one row each along the first axis, and labels beside them. Accepted are row-major arrays of
 * little-endian f4, f8, i4, i8 and of u1; labels are whole numbers.
 */
final class NpyFiles {

    private static final String SUFFIX = ".npy";
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MOST_HEADER = 1 << 16;
    private static final int CHUNK = 1 << 16;
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\s]*)\\)");

    private NpyFiles() {}

    /** Whether a PATH names .npy files: one of features, or a pair with labels. */
    static boolean accepts(String path) {
        return path.endsWith(SUFFIX);
    }

    /** The files that such a PATH names: features, and labels where there are two. */
    static String[] split(String path) {
        int comma = path.lastIndexOf(SUFFIX + ",");
        return comma < 0
                ? new String[] {path}
                : new String[] {path.substring(0, comma + SUFFIX.length()), path.substring(comma + SUFFIX.length() + 1)
                };
    }

    static Table read(Path features, Path labels, ElementType type, Demand demand) {
        if (labels == null && demand.labelled()) {
            throw new UserException(features + ": has no labels; a pair features.npy,labels.npy is expected");
        }
        return read(features, array -> {
            int rows = array.size(0);
            int width = (int) (array.count / rows);
            demand.checkFeatures(features.toString(), width);
            Features values = array.values(type, width);
            return new Table(
                    features.toString(),
                    values,
                    rows,
                    width,
                    labels == null ? null : new FileLabels(labels(labels, rows, demand)));
        });
    }

    private static int[] labels(Path file, int rows, Demand demand) {
        return read(file, array -> {
            if (array.shape.length != 1 || array.type.charAt(0) == 'f') {
                throw new UserException(file + ": labels must be whole numbers (u1, i4 or i8) in one dimension, are "
                        + array.type + " in " + array.shape.length);
            }
            if (array.size(0) != rows) {
                throw new UserException(file + ": has " + array.size(0) + " labels, there are " + rows + " rows");
            }
            int[] labels = new int[rows];
            array.each((i, label) -> {
                if (!(label >= 0 && label < Integer.MAX_VALUE)) {
                    throw new UserException(
                            file + ": item " + i + ": label " + (long) label + " is not accepted: labels are 0..C-1");
                }
                demand.checkLabel(file + ": item " + i, (int) label);
                labels[i] = (int) label;
            });
            return labels;
        });
    }

    /** Reads what follows the header. */
    private interface Body<T> {
        T read(Array array) throws IOException;
    }

    private static <T> T read(Path file, Body<T> body) {
        if (!Files.isRegularFile(file)) {
            throw new UserException(file + ": is not a regular file; an .npy file is expected");
        }
        try (InputStream in = DataFiles.open(file)) {
            Array array = new Array(file, in);
            T result = body.read(array);
            if (in.read() >= 0) {
                throw new UserException(file + ": is longer than its header says (" + array.count + " values)");
            }
            return result;
        } catch (IOException e) {
            throw UserException.unreadable(file, e);
        }
    }

    /** Takes a value with its index. */
    private interface Sink {
        void put(int index, double value);
    }

    private static final class Array {
        private final Path file;
        private final InputStream in;
        /** As NumPy names it, without the byte order. */
        private final String type;

        private final long[] shape;
        private final long count;

        Array(Path file, InputStream in) throws IOException {
            this.file = file;
            this.in = in;
            String header = header(new DataInputStream(in));
            String named = find(TYPE, header, "type of elements ('descr')");
            if (!named.matches("<[fi][48]|[|<]u1")) {
                throw new UserException(file + ": elements of type '" + named
                        + "' are not accepted; accepted are '<f4', '<f8', '<i4', '<i8' and '|u1' (astype converts)");
            }
            type = named.substring(1);
            if (find(ORDER, header, "'fortran_order'").equals("True")) {
                throw new UserException(
                        file + ": is in Fortran order, C order is expected (numpy.ascontiguousarray converts)");
            }
            shape = shape(find(SHAPE, header, "'shape'"));
            double product = 1;
            for (long size : shape) {
                product *= size;
            }
            if (product < 1 || product > FeatureBuffer.MOST_VALUES) {
                throw new UserException(file + ": its shape has " + (long) product + " values, accepted are 1.."
                        + FeatureBuffer.MOST_VALUES);
            }
            count = (long) product;
        }

        private String header(DataInputStream data) throws IOException {
            try {
                byte[] start = new byte[MAGIC.length];
                data.readFully(start);
                int version = data.readUnsignedByte();
                data.readUnsignedByte();
                if (!java.util.Arrays.equals(start, MAGIC) || version < 1 || version > 3) {
                    throw new UserException(file + ": does not begin like an .npy file of version 1, 2 or 3");
                }
                int length = version == 1
                        ? Short.toUnsignedInt(Short.reverseBytes(data.readShort()))
                        : Integer.reverseBytes(data.readInt());
                if (length < 0 || length > MOST_HEADER) {
                    throw new UserException(file + ": its header says that it is " + Integer.toUnsignedString(length)
                            + " bytes long, at most " + MOST_HEADER + " are accepted");
                }
                byte[] text = new byte[length];
                data.readFully(text);
                return new String(text, StandardCharsets.UTF_8);
            } catch (EOFException e) {
                throw new UserException(file + ": is truncated: it ends within its header");
            }
        }

        private String find(Pattern pattern, String header, String what) {
            Matcher matcher = pattern.matcher(header);
            if (!matcher.find()) {
                throw new UserException(file + ": its header does not say its " + what);
            }
            return matcher.group(1);
        }

        private long[] shape(String text) {
            try {
                long[] sizes = Pattern.compile(",")
                        .splitAsStream(text)
                        .map(String::strip)
                        .filter(size -> !size.isEmpty())
                        .mapToLong(Long::parseLong)
                        .toArray();
                if (sizes.length > 0) {
                    return sizes;
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
            throw new UserException(file + ": its shape (" + text + ") is not accepted: at least one size is expected");
        }

        int size(int axis) {
            return (int) shape[axis];
        }

        private int elementBytes() {
            return type.charAt(1) - '0';
        }

        /** Bytes stay bytes where that changes no value; everything else becomes the wanted type. */
        Features values(ElementType wanted, int width) throws IOException {
            if (type.equals("u1") && wanted == ElementType.FLOAT32) {
                byte[] bytes = in.readNBytes((int) count);
                checkLength(bytes.length);
                return new ByteFeatures(bytes, 1);
            }
            FeatureBuffer values = new FeatureBuffer(wanted, CHUNK);
            each((i, value) -> {
                values.add(value);
                if (!values.lastIsFinite()) {
                    throw new UserException(file + ": row " + i / width + ", column " + i % width + ": " + value
                            + " is not a finite number of the chosen precision");
                }
            });
            return values;
        }

        void each(Sink sink) throws IOException {
            int size = elementBytes();
            byte[] chunk = new byte[CHUNK * size];
            for (int done = 0; done < count; ) {
                int n = (int) Math.min(CHUNK, count - done);
                int read = in.readNBytes(chunk, 0, n * size);
                if (read < n * size) {
                    checkLength((long) done * size + read);
                }
                ByteBuffer values = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < n; i++) {
                    sink.put(done + i, next(values));
                }
                done += n;
            }
        }

        private double next(ByteBuffer values) {
            return switch (type) {
                case "f4" -> values.getFloat();
                case "f8" -> values.getDouble();
                case "i4" -> values.getInt();
                case "i8" -> values.getLong();
                default -> values.get() & 0xff;
            };
        }

        private void checkLength(long bytes) {
            if (bytes < count * elementBytes()) {
                throw new UserException(file + ": is truncated: its header says " + count + " values of "
                        + elementBytes() + " bytes, it holds " + bytes + " bytes of them");
            }
        }
    }
}
