package io.github.softmax4j.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Files in the safetensors format: 8 bytes of header length (little-endian), a JSON header {@code {"__metadata__": {string: string},
 * name: {"dtype", "shape", "data_offsets"}}}, then the tensors' bytes, little-endian, without gaps. The header names them in any order.
 * Reading is strict: a file that differs from that in any way is refused with a reason.
 */
public final class Safetensors {

    /** As much as the specification allows: class labels are in the header. */
    private static final int MOST_HEADER_BYTES = 100_000_000;

    private static final String METADATA = "__metadata__";

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /**
     * A tensor.
     *
     * @param shape its dimensions
     * @param values {@code float[]} (F32) or {@code double[]} (F64), row-major
     */
    @SuppressWarnings("ArrayRecordComponent") // a view of a file, not a value to compare
    public record Tensor(long[] shape, Object values) {
        private boolean single() {
            return values instanceof float[];
        }

        private long bytes() {
            return values instanceof float[] f ? 4L * f.length : 8L * ((double[]) values).length;
        }
    }

    public Map<String, String> metadata() {
        return metadata;
    }

    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /** Writes to a temporary file beside {@code file} and renames it, so that the file appears whole or not at all. */
    public void write(Path file) throws IOException {
        StringBuilder header = new StringBuilder("{");
        header.append(Json.quote(METADATA)).append(":{");
        String separator = "";
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            header.append(separator)
                    .append(Json.quote(entry.getKey()))
                    .append(':')
                    .append(Json.quote(entry.getValue()));
            separator = ",";
        }
        header.append('}');
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            header.append(',').append(Json.quote(entry.getKey())).append(":{\"dtype\":\"");
            header.append(tensor.single() ? "F32" : "F64").append("\",\"shape\":[");
            for (int i = 0; i < tensor.shape.length; i++) {
                header.append(i == 0 ? "" : ",").append(tensor.shape[i]);
            }
            header.append("],\"data_offsets\":[").append(offset).append(',');
            offset += tensor.bytes();
            header.append(offset).append("]}");
        }
        header.append('}');
        // Blanks align the tensors to 8 bytes.
        while ((header.toString().getBytes(StandardCharsets.UTF_8).length & 7) != 0) {
            header.append(' ');
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        if (text.length > MOST_HEADER_BYTES) {
            throw new IOException(file + " cannot be written: its header would have " + text.length
                    + " bytes, the format allows " + MOST_HEADER_BYTES);
        }
        try (AtomicFile target = AtomicFile.create(file)) {
            ByteBuffer chunk = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
            target.write(chunk.putLong(text.length).array(), 0, 8);
            target.write(text, 0, text.length);
            chunk.clear();
            for (Tensor tensor : tensors.values()) {
                int count = (int) (tensor.bytes() / (tensor.single() ? 4 : 8));
                for (int i = 0; i < count; i++) {
                    if (tensor.single()) {
                        chunk.putFloat(((float[]) tensor.values)[i]);
                    } else {
                        chunk.putDouble(((double[]) tensor.values)[i]);
                    }
                    if (chunk.remaining() < Double.BYTES) {
                        target.write(chunk.array(), 0, chunk.position());
                        chunk.clear();
                    }
                }
            }
            target.write(chunk.array(), 0, chunk.position());
            target.commit();
        }
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read or is not such a file; the message names the file and the reason
     */
    public static Safetensors read(Path file) throws IOException {
        try (var channel = Files.newByteChannel(file)) {
            long size = channel.size();
            if (size < 8) {
                throw new FormatException("it is shorter than a header");
            }
            long length = readFully(channel, 8).getLong();
            if (length < 2 || length > MOST_HEADER_BYTES || length > size - 8) {
                throw new FormatException("its header would have " + length + " bytes");
            }
            Object header = Json.parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(readFully(channel, (int) length))
                    .toString());
            return new Safetensors().fill(header, channel, size - 8 - length);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not a model file (safetensors): its header is not UTF-8", e);
        } catch (FormatException e) {
            throw new IOException(file + " is not a model file (safetensors): " + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException(file + " cannot be read: " + AtomicFile.reason(e, "it does not exist"), e);
        }
    }

    /** Where a tensor lies, from the first byte behind the header on. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(String name, int width, long[] shape, int count, long begin, long end) {}

    private Safetensors fill(Object header, ReadableByteChannel channel, long dataBytes)
            throws IOException, FormatException {
        if (!(header instanceof Map<?, ?> entries)) {
            throw new FormatException("its header is not a JSON object");
        }
        List<Entry> inOrder = new ArrayList<>();
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            String name = (String) entry.getKey();
            if (!(entry.getValue() instanceof Map<?, ?> fields)) {
                throw new FormatException("'" + name + "' is not a JSON object");
            }
            if (name.equals(METADATA)) {
                readMetadata(fields);
            } else {
                inOrder.add(entry(name, fields));
            }
        }
        inOrder.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long offset = 0;
        for (Entry entry : inOrder) {
            if (entry.begin != offset || entry.end > dataBytes) {
                throw misplaced(entry.name);
            }
            offset = entry.end;
        }
        if (offset != dataBytes) {
            throw new FormatException("it has " + dataBytes + " bytes of data where its tensors have " + offset);
        }
        for (Entry entry : inOrder) {
            tensors.put(entry.name, new Tensor(entry.shape, values(entry, channel)));
        }
        return this;
    }

    private void readMetadata(Map<?, ?> fields) throws FormatException {
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            if (!(field.getValue() instanceof String value)) {
                throw new FormatException("metadata '" + field.getKey() + "' is not a string");
            }
            metadata.put((String) field.getKey(), value);
        }
    }

    private static Entry entry(String name, Map<?, ?> fields) throws FormatException {
        Object dtype = fields.get("dtype");
        if (!"F32".equals(dtype) && !"F64".equals(dtype)) {
            throw new FormatException("'" + name + "' has dtype " + dtype + ", accepted are F32 and F64");
        }
        long[] shape = longs(name, "shape", fields.get("shape"));
        long[] offsets = longs(name, "data_offsets", fields.get("data_offsets"));
        if (fields.size() != 3 || offsets.length != 2) {
            throw new FormatException("'" + name + "' must have dtype, shape and two data_offsets");
        }
        int width = dtype.equals("F32") ? 4 : 8;
        long count = 1;
        for (long dimension : shape) {
            if (dimension != 0 && count > (Integer.MAX_VALUE - 8) / dimension) {
                throw new FormatException("'" + name + "' is too large");
            }
            count *= dimension;
        }
        if (offsets[1] - offsets[0] != count * width) {
            throw misplaced(name);
        }
        return new Entry(name, width, shape, (int) count, offsets[0], offsets[1]);
    }

    private static FormatException misplaced(String name) {
        return new FormatException("'" + name + "' does not lie where its shape says, or the file is truncated");
    }

    private static Object values(Entry entry, ReadableByteChannel channel) throws IOException, FormatException {
        float[] floats = entry.width == 4 ? new float[entry.count] : null;
        double[] doubles = entry.width == 8 ? new double[entry.count] : null;
        int done = 0;
        while (done < entry.count) {
            int n = Math.min(entry.count - done, 1 << 16);
            ByteBuffer chunk = readFully(channel, n * entry.width);
            if (floats != null) {
                chunk.asFloatBuffer().get(floats, done, n);
            } else {
                chunk.asDoubleBuffer().get(doubles, done, n);
            }
            done += n;
        }
        return floats != null ? floats : doubles;
    }

    private static long[] longs(String name, String field, Object value) throws FormatException {
        if (!(value instanceof List<?> list)) {
            throw new FormatException("'" + name + "' has no list " + field);
        }
        long[] result = new long[list.size()];
        for (int i = 0; i < result.length; i++) {
            if (!(list.get(i) instanceof Long number) || number < 0) {
                throw new FormatException("'" + name + "' has " + list.get(i) + " in its " + field);
            }
            result[i] = number;
        }
        return result;
    }

    private static ByteBuffer readFully(ReadableByteChannel channel, int bytes) throws IOException, FormatException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new FormatException("it is truncated");
            }
        }
        return buffer.flip();
    }
}
